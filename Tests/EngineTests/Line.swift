// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Flows
import Packets

extension TCPFlags {
    static let synAck: TCPFlags = [.syn, .ack]
    static let finAck: TCPFlags = [.fin, .ack]
    static let rstAck: TCPFlags = [.rst, .ack]
}

/// One line of a packet ladder: who sends what.
///
/// Numbers count from the sender's ISN, so a SYN has 0 and the first payload byte 1.
struct Line {
    fileprivate(set) var sender: Side
    private var segment: TCPSegment
    private var frame: [UInt8]?
    private var checksum = BuiltChecksum.right
    private var delay = 0.001
    private var time: Double?
    private var captured = Int.max
    private var number: UInt16 = 0

    static func client(
        _ flags: TCPFlags,
        _ seq: UInt32,
        _ ack: UInt32 = 0,
        _ data: String = ""
    ) -> Line {
        Line(.client, flags, seq, ack, data)
    }

    static func server(
        _ flags: TCPFlags,
        _ seq: UInt32,
        _ ack: UInt32 = 0,
        _ data: String = ""
    ) -> Line {
        Line(.server, flags, seq, ack, data)
    }

    /// A frame that is no TCP segment, or a broken one.
    static func frame(_ bytes: [UInt8]) -> Line {
        var line = Line(.client, [], 0, 0, "")
        line.frame = bytes
        return line
    }

    /// SYN, SYN-ACK, ACK.
    static let handshake: [Line] = [.client(.syn, 0), .server(.synAck, 0, 1), .client(.ack, 1, 1)]

    private init(_ sender: Side, _ flags: TCPFlags, _ seq: UInt32, _ ack: UInt32, _ data: String) {
        self.sender = sender
        segment = TCPSegment(seq: seq, ack: ack, flags: flags, payload: Array(data.utf8))
    }

    private func with(_ change: (inout Line) -> Void) -> Line {
        var line = self
        change(&line)
        return line
    }

    /// The same line on another connection: another client port.
    func flow(_ number: UInt16) -> Line { with { $0.number = number } }

    /// Seconds after the line before; 0.001 without it.
    func after(_ seconds: Double) -> Line { with { $0.delay = seconds } }

    /// Seconds after the start of the ladder.
    func at(_ seconds: Double) -> Line { with { $0.time = seconds } }

    func checksum(_ checksum: BuiltChecksum) -> Line { with { $0.checksum = checksum } }

    func window(_ window: UInt16) -> Line { with { $0.segment.window = window } }

    func options(_ options: [TCPOption]) -> Line { with { $0.segment.options = options } }

    /// The same line from the other end, of inline ladders: which port a frame comes in through.
    func from(_ side: Side) -> Line { with { $0.sender = side } }

    /// The capture keeps so many bytes of the frame.
    func captured(_ bytes: Int) -> Line { with { $0.captured = bytes } }

    /// The frames of a ladder, the first at second 0 of ``Wire/epoch``.
    static func frames(_ lines: [Line], _ wire: Wire) -> [OwnedFrame] {
        var time = 0.0
        var frames: [OwnedFrame] = []
        for (index, line) in lines.enumerated() {
            time = line.time ?? (index == 0 ? 0 : time + line.delay)
            let bytes = line.frame ?? line.bytes(wire)
            frames.append(
                OwnedFrame(
                    bytes: Array(bytes.prefix(line.captured)),
                    wireLength: UInt32(bytes.count),
                    time: Wire.time(time),
                    linkType: wire.builder.linkType
                )
            )
        }
        return frames
    }

    private func bytes(_ wire: Wire) -> [UInt8] {
        let isClient = sender == .client
        var segment = segment
        segment.sourcePort += number
        // Sequence numbers are numbers modulo 2^32.
        segment.seq &+= isClient ? wire.clientISN : wire.serverISN
        if segment.flags.contains(.ack) {
            segment.ack &+= isClient ? wire.serverISN : wire.clientISN
        }
        var builder = isClient ? wire.builder : wire.builder.reversed
        builder.checksum = checksum
        return builder.frame(isClient ? segment : segment.reversed)
    }
}

/// What all lines of a ladder share.
struct Wire {
    var builder = PacketBuilder()
    var clientISN: UInt32 = 1000
    var serverISN: UInt32 = 5000

    /// When ladders begin: some second after 1970.
    static let epoch: Int64 = 1_700_000_000

    static func time(_ seconds: Double) -> Timestamp {
        Timestamp(nanoseconds: epoch * 1_000_000_000 + Int64((seconds * 1e6).rounded()) * 1000)
    }
}
