// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Packets
import TCPTracking
import Testing

@testable import Engine

/// Cases T06 to T10, T25 (late), T29: what a repeat says of itself, and which bytes win.
struct RepeatTests {
    /// A client that reads what it gets and keeps the last `keep` read bytes of the server's buffer.
    private func recorder(
        keep: Int = 0,
        policy: OverlapPolicy = .first,
        _ lines: [Line],
        settings: (inout Settings) -> Void = { _ in }
    ) throws -> Recorder {
        let recorder = try Recorder(Line.handshake + lines) {
            $0.keep = keep
            $0.overlap = policy
            settings(&$0)
        }
        recorder.stream("", [.rexmit, .newData, .gap, .error])
        return recorder
    }

    /// What REXMIT says of each repeat: whether it differs, and whether it is late.
    private func repeats(_ recorder: Recorder, _ also: (Happening) -> Void = { _ in }) -> [String] {
        var marks: [String] = []
        recorder.run { event in
            also(event)
            if event.event == .rexmit, let packet = event.packet {
                marks.append(Self.marks(packet))
            }
        }
        return marks
    }

    private static func marks(_ packet: mos_packet) -> String {
        func has(_ flag: Int) -> Bool { packet.flags & UInt32(flag) != 0 }
        let differs =
            has(MOS_PKT_DIFFERS_KNOWN) ? (has(MOS_PKT_DIFFERS) ? "differs" : "same") : "unknown"
        return differs + (has(MOS_PKT_LATE) ? " late" : "")
    }

    private let data = Line.client(.ack, 1, 1, "AAAABBBB")

