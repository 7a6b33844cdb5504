// SPDX-License-Identifier: BSD-2-Clause
import ArgumentParser
import CMosABI
import Capture
import Flows
import Generation
import Packets

/// What an adversary sends to fill a monitor's memory or to slow it down.
enum FloodKind: String, CaseIterable, ExpressibleByArgument {
    case none, syn, halfOpen = "half-open", holes, tiny, fragments, keys

    /// What one sentence can say about it.
    var summary: String {
        switch self {
        case .none: "no attack: what the others are compared with"
        case .syn: "a SYN from a new address each"
        case .halfOpen: "a SYN and its SYN-ACK, never more"
        case .holes: "one byte each at growing distance, every hole of the streams left open"
        case .tiny: "streams of one byte a segment"
        case .fragments: "overlapping IP fragments of datagrams that never end"
        case .keys: "connections chosen to meet in the index of a file's hash"
        }
    }
}

/// Small conversations, and an attack between their packets: seven packets of it for each of theirs.
///
/// The attack's server port is ``port``, so that a script can tell it apart.
struct Flood {
    static let port: UInt16 = 9999
    private static let streams = 1000

    private let kind: FloodKind
    private var traffic: Traffic
    private var random: SplitMix64
    private var maker: FrameMaker
    private var count: UInt64 = 0
    private var sent: UInt64 = 0
    private var attack = OwnedFrame(bytes: [], time: Timestamp(nanoseconds: 0))

    init(_ kind: FloodKind, seed: UInt64) {
        self.kind = kind
        traffic = Traffic(.small, seed: seed)
        random = SplitMix64(seed: seed &+ 1)
        maker = FrameMaker(style: .bare, pool: PayloadPool(seed: seed))
    }

    /// The next frame.
    mutating func next() -> OwnedFrame {
        count += 1
        let isAttack = count % 8 != 0 && kind != .none
        guard isAttack else {
            // The conversations keep their pace: an attack comes on top of them.
            guard var frame = traffic.next() else { preconditionFailure("small never ends") }
            frame.time = time
            return frame
        }
        defer { sent += 1 }
        switch kind {
        case .none, .syn: return syn(sent)
        case .halfOpen: return sent % 2 == 0 ? syn(sent / 2) : synAck(sent / 2)
        case .holes: return stream(distance: 3)
        case .tiny: return stream(distance: 1)
        case .fragments: return fragment()
        case .keys: return colliding()
        }
    }

    /// A microsecond a packet.
    private var time: Timestamp {
        Timestamp(nanoseconds: 1_700_000_000_000_000_000 + Int64(count) * 1000)
    }

    private func ends(_ number: UInt64) -> Endpoints {
        Endpoints(
            client: UInt32(truncatingIfNeeded: (number &* 0x9E_3779) & 0xFF_FFFF),
            clientPort: UInt16(truncatingIfNeeded: 1024 + number >> 24),
            server: 251,
            serverPort: Self.port
        )
    }

    private mutating func syn(_ number: UInt64) -> OwnedFrame {
        let segment = Segment(
            isFromClient: true,
            flags: .syn,
            seq: UInt32(truncatingIfNeeded: number &* 2_654_435_761),
            ack: 0
        )
        return maker.frame(segment, of: ends(number), at: time)
    }

    private mutating func synAck(_ number: UInt64) -> OwnedFrame {
        let segment = Segment(
            isFromClient: false,
            flags: [.syn, .ack],
            seq: 77,
            ack: UInt32(truncatingIfNeeded: number &* 2_654_435_761) &+ 1
        )
        return maker.frame(segment, of: ends(number), at: time)
    }

    /// The next segment of one of some streams: handshake, then a byte each at so many bytes' distance.
    private mutating func stream(distance: UInt32) -> OwnedFrame {
        let number = sent % UInt64(Self.streams)
        let step = sent / UInt64(Self.streams)
        let offset = UInt32(truncatingIfNeeded: step) &* distance
        var segment: Segment
        switch step {
        case 0: segment = Segment(isFromClient: true, flags: .syn, seq: 0, ack: 0)
        case 1: segment = Segment(isFromClient: false, flags: [.syn, .ack], seq: 0, ack: 1)
        default:
            segment = Segment(isFromClient: true, flags: .ack, seq: 1 &+ offset, ack: 1)
            segment.length = 1
            segment.offset = offset
            // Every hundredth comes from the server, and opens its window.
            if step % 100 == 99 {
                segment = Segment(isFromClient: false, flags: .ack, seq: 1, ack: 1)
                if distance == 1 { segment.ack = offset }
            }
        }
        return maker.frame(segment, of: ends(number), at: time)
    }

    /// A fragment that overlaps with others of its datagram; the last one never comes.
    private mutating func fragment() -> OwnedFrame {
        var builder = PacketBuilder()
        builder.ip.identification = UInt16(truncatingIfNeeded: sent / 8)
        builder.ip.source =
            IPAddress(bytes: [10, 9, UInt8(truncatingIfNeeded: sent >> 24), 1]) ?? "10.9.0.1"
        builder.ip.doesNotFragment = false
        builder.ip.hasMoreFragments = true
        builder.ip.fragmentOffset = UInt16(truncatingIfNeeded: random.below(100))
        attack.bytes = builder.frame(
            IPProtocol.tcp,
            [UInt8](repeating: UInt8(truncatingIfNeeded: sent), count: 64)
        )
        attack.wireLength = UInt32(attack.bytes.count)
        attack.time = time
        return attack
    }

    /// A SYN whose connection begins its search in the same 1024th part of a file's index as all others do.
    private mutating func colliding() -> OwnedFrame {
        while true {
            let number = random.next() >> 16
            let ends = ends(number)
            var packet = mos_packet()
            packet.src.a = UInt64((10 << 24 | ends.client).bigEndian)
            packet.dst.a = UInt64((0xC000_0200 | ends.server).bigEndian)
            packet.sport = ends.clientPort
            packet.dport = ends.serverPort
            packet.ip_version = 4
            packet.proto = IPProtocol.tcp
            if HashSeed.fixed.hash(packet, vlan: 0) & 0x3FF == 0 { return syn(number) }
        }
    }
}

/// `mos-bench flood`: an attack as a capture, to a file or a pipe.
struct FloodCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "flood",
        abstract: "Writes small conversations with an attack between their packets."
    )

    @Argument(
        help: ArgumentHelp(
            FloodKind.allCases.map { "\($0.rawValue): \($0.summary)" }.joined(separator: "; ")
        )
    )
    var kind: FloodKind

    @Argument(help: "The capture to write; '-' is standard output.")
    var output: String

    @Option(help: "Equal seeds give equal captures.")
    var seed: UInt64 = 1

    @Option(help: "Packets to write.")
    var packets = 1_000_000

    func run() throws {
        do throws(CaptureWriteError) {
            let writer = try CaptureWriter(path: output, linkType: .ethernet)
            var flood = Flood(kind, seed: seed)
            for _ in 0..<packets { try writer.write(flood.next()) }
            try writer.close()
        } catch {
            throw Failure(error)
        }
    }
}
