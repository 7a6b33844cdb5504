// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Capture
import Flows
import Packets
import TestPorts
import Testing

@testable import Engine

/// A ladder through an inline worker: the client behind port 1, the server behind port 2.
final class InlineRun {
    let recorder: Recorder
    /// The client's port, and the server's.
    let client: MemoryPort
    let server: MemoryPort
    /// The frames that arrived, in order.
    let arrived: [[UInt8]]
    private let wire: Wire

    init(
        _ lines: [Line],
        wire: Wire = Wire(),
        burstLength: Int = 64,
        carriesOffloads: Bool = false,
        inputs change: (inout Inputs) -> Void = { _ in },
        settings: (inout Settings) -> Void = { _ in }
    ) throws {
        let frames = Line.frames(lines, wire)
        arrived = frames.map(\.bytes)
        let traffic = MemoryTraffic(
            zip(lines, frames).map { line, frame in
                MemoryTraffic.Arrival(port: line.sender == .client ? 0 : 1, frame: frame)
            }
        )
        let ports = (0..<2).map {
            MemoryPort(
                $0,
                of: traffic,
                carriesOffloads: carriesOffloads,
                burstLength: burstLength
            )
        }
        client = ports[0]
        server = ports[1]
        self.wire = wire
        var inputs = Inputs(ports, peers: [1, 0])
        change(&inputs)
        recorder = try Recorder(inputs: inputs, settings: settings)
    }

    /// Runs to the end; `body` is every callback.
    @discardableResult
    func run(_ body: (Happening) -> Void = { _ in }) -> [String] { recorder.run(body) }

    /// Drops or changes the packet in hand, as a callback would.
    @discardableResult
    func change(_ here: Happening, _ what: Int, at offset: Int = 0, _ text: String = "") -> Int32 {
        changeBytes(here, what, at: offset, Array(text.utf8))
    }

    /// The same with bytes that are no text.
    @discardableResult
    func changeBytes(_ here: Happening, _ what: Int, at offset: Int, _ bytes: [UInt8]) -> Int32 {
        ByteView.of(bytes) { bytes in
            recorder.worker.changePacket(
                here.socket,
                here.flow,
                here.generation,
                PacketChange(
                    what: Int32(what),
                    offset: Int32(offset),
                    length: Int32(bytes.count),
                    bytes: bytes
                )
            )
        }
    }

    /// What left towards the server, as TCP segments: flags, numbers from the ISNs, payload.
    var toServer: [String] { server.sent.map { text($0.bytes, from: .client) } }
    /// What left towards the client.
    var toClient: [String] { client.sent.map { text($0.bytes, from: .server) } }

    /// "PA 1,1 'GET /'", with "bad checksum" where it is wrong.
    private func text(_ bytes: [UInt8], from sender: Side) -> String {
        ByteView.of(bytes) { view in
            var packet = mos_packet()
            let frame = Frame(
                bytes: view,
                wireLength: UInt32(view.count),
                time: Wire.time(0),
                linkType: wire.builder.linkType
            )
            let result = PacketDecoder(checksums: .strict).decode(frame, into: &packet)
            guard result.kind == .tcp else { return "\(result.kind)" }
            let isClient = sender == .client
            let flags = TCPFlags(rawValue: packet.tcp_flags)
            let letters = zip("FSRPAUEC", 0..<8).filter { flags.rawValue >> $0.1 & 1 != 0 }
                .map { String($0.0) }.joined()
            let seq = packet.seq &- (isClient ? wire.clientISN : wire.serverISN)
            let ack =
                flags.contains(.ack)
                ? packet.ack &- (isClient ? wire.serverISN : wire.clientISN) : 0
            var text = "\(letters) \(seq),\(ack)"
            let payload = view.slice(Int(packet.payload), Int(packet.payload_len)).array
            if !payload.isEmpty { text += " '\(String(decoding: payload, as: UTF8.self))'" }
            return result.checksum == .bad ? text + " bad checksum" : text
        }
    }
}
