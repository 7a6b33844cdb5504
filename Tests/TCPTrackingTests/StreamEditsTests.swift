// SPDX-License-Identifier: BSD-2-Clause
import Packets
import Testing

@testable import TCPTracking

struct StreamEditsTests {
    // MARK: One edit

    @Test func `a stream without edits is what it was`() {
        let stream = EditedText("abcdef")
        #expect(stream.segment(0, 6) == "0:abcdef")
        #expect(stream.segment(2, 4) == "2:cd")
        #expect(stream.edits.toReceiver(-1) == -1 && stream.edits.toSender(-1) == -1)
        #expect(stream.edits.isIdentity && !stream.edits.changes(0..<6))
    }

    @Test func `bytes put in belong to the byte behind them`() throws {
        var stream = EditedText("abcdef")
        try stream.edit(0, 6, at: 2, removing: 0, "XY")
        #expect(stream.segment(0, 6) == "0:abXYcdef")
        #expect(stream.segment(0, 2) == "0:ab")
        #expect(stream.segment(2, 3) == "2:XYc")
        #expect(stream.segment(3, 6) == "5:def")
        #expect((0...8).map { stream.edits.toSender($0) } == [0, 1, 2, 2, 2, 3, 4, 5, 6])
        #expect(stream.edits.changes(2..<3) && !stream.edits.changes(3..<6))
        #expect(stream.edits.shift == 2)
    }

    @Test func `bytes put in at the end of a payload belong to the byte before them`() throws {
        var stream = EditedText("abcdef")
        try stream.edit(0, 3, at: 3, removing: 0, "XY")
        #expect(stream.segment(0, 3) == "0:abcXY")
        #expect(stream.segment(2, 3) == "2:cXY")
        #expect(stream.segment(2, 5) == "2:cXYde")
        #expect(stream.segment(3, 6) == "5:def")
        #expect((2...6).map { stream.edits.toSender($0) } == [2, 2, 2, 3, 4])
        // What the next segment puts before its first byte comes behind.
        try stream.edit(3, 6, at: 0, removing: 0, "Z", passed: 3)
        #expect(stream.segment(0, 6) == "0:abcXYZdef")
        #expect(stream.segment(3, 4) == "5:Zd")
        #expect(stream.segment(2, 3) == "2:cXY")
    }

    @Test func `bytes taken out count as acknowledged with what is before them`() throws {
        var stream = EditedText("abcdef")
        try stream.edit(0, 6, at: 2, removing: 3, "")
        #expect(stream.segment(0, 6) == "0:abf")
        #expect(stream.segment(1, 3) == "1:b")
        #expect(stream.segment(3, 6) == "2:f")
        #expect((0...4).map { stream.edits.toSender($0) } == [0, 1, 5, 6, 7])
        #expect((0...6).map { stream.edits.toReceiver($0) } == [0, 1, 2, 2, 2, 2, 3])
    }

    @Test func `a segment of which nothing is left says so`() throws {
        var stream = EditedText("abcdef")
        try stream.edit(2, 4, at: 0, removing: 2, "", passed: 2)
        #expect(stream.output(2, 4) == StreamOutput(offset: 2, count: 0, isEmptied: true))
        #expect(stream.output(3, 4) == StreamOutput(offset: 2, count: 0, isEmptied: true))
        #expect(stream.output(4, 4) == StreamOutput(offset: 2, count: 0, isEmptied: false))
    }

    // MARK: Several edits of one segment

    @Test func `a second edit of a segment counts what the first one left`() throws {
        var stream = EditedText("abcdef")
        try stream.edit(0, 6, at: 2, removing: 0, "XY")
        try stream.edit(0, 6, at: 3, removing: 2, "!")
        #expect(stream.segment(0, 6) == "0:abX!def")
        #expect(stream.edits.count == 1)
        try stream.edit(0, 6, at: 7, removing: 0, "?")
        #expect(stream.segment(0, 6) == "0:abX!def?")
        try stream.edit(0, 6, at: 0, removing: 1, "")
        #expect(stream.segment(0, 6) == "0:bX!def?")
        #expect(stream.edits.count == 3)
        try stream.edit(0, 6, at: 0, removing: 7, "new")
        #expect(stream.segment(0, 6) == "0:new" && stream.edits.count == 1)
        #expect(stream.edits.bytes == 3)
    }

