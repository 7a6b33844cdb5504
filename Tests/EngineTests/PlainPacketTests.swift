// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Packets
import Testing

@testable import Engine

struct PlainPacketTests {
    @Test(arguments: [0, 60])
    func `without extension headers a packet is as long as it was sent, not as it was captured`(
        cut: Int
    ) {
        expectLength(20 + 100, written: nil, cut: cut)
    }

    @Test func `a length that was left to the network card stays 0`() {
        expectLength(0, written: 0, cut: 0)
    }

    /// The length field of the plain form of a segment with 100 bytes, of which some are not captured.
    private func expectLength(_ length: UInt16, written: UInt16?, cut: Int) {
        var ip = IPFields.ipv6
        ip.length = written
        ip.extensions = [.hopByHop(blocks: 1), .destinationOptions()]
        let segment = TCPSegment(payload: [UInt8](repeating: 65, count: 100))
        let bytes = PacketBuilder(ip: ip).frame(segment)
        guard let plain = PlainPacket() else {
            Issue.record("no memory")
            return
        }
        ByteView.of(Array(bytes.dropLast(cut))) { view in
            let frame = Frame(
                bytes: view,
                wireLength: UInt32(bytes.count),
                time: Timestamp(nanoseconds: 0),
                linkType: .ethernet
            )
            var packet = mos_packet()
            _ = PacketDecoder().decode(frame, into: &packet)
            let found = plain.view(packet, view)
            #expect(found.count == 40 + 20 + 100 - cut)
            #expect(found.u16(4) == length)
        }
    }
}
