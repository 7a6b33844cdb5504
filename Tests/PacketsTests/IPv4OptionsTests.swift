// SPDX-License-Identifier: BSD-2-Clause
import Packets
import Testing

struct IPv4OptionsTests {
    private func decode(_ options: [UInt8]) -> Decoded {
        var ip = IPFields.ipv4
        ip.options = options
        return Decoded(PacketBuilder(ip: ip).frame(TCPSegment(payload: [1])))
    }

    @Test(
        arguments: [
            [UInt8(1), 1, 1, 0], [148, 4, 0, 0], [7, 7, 4, 0, 0, 0, 0], [68, 12, 5, 0],
            [1, 0, 130, 2],
            [130, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0], [200, 2],
        ]
    )
    func `sound options leave the segment alone`(options: [UInt8]) {
        let padding = [UInt8](repeating: 0, count: max(0, Int(options[1]) - options.count))
        let decoded = decode(options + padding)
        #expect(decoded.result == DecodeResult(.tcp, checksum: .good))
    }

    @Test(
        arguments: [
            [UInt8(7), 0, 0, 0], [7, 2, 0, 0], [68, 3, 0, 0], [130, 2, 0, 0], [148, 3, 0, 0],
            [131, 9, 4, 0], [1, 1, 1, 7], [77, 1, 0, 0],
        ]
    )
    func `a length that leads nowhere or that its kind never has is refused`(options: [UInt8]) {
        #expect(decode(options).error == .ipv4Options)
    }

    @Test(arguments: [UInt8(131), 137])
    func `no checksum is judged while a source route has stations ahead`(kind: UInt8) {
        #expect(decode([kind, 7, 4, 10, 9, 9, 9]).result == DecodeResult(.tcp))
        #expect(decode([kind, 7, 8, 10, 9, 9, 9]).checksum == .good)
    }
}
