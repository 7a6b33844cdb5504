// SPDX-License-Identifier: BSD-2-Clause
// The list of runs: how fresh bytes get in, how contiguous ones are joined.
import CMosABI
import Flows
import Packets

extension Reassembler {
    /// Inserts the parts of `bytes` that no run and no delivered byte covers (policy FIRST).
    mutating func insertFresh(
        _ stream: inout mos_stream,
        _ bytes: ByteView,
        at offset: Int64,
        store: Bool
    ) -> Bool {
        let end = offset + Int64(bytes.count)
        var at = max(offset, Int64(stream.next))
        var complete = true
        // Most segments behind a hole extend the last run.
        var before =
            stream.last_run >= 0 && runs[stream.last_run].offset <= at
            ? stream.last_run : lastRun(stream, below: at)
        while at < end {
            if before >= 0, runs[before].end > at {
                at = runs[before].end
                continue
            }
            let following = before >= 0 ? runs[before].next : stream.runs
            let stop = following >= 0 ? min(end, runs[following].offset) : end
            if stop > at {
                let piece = bytes.slice(Int(at - offset), Int(stop - at))
                let run = insert(&stream, piece, at: at, after: before, store: store)
                if run < 0 { complete = false } else { before = run }
            }
            guard following >= 0, runs[following].offset < end else { break }
            if stop == end { break }
            before = following
            at = max(stop, runs[following].end)
        }
        return complete
    }

    /// Puts one piece behind `before`, joined with it when they touch; the run it went to, -1 without room.
    mutating func insert(
        _ stream: inout mos_stream,
        _ piece: ByteView,
        at offset: Int64,
        after before: Int32,
        store: Bool
    ) -> Int32 {
        // A range may grow as far as sequence numbers reach; its length must stay one.
        let isLong = before >= 0 && runs[before].length > 1 << 30
        if before >= 0, runs[before].end == offset, runs[before].block.isNone == !store, !isLong {
            if !store {
                runs[before].length += Int32(piece.count)
                return before
            }
            return extend(&stream, before, by: piece) ? before : -1
        }
        let run = newRun(&stream, piece, at: offset, store: store)
        if run >= 0 { link(&stream, run, after: before) }
        return run
    }

    /// Joins the runs that start at `next` to what is in order, and moves `next` behind them.
    mutating func collect(_ stream: inout mos_stream) {
        let ordered = stream.ordered_run
        var run = ordered >= 0 ? runs[ordered].next : firstRun(stream, behind: Int64(stream.next))
        // An ordered run that was extended in place has already grown over `next`.
        if ordered >= 0, runs[ordered].end > Int64(stream.next) {
            stream.next = UInt64(runs[ordered].end)
        }
        while run >= 0, runs[run].offset == Int64(stream.next) {
            let following = runs[run].next
            stream.next = UInt64(runs[run].end)
            join(&stream, run)
            run = following
        }
        if stream.top < stream.next { stream.top = stream.next }
    }

    /// Appends `run` to the ordered run when there is one with bytes; else it becomes the ordered run.
    mutating func join(_ stream: inout mos_stream, _ run: Int32) {
        let ordered = stream.ordered_run
        guard !runs[run].block.isNone else {
            // Seen while nobody read: nothing is kept of it, and what is in order goes on behind it.
            remove(&stream, run)
            stream.ordered_run = -1
            return
        }
        guard ordered >= 0, runs[ordered].end == runs[run].offset, !runs[ordered].block.isNone
        else {
            stream.ordered_run = run
            return
        }
        let length = Int(runs[run].length)
        guard makeRoom(&stream, ordered, for: length) else {
            stream.ordered_run = run
            return
        }
        let position = Int(runs[ordered].skip + runs[ordered].length)
        pool.move(
            length,
            from: runs[run].block,
            at: Int(runs[run].skip),
            to: runs[ordered].block,
            at: position
        )
        uncharge(&stream, runs[ordered])
        runs[ordered].length += Int32(length)
        charge(&stream, runs[ordered])
        remove(&stream, run)
    }

