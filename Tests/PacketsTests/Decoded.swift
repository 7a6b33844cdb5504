// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Packets

/// A frame as the decoder saw it: values in, values out.
struct Decoded {
    var packet = mos_packet()
    var result: DecodeResult
    /// The captured bytes that `payload` and `payload_len` point at.
    var payload: [UInt8]

    init(
        _ bytes: [UInt8],
        linkType: LinkType = .ethernet,
        wireLength: Int? = nil,
        checksums: ChecksumPolicy = .auto,
        decapsulation: Decapsulation = .inner
    ) {
        var packet = mos_packet()
        result = ByteView.of(bytes) { view in
            let frame = Frame(
                bytes: view,
                wireLength: UInt32(wireLength ?? bytes.count),
                time: Timestamp(nanoseconds: 1_500_000_000_123_456_789),
                linkType: linkType
            )
            return PacketDecoder(checksums: checksums, decapsulation: decapsulation)
                .decode(frame, into: &packet)
        }
        self.packet = packet
        let start = Int(packet.payload)
        payload = Array(bytes[start..<(start + Int(packet.payload_len))])
    }

    var kind: PacketKind { result.kind }
    var error: DecodeError? { result.error }
    var checksum: ChecksumVerdict { result.checksum }

    func has(_ flag: Int) -> Bool { packet.flags & UInt32(flag) != 0 }

    var source: String { AddressText.text(packet.src, version: packet.ip_version) }
    var destination: String { AddressText.text(packet.dst, version: packet.ip_version) }
}

/// The bytes that hexadecimal digits spell; blanks are for the reader.
func hex(_ text: String) -> [UInt8] {
    let digits = text.filter { !$0.isWhitespace }.compactMap(\.hexDigitValue)
    return stride(from: 0, to: digits.count - 1, by: 2).map {
        UInt8(digits[$0] << 4 | digits[$0 + 1])
    }
}

extension [UInt8] {
    /// A copy in which the bytes at `offset` are others.
    func with(_ replacement: [UInt8], at offset: Int) -> [UInt8] {
        var copy = self
        copy.replaceSubrange(offset..<(offset + replacement.count), with: replacement)
        return copy
    }
}

/// Random numbers that a seed repeats (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) }
    }
}
