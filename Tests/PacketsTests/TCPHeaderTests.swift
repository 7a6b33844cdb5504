// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Packets
import Testing

struct TCPHeaderTests {
    @Test func `the fields of a header lie where RFC 9293 puts them`() {
        let segment = hex("0050 1f90 01020304 05060708 50 12 7210 0000 0000 4142")
        let decoded = Decoded(PacketBuilder().frame(6, segment), checksums: .off)
        let packet = decoded.packet
        #expect(decoded.result == DecodeResult(.tcp))
        #expect(packet.sport == 80 && packet.dport == 8080)
        #expect(packet.seq == 0x0102_0304 && packet.ack == 0x0506_0708)
        #expect(packet.tcp_flags == 0x12 && packet.window == 0x7210)
        #expect(packet.l4 == 34 && packet.payload == 54)
        #expect(decoded.payload == [0x41, 0x42])
        #expect(decoded.has(MOS_PKT_HAS_TRANSPORT))
    }

    @Test func `a packet that ends within the header is truncated`() {
        for count in 0..<20 {
            let part = Array(repeating: UInt8(0x50), count: count)
            #expect(Decoded(PacketBuilder().frame(6, part)).error == .tcpTruncated)
        }
    }

    @Test func `a capture that ends within the options is truncated`() {
        let segment = TCPSegment(options: [.timestamps(value: 1, echo: 2)], payload: [1])
        let frame = PacketBuilder().frame(segment)
        for count in 34..<66 {
            let decoded = Decoded(Array(frame.prefix(count)), wireLength: frame.count)
            #expect(decoded.error == .tcpTruncated)
            #expect(decoded.packet.proto == 6 && !decoded.has(MOS_PKT_HAS_TRANSPORT))
        }
        #expect(Decoded(Array(frame.prefix(66)), wireLength: frame.count).kind == .tcp)
    }

    @Test(arguments: [UInt8(0), 1, 4, 6, 15])
    func `a data offset below 20 or beyond the packet is refused`(words: UInt8) {
        let frame = PacketBuilder().frame(TCPSegment()).with([words << 4], at: 46)
        #expect(Decoded(frame).error == .tcpHeaderLength)
    }

    @Test func `sequence numbers and ports keep their full range`() {
        let segment = TCPSegment(
            sourcePort: 65535,
            destinationPort: 0,
            seq: .max,
            ack: .max,
            flags: [.fin, .syn, .rst, .psh, .ack, .urg, .ece, .cwr],
            window: 65535
        )
        let packet = Decoded(PacketBuilder().frame(segment)).packet
        #expect(packet.sport == 65535 && packet.dport == 0)
        #expect(packet.seq == .max && packet.ack == .max)
        #expect(packet.tcp_flags == 255 && packet.window == 65535)
    }
}
