// SPDX-License-Identifier: BSD-2-Clause
import CMosABI

extension MutableByteView {
    /// Fills in the checksums of a whole frame that somebody made: of IPv4, and of TCP, UDP or ICMP.
    ///
    /// What is in a tunnel stays as it is: the outermost packet counts. A UDP checksum of 0 is filled in as well.
    ///
    /// - Parameter linkType: its link layer.
    /// - Returns: false when a checksum cannot be told: the frame is shorter than its IP packet, or a route leads to an
    ///   address that is not known. True also for what has none: a frame that is not IP, a fragment, another protocol.
    /// - Throws: what is wrong with a frame that cannot be decoded.
    public func fillInChecksums(linkType: LinkType = .ethernet) throws(DecodeError) -> Bool {
        let frame = Frame(
            bytes: view,
            wireLength: UInt32(truncatingIfNeeded: count),
            time: Timestamp(nanoseconds: 0),
            linkType: linkType
        )
        var packet = mos_packet()
        let decoder = PacketDecoder(checksums: .off, decapsulation: .outer)
        let result = decoder.decode(frame, into: &packet)
        if let error = result.error { throw error }
        if result.kind == .nonIP { return true }
        if packet.ip_version == 4, !updateIPv4Checksum(at: Int(packet.l3)) { return false }
        if result.kind == .fragment { return true }
        guard let whole = MutablePacket(packet, self) else { return false }
        return whole.computeTransportChecksum()
    }
}
