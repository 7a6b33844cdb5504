// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Packets

/// A packet of any kind as its parts, so that the frame with other parts can be built for comparison.
struct RandomPacket {
    /// What the IP packet carries.
    enum Body {
        case tcp(TCPSegment)
        case udp(UDPDatagram)
        case icmp(ICMPMessage)
    }

    var builder: PacketBuilder
    var body: Body

    /// - Parameters:
    ///   - random: from where all of it follows.
    ///   - isTCP: a segment and nothing else.
    init(_ random: inout SeededGenerator, isTCP: Bool = false) {
        var ip = Bool.random(using: &random) ? IPFields.ipv4 : .ipv6
        ip.identification = .random(in: 0...(.max), using: &random)
        ip.hopLimit = .random(in: 1...255, using: &random)
        if ip.source.version == 4 {
            // Record route, which fragments behind the first do not have, and router alert, which they have.
            ip.options =
                [[], [7, 7, 4, 0, 0, 0, 0], [148, 4, 0, 0]].randomElement(using: &random) ?? []
        } else {
            let choices: [[IPv6Extension]] = [
                [], [.hopByHop()], [.destinationOptions(blocks: 2)],
                [.hopByHop(), .routing(segmentsLeft: 1, ["2001:db8::7"])], [.fragment()],
            ]
            ip.extensions = choices.randomElement(using: &random) ?? []
        }
        let tags = (0..<Int.random(in: 0...2, using: &random)).map { VLANTag(UInt16($0 + 5)) }
        builder = PacketBuilder(vlanTags: tags, ip: ip)
        builder.minimumLength = 60
        let payload = random.bytes(.random(in: 0...200, using: &random))
        switch isTCP ? 0 : Int.random(in: 0...4, using: &random) {
        case 3: body = .udp(UDPDatagram(payload: payload))
        case 4: body = .icmp(ICMPMessage(type: 130, rest: 7, payload: payload))
        default: body = .tcp(Self.segment(payload, &random))
        }
    }

    private static func segment(_ payload: [UInt8], _ random: inout SeededGenerator) -> TCPSegment {
        let lists: [[TCPOption]] = [
            [], [.noOperation, .noOperation, .timestamps(value: 1, echo: 2)],
            [.noOperation, .noOperation, .sack([SACKBlock(10, 20), SACKBlock(30, 40)])],
            // At an odd place.
            [.noOperation, .sack([SACKBlock(10, 20), SACKBlock(30, 40), SACKBlock(50, 60)])],
        ]
        return TCPSegment(
            seq: .random(in: 0...(.max), using: &random),
            ack: .random(in: 0...(.max), using: &random),
            flags: TCPFlags(rawValue: .random(in: 0...255, using: &random))
                .subtracting([.syn, .rst]),
            window: .random(in: 0...(.max), using: &random),
            urgent: .random(in: 0...400, using: &random),
            options: lists.randomElement(using: &random) ?? [],
            payload: payload
        )
    }

    var segment: TCPSegment {
        get {
            guard case .tcp(let segment) = body else { return TCPSegment() }
            return segment
        }
        set { body = .tcp(newValue) }
    }

    var payload: [UInt8] {
        get {
            switch body {
            case .tcp(let segment): segment.payload
            case .udp(let datagram): datagram.payload
            case .icmp(let message): message.payload
            }
        }
        set {
            switch body {
            case .tcp(var segment):
                segment.payload = newValue
                body = .tcp(segment)
            case .udp(var datagram):
                datagram.payload = newValue
                body = .udp(datagram)
            case .icmp(var message):
                message.payload = newValue
                body = .icmp(message)
            }
        }
    }

    var frame: [UInt8] {
        switch body {
        case .tcp(let segment): builder.frame(segment)
        case .udp(let datagram): builder.frame(datagram)
        case .icmp(let message): builder.frame(message)
        }
    }

    /// The same with another checksum field.
    func with(_ checksum: BuiltChecksum) -> RandomPacket {
        var packet = self
        packet.builder.checksum = checksum
        return packet
    }
}

/// Calls `body` with the packet that `frame` is, which may be changed, and gives the frame back.
func changed(
    _ frame: [UInt8],
    checksums: ChecksumPolicy = .auto,
    linkType: LinkType = .ethernet,
    _ body: (inout MutablePacket) -> Void
) -> [UInt8]? {
    let decoded = Decoded(frame, linkType: linkType, checksums: checksums)
    var frame = frame
    let isPacket = MutableByteView.of(&frame) { view in
        guard var packet = MutablePacket(decoded.packet, view) else { return false }
        body(&packet)
        return true
    }
    return isPacket ? frame : nil
}

/// What `write` leaves at the beginning of a buffer of `room` bytes, by the length that it tells; nil when it does not.
///
/// What lies behind the room, and what was not written, must stay.
func written(room: Int = 1000, _ write: (MutableByteView) -> Int?) -> [UInt8]? {
    var buffer = [UInt8](repeating: 0xA5, count: room + 16)
    let count = MutableByteView.of(&buffer) { write($0.slice(0, room)) }
    precondition(buffer.suffix(16).allSatisfy { $0 == 0xA5 }, "written behind its end")
    guard let count else {
        precondition(buffer.allSatisfy { $0 == 0xA5 }, "refused and written all the same")
        return nil
    }
    precondition(buffer[count...].allSatisfy { $0 == 0xA5 }, "written behind what it tells")
    return Array(buffer.prefix(count))
}
