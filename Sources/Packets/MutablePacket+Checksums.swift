// SPDX-License-Identifier: BSD-2-Clause
import CMosABI

extension MutablePacket {
    /// Sets the IPv4 header checksum right; IPv6 has none.
    ///
    /// - Returns: false when the header is no IPv4 header any more.
    @discardableResult
    public func updateIPChecksum() -> Bool {
        version == 4 ? frame.updateIPv4Checksum(at: l3) : true
    }

    /// Sets the transport checksum right: of TCP, UDP, ICMP.
    ///
    /// One that is left to a network card becomes the pseudo-header's sum. A UDP checksum of 0 over IPv4, which means
    /// none, stays.
    ///
    /// - Returns: false when it cannot be: an IPv4 source route or an IPv6 routing header of unknown type leads to an
    ///   address that is not told. Then nothing was written.
    @discardableResult
    public func updateTransportChecksum() -> Bool {
        guard let at = checksumOffset else { return true }
        if isWithoutChecksum { return true }
        guard isOffloaded else { return computeTransportChecksum() }
        guard let sum = pseudoSum() else { return false }
        frame.setRaw(Checksum.fold(sum), at: at)
        return true
    }

    /// True when ``updateTransportChecksum()`` can do what it is asked for.
    public var canUpdateTransportChecksum: Bool {
        checksumOffset == nil || isWithoutChecksum || pseudoSum() != nil
    }

    /// Computes a transport checksum that was left to a network card.
    ///
    /// - Returns: false when it cannot be, as of ``updateTransportChecksum()``.
    @discardableResult
    public mutating func finishTransportChecksum() -> Bool {
        guard isOffloaded else { return true }
        guard computeTransportChecksum() else { return false }
        isOffloaded = false
        return true
    }

    /// Computes the transport checksum, whatever the field holds.
    func computeTransportChecksum() -> Bool {
        guard let at = checksumOffset else { return true }
        guard let pseudo = pseudoSum() else { return false }
        frame.set(UInt16(0), at: at)
        setTransportChecksum(~Checksum.fold(frame.view.onesComplementSum(l4, end - l4) &+ pseudo))
        return true
    }

    /// Writes it; RFC 768: a UDP checksum of 0 is sent as all ones, since 0 means none.
    func setTransportChecksum(_ value: UInt16) {
        guard let at = checksumOffset else { return }
        frame.setRaw(proto == IPProtocol.udp && value == 0 ? 0xFFFF : value, at: at)
    }

    /// Where the transport checksum stands; nil where there is none.
    var checksumOffset: Int? {
        guard hasTransport else { return nil }
        return switch proto {
        case IPProtocol.tcp: l4 + TCPHeader.checksumOffset
        case IPProtocol.udp: l4 + UDPHeader.checksumOffset
        case IPProtocol.icmp where version == 4: l4 + ICMPHeader.checksumOffset
        case IPProtocol.icmpv6 where version == 6: l4 + ICMPHeader.checksumOffset
        default: nil
        }
    }

    /// UDP whose sender did without: over IPv4 (RFC 768), in tunnels over IPv6 (RFC 6935).
    var lacksChecksum: Bool {
        proto == IPProtocol.udp && checksumOffset.map { frame.u16($0) == 0 } ?? false
    }

    private var isWithoutChecksum: Bool { version == 4 && lacksChecksum }

    /// True when the pseudo-header counts.
    var hasPseudoHeader: Bool { !(proto == IPProtocol.icmp && version == 4) }

    /// The sum of the pseudo-header, nil when one of its addresses is not known.
    func pseudoSum() -> UInt64? {
        guard hasPseudoHeader else { return 0 }
        var datagram = Datagram(proto: proto, start: l4, length: end - l4, frame: frame.view)
        guard (try? findAddresses(&datagram)) != nil,
            let source = sum(datagram.source, at: version == 4 ? 12 : 8),
            let destination = sum(datagram.destination, at: version == 4 ? 16 : 24)
        else { return nil }
        return source &+ destination &+ Checksum.sum(length: end - l4, proto: proto)
    }

    /// What of the headers between IP and transport changes the addresses that count.
    private func findAddresses(_ datagram: inout Datagram) throws(DecodeError) {
        let bytes = frame.view.slice(0, l4)
        if version == 4 {
            let options = l3 + IPv4Header.minimumLength
            let headerEnd = l3 + Int(bytes[l3] & 0xF) * 4
            guard headerEnd >= options, headerEnd <= l4 else { throw .ipv4HeaderLength }
            if try IPv4Options.leadElsewhere(bytes, options, headerEnd) {
                datagram.destination = .unknown
            }
        } else {
            let start = l3 + IPv6Header.length
            var chain = Datagram(
                proto: bytes[l3 + 6],
                start: start,
                length: l4 - start,
                frame: bytes
            )
            try IPv6Extensions.skip(&chain, bytes)
            datagram.source = chain.source
            datagram.destination = chain.destination
        }
    }

    private func sum(_ address: PseudoAddress, at offset: Int) -> UInt64? {
        switch address {
        case .header:
            return frame.view.onesComplementSum(l3 + offset, version == 4 ? 4 : 16)
        case .at(let place):
            return frame.view.onesComplementSum(place, 16)
        case .unknown:
            return nil
        }
    }

    // MARK: By the difference

    /// Changes bytes of the transport header or the payload, and the checksum with them.
    func change(_ offset: Int, _ length: Int, _ body: () -> Void) {
        guard let at = checksumOffset, !isOffloaded, !lacksChecksum else { return body() }
        // Sums count pairs of bytes from the header's first one on.
        let start = offset - (offset - l4) % 2
        let stop = min(end, offset + length + (offset + length - l4) % 2)
        let old = frame.view.onesComplementSum(start, stop - start)
        body()
        let new = frame.view.onesComplementSum(start, stop - start)
        setTransportChecksum(Checksum.updated(frame.rawU16(at), from: old, to: new))
    }
}
