// SPDX-License-Identifier: BSD-2-Clause
import Testing

@testable import Packets

struct MutableByteViewChecksumsTests {
    private func filled(_ frame: [UInt8], linkType: LinkType = .ethernet) throws -> [UInt8]? {
        var frame = frame
        let isFilled = try MutableByteView.of(&frame) { try $0.fillInChecksums(linkType: linkType) }
        return isFilled ? frame : nil
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func `a frame whose checksums were left out gets those that it should have`(seed: UInt64) throws
    {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<300 {
            let packet = RandomPacket(&random)
            let right = packet.frame
            let checksum = BuiltChecksum.allCases.randomElement(using: &random) ?? .none
            var frame = packet.with(checksum).frame
            let at = 14 + 4 * packet.builder.vlanTags.count
            if packet.builder.ip.source.version == 4 {
                frame.replaceSubrange((at + 10)..<(at + 12), with: random.bytes(2))
            }
            #expect(try filled(frame) == right, "seed \(seed)")
            let bare = Array(frame[at..<frame.count])
            let link: LinkType = .raw
            if right.count > 60 {
                #expect(try filled(bare, linkType: link) == Array(right[at...]), "seed \(seed)")
            }
        }
    }

    @Test func `what has no checksum stays as it is`() throws {
        let frame = PacketBuilder().frame(TCPSegment(payload: [1, 2, 3]))
        let arp = PacketBuilder().frame(etherType: 0x0806, frame)
        #expect(try filled(arp) == arp)
        let other = PacketBuilder().frame(132, [1, 2, 3])
        #expect(try filled(other.with([0, 0], at: 24)) == other)
        let fragment = PacketBuilder().fragment(6, [1, 2, 3], offset: 8, hasMore: false)
        #expect(try filled(fragment.with([0, 0], at: 24)) == fragment)
        // The outermost packet counts.
        let tunnel = PacketBuilder(tunnels: [BuiltTunnel(.vxlan(1))], checksum: .bad)
        let carried = tunnel.frame(TCPSegment(payload: [1]))
        #expect(try filled(carried.with([9, 9], at: 40)) == carried)
    }

    @Test func `a frame that cannot be right is told of`() throws {
        let frame = PacketBuilder().frame(TCPSegment(payload: [1, 2, 3]))
        #expect(try filled(Array(frame.dropLast())) == nil)
        #expect(throws: DecodeError.ethernetTruncated) { try filled([1, 2, 3]) }
        #expect(throws: DecodeError.tcpHeaderLength) { try filled(frame.with([0x10], at: 46)) }
        #expect(throws: DecodeError.ethernetTruncated) { try filled([]) }
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func `any bytes at all may come`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<300 {
            var frame = RandomPacket(&random).frame
            for _ in 0..<4 {
                let place = Int.random(in: 0..<frame.count, using: &random)
                frame[place] = .random(in: 0...255, using: &random)
            }
            frame = Array(frame.prefix(.random(in: 0...frame.count, using: &random)))
            let result = try? filled(frame)
            #expect(result == nil || result?.count == frame.count, "seed \(seed)")
        }
    }
}
