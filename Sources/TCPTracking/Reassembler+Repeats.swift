// SPDX-License-Identifier: BSD-2-Clause
// Bytes that come again: whether they are still the same, and whether they were given up before they came.
import CMosABI
import Flows
import Packets

/// How a repeat compares with what came first.
public enum RepeatedBytes: Sendable {
    /// Every repeated byte is still there, and the same.
    case same
    /// Some byte is another.
    case different
    /// What is still there is the same, but not all of it is.
    case unknown
}

extension Reassembler {
    /// Compares what `bytes` at `offset` repeats with what is kept: read, unread, or behind a hole.
    public func compare(_ stream: mos_stream, _ bytes: ByteView, at offset: Int64) -> RepeatedBytes
    {
        let end = offset + Int64(bytes.count)
        let next = Int64(stream.next)
        var at = max(offset, 0)
        var result = RepeatedBytes.same
        var run = firstOverlapping(stream, at)
        while run >= 0, runs[run].offset < end {
            let from = max(at, runs[run].offset)
            // Below `next` everything was seen; what no run holds is gone.
            if at < min(from, next) { result = .unknown }
            let count = Int(min(end, runs[run].end) - from)
            if runs[run].block.isNone {
                result = .unknown
            } else if !pool.holds(
                bytes.slice(Int(from - offset), count),
                in: runs[run].block,
                at: Int(runs[run].skip) + Int(from - runs[run].offset)
            ) {
                return .different
            }
            at = from + Int64(count)
            run = runs[run].next
        }
        return at < min(end, next) ? .unknown : result
    }

    /// The most declared holes of a stream that are remembered.
    public static var gapLimit: Int { 16 }

    /// Remembers a declared hole; the oldest of too many is forgotten.
    ///
    /// - Parameters:
    ///   - newest: the list, newest first, -1 = empty; every hole lies behind those before it.
    ///   - offset: where the hole begins.
    ///   - length: its bytes.
    public mutating func rememberGap(_ newest: inout Int32, at offset: Int64, length: Int64) {
        if newest >= 0, runs[newest].end == offset, Int64(runs[newest].length) + length < 1 << 31 {
            runs[newest].length += Int32(length)
            return
        }
        let gap = runs.take()
        guard gap >= 0 else { return }
        runs[gap] = Run(
            offset: offset,
            length: Int32(clamping: length),
            skip: 0,
            block: .none,
            next: newest
        )
        newest = gap
        var last = newest
        for _ in 1..<Self.gapLimit where runs[last].next >= 0 { last = runs[last].next }
        var forgotten = runs[last].next
        runs[last].next = -1
        forgetGaps(&forgotten)
    }

    /// True when bytes from `offset` up to `end` lie in a declared hole.
    public func isLate(_ newest: Int32, from offset: Int64, upTo end: Int64) -> Bool {
        var gap = newest
        while gap >= 0, runs[gap].end > offset {
            if runs[gap].offset < end { return true }
            gap = runs[gap].next
        }
        return false
    }

    /// Gives a list of holes back.
    public mutating func forgetGaps(_ newest: inout Int32) {
        var gap = newest
        newest = -1
        while gap >= 0 {
            let older = runs[gap].next
            runs.give(gap)
            gap = older
        }
    }
}
