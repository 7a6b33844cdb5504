// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Capture
import Flows
import Packets
import Testing

@testable import Engine

/// UDP and ICMP flows, as sockets of SOCK_MONITOR_FLOW see them.
struct DatagramTests {
    /// A datagram of client 10.0.0.1:40000 to server 10.0.0.2:53, or back.
    private func udp(_ text: String = "", _ sender: Side = .client, port: UInt16 = 53) -> Line {
        var datagram = UDPDatagram(destinationPort: port, payload: Array(text.utf8))
        guard sender == .server else { return .frame(PacketBuilder().frame(datagram)) }
        swap(&datagram.sourcePort, &datagram.destinationPort)
        return .frame(PacketBuilder().reversed.frame(datagram))
    }

    /// An ICMP message of 10.0.0.1 to 10.0.0.2, or back.
    private func icmp(
        _ type: UInt8,
        code: UInt8 = 0,
        id: UInt32 = 7,
        _ sender: Side = .client,
        quoting payload: [UInt8] = [1, 2, 3, 4]
    ) -> Line {
        let message = ICMPMessage(type: type, code: code, rest: id << 16, payload: payload)
        let builder = PacketBuilder()
        return .frame((sender == .client ? builder : builder.reversed).frame(message))
    }

    private func events(_ lines: [Line], _ settings: (inout Settings) -> Void = { _ in }) throws
        -> [String]
    {
        let recorder = try Recorder(lines, settings: settings)
        recorder.flow()
        return recorder.run()
    }

