// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Testing

@testable import Packets

struct MutablePacketTests {
    private static let seeds: [UInt64] = Array(1...4)

    // MARK: Fields

    @Test(arguments: seeds)
    func `fields of a segment change together with its checksum`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            let packet = RandomPacket(&random, isTCP: true)
            var other = packet
            other.segment.seq = .random(in: 0...(.max), using: &random)
            other.segment.ack = .random(in: 0...(.max), using: &random)
            let new = other.segment
            for checksum in [BuiltChecksum.right, .offloaded] {
                let frame = changed(packet.with(checksum).frame) { set(new, $0) }
                #expect(frame == other.with(checksum).frame, "seed \(seed)")
            }
            let bad = try #require(changed(packet.with(.bad).frame) { set(new, $0) })
            #expect(Decoded(bad).checksum == .bad, "seed \(seed)")
            let unseen = changed(packet.with(.bad).frame, checksums: .off) { set(new, $0) }
            #expect(unseen == bad, "seed \(seed)")
        }
    }

    private func set(_ segment: TCPSegment, _ packet: MutablePacket) {
        packet.setSequence(segment.seq)
        packet.setAcknowledgement(segment.ack)
        #expect(packet.seq == segment.seq && packet.ack == segment.ack)
        #expect(packet.tcpFlags == segment.flags && packet.isTCP)
    }

    @Test func `another packet than a segment has no such fields`() {
        let frame = PacketBuilder().frame(
            UDPDatagram(payload: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
        )
        let same = changed(frame) { packet in
            packet.setSequence(1)
            packet.setAcknowledgement(2)
            packet.translateSACK { _ in nil }
            #expect(packet.seq == 0 && packet.ack == 0 && packet.tcpFlags == [] && !packet.isTCP)
        }
        #expect(same == frame)
    }

    /// What options become when blocks are moved, or go.
    @Test(arguments: 0...7, [true, false])
    func `SACK blocks are translated, and those that mean nothing go`(gone: Int, isOdd: Bool) {
        let blocks = [SACKBlock(10, 20), SACKBlock(30, 40), SACKBlock(50, 60)]
        let kept = blocks.enumerated().filter { gone & 1 << $0.offset == 0 }.map(\.element)
        let pad = isOdd ? [TCPOption.noOperation] : [.noOperation, .noOperation]
        let moved = kept.map { SACKBlock($0.left &- 11, $0.right &- 11) }
        let rest = [TCPOption](repeating: .noOperation, count: (3 - kept.count) * 8)
        let list: [TCPOption] =
            kept.isEmpty
            ? [TCPOption](repeating: .noOperation, count: 26) : [.sack(moved)] + rest
        // The end of the list keeps what comes behind it.
        let end = isOdd ? [TCPOption.endOfList] : []
        let before = TCPSegment(options: pad + [.sack(blocks)] + end, payload: [1, 2, 3])
        let after = TCPSegment(options: pad + list + end, payload: [1, 2, 3])
        let frame = changed(PacketBuilder().frame(before)) { packet in
            packet.translateSACK { block in
                kept.contains(block) ? SACKBlock(block.left &- 11, block.right &- 11) : nil
            }
        }
        #expect(frame == PacketBuilder().frame(after))
        let decoded = Decoded(frame ?? [], checksums: .strict)
        #expect(decoded.checksum == .good && !decoded.result.hasBadOptions)
    }

    @Test(arguments: [
        [5], [5, 1, 0], [5, 40, 1, 2], [0, 5, 10, 1, 1, 1, 1, 2, 2, 2], [5, 7, 1, 2, 3],
    ])
    func `a broken SACK option is left alone`(option: [UInt8]) {
        let frame = PacketBuilder().frame(TCPSegment(options: [.raw(option)]))
        #expect(changed(frame) { $0.translateSACK { _ in nil } } == frame)
    }

    // MARK: Checksums

    @Test(arguments: seeds)
    func `checksums are set right, as those who build the frame do`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            let packet = RandomPacket(&random)
            let right = packet.with(.right).frame
            let mended = changed(packet.with(.bad).frame) { packet in
                packet.frame.set(UInt16(0x1234), at: packet.l3 + 4 * (packet.version == 4 ? 1 : 0))
                packet.updateIPChecksum()
                packet.updateTransportChecksum()
            }
            let spoilt = changed(right) { packet in
                packet.frame.set(UInt16(0x1234), at: packet.l3 + 4 * (packet.version == 4 ? 1 : 0))
                packet.updateIPChecksum()
            }
            #expect(mended == spoilt, "seed \(seed)")
            let filled = changed(packet.with(.bad).frame) { packet in
                let isFilled = packet.updateTransportChecksum() && packet.updateIPChecksum()
                #expect(isFilled && packet.canUpdateTransportChecksum)
            }
            #expect(filled == right, "seed \(seed)")
        }
    }

    @Test(arguments: seeds)
    func `what is left to a network card stays so until it is finished`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<100 {
            let packet = RandomPacket(&random, isTCP: true)
            let left = packet.with(.offloaded).frame
            let touched = changed(left) { packet in
                #expect(packet.isOffloaded)
                packet.updateTransportChecksum()
            }
            #expect(touched == left, "seed \(seed)")
            let finished = changed(left) { packet in
                #expect(packet.finishTransportChecksum() && !packet.isOffloaded)
            }
            #expect(finished == packet.with(.right).frame, "seed \(seed)")
            let right = packet.with(.right).frame
            #expect(changed(right) { _ = $0.finishTransportChecksum() } == right)
        }
    }

    @Test(arguments: [IPFields.ipv4, .ipv6], [BuiltChecksum.right, .offloaded])
    func `other addresses are counted, also by what is left to a network card`(
        ip: IPFields,
        checksum: BuiltChecksum
    ) {
        let builder = PacketBuilder(ip: ip, checksum: checksum)
        let frame = changed(builder.frame(TCPSegment(payload: [1]))) { packet in
            packet.frame[packet.l4 - 1] = 99
            packet.updateIPChecksum()
            packet.updateTransportChecksum()
        }
        var other = builder
        other.ip.destination = ip.source.version == 4 ? "10.0.0.99" : "2001:db8::63"
        #expect(frame == other.frame(TCPSegment(payload: [1])))
    }

    /// A card was to fill in the IP header as well: the transport checksum tells of itself.
    @Test(arguments: [BuiltChecksum.right, .offloaded])
    func `an IP header left to a network card says nothing of the segment`(
        checksum: BuiltChecksum
    ) {
        let builder = PacketBuilder(checksum: checksum)
        let whole = builder.frame(TCPSegment(payload: [1]))
        let frame = changed(whole.with([0, 0], at: 24)) { packet in
            #expect(packet.isOffloaded == (checksum == .offloaded))
            packet.setSequence(77)
            packet.updateIPChecksum()
        }
        #expect(frame == builder.frame(TCPSegment(seq: 77, payload: [1])))
    }

    @Test func `a UDP checksum of 0 means none over IPv4`() {
        for ip in [IPFields.ipv4, .ipv6] {
            let builder = PacketBuilder(ip: ip, checksum: .none)
            let none = builder.frame(UDPDatagram(payload: [1, 2]))
            let updated = changed(none) { _ = $0.updateTransportChecksum() }
            let right = PacketBuilder(ip: ip).frame(UDPDatagram(payload: [1, 2]))
            #expect(updated == (ip.source.version == 4 ? none : right))
        }
    }

    @Test func `a UDP checksum that comes out as 0 is sent as all ones`() throws {
        // A payload whose checksum is 0 is found by taking what it lacks.
        let frame = PacketBuilder().frame(UDPDatagram(payload: [0, 0]))
        let lacking = Decoded(frame).packet
        let field = [UInt8](frame[Int(lacking.l4) + 6..<Int(lacking.l4) + 8])
        let zero = PacketBuilder().frame(UDPDatagram(payload: field))
        #expect(Array(zero[40..<42]) == [0xFF, 0xFF])
        let spoilt = zero.with([1, 1], at: 40)
        #expect(changed(spoilt) { _ = $0.updateTransportChecksum() } == zero)
        let grown = written { room in
            var copy = frame
            return MutableByteView.of(&copy) { view in
                ByteView.of(field) { bytes in
                    MutablePacket(lacking, view)?.replacing(payload: bytes, in: room)?.frame.count
                }
            }
        }
        #expect(grown.map { Array($0.prefix(zero.count)) } == zero)
    }

    @Test func `behind a route to an address that is not told nothing is computed`() {
        var routed = IPFields.ipv4
        routed.options = [131, 7, 4, 10, 0, 0, 9]
        var unknown = IPFields.ipv6
        unknown.extensions = [.routing(type: 99, segmentsLeft: 1, ["2001:db8::7"])]
        for ip in [routed, unknown] {
            let frame = PacketBuilder(ip: ip).frame(TCPSegment(payload: [1, 2]))
            let same = changed(frame) { packet in
                #expect(!packet.updateTransportChecksum() && packet.updateIPChecksum())
                #expect(!packet.canUpdateTransportChecksum)
            }
            #expect(same == frame)
            // By the difference it follows all the same.
            let other = changed(frame) { $0.setSequence(9) }
            #expect(other == PacketBuilder(ip: ip).frame(TCPSegment(seq: 9, payload: [1, 2])))
        }
    }

    @Test(arguments: seeds)
    func `a checksum follows a change as if it were computed anew`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<2000 {
            // Many zeros and ones, where the two zeros of ones' complement are.
            var words = (0..<6).map { _ in
                [0, 0xFFFF, 1, UInt16.random(in: 0...(.max), using: &random)]
                    .randomElement(using: &random) ?? 0
            }
            words[0] |= 1
            let sum = { (words: [UInt16]) in words.reduce(UInt64(0)) { $0 + UInt64($1) } }
            let field = ~Checksum.fold(sum(words))
            var other = words
            other[3] = .random(in: 0...(.max), using: &random)
            let updated = Checksum.updated(field, from: UInt64(words[3]), to: UInt64(other[3]))
            #expect(updated == ~Checksum.fold(sum(other)), "seed \(seed)")
        }
    }

    // MARK: What is none

    @Test func `what is not a whole IP packet is not taken`() {
        let frame = PacketBuilder().frame(TCPSegment(payload: [UInt8](repeating: 1, count: 40)))
        #expect(changed(Array(frame.dropLast(5))) { _ in } == nil)
        #expect(changed(PacketBuilder().frame(etherType: 0x0806, frame)) { _ in } == nil)
        let decoded = Decoded(frame).packet
        for count in 0..<frame.count {
            var short = Array(frame.prefix(count))
            let packet = MutableByteView.of(&short) { MutablePacket(decoded, $0) == nil }
            #expect(packet, "\(count)")
        }
    }
}
