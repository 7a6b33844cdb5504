// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Flows
import Packets

/// The IP packet as SYN and orphan filters see it: no link layer, no tags, no IPv6 extension headers.
@safe
struct PlainPacket: ~Copyable {
    private let room: ReservedMemory<UInt8>

    init?() {
        guard let room = ReservedMemory<UInt8>(capacity: 1 << 17) else { return nil }
        self.room = room
    }

    /// The plain packet in `frame`; where it is IPv6 with extension headers, a copy without them.
    func view(_ packet: mos_packet, _ frame: ByteView) -> ByteView {
        guard packet.l3 >= 0 else { return .empty }
        let start = Int(packet.l3)
        let end =
            packet.payload_len > 0 || packet.payload > 0
            ? Int(packet.payload) + Int(packet.payload_len) : frame.count
        let whole = frame.slice(start, max(end, start) - start)
        guard packet.flags & UInt32(MOS_PKT_EXT_HEADERS) != 0, packet.ip_version == 6,
            Int(packet.l4) >= start + 40
        else { return whole }
        let upper = frame.slice(Int(packet.l4), end - Int(packet.l4))
        let count = min(upper.count, room.capacity - 40)
        let target = unsafe UnsafeMutableRawPointer(room.base)
        unsafe target.copyMemory(from: whole.base, byteCount: 40)
        unsafe (target + 40).copyMemory(from: upper.base, byteCount: count)
        unsafe target.storeBytes(of: packet.proto, toByteOffset: 6, as: UInt8.self)
        let length = UInt16(truncatingIfNeeded: count)
        unsafe target.storeBytes(of: length.bigEndian, toByteOffset: 4, as: UInt16.self)
        return unsafe ByteView(base: target, count: 40 + count)
    }
}
