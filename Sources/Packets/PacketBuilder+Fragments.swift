// SPDX-License-Identifier: BSD-2-Clause

extension PacketBuilder {
    /// The frames of a TCP segment whose IP packet is cut into fragments.
    ///
    /// - Parameters:
    ///   - segment: what the whole packet carries.
    ///   - cuts: where fragments begin, but the first, in bytes of the TCP segment, header included; multiples of 8.
    ///   - identification: what the fragments have in common.
    /// - Returns: the frames in order.
    public func fragments(
        _ segment: TCPSegment,
        cuts: [Int],
        identification: UInt32 = 1
    ) -> [[UInt8]] {
        let whole = summed(segment.bytes, IPProtocol.tcp, at: TCPHeader.checksumOffset)
        return zip([0] + cuts, cuts + [whole.count]).map { start, end in
            fragment(
                IPProtocol.tcp,
                Array(whole[start..<end]),
                offset: start,
                hasMore: end < whole.count,
                identification: identification
            )
        }
    }

    /// The frame of one fragment.
    ///
    /// - Parameters:
    ///   - proto: what the whole packet carries; behind an IPv6 fragment header, extension headers included.
    ///   - payload: the bytes of this part.
    ///   - offset: where they belong, a multiple of 8.
    ///   - hasMore: not the last one.
    ///   - identification: what the fragments have in common; 16 bits of it for IPv4.
    /// - Returns: the frame.
    public func fragment(
        _ proto: UInt8,
        _ payload: [UInt8],
        offset: Int,
        hasMore: Bool,
        identification: UInt32 = 1
    ) -> [UInt8] {
        precondition(offset % 8 == 0 && offset <= 65_528, "13 bits that count 8 bytes each")
        var builder = self
        if ip.source.version == 4 {
            builder.ip.doesNotFragment = false
            builder.ip.hasMoreFragments = hasMore
            builder.ip.fragmentOffset = UInt16(offset / 8)
            builder.ip.identification = UInt16(truncatingIfNeeded: identification)
        } else {
            builder.ip.extensions.append(
                .fragment(
                    offset: UInt16(offset / 8),
                    hasMore: hasMore,
                    identification: identification
                )
            )
        }
        return builder.frame(proto, payload)
    }
}
