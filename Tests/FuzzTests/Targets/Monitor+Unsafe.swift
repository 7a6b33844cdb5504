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
        guard worker.next() != 0 else { return nil }
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

    /// Makes a stream socket with callbacks at all hooks of all events.
    mutating func addSocket() -> Int32 {
        let socket = worker.makeSocket(type: Int32(MOS_SOCK_MONITOR_STREAM))
        for event in MOS_EVENT_BASE..<(MOS_EVENT_BASE + MOS_EVENT_COUNT) {
            for hook in MOS_HOOK_BASE..<(MOS_HOOK_BASE + MOS_HOOK_COUNT) {
                // Hooks that an event has not are refused.
                _ = worker.subscribe(socket, event: Int32(event), hook: Int32(hook), slot: 3)
            }
        }
        return socket
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
