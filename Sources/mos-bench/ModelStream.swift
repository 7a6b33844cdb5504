// SPDX-License-Identifier: BSD-2-Clause
import Capture
import TCPTracking

/// What one direction of a connection must come to, worked out byte by byte from the frames that the engine gets.
///
/// Slow and simple on purpose: one entry an octet, no lists, no ranges.
struct ModelStream {
    /// What each offset holds in the end, nil = it never came in time.
    private(set) var bytes: [UInt8?] = []
    /// Sequence space that is given up or delivered ends here.
    private(set) var next = 0
    /// Segments that repeat octets with another content.
    private(set) var differing = 0
    /// Segments with octets that were given up before.
    private(set) var late = 0
    /// The segment that each octet came with.
    private var owner: [Int?] = []
    private var segments = 0
    /// The highest number seen, as offset, FIN included.
    private var top = 0
    private let rule: OverlapRule

    init(rule: OverlapRule) { self.rule = rule }

    /// Takes a segment whose `payload` was captured, out of `length` octets.
    mutating func receive(at offset: Int, _ payload: ArraySlice<UInt8>, of length: Int, fin: Bool) {
        let isKeepAlive = length <= 1 && offset + 1 == top && !fin
        top = max(top, offset + length + (fin ? 1 : 0))
        if length == 0 { return }
        let end = offset + payload.count
        while bytes.count < offset + length {
            bytes.append(nil)
            owner.append(nil)
        }
        judge(offset, payload, length, isKeepAlive)
        place(offset, payload)
        while next < bytes.count, owner[next] != nil { next += 1 }
        // What the capture cut of an in-order segment is given up at once.
        if payload.count < length, next >= end, next < offset + length {
            next = offset + length
            while next < bytes.count, owner[next] != nil { next += 1 }
        }
    }

    private mutating func judge(
        _ offset: Int,
        _ payload: ArraySlice<UInt8>,
        _ length: Int,
        _ isKeepAlive: Bool
    ) {
        if (offset..<offset + length).contains(where: { $0 < next && owner[$0] == nil }) {
            late += 1
        }
        let isOther = zip(offset..., payload).contains { owner[$0] != nil && bytes[$0] != $1 }
        if isOther, !isKeepAlive { differing += 1 }
    }

    /// Places what wins, judged by what is left of each waiting segment before anything changes.
    private mutating func place(_ offset: Int, _ payload: ArraySlice<UInt8>) {
        segments += 1
        let start = max(offset, next)
        let new = Int64(start)..<Int64(max(start, offset + payload.count))
        let won = new.map(Int.init).filter { at in
            owner[at] == nil || rule.prefersNew(new, over: waitingSegment(at))
        }
        for at in won {
            bytes[at] = payload[payload.startIndex + at - offset]
            owner[at] = segments
        }
    }

    private func waitingSegment(_ offset: Int) -> Range<Int64> {
        var (start, end) = (offset, offset + 1)
        while start > next, owner[start - 1] == owner[offset] { start -= 1 }
        while end < owner.count, owner[end] == owner[offset] { end += 1 }
        return Int64(start)..<Int64(end)
    }
}
