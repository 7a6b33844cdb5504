// SPDX-License-Identifier: BSD-2-Clause
import CMosABI

extension WorkerShare {
    /// The owner of a frame where a network card has sorted the others: it can tell flows apart, but neither looks into
    /// tunnels nor puts fragments together.
    ///
    /// - Returns: the worker that owns a tunnelled packet, ``everyone`` for a fragment, nil for any other frame: it belongs
    ///   to whoever received it.
    @inline(__always)
    public func ownerBeyondArrival(_ frame: Frame) -> Int? {
        isPlain(frame.bytes) ? nil : decodedOwnerBeyondArrival(frame)
    }

    /// Whole TCP over IPv4, or UDP that is no tunnel, in Ethernet without tags: what most frames are.
    @inline(__always)
    private func isPlain(_ bytes: ByteView) -> Bool {
        guard bytes.count >= 38 else { return false }
        // EtherType, version, header length; flags and offset of fragments.
        guard bytes.u16(12) == EtherType.ipv4, bytes[14] == 0x45, bytes.u16(20) & 0x3FFF == 0 else {
            return false
        }
        if bytes[23] == IPProtocol.tcp { return true }
        return bytes[23] == IPProtocol.udp && !Tunnel.isTunnel(bytes.u16(34))
            && !Tunnel.isTunnel(bytes.u16(36))
    }

    @inline(never)
    private func decodedOwnerBeyondArrival(_ frame: Frame) -> Int? {
        var packet = mos_packet()
        let result = decoder.decode(frame, into: &packet)
        if result.kind == .fragment { return Self.everyone }
        guard packet.flags & UInt32(MOS_PKT_TUNNEL) != 0 else { return nil }
        return owner(of: packet, kind: result.kind, frame.bytes)
    }
}