    @Test func `what is put in and taken out again leaves nothing`() throws {
        var stream = EditedText("abcdef")
        try stream.edit(0, 6, at: 6, removing: 0, "XY")
        try stream.edit(0, 6, at: 6, removing: 2, "")
        #expect(stream.edits.isIdentity && stream.edits.bytes == 0)
        try stream.edit(0, 6, at: 0, removing: 6, "")
        try stream.edit(0, 6, at: 0, removing: 0, "Z")
        #expect(stream.segment(0, 6) == "0:Z" && stream.segment(0, 1) == "0:Z")
        #expect(stream.output(1, 6)?.isEmptied == true)
    }

    @Test func `the example of the README is right`() throws {
        var stream = EditedText("abcdefghi")
        try stream.edit(0, 6, at: 2, removing: 3, "XY")
        try stream.edit(0, 6, at: 5, removing: 0, "!")
        #expect(stream.segment(0, 9) == "0:abXYf!ghi")
        let ranges = (0..<9).map { stream.segment($0, $0 + 1).split(separator: ":").dropFirst() }
        #expect(ranges.map { $0.first ?? "-" } == ["a", "b", "XY", "-", "-", "f!", "g", "h", "i"])
        #expect([3, 4, 5, 6].map { stream.edits.toSender($0) } == [2, 5, 5, 6])
    }

    // MARK: Refusals

    @Test func `what has left stays as it is`() throws {
        var stream = EditedText("abcdef")
        #expect(stream.refusal(0, 4, at: 0, removing: 1, "", passed: 4) == .passed)
        #expect(stream.refusal(0, 4, at: 4, removing: 0, "X", passed: 4) == .passed)
        #expect(stream.refusal(0, 6, at: 3, removing: 1, "", passed: 4) == .passed)
        #expect(stream.refusal(0, 6, at: 4, removing: 1, "", passed: 4) == nil)
        // A hole is filled: bytes behind it have left.
        #expect(stream.refusal(0, 3, at: 0, removing: 1, "", passed: 6) == .passed)
        #expect(stream.edits.count == 1)
    }

    @Test func `a segment without payload has nothing to which bytes could belong`() {
        var stream = EditedText("abcdef")
        #expect(stream.refusal(3, 3, at: 0, removing: 0, "X", passed: 3) == .noPayload)
    }

    @Test func `a place outside of the payload is refused`() {
        var stream = EditedText("abcdef")
        for (at, removed) in [(-1, 0), (7, 0), (0, 7), (3, 4), (0, -1), (6, 1), (.max, 1)] {
            #expect(stream.refusal(0, 6, at: at, removing: removed, "X") == .outside)
        }
        #expect(stream.refusal(0, 6, at: 1, removing: .max, "X") == .outside)
        #expect(stream.edits.isIdentity)
    }

    @Test func `there are limits, which acknowledgements lift`() throws {
        var edits = StreamEdits()
        func put(_ count: Int, at offset: Int64) throws(StreamEditError) {
            try edits.edit([UInt8](repeating: 1, count: count), offset..<offset + 2, at: 1, 0)
        }
        for number in 0..<Int64(StreamEdits.maximumEdits) { try put(1, at: number * 2) }
        #expect(throws: StreamEditError.tooManyEdits) { try put(1, at: 600) }
        edits.acknowledge(2, passed: 512)
        #expect(edits.count == 255)
        try put(1, at: 600)

        edits.acknowledge(.max, passed: 602)
        #expect(edits.count == 0 && edits.bytes == 0)
        try put(StreamEdits.maximumBytes - 1, at: 700)
        #expect(throws: StreamEditError.tooManyBytes) { try put(2, at: 702) }
        try put(1, at: 702)
        edits.acknowledge(edits.toReceiver(702), passed: 704)
        try put(StreamEdits.maximumBytes - 1, at: 704)
        #expect(edits.bytes == StreamEdits.maximumBytes && edits.count == 2)
    }

