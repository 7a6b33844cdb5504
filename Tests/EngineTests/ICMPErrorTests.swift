// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Capture
import Flows
import Packets
import Testing

@testable import Engine

/// ICMP errors name the flow that they are about.
struct ICMPErrorTests {
    private let server = PacketBuilder().reversed

    /// An error of 10.0.0.2 to 10.0.0.1 that quotes what a packet of it held.
    private func error(_ quoted: [UInt8], type: UInt8 = 3, bytes: Int = 28) -> Line {
        .frame(
            server.frame(ICMPMessage(type: type, code: 1, payload: Array(quoted.prefix(bytes))))
        )
    }

    /// The IP packet of a client's frame.
    private func packet(_ line: Line) throws -> [UInt8] {
        let wire = Wire(builder: PacketBuilder(linkType: .raw))
        return try #require(Line.frames([line], wire).first).bytes
    }

    private let raw = PacketBuilder(linkType: .raw)
    private var datagram: [UInt8] { raw.frame(UDPDatagram()) }

    /// Number of the packet, and of the flow and socket that it is about, for each event of `socket`.
    private func about(_ recorder: Recorder, _ socket: Int32) -> [[Int]] {
        var found: [[Int]] = []
        recorder.run { event in
            guard event.socket == socket, event.packet?.proto == 1 else { return }
            let isKnown = recorder.worker.icmpFlow(event.socket) == 1
            let values = recorder.foundValues
            found.append([event.number] + (isKnown ? [values[1], values[2]] : []))
        }
        return found
    }

    @Test func `a RAW socket learns the flow as the first socket sees it`() throws {
        let recorder = try Recorder([
            .frame(PacketBuilder().frame(UDPDatagram())), error(datagram),
        ])
        let raw = recorder.raw("raw")
        let flows = recorder.flow("flow", [.connStart])
        #expect(about(recorder, raw) == [[2, 1, Int(flows)]])
    }

    @Test func `a FLOW socket learns it from the error's own flow, which it is not`() throws {
        let recorder = try Recorder([
            .frame(PacketBuilder().frame(UDPDatagram())), error(datagram),
            error(datagram, type: 11),
        ])
        let other = recorder.flow("udp", [.packetIn])
        recorder.filter(other, MOS_FILTER_SYN, "udp")
        let flows = recorder.flow("all", [.packetIn])
        let found = about(recorder, flows)
        #expect(found == [2, 2, 3, 3].map { [$0, 1, Int(flows)] })
        #expect(
            recorder.lines.filter { $0.hasPrefix("udp") } == [
                "udp 1 SND CLI PKT_IN", "udp 1 RCV SVR PKT_IN",
            ]
        )
        #expect(recorder.worker.value(.flows) == 3)
    }

    @Test func `a STREAM socket learns its connection from an orphan`() throws {
        let segment = try packet(.client(.syn, 0))
        let recorder = try Recorder([.client(.syn, 0), error(segment), error(datagram)])
        let stream = recorder.stream("", [.orphan])
        #expect(about(recorder, stream) == [[2, 1, Int(stream)], [3]])
        #expect(recorder.worker.value(.orphans) == 2)
    }

    @Test func `an echo is found by its identifier`() throws {
        let ping = { (id: UInt32) in ICMPMessage(rest: id << 16) }
        let recorder = try Recorder([
            .frame(PacketBuilder().frame(ping(1))), .frame(PacketBuilder().frame(ping(2))),
            error(raw.frame(ping(2))), error(raw.frame(ping(3))),
        ])
        let socket = recorder.raw("raw")
        let flows = recorder.flow("flow", [.connStart])
        #expect(about(recorder, socket) == [[1], [2], [3, 2, Int(flows)], [4]])
    }

    @Test func `a quote that ends before the ports names nothing`() throws {
        let recorder = try Recorder(
            [.frame(PacketBuilder().frame(UDPDatagram()))]
                + [23, 20, 10, 0].map { error(datagram, bytes: $0) } + [error(datagram, bytes: 24)]
        )
        let raw = recorder.raw("raw")
        recorder.flow("flow", [.connStart])
        #expect(about(recorder, raw).map(\.count) == [1, 1, 1, 1, 3])
    }

    @Test func `a closed socket names nothing`() throws {
        let recorder = try Recorder([
            .frame(PacketBuilder().frame(UDPDatagram())), error(datagram),
        ])
        let raw = recorder.raw("raw")
        let flows = recorder.flow("flow")
        var known: [Int32] = []
        recorder.run { event in
            if event.event == .connStart { _ = recorder.worker.closeSocket(flows) }
            if event.socket == raw { known.append(recorder.worker.icmpFlow(raw)) }
        }
        #expect(known == [0, 0])
    }

    @Test func `the quoted packet, and where it lies in the frame`() throws {
        let recorder = try Recorder([error(datagram), .frame(PacketBuilder().frame(UDPDatagram()))])
        recorder.raw("raw")
        var found: [[Int]] = []
        recorder.run { _ in
            found.append(recorder.worker.icmpQuote() == 1 ? recorder.foundValues : [])
        }
        #expect(found == [[17, 4, 42, 62], []])
        #expect(recorder.worker.icmpQuote() == 0)
        #expect(recorder.worker.icmpFlow(0) == 0)
    }
}
