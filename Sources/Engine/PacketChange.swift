// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Packets

/// What a script wants done with the packet in hand: one action, and what it needs.
public struct PacketChange {
    /// What is done.
    enum Action {
        /// The packet does not leave.
        case drop
        /// Bytes of a region are replaced.
        case overwrite(Region)
        /// Bytes are added to the payload.
        case insert
        /// Bytes of the payload are taken out.
        case chomp
    }

    /// A part of the frame.
    enum Region {
        case link, network, transport, payload
    }

    /// The action; nil when `what` names none, or several.
    let action: Action?
    /// Where, counted from the region's first byte.
    let offset: Int
    /// How many bytes are replaced, added or taken out.
    let length: Int
    /// The new bytes; they are the script's.
    let bytes: ByteView
    /// The IP header's checksum is set right.
    let updatesIPChecksum: Bool
    /// The transport checksum is set right.
    let updatesTransportChecksum: Bool

    /// The change that the shared layout's numbers mean.
    public init(what: Int32, offset: Int32, length: Int32, bytes: ByteView) {
        let region: Region? =
            switch Int(what) & (MOS_ETH_HDR | MOS_IP_HDR | MOS_TCP_HDR | MOS_TCP_PAYLOAD) {
            case MOS_ETH_HDR: .link
            case MOS_IP_HDR: .network
            case MOS_TCP_HDR: .transport
            case MOS_TCP_PAYLOAD: .payload
            default: nil
            }
        switch Int(what) & (MOS_DROP | MOS_OVERWRITE | MOS_INSERT | MOS_CHOMP) {
        case MOS_DROP: action = .drop
        case MOS_OVERWRITE: action = region.map { .overwrite($0) }
        case MOS_INSERT: action = .insert
        case MOS_CHOMP: action = .chomp
        default: action = nil
        }
        self.offset = Int(offset)
        self.length = Int(length)
        self.bytes = bytes
        updatesIPChecksum = Int(what) & MOS_UPDATE_IP_CHKSUM != 0
        updatesTransportChecksum = Int(what) & MOS_UPDATE_TCP_CHKSUM != 0
    }
}
