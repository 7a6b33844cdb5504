// SPDX-License-Identifier: BSD-2-Clause
import Packets
import TCPTracking

/// A connection's one direction with somebody in the middle who edits: a sender, a path that loses and repeats, a
/// receiver that acknowledges, and what the receiver must get in the end.
///
/// The model of an edit is `replaceSubrange` of one array, for all that lies behind still is what the sender will send.
struct EditedStream {
    /// What the sender sends, from `origin` on.
    private let sent: [UInt8]
    /// The first offset: what lies before has been acknowledged, and near 2^32 numbers wrap.
    private let origin: Int64
    private let iss: SequenceNumber
    private var edits = StreamEdits()
    /// What the receiver must get.
    private var expected: [UInt8]
    /// S: up to where bytes have left.
    private var passed: Int64
    /// S: up to where the sender knows of an acknowledgement, and of which bytes behind.
    private var una: Int64
    private var told: Set<Int64> = []
    /// R: up to where the receiver has everything, and what it has behind.
    private var next: Int64
    private var waiting: [Bool] = []
    /// Acknowledgements that were sent, which may come late.
    private var acknowledgements: [Acknowledgement] = []
    private var room = [UInt8](repeating: 0, count: 400_000)

    private struct Acknowledgement {
        let number: SequenceNumber
        let blocks: [SACKBlock]
    }

    init(_ bytes: inout InputBytes) {
        origin = [0, 0xFFFF_FF80, 7, 0x1_FFFF_FFA0][bytes.next() & 3]
        iss = SequenceNumber([0, 0xFFFF_FFF0, 0x7FFF_FFFF, 12345][bytes.next() & 3])
        sent = (0..<600).map { UInt8(truncatingIfNeeded: ($0 &* 0x9E37_79B1) >> 13) }
        expected = sent
        passed = origin
        una = origin
        next = origin
    }

    private var end: Int64 { origin + Int64(sent.count) }

    /// What an input tells comes next; what went wrong, nil when nothing did.
    mutating func step(_ bytes: inout InputBytes) -> String? {
        switch bytes.next() & 7 {
        case 0...2: return send(passed, 1 + bytes.next() % 40, &bytes)
        case 3: return send(passed + Int64(bytes.next() % 30), 1 + bytes.next() % 30, &bytes)
        case 4, 5:
            // A repeat of anything, also of what was acknowledged long ago.
            let reach = max(1, Int(passed - origin))
            let start = origin + Int64((bytes.next() << 8 | bytes.next()) % reach)
            return send(start, 1 + bytes.next() % 80, &bytes)
        case 6:
            return acknowledge(isLost: bytes.next() & 1 != 0)
        default:
            guard !acknowledgements.isEmpty else { return nil }
            return take(acknowledgements[bytes.next() % acknowledgements.count])
        }
    }

    // MARK: Segments

    /// A segment comes by; what of it is new may be edited.
    private mutating func send(_ start: Int64, _ length: Int, _ bytes: inout InputBytes) -> String?
    {
        let segment = min(start, end)..<min(start + Int64(length), end)
        if segment.isEmpty { return nil }
        if let problem = become(segment).problem { return problem }
        for _ in 0..<[0, 0, 1, 2, 3, 1, 0, 0][bytes.next() & 7] {
            if let problem = edit(segment, &bytes) { return problem }
        }
        let output = become(segment)
        if output.problem != nil { return output.problem }
        passed = max(passed, segment.upperBound)
        // What has grown leaves in two parts, of which one may be lost.
        let middle = output.range.lowerBound + Int64(output.range.count / 2)
        switch bytes.next() % 6 {
        case 0, 1: break
        case 2: deliver(output.range.lowerBound..<middle)
        case 3: deliver(middle..<output.range.upperBound)
        default: deliver(output.range)
        }
        return nil
    }

    /// What a segment becomes: where in R, and what is wrong with it.
    private mutating func become(_ segment: Range<Int64>) -> (range: Range<Int64>, problem: String?)
    {
        let payload = Array(sent[index(segment.lowerBound)..<index(segment.upperBound)])
        let output = ByteView.of(payload) { payload in
            MutableByteView.of(&room) { edits.apply(payload, at: segment.lowerBound, into: $0) }
        }
        guard let output else { return (0..<0, "no room for \(segment)") }
        let range = output.offset..<output.offset + Int64(output.count)
        if output.count != edits.outputLength(of: segment) { return (range, "another length") }
        if output.isEmptied != range.isEmpty { return (range, "\(segment) is not emptied") }
        guard !range.isEmpty else {
            // A segment one number below makes the receiver speak, once it has what lies before.
            let isOld = segment.upperBound <= edits.floor.sender
            return (range, isOld && output.offset > next ? "\(segment) is ahead" : nil)
        }
        guard range.lowerBound >= origin, index(range.upperBound) <= expected.count else {
            return (range, "\(segment) becomes \(range)")
        }
        let right = expected[index(range.lowerBound)..<index(range.upperBound)]
        if !right.elementsEqual(room.prefix(output.count)) {
            return (range, "\(segment) becomes other bytes at \(range)")
        }
        if !edits.changes(segment), !right.elementsEqual(payload) {
            return (range, "\(segment) changes")
        }
        return (range, number(of: segment, range))
    }

    /// The number on the wire says the same.
    private func number(of segment: Range<Int64>, _ range: Range<Int64>) -> String? {
        guard segment.lowerBound >= edits.floor.sender else { return nil }
        let seq = SequenceNumber(offset: segment.lowerBound, iss: iss)
        let number = edits.toReceiver(seq, iss: iss, near: passed)
        let offset = number.offset(iss: iss, near: next)
        return offset == range.lowerBound ? nil : "\(segment) has the number of \(offset)"
    }

