// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Capture
import Flows
import Packets
import Testing

@testable import Engine

/// Random UDP and ICMP packets against a dictionary.
struct DatagramModelTests {
    /// What is known of a flow, the ends by their address.
    private struct Model {
        var client: String
        var packets: [String: Int] = [:]
        var bytes: [String: Int] = [:]
        var last: Int
    }

    /// A packet before it is built.
    private struct Plan {
        var isIPv6: Bool
        var isForward: Bool
        var port: UInt16
        /// ICMP type, nil for UDP.
        var type: UInt8?
        var code: UInt8
        var payload: Int

        var ends: [String] { isIPv6 ? ["2001:db8::1", "2001:db8::2"] : ["10.0.0.1", "10.0.0.2"] }
        var sender: String { ends[isForward ? 0 : 1] }

        /// What makes two packets of one flow; echo, timestamp and neighbor messages answer each other.
        var key: String {
            guard let type else { return "udp \(ends[0]) \(port)" }
            switch (isIPv6, type) {
            case (false, 8), (false, 0): return "echo 4 \(port)"
            case (false, 13), (false, 14): return "timestamp 4 \(port)"
            case (true, 128), (true, 129): return "echo 6 \(port)"
            // A solicitation one way is answered the other way.
            case (true, 135): return "neighbor \(sender)"
            case (true, 136): return "neighbor \(ends[isForward ? 1 : 0])"
            default: return "\(sender) \(type) \(code)"
            }
        }

        /// An echo request one way and one the other way, same identifier, are two flows.
        var direction: String {
            guard let type else { return "" }
            let isRequest = [8, 13, 128].contains(type)
            let isReply = [0, 14, 129].contains(type)
            guard isRequest || isReply else { return "" }
            return isRequest == isForward ? ">" : "<"
        }

        var frame: [UInt8] {
            let builder = PacketBuilder(ip: isIPv6 ? .ipv6 : .ipv4)
            let sending = isForward ? builder : builder.reversed
            let bytes = [UInt8](repeating: 1, count: payload)
            if let type {
                let rest = UInt32(port) << 16
                return sending.frame(
                    ICMPMessage(type: type, code: code, rest: rest, payload: bytes)
                )
            }
            var datagram = UDPDatagram(sourcePort: port, payload: bytes)
            if !isForward { swap(&datagram.sourcePort, &datagram.destinationPort) }
            return sending.frame(datagram)
        }
    }

    private func plan(_ random: inout SplitMix64) -> Plan {
        let isIPv6 = random.chance(0.4)
        let types: [UInt8] = isIPv6 ? [128, 129, 135, 136, 1, 3, 200] : [8, 0, 13, 14, 3, 11, 200]
        let isICMP = random.chance(0.5)
        return Plan(
            isIPv6: isIPv6,
            isForward: random.chance(0.5),
            port: 40000 + UInt16(random.below(3)),
            type: isICMP ? types[Int(random.below(UInt64(types.count)))] : nil,
            code: UInt8(random.below(2)),
            payload: Int(random.below(30))
        )
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `flows, packets, bytes and ends are those of a dictionary`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var lines: [Line] = []
        var open: [String: Model] = [:]
        var expected: [String] = []
        var millis = 0
        func end(_ model: Model, _ key: String, _ reason: String) {
            let sides = model.packets.keys.sorted().map {
                "\($0) \(model.packets[$0] ?? 0) \(model.bytes[$0] ?? 0)"
            }
            expected.append("\(model.client) | \(sides.joined(separator: " | ")) | \(reason)")
        }
        for _ in 0..<400 {
            millis += Int(random.below(1500))
            for (key, model) in open {
                let span = key.hasPrefix("udp") ? 20_000 : 10_000
                guard model.last + span <= millis else { continue }
                end(model, key, "timeout")
                open[key] = nil
            }
            let plan = plan(&random)
            let key = plan.key + plan.direction
            var model = open[key] ?? Model(client: plan.sender, last: millis)
            model.packets[plan.sender, default: 0] += 1
            model.bytes[plan.sender, default: 0] += plan.payload
            model.last = millis
            open[key] = model
            lines.append(.frame(plan.frame).at(Double(millis) / 1000))
        }
        for (key, model) in open { end(model, key, "shutdown") }

        let recorder = try Recorder(lines, burstLength: 7) {
            $0.udpTimeout = 20
            $0.icmpTimeout = 10
        }
        recorder.flow("", [.connEnd, .packetIn])
        var ended: [String] = []
        var packets = 0
        recorder.run { event in
            if event.event == .packetIn { packets += 1 }
            guard event.event == .connEnd, event.hook == Hook.snd.number else { return }
            if let conn = event.connection { ended.append(text(conn)) }
        }
        #expect(ended.sorted() == expected.sorted(), "seed \(seed)")
        #expect(packets == 2 * lines.count, "seed \(seed)")
        #expect(recorder.worker.value(.orphans) == 0, "seed \(seed)")
        #expect(recorder.worker.value(.flowsOpen) == 0, "seed \(seed)")
        #expect(
            recorder.worker.value(.udpFlows) + recorder.worker.value(.icmpFlows)
                == Double(expected.count),
            "seed \(seed)"
        )
    }

    private func text(_ conn: mos_conn) -> String {
        let client = IPAddress(conn.cli_addr, version: conn.ip_version).description
        let server = IPAddress(conn.svr_addr, version: conn.ip_version).description
        let sides = [(client, conn.cli), (server, conn.svr)]
            .filter { $0.1.packets > 0 }.sorted { $0.0 < $1.0 }
            .map { "\($0.0) \($0.1.packets) \($0.1.datagramBytes)" }
        let reason = Int(conn.end_reason) == MOS_END_TIMEOUT ? "timeout" : "shutdown"
        return "\(client) | \(sides.joined(separator: " | ")) | \(reason)"
    }
}
