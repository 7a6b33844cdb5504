// SPDX-License-Identifier: BSD-2-Clause
import CMosABI

/// Which packets are whose, when several workers share a source: both directions of a flow are one worker's.
///
/// The owner follows from the innermost addresses and, for TCP and UDP, ports alone, by a function that classic BPF can
/// compute too (32-bit words, big-endian):
///
///     s     = (xor of all words of both addresses) * 0x9E3779B1 + (source port ^ destination port) * 0x85EBCA77
///     owner = ((s >> 16) * count) >> 16
///
/// An ICMP error belongs to the packet that it quotes, other IP packets to their addresses, everything else to worker 0.
/// It is no secret: whoever chooses addresses and ports can load one worker, as with the hash of a network card.
public struct WorkerShare: Sendable {
    /// The owner of a frame that every worker must see: a part of an IP packet.
    ///
    /// Whoever owns what it becomes keeps that.
    public static var everyone: Int { -1 }

    /// Multiplies the addresses.
    public static var addressFactor: UInt32 { 0x9E37_79B1 }
    /// Multiplies the ports.
    public static var portFactor: UInt32 { 0x85EB_CA77 }

    /// The number of the worker that asks, counted from 0.
    public let index: Int
    /// How many workers there are, 1 to 65535.
    public let count: Int
    /// Checksums decide whether a packet counts, not whose it is.
    let decoder: PacketDecoder

    /// The share of worker `index` of `count`.
    ///
    /// - Parameters:
    ///   - index: 0 ..< count.
    ///   - count: 1 to 65535.
    ///   - decapsulation: which of several IP packets within each other is the one that counts.
    public init(index: Int = 0, of count: Int = 1, decapsulation: Decapsulation = .inner) {
        precondition(count >= 1 && count <= 65535 && index >= 0 && index < count)
        self.index = index
        self.count = count
        decoder = PacketDecoder(checksums: .off, decapsulation: decapsulation)
    }

    /// True when there is but one worker, who owns everything.
    @inlinable @inline(__always)
    public var isWhole: Bool { count == 1 }

    /// The worker that owns `frame`, or ``everyone``.
    @inline(__always)
    public func owner(of frame: Frame) -> Int {
        if let sum = ordinarySum(frame) { return owner(sum) }
        return ownerOfAny(frame)
    }

    /// The worker that owns a decoded packet, or ``everyone``; `frame` is what it was decoded from.
    public func owner(of packet: mos_packet, kind: PacketKind, _ frame: ByteView) -> Int {
        if kind == .fragment { return Self.everyone }
        guard packet.flags & UInt32(MOS_PKT_IP) != 0 else { return 0 }
        if let quote = ICMPQuote(packet, frame) {
            let ports = quote.proto == IPProtocol.tcp || quote.proto == IPProtocol.udp
            let pair = ports ? quote.ports : nil
            return owner(
                Self.sum(
                    quote.source,
                    quote.destination,
                    ports: pair.map { $0.source ^ $0.destination } ?? 0
                )
            )
        }
        let hasPorts =
            packet.flags & UInt32(MOS_PKT_HAS_TRANSPORT) != 0
            && (packet.proto == IPProtocol.tcp || packet.proto == IPProtocol.udp)
        let ports = hasPorts ? packet.sport ^ packet.dport : 0
        return owner(Self.sum(packet.src, packet.dst, ports: ports))
    }

    @inline(never)
    private func ownerOfAny(_ frame: Frame) -> Int {
        var packet = mos_packet()
        let result = decoder.decode(frame, into: &packet)
        return owner(of: packet, kind: result.kind, frame.bytes)
    }

    /// The owner of what has that sum.
    @inlinable @inline(__always)
    public func owner(_ sum: UInt32) -> Int { (Int(sum &>> 16) &* count) &>> 16 }

    private static func sum(_ a: mos_addr, _ b: mos_addr, ports: UInt16) -> UInt32 {
        sum(words: a.a ^ b.a ^ a.b ^ b.b, ports: ports)
    }

    /// `words`: the exclusive or of all words of the addresses, as they lie in memory.
    @inline(__always)
    private static func sum(words: UInt64, ports: UInt16) -> UInt32 {
        let word = UInt32(truncatingIfNeeded: words) ^ UInt32(truncatingIfNeeded: words &>> 32)
        return word.bigEndian &* addressFactor &+ UInt32(ports) &* portFactor
    }

    /// The sum of a TCP or UDP packet that nothing hides, straight from the frame; nil for any other frame.
    ///
    /// For those it is the sum that the decoder's fields give; it is asked for every frame, so that a worker gets past
    /// the frames of others for a tenth of what its own cost.
    @inline(__always)
    private func ordinarySum(_ frame: Frame) -> UInt32? {
        let bytes = frame.bytes
        guard frame.linkType == .ethernet, bytes.count >= 38 else { return nil }
        // EtherType, version, header length and TOS.
        let link = UInt32(truncatingIfNeeded: UInt64(bigEndian: bytes.raw64(8)))
        if link &>> 8 == 0x08_0045 {
            let first = UInt64(bigEndian: bytes.raw64(14))
            let second = UInt64(bigEndian: bytes.raw64(22))
            let ports = bytes.u32(34)
            // 0x3FFF: more fragments follow, or this one does not start at 0.
            guard first & 0x3FFF == 0, hasPorts(second &>> 48 & 0xFF, ports) else { return nil }
            let words = UInt32(truncatingIfNeeded: second) ^ bytes.u32(30)
            return Self.sum(bigEndian: words, ports: ports)
        }
        guard link &>> 12 == 0x86DD6, bytes.count >= 58 else { return nil }
        return ordinarySumOfIPv6(bytes)
    }

    @inline(never)
    private func ordinarySumOfIPv6(_ bytes: ByteView) -> UInt32? {
        let ports = bytes.u32(54)
        guard hasPorts(UInt64(bytes[20]), ports) else { return nil }
        let words = bytes.raw64(22) ^ bytes.raw64(30) ^ bytes.raw64(38) ^ bytes.raw64(46)
        return Self.sum(
            words: words,
            ports: UInt16(truncatingIfNeeded: ports ^ ports &>> 16)
        )
    }

    @inline(__always)
    private static func sum(bigEndian word: UInt32, ports: UInt32) -> UInt32 {
        word &* addressFactor &+ (ports ^ ports &>> 16) & 0xFFFF &* portFactor
    }

    /// True for TCP, and for UDP that is no tunnel.
    @inline(__always)
    private func hasPorts(_ proto: UInt64, _ ports: UInt32) -> Bool {
        if proto == 6 { return true }
        return proto == 17 && !Tunnel.isTunnel(UInt16(truncatingIfNeeded: ports))
            && !Tunnel.isTunnel(UInt16(truncatingIfNeeded: ports &>> 16))
    }
}
