// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Engine
import Packets

/// What connections of 10.0.0.1 with 10.0.0.2:80 say, as frames a tenth of a second apart.
struct Talk {
    private(set) var frames: [OwnedFrame] = []
    private var client: [UInt16: UInt32] = [:]
    private var server: [UInt16: UInt32] = [:]

    /// The client's SYN.
    mutating func syn(_ port: UInt16 = 40000) {
        client[port] = 1000
        server[port] = 5000
        add(port, fromClient: true, [.syn])
    }

    /// SYN, SYN-ACK, ACK.
    mutating func open(_ port: UInt16 = 40000) {
        syn(port)
        add(port, fromClient: false, [.syn, .ack])
        add(port, fromClient: true, [.ack])
    }

    /// Connections that are open.
    static func opened(_ ports: UInt16...) -> Talk {
        var talk = Talk()
        for port in ports.isEmpty ? [40000] : ports { talk.open(port) }
        return talk
    }

    /// The client says something.
    mutating func says(_ text: String, _ port: UInt16 = 40000) {
        add(port, fromClient: true, [.ack, .psh], text)
    }

    /// The server answers.
    mutating func answers(_ text: String, _ port: UInt16 = 40000) {
        add(port, fromClient: false, [.ack, .psh], text)
    }

    /// The client resets.
    mutating func resets(_ port: UInt16 = 40000) { add(port, fromClient: true, [.rst]) }

    /// Both ends close.
    mutating func closes(_ port: UInt16 = 40000) {
        add(port, fromClient: true, [.fin, .ack])
        add(port, fromClient: false, [.fin, .ack])
        add(port, fromClient: true, [.ack])
    }

    /// Any frame.
    mutating func frame(_ bytes: [UInt8]) {
        let time = 1_700_000_000_000_000_000 + Int64(frames.count) * 100_000_000
        frames.append(
            OwnedFrame(
                bytes: bytes,
                wireLength: UInt32(bytes.count),
                time: Timestamp(nanoseconds: time),
                linkType: .ethernet
            )
        )
    }

    private mutating func add(
        _ port: UInt16,
        fromClient: Bool,
        _ flags: TCPFlags,
        _ text: String = ""
    ) {
        let seq = (fromClient ? client : server)[port, default: 1]
        let ack = (fromClient ? server : client)[port, default: 1]
        var segment = TCPSegment(
            sourcePort: port,
            seq: seq,
            ack: flags == [.syn] ? 0 : ack,
            flags: flags,
            payload: Array(text.utf8)
        )
        if !fromClient { segment = segment.reversed }
        frame((fromClient ? PacketBuilder() : PacketBuilder().reversed).frame(segment))
        let length = UInt32(text.utf8.count) + (flags.isDisjoint(with: [.syn, .fin]) ? 0 : 1)
        if fromClient { client[port] = seq &+ length } else { server[port] = seq &+ length }
    }
}

func runEngine(
    _ code: String,
    over talk: Talk,
    inspect: (inout Worker) -> Void = { _ in }
) throws -> [String] {
    try runEngine(code, over: talk.frames, inspect: inspect)
}
