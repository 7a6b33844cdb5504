// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Engine
import Flows
import Packets
import Testing

/// Section 4 of the contract: who reads, what waits, what is lost.
struct ReaderTests {
    private func segments(_ parts: [String]) -> [Line] {
        var seq: UInt32 = 1
        return Line.handshake
            + parts.map { part in
                defer { seq += UInt32(part.utf8.count) }
                return .client(.ack, seq, 1, part)
            }
    }

    /// A recorder whose server buffer is `bytes`, and which reads nothing by itself.
    private func lazyReader(_ bytes: Double, _ kinds: [Event], _ lines: [Line]) throws -> Recorder {
        let recorder = try Recorder(lines)
        let socket = recorder.stream("", kinds)
        recorder.reads = false
        #expect(
            recorder.worker.setOption(
                socket,
                -1,
                0,
                option: Int32(MOS_OPT_SVRBUF),
                value: bytes
            ) == 0
        )
        return recorder
    }

    @Test func `T27 a lazy reader is told before each loss and reads on at the oldest byte`() throws
    {
        let recorder = try lazyReader(
            8,
            [.error, .connEnd],
            segments(["aaaa", "bbbb", "cccc", "dd"])
        )
        var rest: [String] = []
        recorder.run { event in
            guard event.event == .connEnd, rest.isEmpty else { return }
            rest.append(recorder.view(.server))
            #expect(recorder.foundMissed == 6)
            rest.append(recorder.view(.server))
            #expect(recorder.foundMissed == 0)
        }
        #expect(
            recorder.lines.prefix(2) == ["6 SVR ERROR OVERRUN 0+4", "7 SVR ERROR OVERRUN 4+2"]
        )
        #expect(rest == ["bbccccdd", "bbccccdd"])
        #expect(recorder.worker.value(.overruns) == 2)
        #expect(recorder.worker.value(.overrunBytes) == 6)
    }

    @Test func `T28 a callback that drains in ERROR loses nothing`() throws {
        let parts = (0..<40).map { "<\($0)>" }
        let recorder = try lazyReader(16, [.error, .connEnd], segments(parts))
        var text = ""
        recorder.run { event in
            #expect(recorder.foundMissed == 0)
            text += recorder.take(.server)
        }
        #expect(text == parts.joined())
        #expect(recorder.worker.value(.overruns) == 0)
    }

    @Test func `a segment larger than the buffer is an overrun with an ERROR too`() throws {
        let recorder = try lazyReader(4, [.error, .newData, .connEnd], segments(["0123456789"]))
        var rest = ""
        recorder.run { event in
            if event.event == .connEnd, event.hook == Hook.snd.number {
                rest = recorder.view(.server)
                #expect(recorder.foundMissed == 6)
            }
        }
        #expect(recorder.lines.prefix(2) == ["4 SVR NEW_DATA", "4 SVR ERROR OVERRUN 0+6"])
        #expect(rest == "6789")
    }

    @Test func `a callback that drains in the ERROR of one large segment loses nothing`() throws {
        let recorder = try lazyReader(4, [.error], segments(["0123456789", "abcdefghij"]))
        var text = ""
        recorder.run { _ in text += recorder.take(.server) }
        #expect(recorder.lines == ["4 SVR ERROR OVERRUN 0+6", "5 SVR ERROR OVERRUN 10+6"])
        #expect(text == "0123456789abcdefghij")
        #expect(recorder.worker.value(.overruns) == 0)
    }

    @Test func `the slowest reader overruns alone`() throws {
        let recorder = try Recorder(segments(["aaaa", "bbbb", "cccc"]))
        let quick = recorder.stream("quick", [.newData, .error])
        let slow = recorder.stream("slow", [.error, .connEnd])
        for socket in [quick, slow] {
            let result = recorder.worker.setOption(
                socket,
                -1,
                0,
                option: Int32(MOS_OPT_SVRBUF),
                value: 8
            )
            #expect(result == 0)
        }
        var rest = ""
        recorder.run { event in
            if event.event == .connEnd, rest.isEmpty { rest = recorder.view(.server) }
        }
        #expect(
            recorder.lines.prefix(4) == [
                "quick 4 SVR NEW_DATA 'aaaa'",
                "quick 5 SVR NEW_DATA 'bbbb'",
                "slow 6 SVR ERROR OVERRUN 0+4",
                "quick 6 SVR NEW_DATA 'cccc'",
            ]
        )
        #expect(rest == "bbbbcccc")
    }

    @Test func `ppeek reads anywhere in what is kept and moves nothing`() throws {
        let recorder = try Recorder(
            Line.handshake + [.client(.ack, 1, 1, "abcdef"), .client(.ack, 9, 1, "ijkl")]
        )
        recorder.stream("", [.packetIn, .newData])
        recorder.reads = false
        recorder.run { event in
            guard event.number == 5, event.hook == Hook.rcv.number else { return }
            #expect(recorder.ppeek(.server, at: 0, 3) == "abc")
            #expect(recorder.ppeek(.server, at: 4, 100) == "ef")
            #expect(recorder.ppeek(.server, at: 6, 2) == nil)
            #expect(recorder.ppeek(.server, at: 8, 100) == "ijkl")
            #expect(recorder.ppeek(.server, at: 11, 1) == "l")
            #expect(recorder.ppeek(.server, at: 12, 1) == nil)
            #expect(recorder.view(.server) == "abcdef")
        }
    }

    @Test func `consume moves at most over what is there`() throws {
        let recorder = try Recorder(segments(["abcdef"]))
        recorder.stream("", [.newData])
        recorder.reads = false
        var seen: [String] = []
        recorder.run { event in
            func consume(_ count: Double) -> Int32 {
                recorder.worker.consume(
                    event.socket,
                    event.flow,
                    event.generation,
                    side: 1,
                    count: count
                )
            }
            #expect(consume(2) == 2)
            seen.append(recorder.view(.server))
            #expect(consume(0) == 0)
            #expect(consume(-1) == -22)
            #expect(consume(100) == 4)
            #expect(consume(1) == 0)
            seen.append(recorder.view(.server))
        }
        #expect(seen == ["cdef", ""])
    }

    @Test func `consume makes views stale, a look does not`() throws {
        let recorder = try Recorder(segments(["abcdef"]))
        recorder.stream("", [.newData])
        recorder.reads = false
        recorder.run { event in
            let first = recorder.epoch
            #expect(recorder.view(.server) == "abcdef")
            #expect(recorder.epoch == first)
            #expect(recorder.take(.server, 2) == "ab")
            #expect(recorder.epoch != first)
        }
    }

    @Test func `T35 a buffer that is off takes no data, and keeps states and repeats`() throws {
        let recorder = try lazyReader(
            0,
            [.newData, .rexmit, .error, .gap, .connEnd],
            Line.handshake + [
                .client(.ack, 5, 1, "BBBB"), .client(.ack, 1, 1, "AAAA"),
                .client(.ack, 1, 1, "AAAA"),
                .client(.ack, 5, 1, "BBBB"), .server(.ack, 1, 9, "answer"),
            ]
        )
        recorder.reads = true
        recorder.run { event in
            if event.event == .rexmit { #expect(recorder.view(.server) == "-22") }
        }
        #expect(
            recorder.lines == [
                "6 RCV SVR REXMIT",
                "7 RCV SVR REXMIT",
                "8 CLI NEW_DATA 'answer'",
                "@0.007 SND CLI CONN_END shutdown",
                "@0.007 RCV SVR CONN_END shutdown",
            ]
        )
    }

    @Test func `T35 a buffer switched off in the middle takes no more, on again it goes on`() throws
    {
        let recorder = try Recorder(segments(["one", "two", "three", "four"]))
        recorder.stream("", [.newData, .packetIn])
        recorder.run { event in
            guard event.event == .packetIn, event.hook == Hook.snd.number else { return }
            if event.number == 5 { #expect(recorder.set(MOS_OPT_SVRBUF, 0) == 0) }
            if event.number == 7 { #expect(recorder.set(MOS_OPT_SVRBUF, 1024) == 0) }
        }
        #expect(
            recorder.lines.filter { $0.contains("NEW_DATA") } == [
                "4 SVR NEW_DATA 'one'", "7 SVR NEW_DATA 'four'",
            ]
        )
    }

    @Test func `for who reads nothing is kept and nothing overruns`() throws {
        let recorder = try Recorder(segments(Array(repeating: "0123456789", count: 50)))
        recorder.stream("", [.packetIn])
        var held = ""
        recorder.run { event in
            if event.number == 53, event.hook == Hook.snd.number {
                held = recorder.fragments(.server)
            }
        }
        #expect(held == "")
        #expect(recorder.worker.value(.overruns) == 0)
    }

    @Test func `who peeks first in the middle reads from there on`() throws {
        let recorder = try Recorder(segments(["one", "two", "three"]))
        recorder.stream("", [.packetIn])
        var seen: [String] = []
        recorder.run { event in
            if event.number >= 5, event.hook == Hook.rcv.number {
                seen.append(recorder.take(.server))
            }
        }
        #expect(seen == ["two", "three"])
    }

    @Test func `nothing waits for a socket that was closed or a side that was stopped`() throws {
        for isClosed in [true, false] {
            let recorder = try Recorder(segments(["one", "two", "three"]))
            let lazy = recorder.stream("lazy", [.newData, .packetIn])
            recorder.stream("other", [.packetIn])
            recorder.reads = false
            var held: [Int] = []
            recorder.run { event in
                if event.hook == Hook.snd.number { held.append(recorder.bytesHeld) }
                guard event.number == 5, event.event == .newData else { return }
                if isClosed {
                    #expect(recorder.worker.closeSocket(lazy) == 0)
                } else {
                    #expect(recorder.set(MOS_OPT_STOP_MON, Double(MOS_SIDE_SVR)) == 0)
                }
            }
            #expect(held.contains { $0 > 0 })
            #expect(held.last == 0)
        }
    }

    @Test func `a flow that was stopped before its first byte keeps none`() throws {
        let recorder = try Recorder(segments(["one", "two"]))
        recorder.stream("", [.newData, .connStart])
        recorder.stream("other", [.packetIn])
        var held = 0
        recorder.run { event in
            if event.event == .connStart { recorder.set(MOS_OPT_STOP_MON, Double(MOS_SIDE_BOTH)) }
            held = max(held, recorder.bytesHeld)
        }
        #expect(held == 0)
    }

    @Test func `a side is SIDE_CLI or SIDE_SVR`() throws {
        let recorder = try Recorder(segments(["one"]))
        recorder.stream("", [.newData])
        recorder.run { event in
            let result = recorder.worker.view(
                event.socket,
                event.flow,
                event.generation,
                side: Int32(MOS_SIDE_BOTH)
            )
            #expect(result == -22)
        }
    }

    @Test func `T26 more than the buffer behind a hole gives the hole up and goes on`() throws {
        let recorder = try lazyReader(
            512,
            [.error, .gap, .newData],
            Line.handshake + [
                .client(.ack, 5, 1, String(repeating: "b", count: 400)),
                .client(.ack, 405, 1, String(repeating: "c", count: 300)),
                .client(.ack, 705, 1, "d"),
            ]
        )
        recorder.reads = true
        recorder.run()
        #expect(
            recorder.lines == [
                "5 SVR ERROR LIMIT 404+300",
                "5 SVR GAP 0+4",
                "5 SVR NEW_DATA '" + String(repeating: "b", count: 400)
                    + String(repeating: "c", count: 300) + "'",
                "6 SVR NEW_DATA 'd'",
            ]
        )
    }
}