    @Test func `a result that has no room is not written`() throws {
        var stream = EditedText("abcdef")
        try stream.edit(0, 6, at: 2, removing: 0, "XY")
        #expect(stream.output(0, 6, room: 7) == nil)
        #expect(stream.output(0, 6, room: 8)?.count == 8)
        #expect(stream.edits.outputLength(of: 0..<6) == 8)
    }

    // MARK: Acknowledgements

    @Test func `what is acknowledged is forgotten, and nothing of it is sent again`() throws {
        var stream = EditedText("abcdef")
        try stream.edit(0, 6, at: 2, removing: 1, "XY")
        stream.edits.acknowledge(3, passed: 6)
        #expect(stream.edits.count == 1, "a part of it is not acknowledged")
        stream.edits.acknowledge(4, passed: 6)
        #expect(stream.edits.count == 0 && stream.edits.shift == 1)
        #expect(stream.edits.floor == StreamEdits.Place(sender: 3, receiver: 4))
        #expect(stream.segment(0, 6) == "4:def")
        #expect(stream.output(0, 3) == StreamOutput(offset: 4, count: 0, isEmptied: true))
        #expect(stream.output(0, 2) == StreamOutput(offset: 3, count: 0, isEmptied: true))
        #expect((0...6).map { stream.edits.toReceiver($0) } == [1, 2, 3, 4, 5, 6, 7])
        #expect((0...5).map { stream.edits.toSender($0) } == [0, 0, 1, 2, 3, 4])
    }

    @Test func `an acknowledgement of more than has left forgets nothing of it`() throws {
        var stream = EditedText("abcdef")
        try stream.edit(0, 3, at: 1, removing: 0, "X")
        stream.edits.acknowledge(1000, passed: 1)
        #expect(stream.edits.count == 1)
        stream.edits.acknowledge(1000, passed: 3)
        #expect(stream.edits.count == 0)
    }

    @Test func `SACK blocks tell of whole bytes`() throws {
        var stream = EditedText("abcdefgh")
        try stream.edit(0, 8, at: 2, removing: 2, "XYZ")  // ab XYZ efgh
        let blocks: [(Range<Int64>, Range<Int64>?)] = [
            (0..<2, 0..<2), (0..<3, 0..<2), (1..<5, 1..<4), (2..<5, 2..<4), (3..<5, 3..<4),
            (3..<4, nil), (4..<7, 3..<6), (5..<9, 3..<8), (6..<9, 5..<8),
        ]
        for (block, expected) in blocks {
            #expect(stream.edits.toSender(block) == expected, "\(block)")
        }
    }

