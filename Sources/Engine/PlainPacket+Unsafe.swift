// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Flows
import Packets

/// The IP packet as SYN and orphan filters see it: no link layer, tags, tunnels or extension headers.
@safe
struct PlainPacket: ~Copyable {
    private let room: ReservedMemory<UInt8>

    init?() {
        guard let room = ReservedMemory<UInt8>(capacity: 1 << 17) else { return nil }
        self.room = room
    }

    /// The plain packet in `frame`; where it has extension headers, a copy without them.
    func view(_ packet: mos_packet, _ frame: ByteView) -> ByteView {
        guard packet.l3 >= 0 else { return .empty }
        let start = Int(packet.l3)
        let end =
            packet.payload_len > 0 || packet.payload > 0
            ? Int(packet.payload) + Int(packet.payload_len) : frame.count
        let whole = frame.slice(start, max(end, start) - start)
        guard packet.flags & UInt32(MOS_PKT_EXT_HEADERS) != 0, whole.count > 0 else { return whole }
        let header = packet.ip_version == 4 ? Int(whole[0] & 0xF) * 4 : 40
        guard Int(packet.l4) >= start + header else { return whole }
        return copyWithoutExtensions(packet, frame, header, end)
    }

    /// The plain packet with its addresses and ports exchanged: what its receiver would send.
    func reversedView(_ packet: mos_packet, _ frame: ByteView) -> ByteView {
        let plain = view(packet, frame)
        let count = min(plain.count, room.capacity)
        let target = unsafe UnsafeMutableRawPointer(room.base)
        if unsafe target != UnsafeMutableRawPointer(mutating: plain.base) {
            unsafe target.copyMemory(from: plain.base, byteCount: count)
        }
        let isV4 = packet.ip_version == 4
        let (addresses, length) = isV4 ? (12, 4) : (8, 16)
        let ports = isV4 && plain.count > 0 ? Int(plain[0] & 0xF) * 4 : 40
        guard count >= ports + 4, count >= addresses + 2 * length else { return plain }
        unsafe Self.exchange(target + addresses, target + addresses + length, length)
        unsafe Self.exchange(target + ports, target + ports + 2, 2)
        return unsafe ByteView(base: target, count: count)
    }

    @unsafe
    private static func exchange(
        _ a: UnsafeMutableRawPointer,
        _ b: UnsafeMutableRawPointer,
        _ count: Int
    ) {
        for index in 0..<count {
            let byte = unsafe a.load(fromByteOffset: index, as: UInt8.self)
            unsafe a.storeBytes(
                of: b.load(fromByteOffset: index, as: UInt8.self),
                toByteOffset: index,
                as: UInt8.self
            )
            unsafe b.storeBytes(of: byte, toByteOffset: index, as: UInt8.self)
        }
    }

    private func copyWithoutExtensions(
        _ packet: mos_packet,
        _ frame: ByteView,
        _ header: Int,
        _ end: Int
    ) -> ByteView {
        let upper = frame.slice(Int(packet.l4), end - Int(packet.l4))
        let count = min(upper.count, room.capacity - header)
        let target = unsafe UnsafeMutableRawPointer(room.base)
        unsafe target.copyMemory(from: frame.base + Int(packet.l3), byteCount: header)
        unsafe (target + header).copyMemory(from: upper.base, byteCount: count)
        let isIPv4 = packet.ip_version == 4
        let protoAt = isIPv4 ? 9 : 6
        unsafe target.storeBytes(of: packet.proto, toByteOffset: protoAt, as: UInt8.self)
        let lengthAt = isIPv4 ? 2 : 4
        // What the capture cut was sent all the same; a length of 0 was left to the network card.
        let sent = max(count, Int(packet.payload - packet.l4) + Int(packet.wire_payload_len))
        let isOpen = frame.u16(Int(packet.l3) + lengthAt) == 0
        let length = isOpen ? 0 : UInt16(truncatingIfNeeded: isIPv4 ? header + sent : sent)
        unsafe target.storeBytes(of: length.bigEndian, toByteOffset: lengthAt, as: UInt16.self)
        return unsafe ByteView(base: target, count: header + count)
    }
}
