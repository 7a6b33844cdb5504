// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Engine
import Flows
import Packets
import Testing

/// Case T58 of the contract: addresses, offsets and buffer figures are exact and in one unit.
struct FieldTests {
    @Test func `the shared records have the sizes that the layout promises`() {
        #expect(MemoryLayout<mos_packet>.size == 128)
        #expect(MemoryLayout<mos_conn>.size == 128)
        #expect(MemoryLayout<mos_endpoint>.size == 20)
        #expect(MemoryLayout<mos_stream>.size == 64)
        #expect(MemoryLayout<mos_ext>.size == 384)
    }

    @Test(arguments: [PacketBuilder(), PacketBuilder(ip: .ipv6)])
    func `T58 the client is who sent the SYN, at every hook`(builder: PacketBuilder) throws {
        let recorder = try Recorder(Line.handshake, wire: Wire(builder: builder))
        recorder.stream("", [.packetIn])
        recorder.run { event in
            guard let connection = event.connection else { return }
            let version = connection.ip_version
            #expect(IPAddress(connection.cli_addr, version: version) == builder.ip.source)
            #expect(IPAddress(connection.svr_addr, version: version) == builder.ip.destination)
            #expect(connection.cli_port == 40000)
            #expect(connection.svr_port == 80)
        }
        #expect(recorder.lines.count == 6)
    }

    @Test func `T58 buffer figures are stream offsets with the ISN apart`() throws {
        let recorder = try Recorder(
            Line.handshake + [.client(.ack, 1, 1, "abcdef"), .client(.ack, 11, 1, "klm")],
            wire: Wire(clientISN: 0xFFFF_FFFE, serverISN: 7)
        )
        recorder.stream("", [.packetIn])
        var server: [[Int]] = []
        var client: [[Int]] = []
        recorder.run { event in
            guard event.hook == Hook.rcv.number, event.number > 2 else { return }
            if event.number == 4 { #expect(recorder.take(.server, 2) == "ab") }
            server.append(recorder.get(MOS_OPT_INFO_SVRBUF) ?? [])
            client.append(recorder.get(MOS_OPT_INFO_CLIBUF) ?? [])
        }
        // ISN, last read, next expected, last received; the ends are exclusive.
        #expect(
            server == [[0xFFFF_FFFE, 0, 0, 0], [0xFFFF_FFFE, 2, 6, 6], [0xFFFF_FFFE, 2, 6, 13]]
        )
        #expect(client == [[7, 0, 0, 0], [7, 0, 0, 0], [7, 0, 0, 0]])
    }

    @Test func `T58 states, buffer sizes and time are options of a flow`() throws {
        let recorder = try Recorder([.client(.syn, 0).at(0), .server(.synAck, 0, 1).at(1.5)])
        let socket = recorder.stream("", [.packetIn])
        let result = recorder.worker.setOption(
            socket,
            -1,
            0,
            option: Int32(MOS_OPT_CLIBUF),
            value: 4096
        )
        #expect(result == 0)
        recorder.run { event in
            guard event.number == 2, event.hook == Hook.rcv.number else { return }
            #expect(recorder.get(MOS_OPT_TCP_STATE_CLI) == [MOS_STATE_ESTABLISHED])
            #expect(recorder.get(MOS_OPT_TCP_STATE_SVR) == [MOS_STATE_SYN_RCVD])
            #expect(recorder.get(MOS_OPT_CLIBUF) == [4096])
            #expect(recorder.get(MOS_OPT_SVRBUF) == [1 << 20])
            #expect(recorder.get(MOS_OPT_TIMESTAMP) == [Int(Wire.epoch) + 1, 500_000_000])
            #expect(recorder.set(MOS_OPT_CLIBUF, -1) == -22)
            #expect(recorder.set(MOS_OPT_TCP_STATE_CLI, 1) == -92)
            #expect(recorder.set(MOS_OPT_SVROVERLAP, Double(MOS_OVERLAP_POLICY_FIRST)) == 0)
        }
    }

    @Test func `the packet offset of data and of its repeat is that of the stream`() throws {
        let recorder = try Recorder(
            Line.handshake + [
                .client(.ack, 1, 1, "abc"), .client(.ack, 4, 1, "def"), .client(.ack, 1, 1, "abc"),
            ],
            wire: Wire(clientISN: .max)
        )
        recorder.stream("", [.packetIn])
        var offsets: [Double] = []
        recorder.run { event in
            if event.number > 3, event.hook == Hook.snd.number {
                offsets.append(event.packet?.offset ?? -1)
            }
        }
        #expect(offsets == [0, 3, 0])
    }

    @Test func `what each end sent is counted`() throws {
        let recorder = try Recorder(
            Line.handshake + [
                .client(.ack, 1, 1, "abcd"),  // 4 new
                .client(.ack, 3, 1, "cdef"),  // 2 new, a repeat
                .client(.ack, 11, 1, "klm"),  // 3 new behind a hole of 4
                .server(.ack, 1, 7),
            ]
        )
        recorder.stream("", [.packetIn, .connEnd])
        var sent: mos_stream?
        var health: mos_health?
        var ends: mos_conn?
        recorder.run { event in
            guard event.event == .connEnd else { return }
            sent = recorder.stream(event.flow, sentBy: .client)
            health = recorder.health(event.flow, sentBy: .client)
            ends = event.connection
        }
        #expect(sent?.bytes == 11)
        #expect(health?.repeated == 2)
        #expect(health?.gap_bytes == 4)
        #expect(health?.retransmitted == 1)
        #expect(health?.out_of_order == 1)
        #expect(ends?.cli.packets == 5)
        #expect(ends?.svr.packets == 2)
        #expect(recorder.worker.value(.retransmitted) == 1)
        #expect(recorder.worker.value(.outOfOrder) == 1)
    }

    @Test func `the handshake tells MSS, window scale and the SYN-ACK's delay`() throws {
        let recorder = try Recorder([
            .client(.syn, 0).options([.mss(1460), .windowScale(7)]),
            .server(.synAck, 0, 1).options([.mss(1400), .windowScale(2)]).after(0.25),
        ])
        recorder.stream("", [.connEnd])
        var connection: mos_conn?
        recorder.run { connection = $0.connection }
        #expect(connection?.cli.mss == 1460)
        #expect(connection?.svr.mss == 1400)
        #expect(connection?.cli.wscale == 7)
        #expect(connection?.svr.wscale == 2)
        #expect(connection?.svr_rtt == 250_000)
    }

    @Test func `the serial number of a flow is that of its first packet, a slot is used again`()
        throws
    {
        let recorder = try Recorder([
            .client(.syn, 0), .server(.rstAck, 0, 1), .client(.syn, 9).flow(1),
        ])
        recorder.stream("", [.connEnd])
        var flows: Set<Int32> = []
        var serials: Set<UInt64> = []
        recorder.run { event in
            flows.insert(event.flow)
            serials.insert(recorder.serial(event.flow))
        }
        #expect(flows.count == 1)
        #expect(serials == [1, 3])
    }
}
