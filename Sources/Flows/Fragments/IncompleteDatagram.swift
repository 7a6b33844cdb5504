// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Packets

/// An IP packet of which parts are missing.
struct IncompleteDatagram: BitwiseCopyable {
    /// Links the free ones, so it comes first.
    var newer: Int32 = -1
    var older: Int32 = -1
    var src: mos_addr
    var dst: mos_addr
    var identification: UInt32
    var vlan: UInt16
    var version: UInt8
    /// IPv4: the protocol.
    ///
    /// For IPv6 addresses and identification are the key (RFC 8200, section 4.5).
    var proto: UInt8
    var hash: UInt32
    /// When its first part came, nanoseconds.
    var start: Int64
    /// Its parts by offset, -1 = none.
    var first: Int32 = -1
    var last: Int32 = -1
    /// The cell that holds its header, -1 = the first part has not come.
    var header: Int32 = -1
    var headerLength: Int32 = 0
    /// IPv6: what the header before the fragment header names, and where it does.
    var nextHeaderField: Int32 = 0
    var nextHeader: UInt8 = 0
    /// It was given up: parts that still come are its own and do not count.
    var isDead = false
    /// Bytes that it carries, -1 = the last part has not come.
    var total: Int32 = -1
    /// Bytes that came, each counted once.
    var received: Int32 = 0
    var pieces: Int32 = 0
    /// The frames that its parts came in, where those are held.
    var frames = HeldFrames()

    init(_ packet: mos_packet, _ part: IPFragment, vlan: UInt16, hash: UInt32, start: Int64) {
        src = packet.src
        dst = packet.dst
        identification = part.identification
        version = packet.ip_version
        proto = packet.ip_version == 4 ? packet.proto : 0
        self.vlan = vlan
        self.hash = hash
        self.start = start
    }

    /// True when `part` of `packet` is one of it.
    func matches(_ packet: mos_packet, _ part: IPFragment, vlan: UInt16) -> Bool {
        identification == part.identification && src.a == packet.src.a && src.b == packet.src.b
            && dst.a == packet.dst.a && dst.b == packet.dst.b && version == packet.ip_version
            && self.vlan == vlan && (version == 6 || proto == packet.proto)
    }

    /// True when nothing is missing.
    var isComplete: Bool { total >= 0 && received == total && header >= 0 }
}

/// Some bytes of a datagram, in the cell of the same number.
struct FragmentPiece: BitwiseCopyable {
    /// The next by offset; links the free ones, so it comes first.
    var next: Int32
    var offset: Int32
    var length: Int32
    /// It belongs to the same part as the piece before.
    var continues: Bool

    var end: Int { Int(offset + length) }
}
