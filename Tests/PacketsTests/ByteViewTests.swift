// SPDX-License-Identifier: BSD-2-Clause
import Packets
import Testing

struct ByteViewTests {
    @Test func `numbers are read in network order`() {
        ByteView.of(hex("01 02 03 04 05 06 07 08 09")) { view in
            #expect(view[8] == 9)
            #expect(view.u16(1) == 0x0203)
            #expect(view.u32(5) == 0x0607_0809)
            #expect(UInt64(bigEndian: view.raw64(0)) == 0x0102_0304_0506_0708)
            #expect(UInt32(bigEndian: view.raw32(4)) == 0x0506_0708)
        }
    }

    @Test(arguments: [(-3, 2), (0, 4), (2, 9), (4, 1), (9, 1), (1, -1)])
    func `a slice is cut to what is in view`(offset: Int, length: Int) {
        let bytes: [UInt8] = [10, 11, 12, 13]
        let start = min(max(offset, 0), 4)
        let expected = Array(bytes[start...].prefix(max(length, 0)))
        #expect(ByteView.of(bytes) { $0.slice(offset, length).array } == expected)
    }

    @Test func `the empty view has no bytes`() {
        #expect(ByteView.empty.count == 0)
        #expect(ByteView.empty.array == [])
        #expect(ByteView.of([]) { $0.count } == 0)
    }

    @Test func `the ones' complement sum agrees with division by 65535 for every length`() {
        let seed: UInt64 = 0xC0FFEE
        var generator = SeededGenerator(seed: seed)
        for length in 0...300 {
            let offset = Int.random(in: 0...70, using: &generator)
            let bytes = generator.bytes(offset + length + 3)
            let sum = ByteView.of(bytes) { $0.onesComplementSum(offset, length) }
            let expected = remainder(Array(bytes[offset..<(offset + length)]))
            #expect(sum % 65535 == expected, "seed \(seed), length \(length), offset \(offset)")
        }
    }

    @Test(arguments: [UInt8(0), 0xFF, 0x80, 0x01], [63, 64, 65, 1448, 9000, 65535, 262_144])
    func `long sums of extreme bytes lose no carry`(byte: UInt8, length: Int) {
        let bytes = [UInt8](repeating: byte, count: length)
        let sum = ByteView.of(bytes) { $0.onesComplementSum(0, length) }
        #expect(sum % 65535 == remainder(bytes))
        #expect((sum == 0) == (byte == 0))
    }

    /// The sum of little-endian words modulo 65535, which is what a ones' complement sum is.
    private func remainder(_ bytes: [UInt8]) -> UInt64 {
        var rest: UInt64 = 0
        for index in bytes.indices.reversed() {
            rest += index.isMultiple(of: 2) ? UInt64(bytes[index]) : UInt64(bytes[index]) << 8
            rest %= 65535
        }
        return rest
    }
}
