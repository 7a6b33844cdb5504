// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Capture
import Flows
import Packets
import TestPorts
import Testing

@testable import Engine

/// Case T51: bytes of the packet in hand are replaced.
struct OverwriteTests {
    private let data: [Line] = Line.handshake + [.client([.psh, .ack], 1, 1, "AAAA")]
    private let both = MOS_UPDATE_IP_CHKSUM | MOS_UPDATE_TCP_CHKSUM

    private func run(
        _ lines: [Line],
        wire: Wire = Wire(),
        _ body: (InlineRun, Happening) -> Void
    ) throws -> (run: InlineRun, seen: [String]) {
        let run = try InlineRun(lines, wire: wire)
        run.recorder.stream()
        let seen = run.run { body(run, $0) }
        return (run, seen)
    }

    @Test(arguments: [Hook.snd, .rcv])
    func `T51 at HK_SND the receiver's stack sees it, at HK_RCV the frame alone`(hook: Hook) throws
    {
        let (run, seen) = try run(data) { run, here in
            guard here.number == 4, here.event == .packetIn, here.hook == hook.number else {
                return
            }
            #expect(run.change(here, MOS_OVERWRITE | MOS_TCP_PAYLOAD | both, at: 1, "WX") == 0)
        }
        #expect(run.toServer.last == "PA 1,1 'AWXA'")
        #expect(seen.contains("4 SVR NEW_DATA '\(hook == .snd ? "AWXA" : "AAAA")'"))
        #expect(run.server.sent.last?.isChanged == true)
        #expect(run.recorder.worker.value(.changed) == 1)
    }

    @Test func `in NEW_DATA the frame changes alone, and twice is fine`() throws {
        let (run, seen) = try run(data) { run, here in
            guard here.event == .newData else { return }
            #expect(run.change(here, MOS_OVERWRITE | MOS_TCP_PAYLOAD, at: 0, "B") == 0)
            #expect(run.change(here, MOS_OVERWRITE | MOS_TCP_PAYLOAD | both, at: 3, "C") == 0)
        }
        #expect(run.toServer.last == "PA 1,1 'BAAC'")
        #expect(seen.contains("4 SVR NEW_DATA 'AAAA'"))
    }

    @Test func `without the flag the checksum stays what it was`() throws {
        let (run, _) = try run(data) { run, here in
            guard here.number == 4, here.hook == Hook.snd.number else { return }
            run.change(here, MOS_OVERWRITE | MOS_TCP_PAYLOAD, at: 1, "WX")
        }
        #expect(run.toServer.last == "PA 1,1 'AWXA' bad checksum")
    }

    @Test func `what makes no sense is refused and changes nothing`() throws {
        let wrong: [(Int, Int, String)] = [
            (MOS_OVERWRITE | MOS_DROP, 0, "x"), (MOS_OVERWRITE, 0, "x"),
            (MOS_OVERWRITE | MOS_TCP_PAYLOAD | MOS_IP_HDR, 0, "x"), (0, 0, "x"),
            (MOS_OVERWRITE | MOS_TCP_PAYLOAD, 4, "x"), (MOS_OVERWRITE | MOS_TCP_PAYLOAD, -1, "x"),
            (MOS_OVERWRITE | MOS_TCP_PAYLOAD, 100, "x"), (MOS_OVERWRITE | MOS_TCP_PAYLOAD, 0, ""),
            (MOS_OVERWRITE | MOS_TCP_PAYLOAD, 0, "12345"),
            (MOS_OVERWRITE | MOS_IP_HDR, 0, "\u{46}"),
            (MOS_OVERWRITE | MOS_IP_HDR, 3, "\u{01}"), (MOS_OVERWRITE | MOS_IP_HDR, 9, "\u{11}"),
            (MOS_OVERWRITE | MOS_IP_HDR, 6, "\u{20}"), (MOS_OVERWRITE | MOS_TCP_HDR, 12, "\u{60}"),
            (MOS_OVERWRITE | MOS_ETH_HDR, 12, "\u{01}"), (MOS_OVERWRITE | MOS_TCP_HDR, 20, "x"),
        ]
        let (run, _) = try run(data) { run, here in
            guard here.number == 4, here.hook != 0 else { return }
            for (what, offset, text) in wrong {
                #expect(run.change(here, what | both, at: offset, text) == -22, "\(what) \(offset)")
            }
        }
        #expect(run.server.sent.map(\.bytes) == [0, 2, 3].map { run.arrived[$0] })
    }

