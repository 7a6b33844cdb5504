// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Capture
import Flows
import Packets
import TestPorts
import Testing

@testable import Engine

/// Payloads that scripts make longer or shorter: what leaves, what both stacks see, and the numbers of all that follows.
struct ResizeTests {
    /// The client sends "HEAD:body", the server acknowledges what it has got: `got` bytes of it.
    private func exchange(got: UInt32) -> [Line] {
        Line.handshake + [
            .client([.psh, .ack], 1, 1, "HEAD:body"), .server(.ack, 1, 1 + got),
            .client([.psh, .ack], 10, 1, "more"), .server([.psh, .ack], 1, 5 + got, "answer"),
            .client(.ack, 14, 7), .client(.finAck, 14, 7), .server(.finAck, 7, 6 + got),
            .client(.ack, 15, 8),
        ]
    }

    private func edit(
        _ lines: [Line],
        at hook: Hook,
        packet number: Int = 4,
        _ change: (InlineRun, Happening) -> Void
    ) throws -> (run: InlineRun, seen: [String]) {
        let run = try InlineRun(lines)
        run.recorder.stream()
        let seen = run.run { here in
            guard here.number == number, here.event == .packetIn, here.hook == hook.number else {
                return
            }
            change(run, here)
        }
        return (run, seen)
    }

