// SPDX-License-Identifier: BSD-2-Clause
import CMosABI

/// How an IP packet was cut before its fragments were put together.
public struct FragmentedForm: Sendable {
    /// What all fragments have in common.
    public var identification: UInt32
    /// Bytes of the header that each begins with: from the IP header on, IPv6 extension headers before the fragment
    /// header included.
    public var headerLength: Int
    /// IPv6: where, from the IP header on, the number stands that announced the fragment header.
    public var nextHeaderField: Int
    /// Bytes that the fragments carried, in order of their offsets.
    public var sizes: [Int]

    /// A form of those parts.
    public init(
        identification: UInt32,
        headerLength: Int,
        nextHeaderField: Int,
        sizes: [Int]
    ) {
        self.identification = identification
        self.headerLength = headerLength
        self.nextHeaderField = nextHeaderField
        self.sizes = sizes
    }

    /// The form of a packet whose first fragment was `first`.
    public init(first: IPFragment, sizes: [Int]) {
        identification = first.identification
        headerLength = first.headerLength
        nextHeaderField = first.nextHeaderField
        self.sizes = sizes
    }
}

/// Cuts an IP packet that was put together from fragments into fragments again (RFC 791, section 3.2; RFC 8200, section
/// 4.5).
///
/// Each is as long as it was; what the packet has grown by goes into more of the longest. The packet's transport checksum
/// must be complete: no network card finishes one over several frames.
public struct Refragmenter {
    private let frame: ByteView
    private let l3: Int
    /// Where what is cut begins and ends.
    private let start: Int
    private let end: Int
    private let isIPv4: Bool
    private let isEthernet: Bool
    private let form: FragmentedForm
    private let largest: Int
    private var at: Int
    private var index = 0

    /// The fragments of the packet that `packet`, decoded from `frame`, is; nil when it does not have that form: its
    /// headers are not as long, or no size is one.
    ///
    /// - Parameters:
    ///   - packet: a whole IP packet, not in a tunnel.
    ///   - frame: what came before the IP header in the first fragment, then the packet.
    ///   - form: how it was cut.
    public init?(_ packet: mos_packet, _ frame: ByteView, as form: FragmentedForm) {
        guard packet.flags & UInt32(MOS_PKT_IP) != 0, packet.l3 >= 0, packet.l4 > packet.l3,
            packet.flags & UInt32(MOS_PKT_TUNNEL | MOS_PKT_TRUNCATED | MOS_PKT_FRAGMENT) == 0
        else { return nil }
        self.frame = frame
        self.form = form
        l3 = Int(packet.l3)
        isIPv4 = packet.ip_version == 4
        isEthernet = packet.link == 1
        let minimum = isIPv4 ? IPv4Header.minimumLength : IPv6Header.length
        guard l3 + minimum <= frame.count else { return nil }
        let field = Int(isIPv4 ? frame.u16(l3 + 2) : frame.u16(l3 + 4))
        end = l3 + field + (isIPv4 ? 0 : minimum)
        start = l3 + form.headerLength
        at = start
        // The length field of an IPv6 packet counts extension headers too.
        let most = isIPv4 ? 65_535 : 65_535 - (form.headerLength - minimum) - 8
        largest = min(form.sizes.max() ?? 0, most)
        guard largest >= 8, form.headerLength >= minimum, start <= Int(packet.l4), start < end,
            end <= frame.count
        else { return nil }
        if isIPv4 {
            guard Int(frame[l3] & 0xF) * 4 == form.headerLength else { return nil }
        } else {
            // The offset of the last fragment must fit into its field.
            guard (6..<form.headerLength).contains(form.nextHeaderField), end - start <= 65_535
            else { return nil }
        }
    }

    /// True when all fragments have been written.
    public var isDone: Bool { at >= end }

    /// Room that the longest frame may need.
    public var longest: Int {
        max(start + 8 + min(largest, end - start), MutablePacket.minimumFrame)
    }

