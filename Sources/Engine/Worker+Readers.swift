// SPDX-License-Identifier: BSD-2-Clause
// Who reads a stream, how far, what is kept for them and what they lose.
import CMosABI
import Flows
import Packets
import TCPTracking

extension Worker {
    /// True when anybody reads what `sender` sends.
    @inline(__always)
    mutating func isRead(_ ext: Int32, sentBy sender: Side) -> Bool {
        table[stream: ext, sender].reading != 0
    }

    /// Makes readers of the sockets that read, when the flow's first payload comes.
    @inline(__always)
    mutating func attachReaders(_ ext: Int32) {
        guard sets.reads(table.conns[flow].set) != 0,
            table.exts[ext].cli.reading == 0, table.exts[ext].svr.reading == 0,
            table.exts[ext].cli.readers < 0
        else { return }
        attachAll(flow)
    }

    /// Makes readers of all sockets that are registered as such.
    mutating func attachAll(_ slot: Int32) {
        let set = table.conns[slot].set
        for index in 0..<sets.count(set) {
            let registration = sets[place: sets.place(set, index)]
            for side in Side.allCases where registration.reads(side) {
                _ = attachReader(slot, socket: registration.socket, side: side)
            }
        }
    }

    /// Makes `socket` a reader of the receive buffer of `side`: from the packet in hand on, or from what comes next.
    ///
    /// - Returns: the reader; nil without room.
    mutating func attachReader(_ slot: Int32, socket: Int32, side: Side) -> Int32? {
        let ext = table.ensureExt(slot)
        guard ext >= 0 else { return nil }
        var reader = table.exts[ext].cli.readers
        let isFirst = reader < 0
        while reader >= 0, readers[reader].socket != socket { reader = readers[reader].next }
        if reader < 0 {
            reader = readers.take()
            guard reader >= 0 else { return nil }
            readers[reader] = Reader(socket: socket, next: table.exts[ext].cli.readers)
            table.exts[ext].cli.readers = reader
        }
        // Whoever is registered as a reader reads from the same point on as the one that asks first.
        if isFirst { attachAll(slot) }
        if readers[reader].reads(side) { return reader }
        readers[reader].reads |= 1 << UInt32(side.rawValue)
        let sender = side.other
        let isLive = live.isActive && live.sender == sender && slot == flow
        readers[reader][offset: side] =
            isLive ? live.offset : Int64(table[stream: ext, sender].next)
        table[stream: ext, sender].reading = 1
        return reader
    }

    /// `socket` reads the receive buffer of `side` no more.
    mutating func detachReader(_ slot: Int32, socket: Int32, side: Side) {
        let ext = table.conns[slot].ext
        guard ext >= 0 else { return }
        var reading = false
        var reader = table.exts[ext].cli.readers
        while reader >= 0 {
            if readers[reader].socket == socket {
                readers[reader].reads &= ~(1 << UInt32(side.rawValue))
            }
            if readers[reader].reads(side) { reading = true }
            reader = readers[reader].next
        }
        if !reading {
            table[stream: ext, side.other].reading = 0
            reassembler.forgetBytes(&table[stream: ext, side.other])
        }
    }

    /// The reader of `socket` on the flow in hand.
    @inline(__always)
    mutating func findReader(_ socket: Int32) -> Int32? {
        let ext = table.conns[flow].ext
        guard ext >= 0 else { return nil }
        var reader = table.exts[ext].cli.readers
        while reader >= 0 {
            if readers[reader].socket == socket { return reader }
            reader = readers[reader].next
        }
        return nil
    }

    /// Where the contiguous bytes end that the reader can read next; nil when nothing is unread.
    @inline(__always)
    mutating func endOfReadable(_ reader: Int32, _ side: Side) -> Int64? {
        if live.isActive, live.sender == side.other, readers[reader][offset: side] >= live.offset {
            return readers[reader][offset: side] < live.end ? live.end : nil
        }
        let found = unread(flow, reader, side)
        return found.bytes.count > 0 ? found.offset &+ Int64(found.bytes.count) : nil
    }

    /// The contiguous bytes that the reader can read next: at its offset, or where bytes go on behind a gap.
    mutating func unread(_ slot: Int32, _ reader: Int32, _ side: Side)
        -> (bytes: ByteView, offset: Int64)
    {
        let ext = table.conns[slot].ext
        let sender = side.other
        let next = Int64(table[stream: ext, sender].next)
        var offset = readers[reader][offset: side]
        guard offset < next else { return (.empty, offset) }
        let isLive = live.isActive && live.sender == sender && slot == flow
        if isLive, offset >= live.offset {
            return (live.bytes.slice(Int(offset &- live.offset), live.bytes.count), offset)
        }
        if let kept = reassembler.firstKept(table[stream: ext, sender], from: offset) {
            offset = kept
            let bytes = reassembler.bytes(table[stream: ext, sender], at: offset)
            return (bytes.slice(0, Int(next &- offset)), offset)
        }
        return isLive ? (live.bytes, live.offset) : (.empty, offset)
    }