    @Test func `a flow starts with its first packet, runs both ways and ends`() throws {
        #expect(
            try events([udp("query"), udp("answer", .server), udp("query")]) == [
                "1 SND CLI PKT_IN", "1 SND CLI CONN_START", "1 RCV SVR PKT_IN",
                "1 RCV SVR CONN_START",
                "2 SND SVR PKT_IN", "2 RCV CLI PKT_IN",
                "3 SND CLI PKT_IN", "3 RCV SVR PKT_IN",
                "@0.002 SND CLI CONN_END shutdown", "@0.002 RCV SVR CONN_END shutdown",
            ]
        )
    }

    @Test func `the client is who spoke first`() throws {
        let recorder = try Recorder([udp("answer", .server), udp("query")])
        recorder.flow("", [.packetIn, .connEnd])
        var connection: mos_conn?
        recorder.run { connection = $0.connection }
        #expect(
            recorder.lines.prefix(3) == [
                "1 SND CLI PKT_IN", "1 RCV SVR PKT_IN", "2 SND SVR PKT_IN",
            ]
        )
        #expect(connection?.cli_port == 53)
        #expect(connection?.svr_port == 40000)
    }

    @Test func `silence ends a flow, each kind after its own time`() throws {
        let lines = [
            udp(), icmp(8), udp("", .server).at(59), udp().at(120), icmp(8).at(121),
        ]
        let kinds = try events(lines).filter { $0.contains("SND") && !$0.contains("PKT_IN") }
        #expect(
            kinds == [
                "1 SND CLI CONN_START", "2 SND CLI CONN_START", "@60.001 SND CLI CONN_END timeout",
                "@119.0 SND CLI CONN_END timeout", "4 SND CLI CONN_START", "5 SND CLI CONN_START",
                "@121.0 SND CLI CONN_END shutdown", "@121.0 SND CLI CONN_END shutdown",
            ]
        )
        let shorter = try events(lines) {
            $0.udpTimeout = 200
            $0.icmpTimeout = 0.5
        }
        #expect(
            shorter.filter { $0.contains("SND CLI CONN_END") } == [
                "@0.501 SND CLI CONN_END timeout", "@121.0 SND CLI CONN_END shutdown",
                "@121.0 SND CLI CONN_END shutdown",
            ]
        )
    }

    @Test func `the syn filter judges the first packet alone`() throws {
        let recorder = try Recorder([
            udp("", .server), udp(), udp("", .server), udp("", port: 80), icmp(8),
        ])
        recorder.filter(recorder.flow("dns", [.packetIn]), MOS_FILTER_SYN, "udp dst port 53")
        recorder.filter(recorder.flow("ping", [.packetIn]), MOS_FILTER_SYN, "icmp")
        recorder.stream("orphans", [.orphan])
        #expect(
            recorder.run() == [
                "orphans 1 ORPHAN", "dns 2 SND CLI PKT_IN", "dns 2 RCV SVR PKT_IN",
                "dns 3 SND SVR PKT_IN", "dns 3 RCV CLI PKT_IN", "orphans 4 ORPHAN",
                "ping 5 SND CLI PKT_IN", "ping 5 RCV SVR PKT_IN",
            ]
        )
        #expect(recorder.worker.value(.orphans) == 2)
        #expect(recorder.worker.value(.flows) == 2)
        #expect(recorder.worker.value(.udpFlows) == 1)
        #expect(recorder.worker.value(.icmpFlows) == 1)
    }

    @Test func `several sockets are a chain on the wire`() throws {
        let recorder = try Recorder([udp(), udp("", .server)])
        recorder.flow("A", [.packetIn, .connEnd])
        recorder.flow("B", [.packetIn, .connEnd])
        #expect(
            recorder.run() == [
                "A 1 SND CLI PKT_IN", "B 1 SND CLI PKT_IN", "A 1 RCV SVR PKT_IN",
                "B 1 RCV SVR PKT_IN", "B 2 SND SVR PKT_IN", "A 2 SND SVR PKT_IN",
                "B 2 RCV CLI PKT_IN", "A 2 RCV CLI PKT_IN",
                "A @0.001 SND CLI CONN_END shutdown", "B @0.001 SND CLI CONN_END shutdown",
                "A @0.001 RCV SVR CONN_END shutdown", "B @0.001 RCV SVR CONN_END shutdown",
            ]
        )
    }

    @Test func `TCP makes no flow of a FLOW socket, UDP none of a STREAM socket`() throws {
        let recorder = try Recorder(Line.handshake + [udp()])
        recorder.flow("flows", [.connStart])
        recorder.stream("streams", [.connStart])
        #expect(
            recorder.run() == [
                "streams 1 SND CLI CONN_START", "streams 1 RCV SVR CONN_START",
                "flows 4 SND CLI CONN_START", "flows 4 RCV SVR CONN_START",
            ]
        )
    }

    @Test func `the same ports of TCP and UDP are two flows`() throws {
        let recorder = try Recorder([
            .client(.syn, 0), udp("x", port: 80), .server(.synAck, 0, 1),
            udp("y", .server, port: 80),
        ])
        recorder.flow("udp", [.packetIn])
        recorder.stream("tcp", [.packetIn])
        #expect(
            recorder.run().filter { $0.contains("SND") } == [
                "tcp 1 SND CLI PKT_IN", "udp 2 SND CLI PKT_IN", "tcp 3 SND SVR PKT_IN",
                "udp 4 SND SVR PKT_IN",
            ]
        )
    }

    @Test func `a socket that comes with the burst in hand sees the rest of it`() throws {
        let recorder = try Recorder([udp("a"), udp("b"), udp("c", .server)])
        let raw = recorder.raw("raw")
        recorder.run { event in
            if event.socket == raw, event.number == 1 { recorder.flow("flow", [.packetIn]) }
        }
        #expect(
            recorder.lines.filter { $0.hasPrefix("flow") && $0.contains("SND") } == [
                "flow 1 SND CLI PKT_IN", "flow 2 SND CLI PKT_IN", "flow 3 SND SVR PKT_IN",
            ]
        )
    }

    @Test func `a closed socket leaves a stub, no events and no orphans`() throws {
        let recorder = try Recorder([udp(), udp("", .server), udp(), udp("", port: 54)])
        let flows = recorder.flow("flow")
        recorder.stream("other", [.orphan])
        recorder.run { event in
            if event.number == 2 { _ = recorder.worker.closeSocket(flows) }
        }
        #expect(recorder.lines.suffix(2) == ["flow 2 SND SVR PKT_IN", "other 4 ORPHAN"])
        #expect(recorder.worker.value(.flowsOpen) == 0)
    }

    @Test func `a flow has its own registrations, and can be stopped`() throws {
        let recorder = try Recorder([udp(), udp("", .server), udp(), udp()])
        let flows = recorder.flow("", [.connStart, .connEnd])
        recorder.run { event in
            if event.event == .connStart { recorder.subscribeHere(flows, .packetIn, .rcv) }
            if event.number == 3 { recorder.set(MOS_OPT_STOP_MON, Double(MOS_SIDE_BOTH)) }
        }
        #expect(
            recorder.lines == [
                "1 SND CLI CONN_START", "1 RCV SVR PKT_IN", "1 RCV SVR CONN_START",
                "2 RCV CLI PKT_IN", "3 RCV SVR PKT_IN",
            ]
        )
    }

    @Test func `a full table refuses, or the longest silent flow makes room`() throws {
        let lines: [Line] = [
            .client(.syn, 0), udp(), udp("", port: 54), udp("", .server, port: 54),
        ]
        for evicts in [false, true] {
            let recorder = try Recorder(lines) {
                $0.maxFlows = 2
                $0.evicts = evicts
            }
            recorder.flow("flow", [.connStart, .connEnd])
            recorder.stream("tcp", [.connEnd, .orphan])
            let lines = recorder.run().filter { !$0.contains("RCV") }
            if evicts {
                #expect(lines.contains("tcp 3 SND CLI CONN_END evicted"))
                #expect(recorder.worker.value(.flowsEvicted) == 1)
            } else {
                #expect(lines.filter { $0.contains("ORPHAN") } == ["tcp 3 ORPHAN", "tcp 4 ORPHAN"])
                #expect(recorder.worker.value(.flowsRefused) == 2)
            }
            #expect(recorder.worker.value(.udpFlows) == (evicts ? 2 : 1))
        }
    }

    @Test func `a wrong checksum makes no flow`() throws {
        var broken = PacketBuilder()
        broken.checksum = .bad
        let recorder = try Recorder([.frame(broken.frame(UDPDatagram(payload: [1]))), udp()])
        recorder.flow("", [.connStart])
        #expect(recorder.run().first == "2 SND CLI CONN_START")
        #expect(recorder.worker.value(.badUDPChecksum) == 1)
    }

    @Test func `IPv6 and tags make no difference, VLANs do when they are in the key`() throws {
        let tagged = PacketBuilder(vlanTags: [VLANTag(5)])
        let ladder: [Line] = [
            .frame(PacketBuilder(ip: .ipv6).frame(UDPDatagram())), udp(),
            .frame(tagged.frame(UDPDatagram())),
        ]
        for vlanInKey in [false, true] {
            let started = try events(ladder) { $0.vlanInKey = vlanInKey }
            #expect(
                started.filter { $0.contains("SND CLI CONN_START") }.count == (vlanInKey ? 3 : 2)
            )
        }
    }

    @Test func `a datagram in fragments is one packet of its flow, and may start it`() throws {
        let raw = PacketBuilder(linkType: .raw)
        let whole = Array(
            raw.frame(UDPDatagram(payload: [UInt8](repeating: 7, count: 24))).dropFirst(20)
        )
        let fragments = [0..<16, 16..<32].map { part in
            var ip = IPFields.ipv4
            ip.doesNotFragment = false
            ip.hasMoreFragments = part.lowerBound == 0
            ip.fragmentOffset = UInt16(part.lowerBound / 8)
            ip.identification = 9
            return Line.frame(PacketBuilder(ip: ip).frame(IPProtocol.udp, Array(whole[part])))
        }
        let recorder = try Recorder(fragments + fragments + [udp("", .server)])
        recorder.flow("", [.packetIn, .connEnd])
        var connection: mos_conn?
        recorder.run { connection = $0.connection }
        #expect(
            recorder.lines.filter { $0.contains("SND") } == [
                "2 SND CLI PKT_IN", "4 SND CLI PKT_IN", "5 SND SVR PKT_IN",
                "@0.004 SND CLI CONN_END shutdown",
            ]
        )
        #expect(connection?.cli.datagramBytes == 48)
        #expect(recorder.worker.value(.orphans) == 0)
    }

    // MARK: ICMP

    @Test func `request and reply are one flow, another identifier is another`() throws {
        let lines = [
            icmp(8), icmp(0, .server), icmp(8, id: 8), icmp(0, id: 8, .server), icmp(13), icmp(8),
        ]
        #expect(
            try events(lines).filter { $0.contains("SND") && !$0.hasPrefix("@") } == [
                "1 SND CLI PKT_IN", "1 SND CLI CONN_START", "2 SND SVR PKT_IN",
                "3 SND CLI PKT_IN", "3 SND CLI CONN_START", "4 SND SVR PKT_IN",
                "5 SND CLI PKT_IN", "5 SND CLI CONN_START", "6 SND CLI PKT_IN",
            ]
        )
    }

    @Test func `errors flow one way, by type and code`() throws {
        let lines = [
            icmp(3, code: 1), icmp(3, code: 1, .server), icmp(3, code: 1), icmp(3, code: 3),
            icmp(3, code: 3, .server),
        ]
        let started = try events(lines).filter { $0.contains("SND CLI CONN_START") }
        #expect(started == [1, 2, 4, 5].map { "\($0) SND CLI CONN_START" })
    }

    @Test func `a flow knows type, code, identifier and the type that answers`() throws {
        let recorder = try Recorder([icmp(0, code: 9, id: 0x1234, .server), icmp(11, code: 1)])
        recorder.flow("", [.connStart])
        var known: [[UInt16]] = []
        recorder.run { event in
            guard let conn = event.connection, event.hook == Hook.snd.number else { return }
            known.append([
                conn.cli.wnd, conn.svr.wnd, conn.cli.mss, conn.svr.mss, UInt16(conn.cli.known),
            ])
        }
        let both = UInt16(MOS_ICMP_HAS_IDENTIFIER | MOS_ICMP_HAS_ANSWER)
        #expect(known == [[0, 9, 0x1234, 8, both], [11, 1, 0, 0, 0]])
    }

    @Test func `packets and payload bytes of each end, beyond 32 bits too`() throws {
        let recorder = try Recorder([
            udp("12345"), udp("123", .server).captured(43), udp("1"), udp("12"),
        ])
        recorder.flow("", [.connEnd])
        var connection: mos_conn?
        recorder.run { connection = $0.connection }
        #expect(connection?.cli.packets == 3)
        #expect(connection?.svr.packets == 1)
        #expect(connection?.cli.datagramBytes == 8)
        #expect(connection?.svr.datagramBytes == 3)  // what its header says, captured or not
        #expect(connection?.ext == -1)
        var end = mos_endpoint()
        end.datagramBytes = 0xFFFF_FFFF
        end.datagramBytes += 2
        #expect(end.datagramBytes == 0x1_0000_0001)
    }

    // MARK: What has no stream

    @Test func `calls on streams are refused`() throws {
        let recorder = try Recorder([udp("text")])
        let flows = recorder.flow("", [.packetIn])
        var results: [Int32] = []
        recorder.run { event in
            guard event.hook == Hook.snd.number else { return }
            let (flow, generation) = (event.flow, event.generation)
            let worker = { (body: (inout Worker) -> Int32) in
                results.append(body(&recorder.worker))
            }
            worker { $0.view(flows, flow, generation, side: 1) }
            worker { $0.consume(flows, flow, generation, side: 1, count: 1) }
            worker { $0.ppeek(flows, flow, generation, side: 1, offset: 0, length: 4) }
            for option in [MOS_OPT_CLIBUF, MOS_OPT_SVRKEEP, MOS_OPT_CLIOVERLAP].map(Int32.init) {
                worker { $0.setOption(flows, flow, generation, option: option, value: 1) }
                worker { $0.setOption(flows, -1, 0, option: option, value: 1) }
                worker { $0.getOption(flows, flow, generation, option: option, index: 0) }
                worker { $0.getOption(flows, -1, 0, option: option, index: 0) }
            }
            for event in Event.allCases where !Event.ofDatagrams.contains(event) {
                let (number, hook) = (event.number, event.hooks[0].number)
                worker { $0.subscribe(flows, event: number, hook: hook, slot: 3) }
                worker {
                    $0.subscribe(
                        flows,
                        flow: flow,
                        generation: generation,
                        event: number,
                        hook: hook,
                        callback: 3
                    )
                }
            }
        }
        #expect(results.count == 3 + 3 * 4 + 7 * 2)
        #expect(results.allSatisfy { $0 == -22 }, "\(results)")
        #expect(recorder.worker.bindFilter(flows, which: Int32(MOS_FILTER_ORPHAN), "udp") == -92)
        #expect(recorder.worker.bindFilter(flows, which: Int32(MOS_FILTER_RAW), "udp") == -92)
    }

    @Test func `its time-stamp can be read`() throws {
        let recorder = try Recorder([udp(), udp().at(2)])
        recorder.flow("", [.packetIn])
        var seconds: [Int] = []
        recorder.run { _ in seconds += [recorder.get(MOS_OPT_TIMESTAMP)?.first ?? -1] }
        #expect(seconds == [0, 0, 2, 2].map { Int(Wire.epoch) + $0 })
    }
}
