// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Flows

/// The packet in hand, its connection and both ends, where they lie.
///
/// Numbers are checked once, when it is made. None of these places moves while the worker lives, and none is given back
/// before the packet's last phase; it is made anew by each phase and never kept.
@safe
struct EndsInHand {
    fileprivate let packetPlace: UnsafeMutablePointer<mos_packet>
    fileprivate let connPlace: UnsafeMutablePointer<mos_conn>
    fileprivate let senderPlace: UnsafeMutablePointer<mos_endpoint>
    fileprivate let receiverPlace: UnsafeMutablePointer<mos_endpoint>

    /// The connection in `slot`.
    @inline(__always)
    init(
        _ table: borrowing FlowTable,
        slot: Int32,
        sender: Side,
        packets: borrowing PacketRoom,
        index: Int
    ) {
        precondition(slot >= 0 && Int(slot) < table.conns.highWater)
        let side = Int(sender.rawValue)
        unsafe packetPlace = packets.address(index)
        unsafe connPlace = table.conns.base + Int(slot)
        let ends = unsafe FlowTable.ends(of: connPlace)
        unsafe senderPlace = ends + side
        unsafe receiverPlace = ends + (1 &- side)
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
}

/// The same with both streams, of a connection that has them.
@safe
struct FlowInHand {
    /// The packet, its connection and both ends.
    let ends: EndsInHand
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
        let ends = EndsInHand(table, slot: slot, sender: sender, packets: packets, index: index)
        let ext = ends.conn.ext
        guard ext >= 0, Int(ext) < table.exts.highWater else { return nil }
        self.ends = ends
        let side = Int(sender.rawValue)
        let streams = unsafe FlowTable.streams(of: table.exts.base + Int(ext))
        unsafe sentPlace = streams + side
        unsafe answeredPlace = streams + (1 &- side)
    }

    /// The packet.
    var packet: mos_packet {
        @inline(__always) unsafeAddress { unsafe UnsafePointer(ends.packetPlace) }
        @inline(__always) nonmutating unsafeMutableAddress { unsafe ends.packetPlace }
    }

    /// The connection.
    var conn: mos_conn {
        @inline(__always) unsafeAddress { unsafe UnsafePointer(ends.connPlace) }
        @inline(__always) nonmutating unsafeMutableAddress { unsafe ends.connPlace }
    }

    /// The end that sent the packet.
    var sender: mos_endpoint {
        @inline(__always) unsafeAddress { unsafe UnsafePointer(ends.senderPlace) }
        @inline(__always) nonmutating unsafeMutableAddress { unsafe ends.senderPlace }
    }

    /// The end that it reaches.
    var receiver: mos_endpoint {
        @inline(__always) unsafeAddress { unsafe UnsafePointer(ends.receiverPlace) }
        @inline(__always) nonmutating unsafeMutableAddress { unsafe ends.receiverPlace }
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
