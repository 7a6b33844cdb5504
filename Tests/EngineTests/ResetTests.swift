// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Capture
import Flows
import Packets
import TestPorts
import Testing

@testable import Engine

/// Cases T52 and T53: connections that scripts reset, packets that they send.
struct ResetTests {
    private let data: [Line] =
        Line.handshake + [
            .client([.psh, .ack], 1, 1, "AAAA"), .client([.psh, .ack], 5, 1, "BBBB"),
        ]

    private func reset(_ run: InlineRun, _ here: Happening) -> Int32 {
        run.recorder.worker.resetFlow(here.socket, here.flow, here.generation)
    }

    @Test(arguments: [Hook.snd, .rcv])
    func `T52 both ends get the number that they expect, and the packet in hand goes`(hook: Hook)
        throws
    {
        let run = try InlineRun(data)
        run.recorder.stream("", [.packetIn, .connEnd, .orphan])
        let seen = run.run { here in
            guard here.number == 4, here.event == .packetIn, here.hook == hook.number else {
                return
            }
            #expect(reset(run, here) == 0)
        }
        #expect(run.toServer == ["S 0,0", "A 1,1", "RA 1,1", "PA 5,1 'BBBB'"])
        #expect(run.toClient == ["SA 0,1", "RA 1,5"])
        #expect(
            seen.suffix(3)
                == [
                    "SND CLI CONN_END reset-by-monitor", "RCV SVR CONN_END reset-by-monitor",
                    "5 ORPHAN",
                ].map { $0.hasSuffix("ORPHAN") ? $0 : "@0.003 " + $0 }
        )
        #expect(run.recorder.worker.value(.injected) == 2)
        #expect(run.recorder.worker.value(.scriptDropped) == 1)
    }

    @Test func `a server's answer that is reset counts for the client alone`() throws {
        let lines = data + [.server([.psh, .ack], 1, 9, "no")]
        let run = try InlineRun(lines)
        run.recorder.stream()
        run.run { here in
            if here.number == 6, here.event == .newData { #expect(reset(run, here) == 0) }
        }
        #expect(run.toServer.last == "RA 9,3")
        #expect(run.toClient == ["SA 0,1", "RA 1,9"])
    }

    @Test func `a repeat that is reset leaves the numbers alone`() throws {
        let lines = data + [.client([.psh, .ack], 1, 1, "AAAA")]
        let run = try InlineRun(lines)
        run.recorder.stream()
        run.run { here in
            if here.event == .rexmit { #expect(reset(run, here) == 0) }
        }
        #expect(run.toServer.last == "RA 9,1" && run.toClient.last == "RA 1,9")
    }

    @Test func `a SYN that is reset never reaches the server`() throws {
        let run = try InlineRun([.client(.syn, 0)])
        run.recorder.stream()
        run.run { here in
            if here.event == .connStart { #expect(reset(run, here) == 0) }
        }
        #expect(run.server.sent.isEmpty)
        // As the RST of a closed port (RFC 9293 section 3.10.7.1): the number is 0, the SYN is acknowledged.
        let rst = try #require(run.client.sent.first?.bytes)
        #expect(Array(rst[38..<42]) == [0, 0, 0, 0])
        #expect(run.client.sent.count == 1)
    }

    @Test func `without a packet in hand a timer resets`() throws {
        let run = try InlineRun(data + [.client(.ack, 9, 1).after(2)])
        run.recorder.stream()
        var here: Happening?
        #expect(run.recorder.worker.setTimer(seconds: 1, interval: 0) > 0)
        let seen = run.run { happening in
            if happening.number == 5 { here = happening }
            guard happening.kind == Int32(MOS_ON_TIMER), let here else { return }
            #expect(reset(run, here) == 0)
        }
        #expect(run.toServer.contains("RA 9,1") && run.toClient.last == "RA 1,9")
        #expect(seen.contains { $0.hasSuffix("CONN_END reset-by-monitor") })
    }

    @Test func `who may not be reset is told why`() throws {
        let udp = PacketBuilder().frame(UDPDatagram(payload: [1]))
        let run = try InlineRun([.frame(udp)])
        run.recorder.flow()
        var codes: Set<Int32> = []
        run.run { here in codes.insert(reset(run, here)) }
        #expect(codes == [-22])
        #expect(run.recorder.worker.resetFlow(0, 0, 1) == -9)
        let recorder = try Recorder(data)
        #expect(recorder.worker.resetFlow(0, 0, 1) == -1)
    }

    // MARK: T53

    private func segment(
        _ run: InlineRun,
        _ here: Happening,
        _ wanted: mos_outgoing,
        _ text: String
    )
        -> Int32
    {
        ByteView.of(Array(text.utf8)) { payload in
            var wanted = wanted
            wanted.payload_len = Int32(payload.count)
            return run.recorder.worker.sendSegment(
                here.socket,
                here.flow,
                here.generation,
                wanted,
                payload
            )
        }
    }

    @Test func `T53 a segment leaves ahead of the packet in hand, with flags as given`() throws {
        let run = try InlineRun(data)
        run.recorder.stream()
        run.run { here in
            guard here.number == 4, here.event == .packetIn, here.hook == Hook.snd.number else {
                return
            }
            var wanted = mos_outgoing()
            wanted.side = Int32(MOS_SIDE_SVR)
            wanted.has = UInt32(MOS_OUTGOING_SEQ | MOS_OUTGOING_FLAGS | MOS_OUTGOING_WINDOW)
            wanted.seq = 1001
            wanted.flags = Int32(TCPFlags([.psh, .urg]).rawValue)
            wanted.window = 77
            #expect(segment(run, here, wanted, "early") == 0)
            var plain = mos_outgoing()
            plain.side = Int32(MOS_SIDE_CLI)
            #expect(segment(run, here, plain, "") == 0)
        }
        #expect(
            run.toServer == ["S 0,0", "A 1,1", "PU 1,0 'early'", "PA 1,1 'AAAA'", "PA 5,1 'BBBB'"]
        )
        // The client has sent 4 bytes so far.
        #expect(run.toClient == ["SA 0,1", "A 1,5"])
        #expect(run.recorder.worker.value(.injected) == 2)
        #expect(run.recorder.worker.value(.flows) == 1)
    }

    @Test func `a whole frame gets its checksums`() throws {
        let run = try InlineRun(data)
        run.recorder.stream()
        run.recorder.raw("raw")
        var builder = PacketBuilder()
        builder.checksum = .bad
        let frame = builder.frame(TCPSegment(seq: 1001, flags: .ack, payload: [65]))
        run.run { here in
            guard here.number == 1, here.event == .packetIn, here.hook != Hook.rcv.number else {
                return
            }
            ByteView.of(frame) { bytes in
                let code = run.recorder.worker.sendFrame(
                    here.socket,
                    here.flow,
                    here.generation,
                    side: Int32(MOS_SIDE_SVR),
                    bytes
                )
                #expect(code == 0)
            }
        }
        #expect(run.toServer.first?.hasPrefix("A 1,") == true)
        #expect(run.toServer.prefix(2).allSatisfy { !$0.hasSuffix("bad checksum") })
        #expect(run.toServer.filter { $0.hasPrefix("S ") }.count == 1)
    }

    @Test func `what cannot be sent is refused`() throws {
        let run = try InlineRun(data)
        run.recorder.stream()
        run.run { here in
            guard here.number == 4, here.event == .newData else { return }
            ByteView.of([1, 2, 3]) { bytes in
                let worker = run.recorder
                #expect(
                    worker.worker.sendFrame(here.socket, here.flow, here.generation, side: 1, bytes)
                        == -22
                )
                #expect(
                    worker.worker.sendFrame(here.socket, here.flow, here.generation, side: 2, bytes)
                        == -22
                )
            }
            var wanted = mos_outgoing()
            wanted.side = 5
            #expect(segment(run, here, wanted, "") == -22)
        }
        #expect(run.recorder.worker.value(.injected) == 0)
    }
}