    private mutating func edit(_ segment: Range<Int64>, _ bytes: inout InputBytes) -> String? {
        let output = become(segment).range
        let length = output.count
        let at = bytes.next() % (length + 1)
        let removed = bytes.next() % 3 == 0 ? 0 : bytes.next() % (length - at + 1)
        var count = bytes.next() % 12
        if count == 11 { count = bytes.next() == 0 ? 60_000 : 90 }
        let fill = UInt8(truncatingIfNeeded: bytes.next())
        let new = (0..<count).map { fill &+ UInt8(truncatingIfNeeded: $0) }
        let place = output.lowerBound + Int64(at)
        let isFresh =
            passed < segment.upperBound
            && (passed < segment.lowerBound || place >= edits.toReceiver(passed))
        let (edits, bytesBefore) = (edits.count, edits.bytes)
        let result = ByteView.of(new) { view in
            var stream = self.edits
            return Result { () throws(StreamEditError) in
                try stream.edit(
                    segment,
                    at: at,
                    removing: removed,
                    inserting: view,
                    passed: passed
                )
                return stream
            }
        }
        switch result {
        case .success(let stream):
            guard isFresh else { return "\(segment) was edited at \(at), which had left" }
            self.edits = stream
            expected.replaceSubrange(index(place)..<index(place) + removed, with: new)
            return nil
        case .failure(.passed): return isFresh ? "\(segment) at \(at) had not left" : nil
        case .failure(.tooManyEdits):
            return edits >= StreamEdits.maximumEdits ? nil : "too many at \(edits)"
        case .failure(.tooManyBytes):
            let isMany = bytesBefore + count > StreamEdits.maximumBytes
            return isMany ? nil : "too many bytes at \(bytesBefore)"
        case .failure(let error): return "\(segment) at \(at): \(error)"
        }
    }

    private mutating func deliver(_ range: Range<Int64>) {
        let missing = index(range.upperBound) - waiting.count
        if missing > 0 { waiting += [Bool](repeating: false, count: missing) }
        if range.upperBound <= next { return }
        for offset in max(range.lowerBound, next)..<range.upperBound {
            waiting[index(offset)] = true
        }
        while hasCome(next) { next += 1 }
    }

    private func hasCome(_ offset: Int64) -> Bool {
        offset < next || index(offset) < waiting.count && waiting[index(offset)]
    }

    private func index(_ offset: Int64) -> Int { Int(offset - origin) }

    // MARK: Acknowledgements

    /// The receiver acknowledges what it has; the middle sees it, the sender perhaps.
    private mutating func acknowledge(isLost: Bool) -> String? {
        var blocks: [SACKBlock] = []
        var offset = next
        // As many as fit into a header.
        while blocks.count < 4, index(offset) < waiting.count {
            let start = offset
            while hasCome(offset) { offset += 1 }
            if offset > start {
                let edges = [start, offset].map { SequenceNumber(offset: $0, iss: iss).value }
                blocks.append(SACKBlock(edges[0], edges[1]))
            }
            offset += 1
        }
        let number = SequenceNumber(offset: next, iss: iss)
        let acknowledgement = Acknowledgement(number: number, blocks: blocks)
        acknowledgements.append(acknowledgement)
        if !isLost, let problem = take(acknowledgement) { return problem }
        edits.acknowledge(next, passed: passed)
        let floor = edits.floor
        return floor.receiver > next || floor.sender > passed ? "the floor is \(floor)" : nil
    }

    /// An acknowledgement reaches the sender.
    private mutating func take(_ acknowledgement: Acknowledgement) -> String? {
        let number = edits.toSender(acknowledgement.number, iss: iss, near: passed)
        let offset = number.offset(iss: iss, near: una)
        if offset > passed { return "\(offset) is acknowledged, \(passed) was sent" }
        if offset > edits.toSender(next) { return "\(offset) is acknowledged too early" }
        una = max(una, offset)
        for block in acknowledgement.blocks {
            guard let known = edits.toSender(block, iss: iss, near: passed) else { continue }
            let left = SequenceNumber(known.left).offset(iss: iss, near: una)
            let right = SequenceNumber(known.right).offset(iss: iss, near: una)
            guard left < right, right <= passed else { return "a block \(left)..<\(right)" }
            for byte in left..<right where byte >= edits.floor.sender {
                let range = edits.toReceiver(byte)..<edits.toReceiver(byte + 1)
                guard range.allSatisfy(hasCome) else {
                    return "\(byte) is in a block, \(range) has not come"
                }
                told.insert(byte)
            }
        }
        return nil
    }

    /// The sender repeats what it does not know to have arrived, until it knows that all has.
    mutating func finish() -> String? {
        var rounds = 0
        while una < passed {
            rounds += 1
            if rounds > 2000 { return "\(una) of \(passed) is acknowledged for ever" }
            // Bytes that blocks told of are not repeated.
            let end = (una..<passed).first { told.contains($0) } ?? passed
            let segment = una..<min(max(end, una + 1), una + 37)
            let output = become(segment)
            if let problem = output.problem { return problem }
            deliver(output.range)
            if let problem = acknowledge(isLost: false) { return problem }
        }
        let all = edits.toReceiver(passed)
        if next != all { return "\(next) of \(all) has arrived" }
        return edits.count == 0 && edits.bytes == 0 ? nil : "\(edits.count) edits are remembered"
    }
}