    @Test func `headers are replaced: hardware addresses, time to live, ports, window`() throws {
        let (run, _) = try run(data) { run, here in
            guard here.number == 4, here.event == .packetIn, here.hook == Hook.rcv.number else {
                return
            }
            #expect(run.change(here, MOS_OVERWRITE | MOS_ETH_HDR, at: 0, "abcdef") == 0)
            #expect(run.change(here, MOS_OVERWRITE | MOS_IP_HDR | both, at: 8, "\u{07}") == 0)
            #expect(
                run.change(here, MOS_OVERWRITE | MOS_TCP_HDR | both, at: 14, "\u{01}\u{02}") == 0
            )
        }
        let frame = try #require(run.server.sent.last?.bytes)
        #expect(Array(frame[0..<6]) == Array("abcdef".utf8) && frame[14 + 8] == 7)
        #expect(Array(frame[(34 + 14)..<(34 + 16)]) == [1, 2])
        #expect(run.toServer.last == "PA 1,1 'AAAA'")
    }

    /// Source NAT to 9.9.9.9:9 and back, by a script that sees the flow alone.
    @Test(arguments: [Hook.snd, .rcv])
    func `answers to translated addresses belong to the flow`(hook: Hook) throws {
        let nat = PacketBuilder(
            ip: {
                var ip = IPFields.ipv4
                ip.source = "10.0.0.2"
                ip.destination = "9.9.9.9"
                return ip
            }()
        )
        func answer(_ flags: TCPFlags, _ seq: UInt32, _ ack: UInt32, _ data: String = "") -> Line {
            var segment = TCPSegment(seq: seq, ack: ack, flags: flags, payload: Array(data.utf8))
            segment.sourcePort = 80
            segment.destinationPort = 9
            return .frame(nat.frame(segment))
        }
        let lines: [Line] = [
            .client(.syn, 0), answer(.synAck, 5000, 1001).from(.server), .client(.ack, 1, 1),
            .client([.psh, .ack], 1, 1, "ping"), answer(.ack, 5001, 1005, "pong").from(.server),
        ]
        let (run, seen) = try run(lines) { run, here in
            guard here.event == .packetIn, here.hook == hook.number, let side = here.side else {
                return
            }
            let fromClient = (side == .client) == (hook == .snd)
            let address = fromClient ? "\u{09}\u{09}\u{09}\u{09}" : "\u{0A}\u{00}\u{00}\u{01}"
            let ip = MOS_OVERWRITE | MOS_IP_HDR | both
            #expect(run.change(here, ip, at: fromClient ? 12 : 16, address) == 0)
            // Port 40000 is no text; bytes are written one by one.
            let tcp = MOS_OVERWRITE | MOS_TCP_HDR | both
            #expect(
                run.changeBytes(
                    here,
                    tcp,
                    at: fromClient ? 0 : 2,
                    fromClient ? [0, 9] : [0x9C, 0x40]
                )
                    == 0
            )
        }
        #expect(run.toServer == ["S 0,0", "A 1,1", "PA 1,1 'ping'"])
        #expect(run.toClient == ["SA 0,1", "A 1,5 'pong'"])
        #expect(run.recorder.worker.value(.flows) == 1)
        #expect(run.recorder.worker.value(.orphans) == 0)
        #expect(seen.contains("5 CLI NEW_DATA 'pong'"))
        let out = try #require(run.server.sent.first?.bytes)
        #expect(Array(out[26..<30]) == [9, 9, 9, 9] && Array(out[34..<36]) == [0, 9])
        let back = try #require(run.client.sent.last?.bytes)
        #expect(Array(back[30..<34]) == [10, 0, 0, 1] && Array(back[36..<38]) == [0x9C, 0x40])
    }

    @Test func `a RAW socket changes what everybody sees`() throws {
        let run = try InlineRun(data)
        run.recorder.stream()
        run.recorder.raw("raw")
        let seen = run.run { here in
            guard here.connection == nil, here.number == 4, here.event == .packetIn else { return }
            #expect(run.change(here, MOS_OVERWRITE | MOS_TCP_PAYLOAD | both, at: 0, "BBBB") == 0)
        }
        #expect(seen.contains("4 SVR NEW_DATA 'BBBB'"))
        #expect(run.toServer.last == "PA 1,1 'BBBB'")
    }

    @Test func `a packet that came in parts leaves in the same parts with its new bytes`() throws {
        let segment = TCPSegment(
            seq: 1001,
            ack: 5001,
            flags: [.psh, .ack],
            payload: Array(repeating: UInt8(ascii: "A"), count: 100)
        )
        for builder in [PacketBuilder(), PacketBuilder(ip: .ipv6)] {
            let parts = builder.fragments(segment, cuts: [40, 80])
            let lines = Line.handshake + parts.map { Line.frame($0) }
            let (run, _) = try run(lines, wire: Wire(builder: builder)) { run, here in
                guard here.event == .packetIn, here.hook == Hook.snd.number, here.number == 6 else {
                    return
                }
                #expect(run.change(here, MOS_OVERWRITE | MOS_TCP_PAYLOAD | both, at: 50, "BB") == 0)
            }
            #expect(run.server.sent.count == 5)
            var changed = segment
            changed.payload.replaceSubrange(50..<52, with: Array("BB".utf8))
            let wanted = builder.fragments(changed, cuts: [40, 80])
            #expect(run.server.sent.suffix(3).map(\.bytes) == wanted)
        }
    }

    /// RFC 791: until a source route is gone through, the address that counts is in the option, or further.
    @Test(arguments: [Hook.snd, .rcv])
    func `a checksum that nobody can tell is refused, and the packet leaves as it came`(
        hook: Hook
    ) throws {
        var routed = PacketBuilder()
        routed.ip.options = [131, 7, 4, 10, 0, 0, 9, 1]
        var plain = PacketBuilder()
        plain.ip.options = [UInt8](repeating: 1, count: 8)
        for builder in [routed, plain] {
            let (run, _) = try run(data, wire: Wire(builder: builder)) { run, here in
                guard here.number == 4, here.event == .packetIn, here.hook == hook.number else {
                    return
                }
                let isRouted = builder.ip.options[0] != 1
                let payload = run.change(here, MOS_OVERWRITE | MOS_TCP_PAYLOAD | both, at: 1, "W")
                #expect(payload == (isRouted ? -95 : 0))
                guard !isRouted else { return }
                let route = run.changeBytes(
                    here,
                    MOS_OVERWRITE | MOS_IP_HDR | both,
                    at: 20,
                    [131, 7, 4, 10, 0, 0, 9, 1]
                )
                #expect(route == -95)
            }
            let left = try #require(run.server.sent.last?.bytes)
            let segment = TCPSegment(
                seq: 1001,
                ack: 5001,
                flags: [.psh, .ack],
                payload: Array((builder.ip.options[0] == 1 ? "AWAA" : "AAAA").utf8)
            )
            #expect(left == builder.frame(segment))
        }
    }

    @Test func `what was left to a network card stays so where the port carries it`() throws {
        let lines = Line.handshake + [.client([.psh, .ack], 1, 1, "AAAA").checksum(.offloaded)]
        for carries in [true, false] {
            let run = try InlineRun(lines, carriesOffloads: carries)
            run.recorder.stream()
            run.run { here in
                guard here.number == 4, here.hook == Hook.snd.number else { return }
                run.change(here, MOS_OVERWRITE | MOS_TCP_PAYLOAD | both, at: 1, "WX")
            }
            let isRight = run.toServer.last == "PA 1,1 'AWXA'"
            #expect(isRight == !carries)
        }
    }
}