    /// The largest buffer of those who read the receive buffer of `side`.
    mutating func largestBuffer(_ ext: Int32, of side: Side) -> Int {
        var largest = 0
        var reader = table.exts[ext].cli.readers
        let set = table.conns[flow].set
        while reader >= 0 {
            let place = sets.place(set, socket: readers[reader].socket)
            if place >= 0, readers[reader].reads(side) {
                largest = max(largest, sets[place: place].buffer(of: side))
            }
            reader = readers[reader].next
        }
        return largest
    }

    /// The unread bytes that the reader would lose to the payload in hand; nil when none.
    mutating func bytesToLose(_ reader: Int32, _ registration: Registration) -> Int64? {
        let side = segment.sender.other
        let ext = table.conns[flow].ext
        let next = Int64(table[stream: ext, segment.sender].next)
        let unread = next &- readers[reader][offset: side]
        guard unread > 0, readers[reader].reads(side) else { return nil }
        let excess = unread &+ Int64(payload.count) &- Int64(registration.buffer(of: side))
        return excess > 0 ? min(excess, unread) : nil
    }

    /// Takes from the readers what they did not read in time; the slowest overruns alone.
    @inline(__always)
    mutating func discardOverrun(_ ext: Int32) {
        if table[stream: ext, segment.sender].runs >= 0 { discardOverrunSlowly(ext) }
    }

    private mutating func discardOverrunSlowly(_ ext: Int32) {
        let side = segment.sender.other
        let set = table.conns[flow].set
        var reader = table.exts[ext].cli.readers
        while reader >= 0 {
            let place = sets.place(set, socket: readers[reader].socket)
            if place >= 0, let lost = bytesToLose(reader, sets[place: place]) {
                overrun(reader, side, lost)
            }
            reader = readers[reader].next
        }
        discardRead(ext, side)
    }

    private mutating func overrun(_ reader: Int32, _ side: Side, _ lost: Int64) {
        readers[reader][offset: side] &+= lost
        readers[reader][missed: side] &+= lost
        counters[.overruns] += 1
        counters[.overrunBytes] += Double(lost)
    }

    /// Gives back what everybody has read.
    mutating func discardRead(_ ext: Int32, _ side: Side) {
        let sender = side.other
        guard table[stream: ext, sender].runs >= 0 else { return }
        reassembler.discard(
            &table[stream: ext, sender],
            below: slowestOffset(ext, side) ?? .max
        )
    }

    private mutating func slowestOffset(_ ext: Int32, _ side: Side) -> Int64? {
        var slowest: Int64?
        var reader = table.exts[ext].cli.readers
        while reader >= 0 {
            if readers[reader].reads(side) {
                slowest = min(slowest ?? .max, readers[reader][offset: side])
            }
            reader = readers[reader].next
        }
        return slowest
    }

    /// The packet goes: what of its payload is unread is copied, within the readers' buffers.
    mutating func settleLive() {
        live.isActive = false
        let ext = table.conns[flow].ext
        let sender = live.sender
        let side = sender.other
        guard ext >= 0, isRead(ext, sentBy: sender), let slowest = slowestOffset(ext, side),
            slowest < live.end
        else { return }
        let set = table.conns[flow].set
        var reader = table.exts[ext].cli.readers
        while reader >= 0 {
            let place = sets.place(set, socket: readers[reader].socket)
            let unread = live.end &- readers[reader][offset: side]
            let buffer = place >= 0 ? Int64(sets[place: place].buffer(of: side)) : 0
            if readers[reader].reads(side), unread > buffer,
                readers[reader][offset: side] >= live.offset
            {
                overrun(reader, side, unread - buffer)
            }
            reader = readers[reader].next
        }
        let from = max(slowestOffset(ext, side) ?? live.end, live.offset)
        guard from < live.end else { return }
        let bytes = live.bytes.slice(Int(from &- live.offset), live.bytes.count)
        if !reassembler.keep(&table[stream: ext, sender], bytes, at: from) {
            counters[.bufferPoolFull] += 1
            loseUnread(ext, side, from: from, length: Int64(bytes.count))
        }
    }

    /// Bytes that could not be kept: every reader is told by its next call, as of an overrun.
    mutating func loseUnread(_ ext: Int32, _ side: Side, from offset: Int64, length: Int64) {
        var reader = table.exts[ext].cli.readers
        while reader >= 0 {
            let end = offset &+ length
            if readers[reader].reads(side), readers[reader][offset: side] < end {
                let start = max(offset, readers[reader][offset: side])
                readers[reader][missed: side] &+= end &- start
                counters[.overruns] += 1
                counters[.overrunBytes] += Double(end &- start)
                if readers[reader][offset: side] >= offset { readers[reader][offset: side] = end }
            }
            reader = readers[reader].next
        }
    }
}
