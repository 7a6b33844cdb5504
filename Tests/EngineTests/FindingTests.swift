// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Packets
import Testing

@testable import Engine

/// A flow is found by its ends, in either order: connections before UDP flows.
struct FindingTests {
    private func ends(
        _ a: String,
        _ aPort: UInt16,
        _ b: String,
        _ bPort: UInt16
    ) throws -> mos_ends {
        let first = try #require(IPAddress(a))
        let second = try #require(IPAddress(b))
        var ends = mos_ends()
        ends.a = first.shared
        ends.b = second.shared
        ends.a_port = aPort
        ends.b_port = bPort
        ends.ip_version = first.version
        return ends
    }

    /// The socket that sees the flow and the flow's client port; nil when none is found.
    private func find(_ recorder: Recorder, _ socket: Int32, _ ends: mos_ends) -> [Int]? {
        let result = recorder.worker.findFlow(socket, ends)
        guard result == 1 else { return result == 0 ? nil : [Int(result)] }
        let found = recorder.foundValues
        return [found[2], Int(recorder.clientPort(Int32(found[0])))]
    }

    private let ladder: [Line] = [
        .client(.syn, 0), .client(.syn, 0).flow(1),
        .frame(PacketBuilder().frame(UDPDatagram(sourcePort: 40000, destinationPort: 80))),
        .frame(PacketBuilder().frame(UDPDatagram(sourcePort: 40007, destinationPort: 53))),
        .client(.rst, 1).flow(1), .frame(PacketBuilder().frame(UDPDatagram(sourcePort: 9))),
    ]

    @Test func `by its ends in either order, TCP before UDP, while it lives`() throws {
        let recorder = try Recorder(ladder)
        let streams = recorder.stream("", [])
        let flows = recorder.flow("", [.packetIn])
        let there = try ends("10.0.0.1", 40000, "10.0.0.2", 80)
        let back = try ends("10.0.0.2", 80, "10.0.0.1", 40000)
        let udp = try ends("10.0.0.2", 53, "10.0.0.1", 40007)
        let gone = try ends("10.0.0.1", 40001, "10.0.0.2", 80)
        let never = try ends("10.0.0.1", 40000, "10.0.0.3", 80)
        var seen = 0
        recorder.run { event in
            guard event.number == 6, event.hook == Hook.snd.number else { return }
            seen += 1
            #expect(find(recorder, -1, there) == [0, 40000])
            #expect(find(recorder, -1, back) == [0, 40000])
            #expect(find(recorder, streams, back) == [Int(streams), 40000])
            // The FLOW socket does not see the connection, but the UDP flow of the same ends.
            #expect(find(recorder, flows, there) == [Int(flows), 40000])
            #expect(find(recorder, -1, udp) == [Int(flows), 40007])
            #expect(find(recorder, streams, udp) == nil)
            #expect(find(recorder, -1, gone) == nil)
            #expect(find(recorder, -1, never) == nil)
            #expect(find(recorder, 9, there) == [-22])
            #expect(recorder.worker.closeSocket(streams) == 0)
            #expect(find(recorder, -1, back) == [Int(flows), 40000])
        }
        #expect(seen == 1)
    }

    @Test func `of IPv6, and never one of the other version`() throws {
        let wire = Wire(builder: PacketBuilder(ip: .ipv6))
        let recorder = try Recorder(Line.handshake, wire: wire)
        recorder.stream("", [.stateChange])
        let fields = wire.builder.ip
        let there = try ends("\(fields.destination)", 80, "\(fields.source)", 40000)
        var wrong = there
        wrong.ip_version = 4
        var seen = 0
        recorder.run { _ in
            seen += 1
            #expect(find(recorder, -1, there) == [0, 40000])
            #expect(find(recorder, -1, wrong) == nil)
        }
        #expect(seen > 0)
    }

    @Test func `where VLANs tell flows apart, in the VLAN of the packet in hand`() throws {
        let builders = [5, 6].map { PacketBuilder(vlanTags: [VLANTag($0)]) }
        let frames = Line.frames([.client(.syn, 0)], Wire(builder: builders[0]))
        for (vlan, isFound) in [(0, true), (1, false)] {
            let other = Line.frames([.client(.ack, 9, 9).flow(2)], Wire(builder: builders[vlan]))
            let recorder = try Recorder(frames: frames + other) { $0.vlanInKey = true }
            recorder.stream("", [.orphan])
            let there = try ends("10.0.0.1", 40000, "10.0.0.2", 80)
            var found: [[Int]?] = []
            recorder.run { _ in found.append(find(recorder, -1, there)) }
            #expect(found == [isFound ? [0, 40000] : nil])
        }
    }
}