    @Test(arguments: [1, 64])
    func `T10 the policy holds in any burst size, also for the end that sends second`(burst: Int)
        throws
    {
        let request: [Line] = [.client(.ack, 1, 1, "ask"), .server(.ack, 1, 4)]
        let recorder = try Recorder(
            Line.handshake + request + [
                .server(.ack, 1, 4, "0123"), .server(.ack, 9, 4, "BBBB"),
                .server(.ack, 9, 4, "XXXX"), .server(.ack, 5, 4, "aaaaYYYYcc"),
            ],
            burstLength: burst
        ) { $0.overlap = .last }
        recorder.stream("", [.newData])
        #expect(
            recorder.run() == [
                "4 SVR NEW_DATA 'ask'", "6 CLI NEW_DATA '0123'", "9 CLI NEW_DATA 'aaaaYYYYcc'",
            ]
        )
    }

    @Test func `T06 the same bytes again do not differ`() throws {
        let recorder = try recorder(keep: 100, [data, data])
        #expect(repeats(recorder) == ["same"])
        #expect(recorder.lines == ["4 SVR NEW_DATA 'AAAABBBB'", "5 RCV SVR REXMIT"])
        #expect(recorder.worker.counters[.overlapsDiffer] == 0)
    }

    @Test func `T07 other bytes again differ, both versions are readable, the stream is the first`()
        throws
    {
        let recorder = try recorder(keep: 100, [data, .client(.ack, 3, 1, "AAxxBBcc")])
        var old: String?
        recorder.run { event in
            if event.event == .rexmit {
                #expect(event.packet.map(Self.marks) == "differs")
                #expect(event.packet?.offset == 2)
                old = recorder.ppeek(.server, at: 2, 6)
            }
        }
        #expect(old == "AABBBB")
        #expect(recorder.lines.last == "5 SVR NEW_DATA 'cc'")
        #expect(recorder.worker.counters[.overlapsDiffer] == 1)
    }

    @Test func `T29 of bytes that are gone nobody knows`() throws {
        #expect(repeats(try recorder([data, data])) == ["unknown"])
    }

    @Test func `what is kept is the end: the rest is gone`() throws {
        let ladder = [data, .client(.ack, 5, 1, "BBBB"), .client(.ack, 4, 1, "ABBBB")]
        #expect(repeats(try recorder(keep: 4, ladder)) == ["same", "unknown"])
    }

    @Test func `unread bytes are compared without KEEP`() throws {
        let recorder = try recorder([
            data, .client(.ack, 5, 1, "BBBB"), .client(.ack, 5, 1, "BxBB"),
        ])
        recorder.reads = false
        #expect(repeats(recorder) == ["same", "differs"])
    }

    @Test func `bytes behind a hole are compared, whether or not anything is new`() throws {
        let ladder: [Line] = [
            .client(.ack, 5, 1, "BBBB"), .client(.ack, 5, 1, "BBBB"), .client(.ack, 4, 1, "ABBBBC"),
            .client(.ack, 4, 1, "ABBxBC"), data,
        ]
        let recorder = try recorder(ladder)
        #expect(repeats(recorder) == ["same", "same", "differs", "same"])
        #expect(recorder.lines.last == "8 SVR NEW_DATA 'AAAABBBBC'")
    }

    @Test func `what the capture cut cannot be compared to its end`() throws {
        let cut = Line.client(.ack, 1, 1, "AAAABBBB").captured(58)
        #expect(repeats(try recorder(keep: 100, [data, cut])) == ["unknown"])
    }

    @Test func `a keep-alive's octet may be anything and is not counted`() throws {
        let recorder = try recorder(keep: 100, [data, .client(.ack, 8, 1, "?")])
        #expect(repeats(recorder) == ["differs"])
        #expect(recorder.worker.counters[.overlapsDiffer] == 0)
    }

    @Test func `KEEP without a reader keeps, and waits for holes as a reader does`() throws {
        let ladder =
            [.client(.ack, 1001, 1, String(repeating: "c", count: 500))]
            + [Line.client(.ack, 1601, 1, String(repeating: "d", count: 500))]
            + [
                .client(.ack, 1, 1, String(repeating: "a", count: 1000)),
                .client(.ack, 901, 1, "ax"),
            ]
        let recorder = try Recorder(Line.handshake + ladder) { $0.keep = 3000 }
        recorder.stream("", [.rexmit])
        #expect(repeats(recorder) == ["differs"])
        #expect(recorder.worker.counters[.bufferLimit] == 0)
    }

    @Test func `kept bytes take no room from those that wait`() throws {
        let ladder =
            [Line.client(.ack, 1, 1, String(repeating: "a", count: 1000))]
            + [.client(.ack, 1101, 1, "late"), .client(.ack, 1201, 1, "later")]
            + [.client(.ack, 1001, 1, String(repeating: "b", count: 200))]
        let recorder = try recorder(keep: 1000, ladder) { $0.buffer = 1000 }
        recorder.run()
        #expect(recorder.lines.filter { $0.contains("ERROR") || $0.contains("GAP") } == [])
    }

    @Test(arguments: [
        (OverlapPolicy.first, "AAAABBBBCC"), (.last, "AAAAxxxxCC"), (.bsd, "AAAAxxxxCC"),
        (.vista, "AAAABBBBCC"), (.solaris, "AAAAxxxxCC"),
    ])
    func `T09 a segment over a stored one`(policy: OverlapPolicy, stream: String) throws {
        let ladder: [Line] = [.client(.ack, 5, 1, "BBBB"), .client(.ack, 1, 1, "AAAAxxxxCC")]
        let recorder = try recorder(policy: policy, ladder)
        #expect(repeats(recorder) == ["differs"])
        #expect(recorder.lines == ["5 RCV SVR REXMIT", "5 SVR NEW_DATA '\(stream)'"])
    }

    @Test(arguments: [
        (OverlapPolicy.first, "aaaaBBBBcc"), (.last, "aaaaYYYYcc"), (.linux, "aaaaYYYYcc"),
    ])
    func `T10 again and again`(policy: OverlapPolicy, stream: String) throws {
        let ladder: [Line] = [
            .client(.ack, 5, 1, "BBBB"), .client(.ack, 5, 1, "XXXX"),
            .client(.ack, 1, 1, "aaaaYYYYcc"),
        ]
        let recorder = try recorder(policy: policy, ladder)
        #expect(repeats(recorder) == ["differs", "differs"])
        #expect(recorder.lines.last == "6 SVR NEW_DATA '\(stream)'")
        #expect(recorder.worker.counters[.overlapsDiffer] == 2)
    }

    @Test(arguments: [
        (OverlapPolicy.first, "aaaaBBBB"), (.last, "aaaaXXXX"), (.oldLinux, "aaaaXXXX"),
    ])
    func `what replaces without anything new is merged too`(policy: OverlapPolicy, stream: String)
        throws
    {
        let ladder: [Line] = [
            .client(.ack, 5, 1, "BBBB"), .client(.ack, 5, 1, "XXXX"), .client(.ack, 1, 1, "aaaa"),
        ]
        let recorder = try recorder(policy: policy, ladder)
        recorder.run()
        #expect(recorder.lines.last == "6 SVR NEW_DATA '\(stream)'")
    }

    /// A segment that the receiver acknowledges but that was not captured, then three more packets.
    private let missed: [Line] = [
        .client(.ack, 5, 1, "BBBB"), .server(.ack, 1, 9), .client(.ack, 9, 1, "C"),
        .client(.ack, 10, 1, "D"), .client(.ack, 11, 1, "E"),
    ]

    @Test func `T25 what comes behind its declared gap is a late repeat`() throws {
        let late = Line.client(.ack, 1, 1, "AAAA")
        let more = Line.client(.ack, 12, 1, "F")
        let recorder = try recorder(missed + [late, .client(.ack, 3, 1, "AABB"), more])
        var counts: [[Double]] = []
        let marks = repeats(recorder) { event in
            if let sent = recorder.stream(event.flow, sentBy: .client),
                let health = recorder.health(event.flow, sentBy: .client)
            {
                counts.append([
                    sent.bytes, sent.bytes - health.repeated, Double(health.retransmitted),
                ])
            }
        }
        #expect(marks == ["unknown late", "unknown late"])
        #expect(
            recorder.lines == [
                "8 SVR GAP 0+4", "8 SVR NEW_DATA 'BBBBCDE'", "9 RCV SVR REXMIT",
                "10 RCV SVR REXMIT", "11 SVR NEW_DATA 'F'",
            ]
        )
        #expect(recorder.worker.counters[.late] == 2)
        // Late bytes are no part of the stream: unique bytes and gaps make up its length.
        #expect(counts.last == [16, 8, 2])
    }

    @Test func `before its declaration a hole is filled by what comes late`() throws {
        let ladder = Array(missed.prefix(3)) + [.client(.ack, 1, 1, "AAAA")]
        let recorder = try recorder(ladder)
        #expect(repeats(recorder) == [])
        #expect(recorder.lines == ["7 SVR NEW_DATA 'AAAABBBBC'"])
        #expect(recorder.worker.counters[.late] == 0)
    }

    @Test func `a repeat of bytes on both sides of a gap is late when it touches it`() throws {
        let ladder = missed + [.client(.ack, 5, 1, "BBBB"), .client(.ack, 4, 1, "ABBBB")]
        #expect(repeats(try recorder(keep: 100, ladder)) == ["same", "unknown late"])
    }

    @Test func `holes are forgotten with their flow`() throws {
        let recorder = try recorder(missed + [.client(.rstAck, 12, 1)])
        recorder.run()
        let isEmpty = recorder.worker.reassembler.isEmpty
        #expect(isEmpty)
    }

    @Test func `what lies before the first captured byte is no repeat`() throws {
        let ladder: [Line] = [
            .client(.ack, 5001, 9001, "first"), .client(.ack, 4001, 9001, "before"),
            .client(.ack, 4999, 9001, "xxfirst"), .client(.ack, 5001, 9001, "first"),
        ]
        let recorder = try Recorder(ladder) { $0.midstream = true }
        recorder.stream("", [.rexmit, .newData])
        #expect(
            recorder.run() == ["1 SVR NEW_DATA 'first'", "3 RCV SVR REXMIT", "4 RCV SVR REXMIT"]
        )
    }

    @Test func `T05 fragments are shown joined, kept ones with the packet in hand`() throws {
        let ladder: [Line] = [
            .client(.ack, 5, 1, "BBBB"), .client(.ack, 13, 1, "DDDD"), .client(.ack, 1, 1, "AAAA"),
            .client(.ack, 9, 1, "CCCC"), .client(.ack, 17, 1, "EEEE"),
        ]
        for policy in [OverlapPolicy.first, .linux] {
            let recorder = try Recorder(Line.handshake + ladder) {
                $0.keep = 100
                $0.overlap = policy
            }
            recorder.stream("", [.packetIn, .newData])
            var fragments: [String] = []
            recorder.run { event in
                guard event.number > 3, event.event == .packetIn, event.hook == Hook.rcv.number
                else { return }
                fragments.append(recorder.fragments(.server))
            }
            #expect(fragments == ["[4+4]", "[4+4][12+4]", "[0+8][12+4]", "[0+16]", "[0+20]"])
        }
    }

    @Test func `what is only known to have been seen is no fragment`() throws {
        let recorder = try Recorder(Line.handshake + [.client(.ack, 5, 1, "BBBB")])
        recorder.stream("", [.packetIn])
        var fragments: [String] = []
        recorder.run { event in
            if event.number == 4 { fragments.append(recorder.fragments(.server)) }
        }
        #expect(fragments == ["", ""])
    }
}
