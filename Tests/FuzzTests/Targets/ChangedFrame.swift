// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Packets

/// Any bytes as a frame that is changed: what decodes afterwards is what was asked for, and a checksum says what it said.
struct ChangedFrame {
    private var bytes: [UInt8]
    private let linkType: LinkType
    private var random: InputBytes
    private var packet = mos_packet()
    private var result = DecodeResult(.nonIP)

    /// What decoding says of some bytes.
    private struct Reading {
        var packet = mos_packet()
        var result: DecodeResult
        var payload: [UInt8]

        init(_ bytes: [UInt8], _ linkType: LinkType, _ decapsulation: Decapsulation = .outer) {
            var packet = mos_packet()
            result = ByteView.of(bytes) { view in
                let frame = Frame(
                    bytes: view,
                    wireLength: UInt32(bytes.count),
                    time: Timestamp(nanoseconds: 0),
                    linkType: linkType
                )
                return PacketDecoder(decapsulation: decapsulation).decode(frame, into: &packet)
            }
            self.packet = packet
            payload = Array(bytes[Int(packet.payload)...].prefix(Int(packet.payload_len)))
        }
    }

    /// Link type 1, changes 1, then the frame, whose bytes also say what is asked for.
    init(_ input: ByteView) {
        var head = InputBytes(input.slice(0, 2))
        let types: [LinkType] = [.ethernet, .ethernet, .ethernet, .raw, .null, .linuxCooked]
        linkType = types[head.next() % types.count]
        bytes = input.slice(2, input.count).array
        random = InputBytes(input)
        read()
    }

    private mutating func read() {
        let reading = Reading(bytes, linkType, .inner)
        packet = reading.packet
        result = reading.result
    }

