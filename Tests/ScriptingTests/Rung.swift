// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Packets

/// A packet of a ladder: who sends what, with numbers that count from the sender's ISN.
struct Rung {
    private var isClient: Bool
    private var segment: TCPSegment
    private var checksum = BuiltChecksum.right
    private var captured = Int.max
    private var frame: [UInt8]?
    private var delay = 0.1

    static func client(
        _ flags: TCPFlags,
        _ seq: UInt32,
        _ ack: UInt32 = 0,
        _ data: String = ""
    ) -> Rung {
        Rung(true, flags, seq, ack, data)
    }

    static func server(
        _ flags: TCPFlags,
        _ seq: UInt32,
        _ ack: UInt32 = 0,
        _ data: String = ""
    ) -> Rung {
        Rung(false, flags, seq, ack, data)
    }

    /// A frame that is no segment of the connection.
    static func frame(_ bytes: [UInt8]) -> Rung {
        var rung = Rung(true, [], 0, 0, "")
        rung.frame = bytes
        return rung
    }

    /// SYN, SYN-ACK, ACK.
    static let handshake: [Rung] = [
        .client([.syn], 0), .server([.syn, .ack], 0, 1), .client([.ack], 1, 1),
    ]

    private init(
        _ isClient: Bool,
        _ flags: TCPFlags,
        _ seq: UInt32,
        _ ack: UInt32,
        _ data: String
    ) {
        self.isClient = isClient
        segment = TCPSegment(seq: seq, ack: ack, flags: flags, payload: Array(data.utf8))
    }

    private func with(_ change: (inout Rung) -> Void) -> Rung {
        var rung = self
        change(&rung)
        return rung
    }

    func window(_ window: UInt16) -> Rung { with { $0.segment.window = window } }
    func options(_ options: [TCPOption]) -> Rung { with { $0.segment.options = options } }
    func checksum(_ checksum: BuiltChecksum) -> Rung { with { $0.checksum = checksum } }
    func captured(_ bytes: Int) -> Rung { with { $0.captured = bytes } }
    func port(_ port: UInt16) -> Rung { with { $0.segment.sourcePort = port } }
    func after(_ seconds: Double) -> Rung { with { $0.delay = seconds } }

    /// The frames of a ladder, a tenth of a second apart, ISNs 1000 and 5000.
    static func frames(_ rungs: [Rung], _ builder: PacketBuilder = PacketBuilder())
        -> [OwnedFrame]
    {
        var time: Int64 = 1_700_000_000_000_000_000
        var frames: [OwnedFrame] = []
        for (index, rung) in rungs.enumerated() {
            if index > 0 { time += Int64((rung.delay * 1e6).rounded()) * 1000 }
            let bytes = rung.frame ?? rung.bytes(builder)
            frames.append(
                OwnedFrame(
                    bytes: Array(bytes.prefix(rung.captured)),
                    wireLength: UInt32(bytes.count),
                    time: Timestamp(nanoseconds: time),
                    linkType: .ethernet
                )
            )
        }
        return frames
    }

    private func bytes(_ builder: PacketBuilder) -> [UInt8] {
        var segment = segment
        segment.seq &+= isClient ? 1000 : 5000
        if segment.flags.contains(.ack) { segment.ack &+= isClient ? 5000 : 1000 }
        var builder = isClient ? builder : builder.reversed
        builder.checksum = checksum
        return builder.frame(isClient ? segment : segment.reversed)
    }
}
