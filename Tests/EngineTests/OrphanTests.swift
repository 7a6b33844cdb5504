// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Capture
import Engine
import Packets
import Testing

/// Cases T40 to T42 and T56 of the contract: packets of no connection, RAW sockets, checksums, a full table.
struct OrphanTests {
    private let udp = PacketBuilder().frame(UDPDatagram(payload: [1, 2, 3]))
    private let ping = PacketBuilder().frame(ICMPMessage())
    private let fragment = PacketBuilder(ip: .ipv4.fragment).frame(
        6,
        [UInt8](repeating: 0, count: 32)
    )
    private let arp = PacketBuilder().frame(
        etherType: 0x0806,
        [UInt8](repeating: 0, count: 28)
    )
    private let broken = Array(PacketBuilder().frame(TCPSegment()).prefix(30))

    @Test func `T40 TCP without a connection and all other IP is orphan, once`() throws {
        let ladder: [Line] = [
            .client(.ack, 1, 1), .client(.rst, 1), .server(.synAck, 0, 1), .client(.finAck, 1, 1),
            .frame(udp), .frame(ping), .frame(fragment), .frame(arp), .frame(broken),
        ]
        #expect(
            try events([.orphan, .packetIn, .connStart], ladder)
                == (1...6).map { "\($0) ORPHAN" }
        )
    }

    @Test func `T40 each socket has its own orphan filter`() throws {
        let recorder = try Recorder([.frame(udp), .client(.ack, 1, 1), .frame(ping)])
        let dns = recorder.stream("dns", [.orphan])
        recorder.stream("all", [.orphan])
        let raw = recorder.raw("raw", [.orphan])
        recorder.filter(dns, MOS_FILTER_ORPHAN, "udp port 53")
        recorder.filter(raw, MOS_FILTER_RAW, "icmp")
        #expect(
            recorder.run() == [
                "dns 1 ORPHAN", "all 1 ORPHAN", "all 2 ORPHAN", "all 3 ORPHAN", "raw 3 ORPHAN",
            ]
        )
        #expect(recorder.worker.value(.orphans) == 3)
    }

    @Test func `T40 a SYN that no filter wants is an orphan`() throws {
        let recorder = try Recorder([.client(.syn, 0), .client(.syn, 0).flow(1)])
        let socket = recorder.stream("", [.connStart, .orphan])
        recorder.filter(socket, MOS_FILTER_SYN, "src port 40001")
        #expect(
            recorder.run() == [
                "1 ORPHAN", "flow 1: 2 SND CLI CONN_START", "flow 1: 2 RCV SVR CONN_START",
            ]
        )
    }

    @Test func `T41 RAW sees every frame once, flows or not`() throws {
        let recorder = try Recorder(
            Line.handshake + [
                .frame(udp), .frame(arp), .frame(broken), .client(.ack, 1, 1, "x").checksum(.bad),
            ]
        )
        recorder.raw()
        recorder.stream("flows", [.connStart])
        #expect(
            recorder.run() == [
                "1 PKT_IN", "flows 1 SND CLI CONN_START", "flows 1 RCV SVR CONN_START",
                "2 PKT_IN", "3 PKT_IN", "4 PKT_IN", "5 PKT_IN", "6 PKT_IN",
                "7 PKT_IN bad_checksum",
            ]
        )
    }

    @Test func `T41 a raw filter judges the frame`() throws {
        let recorder = try Recorder([.client(.syn, 0), .frame(udp), .frame(arp)])
        for (name, filter) in [("arp", "arp"), ("mac", "ether src 02:00:00:00:00:01 and ip")] {
            recorder.filter(recorder.raw(name), MOS_FILTER_RAW, filter)
        }
        #expect(
            recorder.run() == ["mac 1 PKT_IN", "mac 2 PKT_IN", "arp 3 PKT_IN"]
        )
    }

    @Test func `T41 a socket takes the filters of its kind, and only good ones`() throws {
        let recorder = try Recorder([])
        let raw = recorder.raw()
        let stream = recorder.stream()
        func bind(_ socket: Int32, _ which: Int, _ text: String) -> Int32 {
            recorder.worker.bindFilter(socket, which: Int32(which), text)
        }
        #expect(bind(raw, MOS_FILTER_SYN, "tcp") == -92)
        #expect(bind(stream, MOS_FILTER_RAW, "tcp") == -92)
        #expect(bind(stream, MOS_FILTER_SYN, "tcp prot 80") == -22)
        #expect(bind(stream, MOS_FILTER_SYN, "tcp[13] & 2 != 0 and (port 80 or port 81)") == 0)
        #expect(bind(stream, MOS_FILTER_ORPHAN, "vlan 5") == 0)
    }

    @Test func `T42 a bad checksum is counted and has no other effect, the good copy counts`()
        throws
    {
        let recorder = try Recorder(
            Line.handshake + [
                .client(.ack, 1, 1, "GET /").checksum(.bad), .client(.ack, 1, 1, "GET /"),
            ]
        )
        recorder.stream("", Event.ofFlows + [.orphan])
        #expect(
            recorder.run()[12...].filter { !$0.hasPrefix("@") } == [
                "5 SND CLI PKT_IN", "5 RCV SVR PKT_IN", "5 SVR NEW_DATA 'GET /'",
            ]
        )
        #expect(recorder.worker.value(.badTCPChecksum) == 1)
    }

    @Test(arguments: [ChecksumPolicy.auto, .strict, .off])
    func `T42 an unfinished checksum counts unless checksums are strict`(
        policy: ChecksumPolicy
    ) throws {
        let recorder = try Recorder(
            Line.handshake + [.client(.ack, 1, 1, "sent from here").checksum(.offloaded)]
        ) { $0.checksums = policy }
        recorder.stream("", [.newData])
        recorder.run()
        #expect(
            recorder.lines == (policy == .strict ? [] : ["4 SVR NEW_DATA 'sent from here'"])
        )
        let bad = recorder.worker.value(.badTCPChecksum)
        // Not a number: nobody looked.
        #expect(policy == .off ? bad.isNaN : bad == (policy == .strict ? 1 : 0))
    }

    @Test func `T42 with checksums off any checksum is trusted`() throws {
        let recorder = try Recorder(
            Line.handshake + [.client(.ack, 1, 1, "x").checksum(.bad)]
        ) { $0.checksums = .off }
        recorder.stream("", [.newData])
        #expect(recorder.run() == ["4 SVR NEW_DATA 'x'"])
    }

    @Test func `T56 a full table refuses, the packets are orphans and counted`() throws {
        let recorder = try Recorder([
            .client(.syn, 0), .client(.syn, 0).flow(1), .client(.syn, 0).flow(2),
            .server(.synAck, 0, 1).flow(2), .client(.rst, 1), .client(.syn, 0).flow(2),
        ]) { $0.maxFlows = 2 }
        recorder.stream("", [.connStart, .orphan])
        #expect(
            recorder.run().filter { !$0.contains("RCV") } == [
                "1 SND CLI CONN_START", "flow 1: 2 SND CLI CONN_START", "3 ORPHAN", "4 ORPHAN",
                "flow 2: 6 SND CLI CONN_START",
            ]
        )
        #expect(recorder.worker.value(.flowsRefused) == 1)
        #expect(recorder.worker.value(.flows) == 3)
    }

    @Test func `a filter ahead of everything leaves the rest unseen and counts it`() throws {
        let recorder = try Recorder(
            files: [[.client(.syn, 0), .frame(udp), .frame(arp)]],
            inputs: { $0.filter = try? FrameFilter("udp") }
        )
        recorder.raw()
        recorder.stream("flows", [.connStart, .orphan])
        #expect(recorder.run() == ["2 PKT_IN", "flows 2 ORPHAN"])
        #expect(recorder.worker.value(.filtered) == 2)
        #expect(recorder.worker.value(.packets) == 3)
    }
}

extension IPFields {
    /// The first of several fragments.
    fileprivate var fragment: IPFields {
        var fields = self
        fields.doesNotFragment = false
        fields.hasMoreFragments = true
        return fields
    }
}