    @Test func `numbers on the wire are translated over the wrap`() throws {
        let iss = SequenceNumber(0xFFFF_FFF0)
        var edits = StreamEdits()
        try edits.edit([1, 2, 3], 10..<20, at: 4, 0)
        // 14 is the first number behind the wrap but one.
        let number = { (offset: Int64) in SequenceNumber(offset: offset, iss: iss) }
        #expect(number(15).value == 0)
        #expect(edits.toReceiver(number(13), iss: iss, near: 20) == number(13))
        #expect(edits.toReceiver(number(15), iss: iss, near: 20) == number(18))
        #expect(edits.toSender(number(18), iss: iss, near: 20) == number(15))
        #expect(edits.toSender(number(16), iss: iss, near: 20) == number(14))
        let block = SACKBlock(number(15).value, number(20).value)
        #expect(
            edits.toSender(block, iss: iss, near: 20)
                == SACKBlock(number(15).value, number(17).value)
        )
        #expect(
            edits.toSender(SACKBlock(block.left, block.left &+ 2), iss: iss, near: 20) == nil
        )
        #expect(edits.toSender(SACKBlock(block.right, block.left), iss: iss, near: 20) == nil)
    }

    // MARK: Everything small

    /// All ways to cut a stream of four bytes, with two edits of all kinds, against what the words of the contract say.
    @Test func `every small stream with two edits of it holds together`() throws {
        var cases = 0
        for cuts in 0..<8 {
            let edges = [0] + [1, 2, 3].filter { cuts & 1 << ($0 - 1) != 0 } + [4]
            let segments = zip(edges, edges.dropFirst()).map { Int64($0)..<Int64($1) }
            for (first, one) in segments.enumerated() {
                for (second, other) in segments.enumerated() where second >= first {
                    try forEachEdit(EditedText("abcd"), one) { stream in
                        try forEachEdit(stream, other) { stream in
                            cases += 1
                            if let problem = stream.problem {
                                Issue.record("\(problem): \(stream.edits.edits)")
                            }
                        }
                    }
                }
            }
        }
        #expect(cases == 7549)
    }

    private func forEachEdit(
        _ stream: EditedText,
        _ segment: Range<Int64>,
        _ body: (EditedText) throws -> Void
    ) throws {
        let length = stream.edits.outputLength(of: segment)
        for at in 0...length {
            for removed in 0...(length - at) {
                for text in ["", "X", "YZ"] where removed + text.count > 0 {
                    var edited = stream
                    let (start, end) = (Int(segment.lowerBound), Int(segment.upperBound))
                    try edited.edit(start, end, at: at, removing: removed, text, passed: start)
                    try body(edited)
                }
            }
        }
    }
}

extension StreamEdits {
    fileprivate mutating func edit(
        _ bytes: [UInt8],
        _ segment: Range<Int64>,
        at offset: Int,
        _ removed: Int
    ) throws(StreamEditError) {
        var edits = self
        let result = ByteView.of(bytes) { view in
            Result { () throws(StreamEditError) in
                try edits.edit(
                    segment,
                    at: offset,
                    removing: removed,
                    inserting: view,
                    passed: segment.lowerBound
                )
            }
        }
        try result.get()
        self = edits
    }
}

/// A stream whose sender sends a text, and what its receiver should get.
private struct EditedText {
    private let text: [UInt8]
    private(set) var expected: [UInt8]
    var edits = StreamEdits()

    init(_ text: String) {
        self.text = Array(text.utf8)
        expected = Array(text.utf8)
    }

    mutating func edit(
        _ start: Int,
        _ end: Int,
        at offset: Int,
        removing removed: Int,
        _ inserted: String,
        passed: Int? = nil
    ) throws(StreamEditError) {
        let place = output(start, end).map { Int($0.offset) + offset } ?? 0
        let result = ByteView.of(Array(inserted.utf8)) { view in
            var edits = edits
            return Result { () throws(StreamEditError) in
                try edits.edit(
                    Int64(start)..<Int64(end),
                    at: offset,
                    removing: removed,
                    inserting: view,
                    passed: Int64(passed ?? start)
                )
                return edits
            }
        }
        edits = try result.get()
        expected.replaceSubrange(place..<(place + removed), with: Array(inserted.utf8))
    }

    mutating func refusal(
        _ start: Int,
        _ end: Int,
        at offset: Int,
        removing removed: Int,
        _ inserted: String,
        passed: Int? = nil
    ) -> StreamEditError? {
        do throws(StreamEditError) {
            try edit(start, end, at: offset, removing: removed, inserted, passed: passed)
            return nil
        } catch {
            return error
        }
    }

    /// What a segment becomes: its place and its bytes.
    func segment(_ start: Int, _ end: Int) -> String {
        var room = [UInt8](repeating: 0, count: 100)
        let output = apply(start, end, into: &room)
        return output.map {
            "\($0.offset):" + String(decoding: room.prefix($0.count), as: UTF8.self)
        } ?? "-"
    }

    func output(_ start: Int, _ end: Int, room: Int = 100) -> StreamOutput? {
        var room = [UInt8](repeating: 0, count: room)
        return apply(start, end, into: &room)
    }

    private func apply(_ start: Int, _ end: Int, into room: inout [UInt8]) -> StreamOutput? {
        ByteView.of(Array(text[start..<end])) { bytes in
            MutableByteView.of(&room) { edits.apply(bytes, at: Int64(start), into: $0) }
        }
    }