    /// Appends bytes to a run, whose block grows when needed.
    mutating func extend(_ stream: inout mos_stream, _ run: Int32, by bytes: ByteView) -> Bool {
        guard makeRoom(&stream, run, for: bytes.count) else { return false }
        pool.write(bytes, to: runs[run].block, at: Int(runs[run].skip + runs[run].length))
        uncharge(&stream, runs[run])
        runs[run].length += Int32(bytes.count)
        charge(&stream, runs[run])
        return true
    }

    /// Sees to it that `extra` bytes fit behind a run's last: by moving it to the front of its block, else by a larger block.
    mutating func makeRoom(_ stream: inout mos_stream, _ run: Int32, for extra: Int) -> Bool {
        let length = Int(runs[run].length)
        let skip = Int(runs[run].skip)
        let block = runs[run].block
        if skip + length + extra <= block.capacity { return true }
        // Moving down pays while at least half of the block is free in front; else every byte would move again and again.
        if length + extra <= block.capacity, skip >= block.capacity / 2 {
            pool.move(length, from: block, at: skip, to: block, at: 0)
            runs[run].skip = 0
            return true
        }
        guard let larger = pool.allocate(length + extra + length / 2) else { return false }
        pool.move(length, from: block, at: skip, to: larger, at: 0)
        pool.release(block)
        runs[run].block = larger
        runs[run].skip = 0
        return true
    }

    mutating func newRun(
        _ stream: inout mos_stream,
        _ bytes: ByteView,
        at offset: Int64,
        store: Bool
    ) -> Int32 {
        guard stream.run_count < 2 * Self.runLimit else { return -1 }
        var block = Block.none
        if store {
            guard let taken = pool.allocate(bytes.count) else { return -1 }
            block = taken
            pool.write(bytes, to: block, at: 0)
        }
        let run = runs.take()
        guard run >= 0 else {
            pool.release(block)
            return -1
        }
        runs[run] = Run(offset: offset, length: Int32(bytes.count), skip: 0, block: block, next: -1)
        charge(&stream, runs[run])
        stream.run_count += 1
        return run
    }

    mutating func link(_ stream: inout mos_stream, _ run: Int32, after before: Int32) {
        if before >= 0 {
            runs[run].next = runs[before].next
            runs[before].next = run
        } else {
            runs[run].next = stream.runs
            stream.runs = run
        }
        if runs[run].next < 0 { stream.last_run = run }
    }

    mutating func unlinkFirst(_ stream: inout mos_stream) { remove(&stream, stream.runs) }

    mutating func remove(_ stream: inout mos_stream, _ run: Int32) {
        var before: Int32 = -1
        var at = stream.runs
        // The ordered run is the usual predecessor: no walk then.
        if at != run, stream.ordered_run >= 0, runs[stream.ordered_run].next == run {
            before = stream.ordered_run
        } else {
            while at != run {
                before = at
                at = runs[at].next
            }
        }
        if before >= 0 { runs[before].next = runs[run].next } else { stream.runs = runs[run].next }
        if stream.last_run == run { stream.last_run = before }
        uncharge(&stream, runs[run])
        stream.run_count -= 1
        pool.release(runs[run].block)
        runs.give(run)
    }

    /// The last run that starts below or at `offset`, -1 without one.
    func lastRun(_ stream: mos_stream, below offset: Int64) -> Int32 {
        var before: Int32 = -1
        var run =
            stream.ordered_run >= 0 && runs[stream.ordered_run].offset <= offset
            ? stream.ordered_run : stream.runs
        while run >= 0, runs[run].offset <= offset {
            before = run
            run = runs[run].next
        }
        return before
    }

    /// The first run that starts at or behind `offset`, -1 without one.
    func firstRun(_ stream: mos_stream, behind offset: Int64) -> Int32 {
        var run = stream.ordered_run >= 0 ? runs[stream.ordered_run].next : stream.runs
        while run >= 0, runs[run].offset < offset { run = runs[run].next }
        return run
    }

    /// A run is charged at its own length, rounded up to 256: not at its distance, not at its block's size.
    func charge(_ stream: inout mos_stream, _ run: Run) {
        stream.charged += run.block.isNone ? 0 : (UInt32(run.length) + 255) & ~255
    }

    func uncharge(_ stream: inout mos_stream, _ run: Run) {
        stream.charged -= run.block.isNone ? 0 : (UInt32(run.length) + 255) & ~255
    }
}
