// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Capture
import Packets
import Testing

@testable import Flows

/// Parts in, IP packets out.
final class FragmentBox {
    private var reassembler: FragmentReassembler

    init?(
        pool: Int = 1 << 20,
        seconds: Double = 30,
        vlanInKey: Bool = false,
        holdsFrames: Bool = false
    ) {
        guard
            let reassembler = FragmentReassembler(
                pool: pool,
                timeout: Int64(seconds * 1e9),
                seed: .fixed,
                vlanInKey: vlanInKey,
                holdsFrames: holdsFrames
            )
        else { return nil }
        self.reassembler = reassembler
    }

    var counts: FragmentReassembler.Counts { reassembler.counts }
    var waiting: Int { reassembler.waiting }
    var bytesInUse: Int { reassembler.bytesInUse }

    func giveUpAll() { reassembler.giveUpAll() }

    /// The frames in which the last packet came.
    func frames() -> [[UInt8]] {
        var frames: [[UInt8]] = []
        while let frame = reassembler.takeFrame() { frames.append(frame.array) }
        return frames
    }

    /// The whole frame when this part completes it.
    func take(_ frame: [UInt8], at seconds: Double = 0, wireLength: Int? = nil) -> [UInt8]? {
        ByteView.of(frame) { view in
            var packet = mos_packet()
            let captured = Frame(
                bytes: view,
                wireLength: UInt32(wireLength ?? frame.count),
                time: Timestamp(nanoseconds: 0),
                linkType: .ethernet
            )
            guard PacketDecoder().decode(captured, into: &packet).kind == .fragment else {
                return nil
            }
            let isWhole = reassembler.take(packet, view, at: Int64(seconds * 1e9))
            return isWhole ? reassembler.frame.array : nil
        }
    }
}

struct FragmentReassemblerTests {
    private let v4 = PacketBuilder()
    private let v6 = PacketBuilder(ip: .ipv6)
    private let data = (0..<40).map { UInt8($0) }

    private func box(
        pool: Int = 1 << 20,
        seconds: Double = 30,
        vlanInKey: Bool = false
    ) throws -> FragmentBox {
        try #require(FragmentBox(pool: pool, seconds: seconds, vlanInKey: vlanInKey))
    }

    /// The part `range` of ``data``; the last one when it ends where the data does.
    private func part(_ range: Range<Int>, _ builder: PacketBuilder, id: UInt32 = 1) -> [UInt8] {
        builder.fragment(
            17,
            Array(data[range]),
            offset: range.lowerBound,
            hasMore: range.upperBound < data.count,
            identification: id
        )
    }

    private func whole(_ builder: PacketBuilder, id: UInt16 = 1) -> [UInt8] {
        var builder = builder
        builder.ip.doesNotFragment = false
        builder.ip.identification = id
        return builder.frame(17, data)
    }

