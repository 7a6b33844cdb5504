// SPDX-License-Identifier: BSD-2-Clause
// Where a segment overlaps with segments that wait behind a hole: which bytes stay. Delivered bytes never change.
import CMosABI
import Flows
import Packets

extension mos_stream {
    /// What the stream's overlap policy does.
    var overlapRule: OverlapRule { (OverlapPolicy(rawValue: policy) ?? .first).rule }
}

extension Reassembler {
    /// Writes the parts of `bytes` that waiting runs hold over what they hold (policy LAST).
    mutating func overwrite(_ stream: mos_stream, _ bytes: ByteView, at offset: Int64) {
        let start = max(offset, Int64(stream.next))
        let end = offset + Int64(bytes.count)
        var run = firstOverlapping(stream, start)
        while run >= 0, runs[run].offset < end {
            let from = max(start, runs[run].offset)
            let count = Int(min(end, runs[run].end) - from)
            if !runs[run].block.isNone {
                pool.write(
                    bytes.slice(Int(from - offset), count),
                    to: runs[run].block,
                    at: Int(runs[run].skip) + Int(from - runs[run].offset)
                )
            }
            run = runs[run].next
        }
    }

    /// Inserts a segment as one piece, without what it leaves to stored ones and in the place of what it takes from them.
    ///
    /// By these rules what is left of it is contiguous: a stored segment keeps its bytes only where it reaches over one
    /// end of the new one.
    mutating func insertSegment(
        _ stream: inout mos_stream,
        _ bytes: ByteView,
        at offset: Int64,
        by rule: OverlapRule
    ) -> Bool {
        let start = max(offset, Int64(stream.next))
        let end = offset + Int64(bytes.count)
        guard start < end else { return true }
        let place = remainder(stream, of: start..<end, by: rule)
        guard !place.isEmpty else { return true }
        let piece = bytes.slice(Int(place.lowerBound - offset), place.count)
        // Room first: without any nothing may be lost.
        let ordered = stream.ordered_run
        let joins =
            ordered >= 0 && runs[ordered].end == place.lowerBound && !runs[ordered].block.isNone
        if joins {
            guard makeRoom(&stream, ordered, for: piece.count) else { return false }
            clear(&stream, place)
            return extend(&stream, ordered, by: piece)
        }
        let run = newRun(&stream, piece, at: place.lowerBound, store: true)
        guard run >= 0 else { return false }
        clear(&stream, place)
        link(&stream, run, after: lastRun(stream, below: place.lowerBound))
        return true
    }

    /// What of a new segment replaces or joins what waits.
    private func remainder(_ stream: mos_stream, of new: Range<Int64>, by rule: OverlapRule)
        -> Range<Int64>
    {
        var (start, end) = (new.lowerBound, new.upperBound)
        var run = firstOverlapping(stream, start)
        while run >= 0, runs[run].offset < new.upperBound {
            let old = runs[run].offset..<runs[run].end
            // A range whose bytes nobody kept has nothing to put against them.
            if !runs[run].block.isNone, !rule.prefersNew(new, over: old) {
                if old.lowerBound <= new.lowerBound {
                    start = max(start, old.upperBound)
                } else {
                    end = min(end, old.lowerBound)
                }
            }
            run = runs[run].next
        }
        return start..<max(start, end)
    }

    /// Takes everything that waits out of a range: whole runs, or their ends.
    private mutating func clear(_ stream: inout mos_stream, _ range: Range<Int64>) {
        var run = firstOverlapping(stream, range.lowerBound)
        while run >= 0, runs[run].offset < range.upperBound {
            let following = runs[run].next
            if runs[run].offset < range.lowerBound {
                let end = runs[run].end
                cut(&stream, run, front: 0, back: end - range.lowerBound)
                if end > range.upperBound { know(&stream, range.upperBound..<end, after: run) }
            } else if runs[run].end <= range.upperBound {
                remove(&stream, run)
            } else {
                cut(&stream, run, front: range.upperBound - runs[run].offset, back: 0)
            }
            run = following
        }
    }

    /// What lies behind a segment within a range whose bytes nobody kept stays known, unless there are too many ranges.
    private mutating func know(
        _ stream: inout mos_stream,
        _ range: Range<Int64>,
        after before: Int32
    ) {
        let run = newRun(&stream, .empty, at: range.lowerBound, store: false)
        guard run >= 0 else { return }
        runs[run].length = Int32(range.upperBound - range.lowerBound)
        link(&stream, run, after: before)
    }

    /// Shortens a run by bytes at its ends.
    mutating func cut(_ stream: inout mos_stream, _ run: Int32, front: Int64, back: Int64) {
        uncharge(&stream, runs[run])
        runs[run].offset += front
        runs[run].skip += Int32(front)
        runs[run].length -= Int32(front + back)
        charge(&stream, runs[run])
    }

    /// The first run that reaches behind `offset`, -1 without one.
    func firstOverlapping(_ stream: mos_stream, _ offset: Int64) -> Int32 {
        let before = lastRun(stream, below: offset)
        if before >= 0, runs[before].end > offset { return before }
        return before >= 0 ? runs[before].next : stream.runs
    }
}
