// SPDX-License-Identifier: BSD-2-Clause

/// IEEE 802.1Q tags: priority and id (2), EtherType of what follows (2).
public enum VLAN {
    /// Stands for "no tag" in `mos_packet.vlan`.
    public static var none: UInt16 { 65535 }
    /// The most tags that a frame may have.
    public static var maximumDepth: Int { 8 }

    static var tagLength: Int { 4 }

    /// Moves `header`, whose EtherType is that of a tag, past all tags.
    @inline(never)
    static func skipTags(
        _ header: LinkHeader,
        _ bytes: ByteView
    ) throws(DecodeError) -> LinkHeader {
        var header = header
        var depth = 0
        while EtherType.isTag(header.etherType) {
            guard bytes.count >= header.length + tagLength else { throw .vlanTruncated }
            guard depth < maximumDepth else { throw .vlanTooManyTags }
            header.vlan = bytes.u16(header.length) & 0x0FFF
            header.etherType = bytes.u16(header.length + 2)
            header.length += tagLength
            depth += 1
        }
        return header
    }
}