    @Test(arguments: [Hook.snd, .rcv])
    func `bytes are put in, and all numbers behind them move`(hook: Hook) throws {
        let (run, seen) = try edit(exchange(got: 12), at: hook) { run, here in
            #expect(run.change(here, MOS_INSERT, at: 5, "NEW") == 0)
        }
        #expect(
            run.toServer == [
                "S 0,0", "A 1,1", "PA 1,1 'HEAD:NEWbody'", "PA 13,1 'more'", "A 17,7", "FA 17,7",
                "A 18,8",
            ]
        )
        #expect(run.toClient == ["SA 0,1", "A 1,10", "PA 1,14 'answer'", "FA 7,15"])
        let shown = hook == .snd ? "HEAD:NEWbody" : "HEAD:body"
        #expect(seen.contains("4 SVR NEW_DATA '\(shown)'"))
        #expect(seen.contains("6 SVR NEW_DATA 'more'"))
        #expect(seen.contains { $0.hasSuffix("CONN_END fin") })
        #expect(!seen.contains { $0.contains("invalid") || $0.contains("GAP") })
    }

    @Test(arguments: [Hook.snd, .rcv])
    func `bytes are taken out`(hook: Hook) throws {
        let (run, seen) = try edit(exchange(got: 4), at: hook) { run, here in
            #expect(run.chomp(here, at: 0, 5) == 0)
        }
        #expect(
            run.toServer == [
                "S 0,0", "A 1,1", "PA 1,1 'body'", "PA 5,1 'more'", "A 9,7", "FA 9,7", "A 10,8",
            ]
        )
        #expect(run.toClient == ["SA 0,1", "A 1,10", "PA 1,14 'answer'", "FA 7,15"])
        #expect(seen.contains("4 SVR NEW_DATA '\(hook == .snd ? "body" : "HEAD:body")'"))
        #expect(seen.contains { $0.hasSuffix("CONN_END fin") })
    }

    @Test(arguments: [Hook.snd, .rcv])
    func `a second edit counts in what the first has left`(hook: Hook) throws {
        let (run, _) = try edit(exchange(got: 9), at: hook) { run, here in
            #expect(run.chomp(here, at: 0, 5) == 0)
            #expect(run.change(here, MOS_INSERT, at: 4, "-tail") == 0)
            #expect(run.change(here, MOS_OVERWRITE | MOS_TCP_PAYLOAD, at: 9, "!") == -22)
            #expect(run.change(here, MOS_INSERT, at: 10, "!") == -22)
        }
        #expect(run.toServer[2] == "PA 1,1 'body-tail'")
        #expect(run.toServer[3] == "PA 10,1 'more'")
    }

    @Test(arguments: [Hook.snd, .rcv])
    func `repeats are edited again, however they are cut`(hook: Hook) throws {
        let lines =
            Line.handshake + [
                .client([.psh, .ack], 1, 1, "HEAD:body"), .client([.psh, .ack], 10, 1, "more"),
                .client([.psh, .ack], 1, 1, "HEAD:body"), .client([.psh, .ack], 3, 1, "AD:bo"),
                .client([.psh, .ack], 6, 1, "bodymore"), .client([.psh, .ack], 1, 1, "HEAD:"),
                .client([.psh, .ack], 6, 1, "b"),
            ]
        let (run, _) = try edit(lines, at: hook) { run, here in
            #expect(run.change(here, MOS_INSERT, at: 5, "NEW") == 0)
        }
        #expect(
            run.toServer.dropFirst(2) == [
                "PA 1,1 'HEAD:NEWbody'", "PA 13,1 'more'", "PA 1,1 'HEAD:NEWbody'",
                "PA 3,1 'AD:NEWbo'", "PA 6,1 'NEWbodymore'", "PA 1,1 'HEAD:'", "PA 6,1 'NEWb'",
            ]
        )
    }

    @Test func `what has passed cannot be edited any more`() throws {
        let lines =
            Line.handshake + [
                .client([.psh, .ack], 5, 1, "late"), .client([.psh, .ack], 1, 1, "soon"),
                .client([.psh, .ack], 5, 1, "late"),
            ]
        let run = try InlineRun(lines)
        run.recorder.stream()
        var codes: [Int32] = []
        run.run { here in
            guard here.number > 4, here.event == .packetIn else { return }
            codes.append(run.change(here, MOS_INSERT, at: 0, "x"))
        }
        #expect(codes == [-16, -16, -16, -16])
        #expect(run.toServer.dropFirst(2) == ["PA 5,1 'late'", "PA 1,1 'soon'", "PA 5,1 'late'"])
    }

    @Test(arguments: [Hook.snd, .rcv])
    func `a segment of which nothing is left makes its receiver acknowledge`(hook: Hook) throws {
        let lines =
            Line.handshake + [
                .client([.psh, .ack], 1, 1, "gone"), .server(.ack, 1, 1),
                .client([.psh, .ack], 1, 1, "gone"), .client([.psh, .ack], 5, 1, "here"),
                .server(.ack, 1, 5),
            ]
        let (run, _) = try edit(lines, at: hook) { run, here in
            #expect(run.chomp(here, at: 0, 4) == 0)
        }
        #expect(
            run.toServer.dropFirst(2) == ["PA 0,1", "PA 0,1", "PA 1,1 'here'"]
        )
        // What was taken out counts as acknowledged.
        #expect(run.toClient == ["SA 0,1", "A 1,5", "A 1,9"])
    }

    @Test func `both directions at once, and blocks of SACK`() throws {
        let lines =
            Line.handshake + [
                .client([.psh, .ack], 1, 1, "abc"), .server([.psh, .ack], 1, 6, "xyz"),
                .client(.ack, 4, 6), .client([.psh, .ack], 8, 6, "later"),
                .server(.ack, 4, 6).options([.noOperation, .noOperation, .raw(sack(1010, 1015))]),
            ]
        let run = try InlineRun(lines)
        run.recorder.stream()
        run.run { here in
            guard here.event == .packetIn, here.hook == Hook.snd.number else { return }
            if here.number == 4 { #expect(run.change(here, MOS_INSERT, at: 1, "++") == 0) }
            if here.number == 5 { #expect(run.change(here, MOS_INSERT, at: 3, "--") == 0) }
        }
        #expect(
            run.toServer.dropFirst(2) == ["PA 1,1 'a++bc'", "A 6,4", "PA 10,4 'later'"]
        )
        #expect(run.toClient == ["SA 0,1", "PA 1,4 'xyz--'", "A 6,4"])
        let last = try #require(run.client.sent.last?.bytes)
        #expect(Array(last.suffix(8)) == sack(1008, 1013).suffix(8))
    }

    private func sack(_ left: UInt32, _ right: UInt32) -> [UInt8] {
        let edges = [left.bigEndian, right.bigEndian].flatMap { edge in
            (0..<4).map { UInt8(truncatingIfNeeded: edge >> UInt32(8 * $0)) }
        }
        return [5, 10] + edges
    }

    @Test func `a segment beyond what its receiver takes leaves in pieces`() throws {
        let mss: [TCPOption] = [.mss(10)]
        let lines: [Line] = [
            .client(.syn, 0).options(mss), .server(.synAck, 0, 1).options(mss), .client(.ack, 1, 1),
            .client([.psh, .ack], 1, 1, "moved"), .client([.psh, .ack], 6, 1, "0123456789"),
            .client([.psh, .ack], 6, 1, "0123456789"),
        ]
        let run = try InlineRun(lines)
        run.recorder.stream()
        run.run { here in
            guard here.event == .packetIn, here.hook == Hook.snd.number else { return }
            if here.number == 4 { #expect(run.chomp(here, at: 0, 5) == 0) }
            if here.number == 5 {
                #expect(run.change(here, MOS_INSERT, at: 5, "abcdefghijklm") == 0)
            }
        }
        let pieces = ["A 1,1 '01234abcde'", "A 11,1 'fghijklm56'", "PA 21,1 '789'"]
        #expect(run.toServer.dropFirst(3) == ArraySlice(pieces + pieces))
    }

    @Test func `a reset behind edits has the numbers of both ends`() throws {
        let run = try InlineRun(exchange(got: 12))
        run.recorder.stream()
        run.run { here in
            guard here.event == .packetIn, here.hook == Hook.snd.number else { return }
            if here.number == 4 { #expect(run.change(here, MOS_INSERT, at: 5, "NEW") == 0) }
            if here.number == 6 {
                #expect(
                    run.recorder.worker.resetFlow(here.socket, here.flow, here.generation) == 0
                )
            }
        }
        #expect(run.toServer[3] == "RA 13,1")
        // The client has sent 13 bytes, of which the last 4 did not leave.
        #expect(run.toClient[2] == "RA 1,14")
    }

    @Test func `what cannot be longer or shorter is refused`() throws {
        let udp = PacketBuilder().frame(UDPDatagram(payload: [1, 2]))
        let run = try InlineRun([.frame(udp)] + exchange(got: 9))
        run.recorder.stream()
        run.recorder.flow("udp")
        var codes: [Int32] = []
        run.run { here in
            guard here.event == .packetIn, here.hook == Hook.snd.number, here.number < 6 else {
                return
            }
            codes.append(run.change(here, MOS_INSERT, at: here.number == 5 ? 10 : 0, "x"))
            codes.append(run.chomp(here, at: 0, 10))
        }
        // UDP; a SYN; a SYN-ACK; without payload; outside of the payload.
        #expect(codes == [-95, -95, -95, -95, -95, -95, -22, -22, -22, -22])
        #expect(run.recorder.worker.edits.isEmpty)
    }

    @Test func `so many edits wait for their acknowledgement and no more`() throws {
        let count = 300
        let lines =
            Line.handshake
            + (0..<count).map { .client([.psh, .ack], UInt32(1 + 2 * $0), 1, "ab") }
        let run = try InlineRun(lines)
        run.recorder.stream()
        var codes: [Int32] = []
        run.run { here in
            guard here.event == .packetIn, here.hook == Hook.snd.number, here.number > 3 else {
                return
            }
            codes.append(run.change(here, MOS_INSERT, at: 1, "-"))
        }
        #expect(codes.filter { $0 == 0 }.count == 256)
        #expect(codes.last == -105)
        #expect(run.recorder.worker.edits.isEmpty)
    }
}

extension InlineRun {
    /// Takes bytes out of the payload in hand.
    func chomp(_ here: Happening, at offset: Int, _ length: Int) -> Int32 {
        recorder.worker.changePacket(
            here.socket,
            here.flow,
            here.generation,
            PacketChange(
                what: Int32(MOS_CHOMP),
                offset: Int32(offset),
                length: Int32(length),
                bytes: .empty
            )
        )
    }
}
