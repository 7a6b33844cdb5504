// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Flows

/// The packet in hand, its connection, both ends and both streams, where they lie.
///
/// Numbers are checked once, when it is made. None of these places moves while the worker lives, and none is given back
/// before the packet's last phase; it is made anew by each phase and never kept.
@safe
struct FlowInHand {
    private let packetPlace: UnsafeMutablePointer<mos_packet>
    private let connPlace: UnsafeMutablePointer<mos_conn>
    private let senderPlace: UnsafeMutablePointer<mos_endpoint>
    private let receiverPlace: UnsafeMutablePointer<mos_endpoint>
    private let sentPlace: UnsafeMutablePointer<mos_stream>
    private let answeredPlace: UnsafeMutablePointer<mos_stream>

    /// The connection in `slot`; nil when it has no streams yet.
    @inline(__always)
    init?(
        _ table: borrowing FlowTable,
        slot: Int32,
        sender: Side,
        packets: borrowing PacketRoom,
        index: Int
    ) {
        precondition(slot >= 0 && Int(slot) < table.conns.highWater)
        let conn = unsafe table.conns.base + Int(slot)
        let ext = unsafe conn.pointee.ext
        guard ext >= 0, Int(ext) < table.exts.highWater else { return nil }
        let side = Int(sender.rawValue)
        unsafe packetPlace = packets.address(index)
        unsafe connPlace = conn
        let ends = unsafe FlowTable.ends(of: conn)
        unsafe senderPlace = ends + side
        unsafe receiverPlace = ends + (1 &- side)
        let streams = unsafe FlowTable.streams(of: table.exts.base + Int(ext))
        unsafe sentPlace = streams + side
        unsafe answeredPlace = streams + (1 &- side)
    }

    /// The packet.
    var packet: mos_packet {
        @inline(__always) unsafeAddress { unsafe UnsafePointer(packetPlace) }
        @inline(__always) nonmutating unsafeMutableAddress { unsafe packetPlace }
    }

    /// The connection.
    var conn: mos_conn {
        @inline(__always) unsafeAddress { unsafe UnsafePointer(connPlace) }
        @inline(__always) nonmutating unsafeMutableAddress { unsafe connPlace }
    }

    /// The end that sent the packet.
    var sender: mos_endpoint {
        @inline(__always) unsafeAddress { unsafe UnsafePointer(senderPlace) }
        @inline(__always) nonmutating unsafeMutableAddress { unsafe senderPlace }
    }

    /// The end that it reaches.
    var receiver: mos_endpoint {
        @inline(__always) unsafeAddress { unsafe UnsafePointer(receiverPlace) }
        @inline(__always) nonmutating unsafeMutableAddress { unsafe receiverPlace }
    }

    /// What the packet's sender sent.
    var sent: mos_stream {
        @inline(__always) unsafeAddress { unsafe UnsafePointer(sentPlace) }
        @inline(__always) nonmutating unsafeMutableAddress { unsafe sentPlace }
    }

    /// What its receiver sent, which the packet acknowledges.
    var answered: mos_stream {
        @inline(__always) unsafeAddress { unsafe UnsafePointer(answeredPlace) }
        @inline(__always) nonmutating unsafeMutableAddress { unsafe answeredPlace }
    }
}
