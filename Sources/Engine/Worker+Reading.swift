// SPDX-License-Identifier: BSD-2-Clause
// What scripts ask of the engine: the bytes of receive buffers.
import CMosABI
import Flows
import Glibc
import Packets
import TCPTracking

extension Worker {
    /// Finds what a socket can read next of a side's receive buffer.
    ///
    /// - Returns: the bytes' length, the bytes themselves in the event block; -EINVAL when the buffer is off, -EBADF for a flow gone.
    public mutating func view(_ number: Int32, _ slot: Int32, _ generation: UInt32, side: Int32)
        -> Int32
    {
        if let reader = liveReader(number, slot, generation, side) {
            let offset = self[reader: reader][offset: live.sender.other]
            let bytes = live.bytes.slice(Int(offset &- live.offset), live.bytes.count)
            event.setData(bytes, offset: offset, missed: 0)
            return Int32(truncatingIfNeeded: bytes.count)
        }
        guard table.isLive(slot, generation: generation) else { return badFlow() }
        guard let side = Side(rawValue: UInt8(truncatingIfNeeded: side)) else {
            return failure(EINVAL, "a side is SIDE_CLI or SIDE_SVR")
        }
        let refusal = refusalToRead(number, slot, side)
        if refusal < 0 { return refusal }
        // Nothing can be readable before the first payload byte; the reader is made with it.
        if table.conns[slot].ext < 0, !isLiveOn(slot, side) {
            event.setData(.empty, offset: 0, missed: 0)
            _ = attachReader(slot, socket: number, side: side)
            return 0
        }
        guard let reader = attachReader(slot, socket: number, side: side) else {
            return failure(ENOMEM, "there is no room for another reader")
        }
        let missed = self[reader: reader][missed: side]
        self[reader: reader][missed: side] = 0
        let found = unread(slot, reader, side)
        event.setData(found.bytes, offset: found.offset, missed: missed)
        return Int32(clamping: found.bytes.count)
    }

    /// 0 when the socket may read the receive buffer of `side`, else what to answer.
    private mutating func refusalToRead(_ number: Int32, _ slot: Int32, _ side: Side) -> Int32 {
        let place = sets.place(table.conns[slot].set, socket: number)
        guard place >= 0 else {
            return failure(EBADF, "monitor socket \(number) does not watch this flow")
        }
        guard hasStream(slot) else { return failure(EINVAL, Self.noStream) }
        guard sets[place: place].buffer(of: side) > 0 else {
            let end = side == .client ? "client" : "server"
            return failure(EINVAL, "the \(end)'s receive buffer is off")
        }
        return 0
    }

    /// The reader of `socket` when all that it has not read lies in the packet in hand: the usual case.
    @inline(__always)
    mutating func liveReader(
        _ socket: Int32,
        _ slot: Int32,
        _ generation: UInt32,
        _ side: Int32
    ) -> Int32? {
        guard live.isActive, slot == flow, side == Int32(live.sender.other.rawValue),
            table.isLive(slot, generation: generation), let reader = findReader(socket),
            self[reader: reader].reads(live.sender.other),
            self[reader: reader][missed: live.sender.other] == 0,
            self[reader: reader][offset: live.sender.other] >= live.offset,
            self[reader: reader][offset: live.sender.other] < live.end
        else { return nil }
        return reader
    }

    mutating func isLiveOn(_ slot: Int32, _ side: Side) -> Bool {
        live.isActive && slot == flow && live.sender == side.other
    }

    /// Moves a socket's offset over `count` bytes of what ``view(_:_:_:side:)`` shows.
    ///
    /// - Returns: the bytes moved over.
    public mutating func consume(
        _ number: Int32,
        _ slot: Int32,
        _ generation: UInt32,
        side sideNumber: Int32,
        count: Double
    ) -> Int32 {
        if let reader = liveReader(number, slot, generation, sideNumber), count >= 0 {
            let side = live.sender.other
            let left = live.end &- self[reader: reader][offset: side]
            let moved = Int64(min(count, Double(left)))
            if moved <= 0 { return 0 }
            self[reader: reader][offset: side] &+= moved
            event.turn()
            discardRead(slot, side)
            return Int32(truncatingIfNeeded: moved)
        }
        let available = view(number, slot, generation, side: sideNumber)
        guard available > 0, let side = Side(rawValue: UInt8(truncatingIfNeeded: sideNumber)),
            let reader = attachReader(slot, socket: number, side: side)
        else { return min(available, 0) }
        guard count >= 0 else { return failure(EINVAL, "the count is negative") }
        // What an overrun took is for the next look at the bytes to tell.
        self[reader: reader][missed: side] &+= event.missed
        let moved = Int64(min(count, Double(available)))
        if moved == 0 { return 0 }
        self[reader: reader][offset: side] = unread(slot, reader, side).offset &+ moved
        event.turn()
        discardRead(slot, side)
        return Int32(truncatingIfNeeded: moved)
    }

    /// Finds up to `length` kept bytes at a stream offset, to the end of their fragment; moves nothing.
    ///
    /// - Returns: how many there are; -ENODATA when that byte is not kept.
    public mutating func ppeek(
        _ number: Int32,
        _ slot: Int32,
        _ generation: UInt32,
        side: Int32,
        offset: Double,
        length: Int32
    ) -> Int32 {
        guard table.isLive(slot, generation: generation) else { return badFlow() }
        guard let side = Side(rawValue: UInt8(truncatingIfNeeded: side)), offset >= 0,
            offset < 1e15, length >= 0
        else { return failure(EINVAL, "side, offset or length is out of range") }
        let refusal = refusalToRead(number, slot, side)
        if refusal < 0 { return refusal }
        let at = Int64(offset)
        var bytes = ByteView.empty
        if isLiveOn(slot, side), at >= live.offset, at < live.end {
            bytes = live.bytes.slice(Int(at - live.offset), live.bytes.count)
        } else if table.conns[slot].ext >= 0 {
            bytes = reassembler.bytes(table[stream: table.conns[slot].ext, side.other], at: at)
        }
        guard bytes.count > 0 else {
            return failure(ENODATA, "nothing is kept at stream offset \(at)")
        }
        let part = bytes.slice(0, Int(length))
        event.setData(part, offset: at, missed: 0)
        return Int32(truncatingIfNeeded: part.count)
    }
}
