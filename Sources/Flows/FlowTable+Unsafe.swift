// SPDX-License-Identifier: BSD-2-Clause
import CMosABI

/// Ends and streams by side, where they lie: no branch and no copy.
extension FlowTable {
    /// What is known of one end of the connection in `slot`.
    @inlinable
    public subscript(end slot: Int32, side: Side) -> mos_endpoint {
        @inline(__always) unsafeAddress {
            unsafe UnsafePointer(address(slot, side))
        }
        @inline(__always) unsafeMutableAddress {
            unsafe address(slot, side)
        }
    }

    /// What one end sent, in the extension `ext`.
    @inlinable
    public subscript(stream ext: Int32, sentBy: Side) -> mos_stream {
        @inline(__always) unsafeAddress {
            unsafe UnsafePointer(address(stream: ext, sentBy))
        }
        @inline(__always) unsafeMutableAddress {
            unsafe address(stream: ext, sentBy)
        }
    }

    /// How the sending of one end went, in the extension `ext`.
    @inlinable
    public subscript(health ext: Int32, sentBy: Side) -> mos_health {
        @inline(__always) unsafeAddress {
            unsafe UnsafePointer(address(health: ext, sentBy))
        }
        @inline(__always) unsafeMutableAddress {
            unsafe address(health: ext, sentBy)
        }
    }

    /// The high half of the serial number of the connection in slot 0; the others follow.
    @unsafe public var serialsHighAddress: UnsafeMutablePointer<UInt32> { unsafe serialsHigh.base }

    /// The client's end of a connection; the server's lies behind it, as in `mos_abi.h`.
    @unsafe @inlinable @inline(__always)
    public static func ends(
        of conn: UnsafeMutablePointer<mos_conn>
    ) -> UnsafeMutablePointer<mos_endpoint> {
        let place = unsafe UnsafeMutableRawPointer(conn) + 64
        return unsafe place.assumingMemoryBound(to: mos_endpoint.self)
    }

    /// The client's stream of an extension; the server's lies behind it.
    @unsafe @inlinable @inline(__always)
    public static func streams(
        of ext: UnsafeMutablePointer<mos_ext>
    ) -> UnsafeMutablePointer<mos_stream> {
        unsafe UnsafeMutableRawPointer(ext).assumingMemoryBound(to: mos_stream.self)
    }

    /// How the client's sending went, in an extension; the server's lies behind it.
    @unsafe @inlinable @inline(__always)
    public static func health(
        of ext: UnsafeMutablePointer<mos_ext>
    ) -> UnsafeMutablePointer<mos_health> {
        let place = unsafe UnsafeMutableRawPointer(ext) + 2 * MemoryLayout<mos_stream>.stride
        return unsafe place.assumingMemoryBound(to: mos_health.self)
    }

    @unsafe @inlinable @inline(__always)
    func address(_ slot: Int32, _ side: Side) -> UnsafeMutablePointer<mos_endpoint> {
        precondition(slot >= 0 && Int(slot) < conns.highWater)
        return unsafe Self.ends(of: conns.base + Int(slot)) + Int(side.rawValue)
    }

    @unsafe @inlinable @inline(__always)
    func address(stream ext: Int32, _ side: Side) -> UnsafeMutablePointer<mos_stream> {
        precondition(ext >= 0 && Int(ext) < exts.highWater)
        return unsafe Self.streams(of: exts.base + Int(ext)) + Int(side.rawValue)
    }

    @unsafe @inlinable @inline(__always)
    func address(health ext: Int32, _ side: Side) -> UnsafeMutablePointer<mos_health> {
        precondition(ext >= 0 && Int(ext) < exts.highWater)
        return unsafe Self.health(of: exts.base + Int(ext)) + Int(side.rawValue)
    }

    /// The end that sent the packet, when it belongs to the connection in `slot`; nil when not, or when that is gone.
    @inlinable @inline(__always)
    public func sender(of packet: mos_packet, in slot: Int32) -> Side? {
        guard slot >= 0, Int(slot) < conns.highWater else { return nil }
        let conn = unsafe UnsafePointer(conns.base + Int(slot))
        let version = unsafe conn.pointee.ip_version
        let vlan = unsafe conn.pointee.vlan
        let generation = unsafe conn.pointee.generation
        let proto = unsafe conn.pointee.proto
        guard generation != 0, version == packet.ip_version, proto == packet.proto,
            !vlanInKey || vlan == packet.vlan
        else { return nil }
        // Compared as a whole: which end sent the packet is not to be foreseen, so every branch here would cost.
        let client = unsafe conn.pointee.cli_addr
        let server = unsafe conn.pointee.svr_addr
        let ports = UInt32(packet.sport) &<< 16 | UInt32(packet.dport)
        let there = unsafe UInt32(conn.pointee.cli_port) &<< 16 | UInt32(conn.pointee.svr_port)
        let fromClient =
            client.a ^ packet.src.a | client.b ^ packet.src.b | server.a ^ packet.dst.a
            | server.b ^ packet.dst.b | UInt64(ports ^ there)
        let fromServer =
            server.a ^ packet.src.a | server.b ^ packet.src.b | client.a ^ packet.dst.a
            | client.b ^ packet.dst.b | UInt64(ports ^ (there &<< 16 | there &>> 16))
        guard fromClient == 0 || fromServer == 0 else { return nil }
        return fromClient == 0 ? .client : .server
    }
}
