// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Engine
import Flows
import Packets

/// A worker with sockets that are registered for everything, seen as a script sees it.
struct Monitor: ~Copyable {
    var worker: Worker

    /// What the event block says of the event in hand.
    struct Event {
        let kind: Int
        let hook: Int
        let socket: Int32
        let flow: Int32
        let generation: UInt32
        let side: Int32
        let offset: Int64
        let length: Int64
    }

    /// The next event, nil at the end.
    mutating func next() -> Event? {
        while worker.next() == 0 {
            if unsafe worker.eventAddress.pointee.code != Int32(MOS_LEAVE_REGENERATE) { return nil }
        }
        let block = unsafe worker.eventAddress.pointee
        return unsafe Event(
            kind: Int(block.event),
            hook: Int(block.hook),
            socket: block.socket,
            flow: block.flow,
            generation: block.generation,
            side: block.side,
            offset: Int64(block.offset),
            length: Int64(block.length)
        )
    }

    func count(_ counter: Counter) -> Double { worker.value(counter) }

    /// Makes a socket with callbacks at all hooks of all events, of some, or of all but some.
    mutating func addSocket(
        type: Int = MOS_SOCK_MONITOR_STREAM,
        only: [Int] = [],
        without: [Int] = []
    ) -> Int32 {
        let socket = worker.makeSocket(type: Int32(type))
        for event in MOS_EVENT_BASE..<(MOS_EVENT_BASE + MOS_EVENT_COUNT) {
            if without.contains(event) || !only.isEmpty && !only.contains(event) { continue }
            for hook in MOS_HOOK_BASE..<(MOS_HOOK_BASE + MOS_HOOK_COUNT) {
                // Hooks that an event has not are refused.
                _ = worker.subscribe(socket, event: Int32(event), hook: Int32(hook), slot: 3)
            }
        }
        return socket
    }

    /// False when the buffer of the event's side is off.
    mutating func mayRead(_ event: Event) -> Bool {
        let option = event.side == Int32(MOS_SIDE_CLI) ? MOS_OPT_CLIBUF : MOS_OPT_SVRBUF
        let count = worker.getOption(
            event.socket,
            event.flow,
            event.generation,
            option: Int32(option),
            index: 0
        )
        return unsafe count == 1 && worker.eventAddress.pointee.value.0 > 0
    }

    /// The payload of the packet in hand, and where it came from; nil without one.
    func packet() -> (packet: mos_packet, payload: [UInt8])? {
        let block = unsafe worker.eventAddress.pointee
        guard unsafe block.has_packet != 0, let packet = unsafe block.packet?.pointee,
            let frame = unsafe block.frame
        else { return nil }
        let bytes = unsafe UnsafeBufferPointer(
            start: frame + Int(packet.payload),
            count: Int(packet.payload_len)
        )
        return unsafe (packet, Array(bytes))
    }

    /// What a socket can read of a side's receive buffer now.
    struct Unread {
        let bytes: [UInt8]
        let offset: Int64
        let missed: Int64
    }

    mutating func view(_ event: Event) -> Unread? {
        let count = worker.view(event.socket, event.flow, event.generation, side: event.side)
        guard count >= 0 else { return nil }
        let block = unsafe worker.eventAddress.pointee
        let bytes = unsafe UnsafeBufferPointer(start: block.data, count: Int(count))
        return unsafe Unread(
            bytes: Array(bytes),
            offset: Int64(block.data_offset),
            missed: Int64(block.missed)
        )
    }

    mutating func consume(_ event: Event, _ count: Int) -> Int {
        Int(
            worker.consume(
                event.socket,
                event.flow,
                event.generation,
                side: event.side,
                count: Double(count)
            )
        )
    }

    /// Kept bytes anywhere, nil where there are none.
    mutating func ppeek(_ event: Event, at offset: Int64, _ length: Int) -> [UInt8]? {
        let count = worker.ppeek(
            event.socket,
            event.flow,
            event.generation,
            side: event.side,
            offset: Double(offset),
            length: Int32(length)
        )
        guard count >= 0 else { return nil }
        let block = unsafe worker.eventAddress.pointee
        return unsafe Array(UnsafeBufferPointer(start: block.data, count: Int(count)))
    }

    /// Who sends what the receive buffer of `side` takes: the sequence number of its first byte, and its port.
    func sender(_ event: Event) -> (firstByte: UInt32, port: UInt16) {
        let connection = unsafe worker.connectionsAddress[Int(event.flow)]
        return event.side == Int32(MOS_SIDE_SVR)
            ? (connection.cli.iss &+ 1, connection.cli_port)
            : (connection.svr.iss &+ 1, connection.svr_port)
    }
}
