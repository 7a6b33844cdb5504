// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Engine
import Flows
import Packets

extension Recorder {
    /// The event in the event block.
    func happening() -> Happening {
        let block = unsafe worker.eventAddress.pointee
        let flow = unsafe block.flow
        let hasPacket = unsafe block.has_packet != 0
        let connection = flow >= 0 ? unsafe worker.connectionsAddress[Int(flow)] : nil
        let packet = hasPacket ? unsafe block.packet.pointee : nil
        return unsafe Happening(
            slot: block.slot,
            kind: block.event,
            event: Event(rawValue: Int(block.event) - MOS_EVENT_BASE),
            hook: block.hook,
            side: Side(rawValue: UInt8(truncatingIfNeeded: block.side)),
            socket: block.socket,
            flow: block.flow,
            generation: block.generation,
            code: block.code,
            offset: Int(block.offset),
            length: Int(block.length),
            timer: block.timer,
            now: Timestamp(block.now),
            packet: packet,
            connection: connection
        )
    }

    /// The first `count` bytes that the last call found.
    func foundText(_ count: Int32) -> String {
        guard count > 0 else { return "" }
        let block = unsafe worker.eventAddress.pointee
        let bytes = unsafe UnsafeBufferPointer(start: block.data, count: Int(count))
        return unsafe String(decoding: bytes, as: UTF8.self)
    }

    /// The tunnels that the last call found.
    func foundTunnels(_ count: Int32) -> [mos_tunnel] {
        let address = unsafe UnsafeRawPointer(worker.eventAddress.pointee.data)
        guard let address = unsafe address else { return [] }
        return (0..<Int(count)).map {
            unsafe address.load(
                fromByteOffset: $0 * MemoryLayout<mos_tunnel>.stride,
                as: mos_tunnel.self
            )
        }
    }

    /// Bytes that an overrun cost, as the last call of view told.
    var foundMissed: Int { Int(unsafe worker.eventAddress.pointee.missed) }

    /// What ON_ZERO_WINDOW carries: seconds, -1 when the window closes.
    var duration: Double { unsafe worker.eventAddress.pointee.length }

    /// What views carry to know whether they are stale.
    var epoch: UInt32 { unsafe worker.eventAddress.pointee.epoch }

    /// The number and the name of the source in hand.
    var source: String {
        let name = unsafe String(cString: worker.sourceNameAddress())
        return "\(unsafe worker.eventAddress.pointee.source) \(name)"
    }

    /// The per-flow memory that the last call made.
    var foundState: FlowState {
        unsafe FlowState(base: UnsafeMutablePointer(mutating: worker.eventAddress.pointee.data))
    }

    /// Says, as a script would, that something is kept for the flow.
    func markContext(_ flow: Int32) {
        unsafe worker.connectionsAddress[Int(flow)].flags |= UInt8(MOS_CONN_HAS_CONTEXT)
    }

    /// The four numbers that the last call found.
    var foundValues: [Int] {
        let value = unsafe worker.eventAddress.pointee.value
        return [Int(value.0), Int(value.1), Int(value.2), Int(value.3)]
    }

    /// The client's port of the flow in a slot.
    func clientPort(_ flow: Int32) -> UInt16 {
        unsafe worker.connectionsAddress[Int(flow)].cli_port
    }

    /// What is kept of a flow that carried payload; nil before.
    func stream(_ flow: Int32, sentBy side: Side) -> mos_stream? {
        guard flow >= 0 else { return nil }
        let ext = unsafe worker.connectionsAddress[Int(flow)].ext
        return ext < 0 ? nil : unsafe worker.extensionsAddress[Int(ext)].stream(side)
    }

    /// The serial number of a flow.
    func serial(_ flow: Int32) -> UInt64 {
        let high = unsafe worker.serialsHighAddress[Int(flow)]
        return unsafe UInt64(high) << 32 | UInt64(worker.connectionsAddress[Int(flow)].generation)
    }

    /// How the sending of one end of such a flow went.
    func health(_ flow: Int32, sentBy side: Side) -> mos_health? {
        guard flow >= 0 else { return nil }
        let ext = unsafe worker.connectionsAddress[Int(flow)].ext
        return ext < 0 ? nil : unsafe worker.extensionsAddress[Int(ext)].health(side)
    }
}

/// Typed state of flows, as a script reads and writes it.
@safe
struct FlowState {
    private let base: UnsafeMutablePointer<UInt8>

    init(base: UnsafeMutablePointer<UInt8>) { unsafe self.base = base }

    /// The first of the flow's `size` bytes.
    func read(_ flow: Int32, _ size: Int) -> UInt8 { unsafe base[Int(flow) * size] }

    /// Writes the first of the flow's `size` bytes.
    func write(_ flow: Int32, _ size: Int, _ value: UInt8) { unsafe base[Int(flow) * size] = value }
}

extension mos_ext {
    func stream(_ side: Side) -> mos_stream { side == .client ? cli : svr }
    func health(_ side: Side) -> mos_health { side == .client ? cli_health : svr_health }
}
