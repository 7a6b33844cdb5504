// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Testing

@testable import Packets

struct RefragmenterTests {
    /// A packet that was cut: the frames of its fragments, and of the whole as it is put together.
    private struct Cut {
        var fragments: [[UInt8]] = []
        let whole: [UInt8]
        let form: FragmentedForm

        init(_ builder: PacketBuilder, _ payload: [UInt8], sizes: [Int], identification: UInt32) {
            var at = 0
            for size in sizes where at < payload.count {
                let end = min(at + size, payload.count)
                fragments.append(
                    builder.fragment(
                        17,
                        Array(payload[at..<end]),
                        offset: at,
                        hasMore: end < payload.count,
                        identification: identification
                    )
                )
                at = end
            }
            var joined = builder
            joined.ip.doesNotFragment = false
            joined.ip.identification = UInt16(truncatingIfNeeded: identification)
            whole = joined.frame(17, payload)
            let first = fragments[0]
            let packet = Decoded(first).packet
            form = FragmentedForm(
                first: ByteView.of(first) { IPFragment(packet, $0) },
                sizes: sizes
            )
        }

        /// What becomes of a frame, `whole` unless told otherwise.
        func refragmented(_ frame: [UInt8]? = nil) -> [[UInt8]]? {
            let frame = frame ?? whole
            let packet = Decoded(frame, checksums: .off).packet
            return ByteView.of(frame) { view in
                guard var cutter = Refragmenter(packet, view, as: form) else { return nil }
                var frames: [[UInt8]] = []
                while !cutter.isDone {
                    let tight = written(room: cutter.longest - 1) { cutter.next(in: $0) }
                    precondition(tight == nil)
                    guard let next = written(room: cutter.longest, { cutter.next(in: $0) }) else {
                        return nil
                    }
                    frames.append(next)
                }
                precondition(written { cutter.next(in: $0) } == nil)
                return frames
            }
        }
    }

    /// A UDP datagram without a checksum.
    private func datagram(_ count: Int) -> [UInt8] {
        [0, 7, 0, 9] + UInt16(count).octets + [0, 0]
            + (8..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    }

    private static var networks: [IPFields] {
        var copied = IPFields.ipv4
        copied.options = [148, 4, 0, 0]
        var extended = IPFields.ipv6
        extended.extensions = [.hopByHop(), .destinationOptions(blocks: 2)]
        return [.ipv4, copied, .ipv6, extended]
    }

    @Test(arguments: networks, [0, 2])
    func `a packet becomes the fragments that it was`(ip: IPFields, tags: Int) {
        var builder = PacketBuilder(vlanTags: (0..<tags).map { VLANTag(UInt16($0 + 1)) }, ip: ip)
        builder.minimumLength = 60
        for sizes in [
            [8, 8, 8, 3], [16, 8], [1400, 1400, 13], [1480, 8], [8, 1400], [24, 100],
        ] {
            let payload = datagram(sizes.reduce(0, +))
            let cut = Cut(builder, payload, sizes: sizes, identification: 0xABCD_1234)
            #expect(cut.refragmented() == cut.fragments, "\(sizes)")
        }
    }

    @Test(arguments: networks)
    func `what has grown makes more of the longest, what has shrunk fewer`(ip: IPFields) throws {
        var builder = PacketBuilder(ip: ip)
        builder.minimumLength = 60
        let cut = Cut(builder, datagram(50), sizes: [24, 16, 10], identification: 7)
        for (count, sizes) in [
            (70, [24, 16, 24, 6]), (30, [24, 6]), (64, [24, 16, 24]), (20, [20]),
        ] {
            let other = Cut(builder, datagram(count), sizes: sizes, identification: 7)
            let frames = try #require(cut.refragmented(other.whole))
            if sizes.count > 1 { #expect(frames == other.fragments, "\(count)") }
            #expect(frames.count == sizes.count, "\(count)")
        }
    }

    @Test func `options that are not copied are in the first fragment alone`() throws {
        var ip = IPFields.ipv4
        // Record route, a no-operation, router alert, timestamp.
        ip.options = [7, 7, 4, 0, 0, 0, 0, 1, 148, 4, 0, 0, 68, 4, 5, 0]
        var builder = PacketBuilder(ip: ip)
        builder.minimumLength = 60
        let cut = Cut(builder, datagram(60), sizes: [24, 24, 12], identification: 9)
        let frames = try #require(cut.refragmented())
        #expect(frames.map { $0[14] & 0xF } == [9, 6, 6])
        #expect(frames[0] == cut.fragments[0])
        var alert = builder
        alert.ip.options = [148, 4, 0, 0]
        let rest = Cut(alert, datagram(60), sizes: [24, 24, 12], identification: 9)
        #expect(Array(frames[1...]) == Array(rest.fragments[1...]))
    }

    @Test func `a packet of another form is not cut`() {
        let cut = Cut(PacketBuilder(), datagram(50), sizes: [24, 26], identification: 7)
        #expect(cut.refragmented(PacketBuilder(ip: .ipv6).frame(17, datagram(50))) == nil)
        #expect(cut.refragmented(Self.optioned.frame(17, datagram(50))) == nil)
        #expect(cut.refragmented(cut.fragments[0]) == nil)
        #expect(cut.refragmented(Array(cut.whole.dropLast(20))) == nil)
        let tunnelled = PacketBuilder(tunnels: [BuiltTunnel(.ip)])
        #expect(cut.refragmented(tunnelled.frame(17, datagram(50))) == nil)
        for sizes in [[], [0], [7], [-5]] {
            var form = cut.form
            form.sizes = sizes
            let packet = Decoded(cut.whole).packet
            let isCut = ByteView.of(cut.whole) { Refragmenter(packet, $0, as: form) != nil }
            #expect(!isCut, "\(sizes)")
        }
    }

    private static var optioned: PacketBuilder { PacketBuilder(ip: networks[1]) }

    @Test(arguments: [4, 6])
    func `the longest packet is cut by any sizes`(version: Int) throws {
        let ip = version == 4 ? IPFields.ipv4 : .ipv6
        let most = version == 4 ? 65_515 : 65_535
        for sizes in [[8], [65_528, 8], [1480, .max], [.max]] {
            let cut = Cut(
                PacketBuilder(ip: ip),
                datagram(most),
                sizes: [1480, 65_000],
                identification: 1
            )
            var form = cut.form
            form.sizes = sizes
            let packet = Decoded(cut.whole, checksums: .off).packet
            let carried = try #require(
                ByteView.of(cut.whole) { view -> [UInt8]? in
                    guard var cutter = Refragmenter(packet, view, as: form) else { return nil }
                    var bytes: [UInt8] = []
                    var buffer = [UInt8](repeating: 0, count: cutter.longest)
                    while !cutter.isDone {
                        let count = MutableByteView.of(&buffer) { cutter.next(in: $0) }
                        bytes += Decoded(Array(buffer.prefix(count ?? 0)), checksums: .off).ipBytes
                    }
                    return bytes
                }
            )
            #expect(carried == datagram(most), "\(sizes)")
        }
    }
}

extension Decoded {
    /// What the IP packet, or the fragment, carries.
    fileprivate var ipBytes: [UInt8] {
        kind == .fragment
            ? payload
            : UInt16(7).octets + UInt16(9).octets
                + UInt16(payload.count + 8).octets + [0, 0] + payload
    }
}