    @Test(arguments: [4, 6])
    func `parts in any order become the packet that was cut`(version: Int) throws {
        let builder = version == 4 ? v4 : v6
        let parts = [0..<16, 16..<24, 24..<40].map { part($0, builder) }
        for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2], [2, 0, 1]] {
            let box = try box()
            #expect(box.take(parts[order[0]]) == nil && box.take(parts[order[1]]) == nil)
            #expect(box.take(parts[order[2]]) == whole(builder), "order \(order)")
            #expect(box.waiting == 0 && box.bytesInUse == 0)
            #expect(box.counts == FragmentReassembler.Counts())
        }
    }

    @Test func `IPv6 extension headers before the fragment header stay, those behind are carried`()
        throws
    {
        var builder = v6
        builder.ip.extensions = [.hopByHop(blocks: 2), .destinationOptions()]
        let box = try box()
        _ = box.take(part(0..<24, builder))
        #expect(box.take(part(24..<40, builder)) == whole(builder))
    }

    @Test func `options of the first IPv4 part are those of the packet`() throws {
        var first = v4
        first.ip.options = [148, 4, 0, 0]
        let box = try box()
        _ = box.take(part(24..<40, v4))
        #expect(box.take(part(0..<24, first)) == whole(first))
    }

    @Test func `addresses, identification, protocol and, when told so, VLAN tell packets apart`()
        throws
    {
        let box = try box(vlanInKey: true)
        _ = box.take(part(0..<24, v4))
        var other = v4
        other.ip.source = "10.0.0.9"
        #expect(box.take(part(24..<40, other)) == nil)
        #expect(box.take(part(24..<40, v4.reversed)) == nil)
        #expect(box.take(part(24..<40, v4, id: 2)) == nil)
        let proto = v4.fragment(6, Array(data[24..<40]), offset: 24, hasMore: false)
        #expect(box.take(proto) == nil)
        var tagged = v4
        tagged.vlanTags = [VLANTag(3)]
        #expect(box.take(part(24..<40, tagged)) == nil)
        #expect(box.waiting == 6)
        #expect(box.take(part(24..<40, v4)) == whole(v4))
        let merged = try self.box()
        _ = merged.take(part(0..<24, v4))
        #expect(merged.take(part(24..<40, tagged)) == whole(tagged))
    }

    @Test func `the protocol is no part of an IPv6 key: that of the first part counts`() throws {
        let box = try box()
        _ = box.take(part(0..<24, v6))
        let last = v6.fragment(6, Array(data[24..<40]), offset: 24, hasMore: false)
        #expect(box.take(last) == whole(v6))
    }

    // MARK: Overlaps

    @Test func `IPv4 bytes that came first stay`() throws {
        let box = try box()
        let other = [UInt8](repeating: 0xEE, count: 24)
        _ = box.take(part(8..<24, v4))
        #expect(box.take(v4.fragment(17, other, offset: 16, hasMore: false)) == nil)
        let result = box.take(v4.fragment(17, other.prefix(16) + [], offset: 0, hasMore: true))
        let expected = [UInt8](repeating: 0xEE, count: 8) + data[8..<24] + other.prefix(16)
        #expect(result.map { Array($0.dropFirst(34)) } == expected)
        #expect(box.counts.overlaps == 2)
    }

    @Test func `IPv4 duplicates count nothing`() throws {
        let box = try box()
        for _ in 0..<3 { #expect(box.take(part(0..<24, v4)) == nil) }
        #expect(box.take(part(16..<40, v4)) == whole(v4))
        #expect(box.counts == FragmentReassembler.Counts())
    }

    @Test func `an IPv6 packet with overlapping parts is discarded, later parts with it`() throws {
        let box = try box()
        _ = box.take(part(0..<24, v6))
        #expect(box.take(part(16..<40, v6)) == nil)
        #expect(box.take(part(24..<40, v6)) == nil)
        #expect(box.take(part(0..<24, v6)) == nil)
        #expect(box.counts.overlaps == 1 && box.bytesInUse == 0)
        box.giveUpAll()
        #expect(box.counts.timeouts == 0 && box.waiting == 0)
    }

    @Test func `exact duplicates of IPv6 parts are tolerated, others are not`() throws {
        let duplicated = try box()
        for _ in 0..<3 { _ = duplicated.take(part(0..<24, v6)) }
        #expect(duplicated.take(part(24..<40, v6)) == whole(v6))
        #expect(duplicated.counts.overlaps == 0)
        let other = [UInt8](repeating: 0xEE, count: 24)
        for (bytes, offset) in [(other, 0), (Array(data[0..<16]), 0), (Array(data[8..<24]), 8)] {
            let box = try box()
            _ = box.take(part(0..<24, v6))
            _ = box.take(v6.fragment(17, bytes, offset: offset, hasMore: true))
            #expect(box.counts.overlaps == 1)
            #expect(box.take(part(24..<40, v6)) == nil)
        }
    }

    @Test func `duplicates of IPv6 parts larger than a cell are duplicates`() throws {
        let box = try box()
        let bytes = [UInt8](repeating: 7, count: 6000)
        func part(_ count: Int) -> [UInt8] {
            v6.fragment(17, Array(bytes.prefix(count)), offset: 0, hasMore: true)
        }
        _ = box.take(part(6000))
        _ = box.take(part(6000))
        #expect(box.counts.overlaps == 0)
        _ = box.take(part(2048))
        #expect(box.counts.overlaps == 1)
    }

    // MARK: What is no part

    @Test(arguments: [4, 6])
    func `what cannot be a part is counted and left out`(version: Int) throws {
        let builder = version == 4 ? v4 : v6
        let box = try box()
        let bad = [
            builder.fragment(17, [1, 2, 3], offset: 0, hasMore: true),
            builder.fragment(17, [], offset: 8, hasMore: false),
            builder.fragment(17, data, offset: 65_528, hasMore: false),
        ]
        for frame in bad { #expect(box.take(frame) == nil) }
        #expect(box.counts.bad == 3 && box.waiting == 0)
        let whole = part(0..<24, builder)
        #expect(box.take(Array(whole.dropLast()), wireLength: whole.count) == nil)
        #expect(box.counts.bad == 4)
    }

    @Test(arguments: [4, 6])
    func `parts that disagree about the end are left out`(version: Int) throws {
        let builder = version == 4 ? v4 : v6
        let box = try box()
        _ = box.take(part(24..<40, builder))
        _ = box.take(builder.fragment(17, data, offset: 40, hasMore: true))
        _ = box.take(builder.fragment(17, [1], offset: 40, hasMore: false))
        _ = box.take(builder.fragment(17, [1], offset: 8, hasMore: false))
        #expect(box.counts.bad == 3)
        #expect(box.take(part(0..<24, builder)) == whole(builder))
    }

    @Test func `an end before what came already is left out`() throws {
        let box = try box()
        _ = box.take(part(16..<32, v4))
        _ = box.take(v4.fragment(17, [1], offset: 8, hasMore: false))
        #expect(box.counts.bad == 1)
    }

    @Test func `a packet longer than its length field can say is left out`() throws {
        let box = try box()
        var long = v4
        long.ip.options = [UInt8](repeating: 1, count: 40)
        _ = box.take(
            long.fragment(17, [UInt8](repeating: 1, count: 32_768), offset: 0, hasMore: true)
        )
        let rest = [UInt8](repeating: 1, count: 32_760 - 20)
        #expect(box.take(v4.fragment(17, rest, offset: 32_768, hasMore: false)) == nil)
        #expect(box.counts.bad == 1 && box.waiting == 0)
    }

    @Test func `the largest packet is put together`() throws {
        let box = try box()
        let bytes = (0..<65_515).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        var result: [UInt8]?
        for start in stride(from: 0, to: bytes.count, by: 1480).reversed() {
            let end = min(start + 1480, bytes.count)
            let part = Array(bytes[start..<end])
            result = box.take(
                v4.fragment(17, part, offset: start, hasMore: end < bytes.count)
            )
        }
        #expect(result?.count == 14 + 65_535)
        #expect(result.map { Array($0.dropFirst(34)) } == bytes)
    }

    // MARK: Time

    @Test func `what is not complete in time is given up`() throws {
        let box = try box(seconds: 30)
        _ = box.take(part(0..<24, v4), at: 100)
        #expect(box.take(part(24..<40, v4), at: 130) == whole(v4))
        _ = box.take(part(0..<24, v4), at: 200)
        _ = box.take(part(0..<24, v6), at: 215)
        #expect(box.take(part(24..<40, v4), at: 230.1) == nil)
        #expect(box.counts.timeouts == 1)
        #expect(box.take(part(24..<40, v6), at: 231) == whole(v6))
        box.giveUpAll()
        #expect(box.counts.timeouts == 2 && box.waiting == 0 && box.bytesInUse == 0)
    }

    @Test func `a time far ahead does not block what comes after it`() throws {
        let box = try box(seconds: 30)
        _ = box.take(part(0..<24, v4, id: 9), at: 1e6)
        for second in 0..<200 {
            _ = box.take(part(0..<24, v4, id: 10 + UInt32(second)), at: Double(second))
        }
        #expect(box.waiting <= 32)
        #expect(box.counts.timeouts >= 168)
    }

    // MARK: Limits

    @Test func `when the pool is full the oldest packet goes`() throws {
        let box = try box(pool: 16 * 2048)
        for id in 1...9 { _ = box.take(part(0..<24, v4, id: UInt32(id))) }
        // Each first part takes two cells, one for its header.
        #expect(box.waiting == 8 && box.counts.dropped == 1)
        #expect(box.take(part(24..<40, v4, id: 1)) == nil)
        #expect(box.counts.dropped == 2)
        #expect(box.take(part(24..<40, v4, id: 9)) == whole(v4, id: 9))
    }

    @Test func `a packet that fills the pool alone is dropped`() throws {
        let box = try box(pool: 4 * 2048)
        for offset in 0..<8 {
            let part = [UInt8](repeating: 1, count: 8)
            _ = box.take(v4.fragment(17, part, offset: offset * 16, hasMore: true))
        }
        #expect(box.counts.dropped == 1 && box.bytesInUse <= 4 * 2048)
    }

    @Test func `a packet in too many pieces is dropped`() throws {
        let box = try box(pool: 4 << 20)
        let limit = FragmentReassembler.maximumPieces
        for number in 0...limit {
            let bytes = [UInt8](repeating: 1, count: 8)
            _ = box.take(v4.fragment(17, bytes, offset: number * 16, hasMore: true))
        }
        #expect(box.counts.dropped == 1 && box.bytesInUse == 0 && box.waiting == 1)
    }

    @Test func `without a pool nothing is kept`() throws {
        let box = try box(pool: 0)
        #expect(box.take(part(0..<24, v4)) == nil && box.take(part(24..<40, v4)) == nil)
        #expect(box.waiting == 0 && box.bytesInUse == 0)
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func `a flood of parts stays within the pool`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let pool = 64 * 2048
        let box = try box(pool: pool)
        for _ in 0..<1500 {
            let length = random.chance(0.5) ? 8 : Int(random.below(300)) * 8 + 8
            let bytes = [UInt8](repeating: UInt8(random.below(3)), count: length)
            let builder = random.chance(0.5) ? v4 : v6
            let frame = builder.fragment(
                17,
                bytes,
                offset: Int(random.below(1000)) * 8,
                hasMore: random.chance(0.9),
                identification: UInt32(random.below(100))
            )
            _ = box.take(frame, at: Double(random.below(100)))
            try #require(box.bytesInUse <= pool && box.waiting <= 64, "seed \(seed)")
        }
        box.giveUpAll()
        #expect(box.bytesInUse == 0 && box.waiting == 0, "seed \(seed)")
    }
}