    /// Makes changes, one after the other; what went wrong, nil when nothing did.
    mutating func problem(changes: Int) -> String? {
        if let problem = admission ?? filledIn ?? template { return problem }
        if let problem = numbers() { return "numbers: \(problem)" }
        for count in [random.next(), random.next() * 9, 0] {
            let payload = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* changes) }
            if let problem = cut(payload, limit: 1 + changes) { return "cut: \(problem)" }
            if let problem = replaced(payload) { return "\(count) bytes: \(problem)" }
        }
        return checksums().map { "checksums: \($0)" }
    }

    /// Calls `body` with the packet, whose frame lies in a copy that takes the place of the bytes when all went well.
    private mutating func change<Value>(_ body: (inout MutablePacket) -> Value) -> Value? {
        var copy = bytes
        let value = MutableByteView.of(&copy) { view in
            MutablePacket(packet, view).map { packet in
                var packet = packet
                return body(&packet)
            }
        }
        if value != nil { bytes = copy }
        return value
    }

    private var isWhole: Bool { result.error == nil && [.tcp, .udp, .icmp].contains(result.kind) }

    private func has(_ flag: Int) -> Bool { packet.flags & UInt32(flag) != 0 }

    /// The layer of the packet; one that is right again may look like a tunnel.
    private var layer: Decapsulation { has(MOS_PKT_TUNNEL) ? .inner : .outer }

    /// What was decoded as a whole packet may be changed.
    private var admission: String? {
        var copy = self
        let isTaken = copy.change { _ in true } ?? false
        guard isWhole, !has(MOS_PKT_TRUNCATED) else { return nil }
        return isTaken ? nil : "a whole packet is not taken"
    }

    /// True when a checksum says what it said before, but for what two sums may have in common by chance.
    private func isSame(_ verdict: ChecksumVerdict) -> Bool {
        let isFinished = result.checksum == .offloaded && verdict == .good
        let looksLeft = result.checksum == .bad && verdict == .offloaded
        return verdict == result.checksum || isFinished || looksLeft
    }

    // MARK: The changes

    private mutating func numbers() -> String? {
        guard result.kind == .tcp, result.error == nil else { return nil }
        let seq = UInt32(random.next()) << 24 | UInt32(random.next())
        let gone = random.next()
        let isTaken: Void? = change { packet in
            packet.setSequence(seq)
            packet.setAcknowledgement(~seq)
            var number = 0
            packet.translateSACK { block in
                number += 1
                return gone & 1 << (number & 7) == 0
                    ? SACKBlock(block.left &+ 7, block.right &+ 7) : nil
            }
        }
        guard isTaken != nil else { return nil }
        let before = packet
        let after = Reading(bytes, linkType, layer)
        guard after.result.error == nil, after.packet.seq == seq, after.packet.ack == ~seq,
            after.packet.tcp_flags == before.tcp_flags, after.packet.window == before.window
        else { return "\(after.result), \(after.packet)" }
        guard isSame(after.result.checksum), after.result.hasBadOptions == result.hasBadOptions,
            after.packet.tsval == before.tsval
        else { return "\(after.result), not \(result)" }
        read()
        return nil
    }

    private mutating func replaced(_ payload: [UInt8]) -> String? {
        let room = [60, 1000, 70_000][random.next() % 3]
        var buffer = [UInt8](repeating: 0, count: room)
        let count = change { packet in
            ByteView.of(payload) { payload in
                MutableByteView.of(&buffer) {
                    packet.replacing(payload: payload, in: $0)?.frame.count
                }
            }
        }
        guard let count = count ?? nil else { return nil }
        if let problem = difference(Array(buffer.prefix(count)), payload) { return problem }
        bytes = Array(buffer.prefix(count))
        read()
        return nil
    }

    /// What is wrong with a frame that is this one with another payload.
    private func difference(_ frame: [UInt8], _ payload: [UInt8]) -> String? {
        let after = Reading(frame, linkType)
        // A wrong field may come out as 0, which is taken for one that was left to a card.
        let looksLeft = after.packet.flags & UInt32(MOS_PKT_IP_OFFLOADED) != 0
        let isSame = after.result.kind == result.kind && after.result.error == result.error
        guard isSame || result.error == .ipv4BadChecksum && looksLeft else {
            return "\(after.result), not \(result)"
        }
        guard after.payload == payload else { return "\(after.payload.count) bytes are there" }
        guard self.isSame(after.result.checksum) else {
            return "\(after.result), not \(result)"
        }
        return after.packet.flags & UInt32(MOS_PKT_TRUNCATED) == 0 ? nil : "it is cut"
    }

    private mutating func cut(_ payload: [UInt8], limit: Int) -> String? {
        guard result.kind == .tcp, result.error == nil else { return nil }
        var carried: [UInt8] = []
        let parts = MutablePacket.segments(of: payload.count, limit: limit)
        var buffer = [UInt8](repeating: 0, count: 70_000)
        for index in 0..<min(parts, 20) {
            let count = change { packet in
                ByteView.of(payload) { payload in
                    MutableByteView.of(&buffer) { room in
                        packet.segment(index, of: payload, limit: limit, in: room)?.frame.count
                    }
                }
            }
            guard let count = count ?? nil else { return nil }
            let part = Array(payload.dropFirst(index * limit).prefix(limit))
            if let problem = difference(Array(buffer.prefix(count)), part) { return problem }
            let after = Reading(Array(buffer.prefix(count)), linkType)
            let isSYN = packet.tcp_flags & 2 != 0
            let skipped = index > 0 ? index * limit + (isSYN ? 1 : 0) : 0
            if after.packet.seq != packet.seq &+ UInt32(skipped) {
                return "part \(index) is elsewhere"
            }
            carried += after.payload
        }
        return parts > 20 || carried == payload ? nil : "\(carried.count) bytes are carried"
    }

    private mutating func checksums() -> String? {
        let changed = change { packet in
            (packet.updateIPChecksum(), packet.updateTransportChecksum(), packet.isOffloaded)
        }
        guard let (hasHeader, hasTransport, isLeft) = changed else { return nil }
        let after = Reading(bytes, linkType, layer)
        if hasHeader, after.result.error == .ipv4BadChecksum { return "the header's is wrong" }
        guard isWhole || result.error == .ipv4BadChecksum, after.result.error == nil else {
            return nil
        }
        if !hasTransport { return after.result.checksum == .good ? "it is right" : nil }
        switch after.result.checksum {
        case .bad: return "it is wrong"
        case .offloaded where !isLeft: return "it is left to a card"
        default: return nil
        }
    }

    private var filledIn: String? {
        var copy = bytes
        let isFilled = MutableByteView.of(&copy) { try? $0.fillInChecksums(linkType: linkType) }
        let after = Reading(copy, linkType)
        if copy.count != bytes.count { return "filled in, it has another length" }
        guard isFilled == true else { return nil }
        let isWrong = after.result.checksum == .bad || after.result.error == .ipv4BadChecksum
        return isWrong ? "filled in, it is wrong" : nil
    }

    private var template: String? {
        guard isWhole, result.kind == .tcp, !has(MOS_PKT_TUNNEL) else { return nil }
        let payload: [UInt8] = [1, 2, 3]
        let segment = InventedSegment(seq: 7, ack: 8, flags: [.rst, .ack], window: 9)
        var buffer = [UInt8](repeating: 0, count: bytes.count + 200)
        let count = ByteView.of(bytes) { frame in
            ByteView.of(payload) { payload in
                MutableByteView.of(&buffer) { room in
                    let link = frame.slice(0, Int(packet.l3))
                    let way = SegmentTemplate(link: link, of: linkType, packet)
                    return way?.reversed.write(segment, payload: payload, in: room)
                }
            }
        }
        guard let count else { return nil }
        let after = Reading(Array(buffer.prefix(count)), linkType)
        let way = after.packet
        let isBack =
            way.src.a == packet.dst.a && way.src.b == packet.dst.b && way.dst.a == packet.src.a
            && way.dst.b == packet.src.b && way.sport == packet.dport && way.dport == packet.sport
        guard after.result == DecodeResult(.tcp, checksum: .good), isBack, way.seq == 7,
            way.ack == 8, way.tcp_flags == 0x14, after.payload == payload
        else { return "a made segment is \(after.result), \(way)" }
        return nil
    }
}
