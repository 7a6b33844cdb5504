// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Packets

extension FuzzTarget {
    /// Any 40 bytes as TCP options of a good segment: read as a list read option by option says.
    public static let tcpOptions = FuzzTarget("tcp-options") { input in
        let list = Array(input.slice(0, 40).array)
        let padded = list + [UInt8](repeating: 0, count: (4 - list.count % 4) % 4)
        let bytes = PacketBuilder().frame(TCPSegment(options: [.raw(padded)], payload: [1, 2]))
        var packet = mos_packet()
        let result = ByteView.of(bytes) { view in
            let frame = Frame(
                bytes: view,
                wireLength: UInt32(bytes.count),
                time: Timestamp(nanoseconds: 0),
                linkType: .ethernet
            )
            return PacketDecoder().decode(frame, into: &packet)
        }
        guard result.kind == .tcp, result.error == nil, result.checksum == .good else {
            return "a good segment is \(result)"
        }
        let expected = OptionList(padded[...])
        let found = OptionList(packet, isSound: !result.hasBadOptions)
        return found == expected ? nil : "\(found) instead of \(expected)"
    } seeds: { frames in
        frames.prefix(20).filter { $0.count > 54 }.map { Array($0[54...].prefix(40)) }
            + [[2, 4, 5, 0xB4, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2, 1, 3, 3, 7]]
    }
}

/// What a list of TCP options says, the simple way.
private struct OptionList: Equatable {
    var mss: UInt16?
    var shift: UInt8?
    var hasSACK = false
    var stamps: [UInt32]?
    /// No option had a wrong length.
    var isSound = true

    init(_ packet: mos_packet, isSound: Bool) {
        func has(_ flag: Int) -> Bool { packet.flags & UInt32(flag) != 0 }
        mss = has(MOS_PKT_MSS) ? packet.mss : nil
        shift = has(MOS_PKT_WSCALE) ? packet.wscale : nil
        hasSACK = has(MOS_PKT_SACK)
        stamps = has(MOS_PKT_HAS_TIMESTAMPS) ? [packet.tsval, packet.tsecr] : nil
        self.isSound = isSound
    }

    init(_ bytes: ArraySlice<UInt8>) {
        var rest = bytes
        while let kind = rest.first, kind != 0 {
            if kind == 1 {
                rest = rest.dropFirst()
                continue
            }
            let length = Int(rest.dropFirst().first ?? 0)
            guard length >= 2, length <= rest.count else {
                isSound = false
                return
            }
            take(kind, Array(rest.prefix(length).dropFirst(2)))
            rest = rest.dropFirst(length)
        }
    }

    private mutating func take(_ kind: UInt8, _ value: [UInt8]) {
        switch (kind, value.count) {
        case (2, 2): mss = UInt16(number(value))
        case (3, 1): shift = min(14, value[0])
        case (4, 0): hasSACK = true
        case (5, 8), (5, 16), (5, 24), (5, 32): hasSACK = true
        case (8, 8): stamps = [number(Array(value.prefix(4))), number(Array(value.suffix(4)))]
        case (2...5, _), (8, _): isSound = false
        default: break
        }
    }

    private func number(_ bytes: [UInt8]) -> UInt32 { bytes.reduce(0) { $0 << 8 | UInt32($1) } }
}
