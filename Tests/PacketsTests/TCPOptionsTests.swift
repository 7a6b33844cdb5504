// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Packets
import Testing

struct TCPOptionsTests {
    private func decode(_ options: TCPOption...) -> Decoded {
        Decoded(PacketBuilder().frame(TCPSegment(options: options, payload: [0x42])))
    }

    @Test func `the options of a SYN are read`() {
        let decoded = decode(
            .mss(1460),
            .sackPermitted,
            .timestamps(value: 0x0102_0304, echo: 5),
            .noOperation,
            .windowScale(7)
        )
        #expect(decoded.packet.mss == 1460 && decoded.has(MOS_PKT_MSS))
        #expect(decoded.packet.wscale == 7 && decoded.has(MOS_PKT_WSCALE))
        #expect(decoded.packet.tsval == 0x0102_0304 && decoded.packet.tsecr == 5)
        #expect(decoded.has(MOS_PKT_HAS_TIMESTAMPS) && decoded.has(MOS_PKT_SACK))
        #expect(!decoded.result.hasBadOptions && decoded.payload == [0x42])
    }

    @Test func `without options none is flagged`() {
        let decoded = decode()
        let options = MOS_PKT_MSS | MOS_PKT_WSCALE | MOS_PKT_HAS_TIMESTAMPS | MOS_PKT_SACK
        #expect(!decoded.has(options) && !decoded.result.hasBadOptions)
    }

    @Test func `timestamps are found in their usual place and in any other`() {
        let usual = decode(.noOperation, .noOperation, .timestamps(value: 7, echo: 8))
        let other = decode(.timestamps(value: 7, echo: 8), .noOperation, .noOperation)
        let last = decode(.raw([254, 4, 0, 0]), .timestamps(value: 7, echo: 8))
        for decoded in [usual, other, last] {
            #expect(decoded.packet.tsval == 7 && decoded.packet.tsecr == 8)
            #expect(!decoded.result.hasBadOptions)
        }
    }

    @Test func `SACK blocks are flagged`() {
        for count in 1...4 {
            let blocks = [SACKBlock](repeating: SACKBlock(UInt32.max, 9), count: count)
            let decoded = decode(.noOperation, .noOperation, .sack(blocks))
            #expect(decoded.has(MOS_PKT_SACK) && !decoded.result.hasBadOptions)
        }
    }

    @Test func `nothing is read behind the end of the list`() {
        let decoded = decode(.endOfList, .mss(1460))
        #expect(!decoded.has(MOS_PKT_MSS) && !decoded.result.hasBadOptions)
    }

    @Test func `a window scale above 14 is taken for 14`() {
        #expect(decode(.windowScale(15)).packet.wscale == 14)
        #expect(decode(.windowScale(255)).packet.wscale == 14)
        #expect(decode(.windowScale(0)).has(MOS_PKT_WSCALE))
    }

    @Test(arguments: [
        [UInt8(8), 0, 0, 0], [8, 1, 1, 1], [8, 10, 0, 0], [1, 1, 1, 8], [77, 5, 0, 0],
    ])
    func `a length that leads nowhere ends the list, and the segment counts`(broken: [UInt8]) {
        let decoded = decode(.mss(536), .raw(broken))
        #expect(decoded.result.hasBadOptions)
        #expect(decoded.kind == .tcp && decoded.checksum == .good)
        #expect(decoded.packet.mss == 536 && decoded.payload == [0x42])
        #expect(!decoded.has(MOS_PKT_HAS_TIMESTAMPS))
    }

    @Test(
        arguments: [
            [UInt8(2), 3, 5, 1], [3, 4, 1, 1], [4, 3, 0, 1], [5, 2, 1, 1], [5, 4, 0, 0],
            [8, 4, 0, 0],
        ]
    )
    func `an option with a length that its kind never has is passed over`(wrong: [UInt8]) {
        let decoded = decode(.raw(wrong), .mss(900))
        #expect(decoded.result.hasBadOptions && decoded.packet.mss == 900)
        #expect(!decoded.has(MOS_PKT_WSCALE | MOS_PKT_SACK | MOS_PKT_HAS_TIMESTAMPS))
    }

    private func blocks(_ options: [TCPOption]) -> [SACKBlock] {
        let bytes = PacketBuilder().frame(TCPSegment(options: options, payload: [5, 10]))
        let packet = Decoded(bytes).packet
        return ByteView.of(bytes) { view in
            let blocks = TCPOptions.sackBlocks(packet, view)
            return (0..<blocks.count).map { blocks[$0] }
        }
    }

    @Test func `SACK blocks are read from the frame`() {
        let list = [SACKBlock(1, 2), SACKBlock(0xFFFF_FFF0, 5), SACKBlock(7, 9), SACKBlock(11, 12)]
        #expect(blocks([.sack(list)]) == list)
        #expect(
            blocks([
                .noOperation, .timestamps(value: 1, echo: 2), .noOperation, .sack([list[0]]),
            ]) == [list[0]]
        )
        #expect(blocks([.sackPermitted]) == [])
        #expect(blocks([]) == [])
        #expect(blocks([.endOfList, .sack(list)]) == [])
        #expect(blocks([.sackPermitted, .raw([99, 1]), .sack([list[0]])]) == [])
        #expect(blocks([.sackPermitted, .raw([5, 200])]) == [])
    }
}
