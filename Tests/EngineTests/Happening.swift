// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Engine
import Flows
import Packets
import TCPTracking

/// An event as a callback sees it, copied out of the event block.
struct Happening {
    var slot: Int32
    /// The shared layout's number of the event.
    var kind: Int32
    var event: Event?
    var hook: Int32
    var side: Side?
    var socket: Int32
    var flow: Int32
    var generation: UInt32
    var code: Int32
    var offset: Int
    var length: Int
    var timer: Double
    var now: Timestamp
    /// The packet in hand.
    var packet: mos_packet?
    /// The flow.
    var connection: mos_conn?

    /// The number of the packet in hand, 0 without one.
    var number: Int { packet.map { Int($0.number) } ?? 0 }
}

extension Happening: CustomStringConvertible {
    /// "packet hook side event argument", or "@seconds ..." without a packet.
    var description: String {
        ([place, hookName, sideName, name] + arguments).filter { !$0.isEmpty }
            .joined(separator: " ")
    }

    /// The event's name without ON_.
    var name: String {
        switch event {
        case .packetIn: "PKT_IN"
        case .connStart: "CONN_START"
        case .stateChange: "STATE"
        case .rexmit: "REXMIT"
        case .connEnd: "CONN_END"
        case .newData: "NEW_DATA"
        case .error: "ERROR"
        case .gap: "GAP"
        case .zeroWindow: "ZERO_WINDOW"
        case .orphan: "ORPHAN"
        case nil: kind == Int32(MOS_ON_RELEASE) ? "RELEASE" : "TIMER"
        }
    }

    /// Milliseconds are enough for ladders.
    var clock: String {
        let millis = now.nanoseconds / 1_000_000 - Wire.epoch * 1000
        return "@\(Double(millis) / 1000)"
    }

    private var place: String { packet == nil ? clock : "\(number)" }

    private var hookName: String {
        switch hook {
        case Hook.snd.number: "SND"
        case Hook.rcv.number: "RCV"
        default: ""
        }
    }

    private var sideName: String { side.map { $0 == .client ? "CLI" : "SVR" } ?? "" }

    private var arguments: [String] {
        switch event {
        case .packetIn: packetMarks
        case .stateChange: [states]
        case .connEnd: [Happening.reason(connection?.end_reason ?? 0)]
        case .error: [Happening.errors[Int(code)], "\(offset)+\(length)"]
        case .gap: ["\(offset)+\(length)"]
        case nil: kind == Int32(MOS_ON_TIMER) ? ["\(Int(timer))"] : []
        default: []
        }
    }

    /// What of the packet in hand is out of the ordinary.
    private var packetMarks: [String] {
        guard let packet else { return [] }
        var marks: [String] = []
        if packet.invalid != 0 { marks.append("invalid") }
        if packet.flags & UInt32(MOS_PKT_KEEPALIVE) != 0 { marks.append("keepalive") }
        if packet.flags & UInt32(MOS_PKT_BAD_CHECKSUM) != 0 { marks.append("bad_checksum") }
        return marks
    }

    /// The states of both stacks, the client's first.
    var states: String {
        guard let connection else { return "[]" }
        return "[\(Happening.state(connection.cli.state)) \(Happening.state(connection.svr.state))]"
    }

    /// The manual's short names.
    private static func state(_ number: UInt8) -> String {
        [
            "-", "CLOSED", "LISTEN", "SYN_SENT", "SYN_RCVD", "ESTABLISHED", "FIN_WAIT_1",
            "FIN_WAIT_2", "CLOSE_WAIT", "CLOSING", "LAST_ACK", "TIME_WAIT",
        ][Int(number)]
    }

    private static func reason(_ number: UInt8) -> String {
        [
            "none", "fin", "reset", "refused", "timeout", "handshake-timeout", "reuse", "evicted",
            "shutdown", "reset-by-monitor",
        ][Int(number)]
    }

    private static let errors = ["none", "OVERRUN", "WINDOW", "PAWS", "LIMIT"]
}