    /// Writes the next fragment's frame to the beginning of `output`.
    ///
    /// - Returns: its length, padding included; nil, and nothing written, when all are done or there is no room.
    public mutating func next(in output: MutableByteView) -> Int? {
        guard !isDone, output.count >= longest else { return nil }
        let count = nextCount
        output.set(frame.slice(0, l3), at: 0)
        let header = isIPv4 ? ipv4(output, count) : ipv6(output, count)
        output.set(frame.slice(at, count), at: header)
        let length = header + count
        at += count
        index += 1
        if isEthernet { LinkLengths.set(output, l3: l3, end: length) }
        let padded = isEthernet ? max(length, MutablePacket.minimumFrame) : length
        output.clear(length, padded - length)
        return padded
    }

    /// All but the last carry a multiple of 8.
    private var nextCount: Int {
        let size = index < form.sizes.count - 1 ? form.sizes[index] : largest
        let usual = size >= 8 ? min(size, largest) : largest
        return end - at <= usual ? end - at : usual & ~7
    }

    private var hasMore: Bool { at + nextCount < end }

    /// Writes the header of an IPv4 fragment and returns where what it carries begins.
    private func ipv4(_ output: MutableByteView, _ count: Int) -> Int {
        let minimum = IPv4Header.minimumLength
        output.set(frame.slice(l3, minimum), at: l3)
        let options = at == start ? copyAll(output) : copySome(output)
        let length = minimum + options
        let offset = UInt16(truncatingIfNeeded: (at - start) / 8)
        output[l3] = 0x40 | UInt8(length / 4)
        output.set(UInt16(truncatingIfNeeded: length + count), at: l3 + 2)
        output.set(UInt16(truncatingIfNeeded: form.identification), at: l3 + 4)
        let kept = frame.u16(l3 + 6) & 0xC000
        output.set(kept | (hasMore ? 0x2000 : 0) | offset, at: l3 + 6)
        _ = output.updateIPv4Checksum(at: l3)
        return l3 + length
    }

    private func copyAll(_ output: MutableByteView) -> Int {
        let options = frame.slice(
            l3 + IPv4Header.minimumLength,
            form.headerLength - IPv4Header.minimumLength
        )
        output.set(options, at: l3 + IPv4Header.minimumLength)
        return options.count
    }

    /// Fragments behind the first carry the options whose highest bit says so (RFC 791, section 3.1).
    private func copySome(_ output: MutableByteView) -> Int {
        var place = l3 + IPv4Header.minimumLength
        var target = place
        while place < start, frame[place] != IPv4Options.endOfList {
            if frame[place] == IPv4Options.noOperation {
                place += 1
                continue
            }
            guard place + 2 <= start else { break }
            let length = Int(frame[place + 1])
            guard length >= 2, place + length <= start else { break }
            if frame[place] & 0x80 != 0 {
                output.set(frame.slice(place, length), at: target)
                target += length
            }
            place += length
        }
        let count = target - l3 - IPv4Header.minimumLength
        let padding = -count & 3
        output.clear(target, padding)
        return count + padding
    }

    /// Writes the headers of an IPv6 fragment and returns where what it carries begins.
    ///
    /// The fragment header: next header (1), 0 (1), offset and M (2), identification (4).
    private func ipv6(_ output: MutableByteView, _ count: Int) -> Int {
        output.set(frame.slice(l3, form.headerLength), at: l3)
        let length = form.headerLength - IPv6Header.length + 8 + count
        output.set(UInt16(truncatingIfNeeded: length), at: l3 + 4)
        output[l3 + form.nextHeaderField] = IPProtocol.fragment
        output[start] = frame[l3 + form.nextHeaderField]
        output[start + 1] = 0
        let offset = UInt16(truncatingIfNeeded: at - start)
        output.set(offset | (hasMore ? 1 : 0), at: start + 2)
        output.set(form.identification, at: start + 4)
        return start + 8
    }
}
