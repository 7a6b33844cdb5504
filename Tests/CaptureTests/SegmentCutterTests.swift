// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Packets
import Testing

@testable import Capture

struct SegmentCutterTests {
    /// A stream in segments of 100 bytes, from a number near the wrap.
    private static let frames = (0..<200).map { index in
        let payload = (0..<100).map { UInt8(truncatingIfNeeded: (index * 100 + $0) &* 7) }
        let seq = 0xFFFF_F000 &+ UInt32(index * 100)
        return OwnedFrame(
            bytes: PacketBuilder().frame(TCPSegment(seq: seq, payload: payload)),
            time: Timestamp(nanoseconds: Int64(index))
        )
    }

    private func cut(split: Double, coalesce: Double) -> ([OwnedFrame], SegmentCuts.Tally) {
        let source = SegmentCutter(
            ListSource(Self.frames),
            by: SegmentCuts(split: split, coalesce: coalesce, seed: 5)
        )
        return (drain(source).frames, source.rewriter.tally)
    }

    /// The payload in order, and whether every frame is right by its checksums and goes on where the last ended.
    private func stream(_ frames: [OwnedFrame]) -> (bytes: [UInt8], isRight: Bool) {
        let decoder = PacketDecoder(checksums: .strict)
        var next: UInt32 = 0xFFFF_F000
        var bytes: [UInt8] = []
        var isRight = true
        for frame in frames {
            ByteView.of(frame.bytes) { view in
                var packet = mos_packet()
                let whole = Frame(
                    bytes: view,
                    wireLength: frame.wireLength,
                    time: frame.time,
                    linkType: frame.linkType
                )
                let result = decoder.decode(whole, into: &packet)
                let isGood = result.kind == .tcp && packet.flags & UInt32(MOS_PKT_BAD_CHECKSUM) == 0
                isRight = isRight && isGood && packet.seq == next
                let payload = view.slice(Int(packet.payload), Int(packet.payload_len)).array
                bytes += payload
                next &+= UInt32(payload.count)
            }
        }
        return (bytes, isRight)
    }

    @Test(arguments: [(0.5, 0.0), (0.0, 0.5), (0.4, 0.4)])
    func `cut and joined segments carry the same stream`(split: Double, coalesce: Double) {
        let (frames, tally) = cut(split: split, coalesce: coalesce)
        #expect(frames.count == 200 + Int(tally.split) - Int(tally.coalesced))
        #expect((tally.split > 50) == (split > 0))
        #expect((tally.coalesced > 30) == (coalesce > 0))
        let result = stream(frames)
        #expect(result.isRight)
        #expect(result.bytes == stream(Self.frames).bytes)
    }

    @Test func `what is no whole segment with payload passes unchanged`() {
        let builder = PacketBuilder()
        let cut = OwnedFrame(
            bytes: Array(builder.frame(TCPSegment(payload: [1, 2, 3, 4])).dropLast()),
            wireLength: 58,
            time: Timestamp(nanoseconds: 0)
        )
        let others = [
            builder.frame(TCPSegment(flags: .syn, payload: [1, 2])), builder.frame(TCPSegment()),
            builder.frame(UDPDatagram(payload: [1, 2, 3])), [1, 2, 3],
        ].map { OwnedFrame(bytes: $0, time: Timestamp(nanoseconds: 0)) }
        let source = SegmentCutter(
            ListSource(others + [cut]),
            by: SegmentCuts(split: 1, coalesce: 1, seed: 1)
        )
        #expect(drain(source).frames == others + [cut])
    }
}