    /// What does not hold, nil when all does.
    var problem: String? {
        if let problem = cuts ?? numbers(edits, from: 0) { return problem }
        for acknowledged in 0...Int64(expected.count) {
            if let problem = folded(acknowledged) {
                return "acknowledged \(acknowledged): \(problem)"
            }
        }
        return nil
    }

    /// Every segment is the bytes of the expected stream at its place.
    private var cuts: String? {
        for start in 0...text.count {
            for end in start...text.count {
                let whole = segment(start, end)
                let from = Int(edits.toReceiver(Int64(start)))
                let to = Int(edits.toReceiver(Int64(end)))
                let right = "\(from):" + String(decoding: expected[from..<to], as: UTF8.self)
                if whole != right { return "\(start)..<\(end) is \(whole), not \(right)" }
                let same = Array(text[start..<end]) == Array(expected[from..<to])
                let changes = edits.changes(Int64(start)..<Int64(end))
                if !changes, !same { return "\(start)..<\(end) is said to be unchanged" }
            }
        }
        let end = edits.toReceiver(Int64(text.count))
        return end == Int64(expected.count) ? nil : "it ends at \(end) of \(expected.count)"
    }

    /// Acknowledgements and blocks, by their definitions.
    private func numbers(_ edits: StreamEdits, from floor: Int64) -> String? {
        let all = 0...Int64(text.count)
        for place in edits.floor.receiver...Int64(expected.count) {
            let right = all.last { edits.toReceiver($0) <= place }
            if edits.toSender(place) != right {
                return "\(place) acknowledges \(edits.toSender(place))"
            }
            for end in (place + 1)..<(Int64(expected.count) + 1) {
                let within = all.dropLast().filter {
                    $0 >= edits.floor.sender && edits.toReceiver($0) >= place
                        && edits.toReceiver($0 + 1) <= end
                }
                let block = edits.toSender(place..<end)
                let range = within.first.map { $0..<((within.last ?? 0) + 1) }
                if block?.clamped(to: floor..<Int64(text.count)) != range {
                    return "\(place)..<\(end) is \(String(describing: block)), not \(within)"
                }
            }
        }
        return nil
    }

    /// The same when the receiver has acknowledged some of it.
    private func folded(_ acknowledged: Int64) -> String? {
        var late = self
        late.edits.acknowledge(acknowledged, passed: Int64(text.count))
        let floor = late.edits.floor
        if floor.receiver > acknowledged { return "the floor is \(floor)" }
        for start in 0...text.count {
            let place = late.edits.toReceiver(Int64(start))
            if Int64(start) < floor.sender, place > floor.receiver || place < 0 {
                return "\(start) is \(place), not below \(floor)"
            }
            if Int64(start) > floor.sender, place != edits.toReceiver(Int64(start)) {
                return "\(start) is \(place)"
            }
            for end in start...text.count {
                let parts = late.segment(start, end).split(
                    separator: ":",
                    omittingEmptySubsequences: false
                )
                let at = Int(parts[0]) ?? -1
                let bytes = Array(parts[1].utf8)
                if !bytes.isEmpty, Array(expected[at..<(at + bytes.count)]) != bytes {
                    return "\(start)..<\(end) is \(parts)"
                }
                // Nothing that is not acknowledged goes missing.
                let was = Int(edits.toReceiver(Int64(end)))
                if Int64(was) > floor.receiver, at + bytes.count != was {
                    return "\(start)..<\(end) ends at \(at + bytes.count), not \(was)"
                }
                let begin = max(Int(edits.toReceiver(Int64(start))), Int(floor.receiver))
                if bytes.count > 0, at != begin { return "\(start)..<\(end) begins at \(at)" }
            }
        }
        let old = (0..<floor.receiver).first { late.edits.toSender($0) > floor.sender }
        if let old { return "\(old) acknowledges \(late.edits.toSender(old))" }
        return numbers(late.edits, from: floor.sender)
    }
}
