// SPDX-License-Identifier: BSD-2-Clause
// The list of runs: how fresh bytes get in, how contiguous ones are joined.
import CMosABI
import Flows
import Packets

extension Reassembler {
    /// Inserts the parts of `bytes` that no run and no delivered byte covers.
    mutating func insertFresh(
        _ stream: inout mos_stream,
        _ bytes: ByteView,
        at offset: Int64,
        store: Bool
    ) -> Bool {
        let end = offset + Int64(bytes.count)
        var at = max(offset, Int64(stream.next))
        var complete = true
        var before = lastRun(stream, below: at)
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
        let following = before >= 0 ? runs[before].next : stream.runs
        runs[run].previous = before
        runs[run].next = following
        if before >= 0 { runs[before].next = run } else { stream.runs = run }
        if following >= 0 {
            runs[following].previous = run
        } else {
            if cursorOwner == stream.last_run { cursorOwner = run }
            stream.last_run = run
        }
        noteCursor(stream, run)
    }

    mutating func unlinkFirst(_ stream: inout mos_stream) { remove(&stream, stream.runs) }

    mutating func remove(_ stream: inout mos_stream, _ run: Int32) {
        let (before, following) = (runs[run].previous, runs[run].next)
        if before >= 0 { runs[before].next = following } else { stream.runs = following }
        if following >= 0 {
            runs[following].previous = before
        } else {
            stream.last_run = before
        }
        if run == cursor || run == cursorOwner { cursorOwner = -1 }
        uncharge(&stream, runs[run])
        stream.run_count -= 1
        pool.release(runs[run].block)
        runs.give(run)
    }

    /// Remembers where in a stream the segment in hand lies: the next is probably near.
    mutating func noteCursor(_ stream: mos_stream, _ run: Int32) {
        cursor = run
        cursorOwner = run >= 0 ? stream.last_run : -1
    }

    /// The last run that starts below or at `offset`, -1 without one.
    ///
    /// It is looked for from the nearest of four places: the ends of the list, where bytes are in order, and where the
    /// segment before was. So it costs nothing at the ends, and at most half of the runs anywhere else.
    func lastRun(_ stream: mos_stream, below offset: Int64) -> Int32 {
        let last = stream.last_run
        if last < 0 || runs[last].offset <= offset { return last }
        var run = nearest(stream, offset)
        if runs[run].offset > offset {
            repeat { run = runs[run].previous } while run >= 0 && runs[run].offset > offset
            return run
        }
        // The last one starts behind `offset`, so there is always a next one.
        while runs[runs[run].next].offset <= offset { run = runs[run].next }
        return run
    }

    /// The known run that lies nearest to `offset`; the stream has runs.
    private func nearest(_ stream: mos_stream, _ offset: Int64) -> Int32 {
        func nearer(_ one: Int32, _ other: Int32) -> Int32 {
            other >= 0 && abs(offset - runs[other].offset) < abs(offset - runs[one].offset)
                ? other : one
        }
        let hint = cursorOwner == stream.last_run ? cursor : -1
        return nearer(nearer(nearer(stream.runs, stream.last_run), stream.ordered_run), hint)
    }

    /// The first run that starts at or behind `offset`, -1 without one.
    func firstRun(_ stream: mos_stream, behind offset: Int64) -> Int32 {
        let before = lastRun(stream, below: offset - 1)
        return before >= 0 ? runs[before].next : stream.runs
    }

    /// A run is charged at its own length, rounded up to 256: not at its distance, not at its block's size.
    func charge(_ stream: inout mos_stream, _ run: Run) {
        stream.charged += run.block.isNone ? 0 : (UInt32(run.length) + 255) & ~255
    }

    func uncharge(_ stream: inout mos_stream, _ run: Run) {
        stream.charged -= run.block.isNone ? 0 : (UInt32(run.length) + 255) & ~255
    }
}
