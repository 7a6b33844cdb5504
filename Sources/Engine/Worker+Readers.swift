// SPDX-License-Identifier: BSD-2-Clause
// Who reads a stream, how far, what is kept for them and what they lose.
import CMosABI
import Flows
import Packets
import TCPTracking

extension Worker {
    /// True when the bytes that `sender` sends are stored where they wait: somebody reads or keeps them.
    @inline(__always)
    mutating func isRead(_ ext: Int32, sentBy sender: Side) -> Bool {
        table[stream: ext, sender].has(MOS_STREAM_READ | MOS_STREAM_KEEP)
    }

    /// Makes readers of the sockets that read, when the flow's first payload comes.
    @inline(__always)
    mutating func attachReaders(_ ext: Int32) {
        guard sets.reads(table.conns[flow].set) != 0, firstReader(ext) == Self.noReader,
            !table[stream: ext, .client].has(MOS_STREAM_READ | MOS_STREAM_KEEP),
            !table[stream: ext, .server].has(MOS_STREAM_READ | MOS_STREAM_KEEP)
        else { return }
        if sets.count(table.conns[flow].set) == 1 { attachOnly(ext) } else { attachAll(flow) }
    }

    /// Makes a reader of the only socket of the flow in hand, which has none: what ``attachAll(_:)`` does, in one go.
    private mutating func attachOnly(_ ext: Int32) {
        let set = table.conns[flow].set
        let place = sets.place(set, 0)
        var reader = Reader(socket: sets[place: place].socket)
        for side in Side.allCases where sets[place: place].reads(side) {
            let isLive = live.isActive && live.sender == side.other
            reader.reads |= 1 << side.rawValue
            reader[offset: side] =
                isLive ? live.offset : Int64(table[stream: ext, side.other].next)
            table[stream: ext, side.other].set(MOS_STREAM_READ)
        }
        if reader.reads != 0 { table.exts[ext].reader = reader }
        for side in Side.allCases where sets.keep(set, side) > 0 {
            table[stream: ext, side.other].set(MOS_STREAM_KEEP)
        }
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
        let ext = table.conns[slot].ext
        if ext >= 0 { for side in Side.allCases { markKept(slot, ext, side) } }
    }

    /// Makes `socket` a reader of the receive buffer of `side`: from the packet in hand on, or from what comes next.
    ///
    /// - Returns: the reader; nil without room.
    mutating func attachReader(_ slot: Int32, socket: Int32, side: Side) -> Int32? {
        let ext = table.ensureExt(slot)
        guard ext >= 0 else { return nil }
        let isFirst = firstReader(ext) == Self.noReader
        let reader = findReader(socket, ext) ?? takeReader(socket, ext)
        guard let reader else { return nil }
        // Whoever is registered as a reader reads from the same point on as the one that asks first.
        if isFirst { attachAll(slot) }
        if self[reader: reader].reads(side) { return reader }
        self[reader: reader].reads |= 1 << side.rawValue
        let sender = side.other
        let isLive = live.isActive && live.sender == sender && slot == flow
        self[reader: reader][offset: side] =
            isLive ? live.offset : Int64(table[stream: ext, sender].next)
        table[stream: ext, sender].set(MOS_STREAM_READ)
        return reader
    }

    /// A new reader of a flow: the one in its extension, else one of the pool; nil without room.
    private mutating func takeReader(_ socket: Int32, _ ext: Int32) -> Int32? {
        if firstReader(ext) == Self.noReader {
            table.exts[ext].reader = Reader(socket: socket)
            return firstReader(ext)
        }
        let reader = readers.take()
        guard reader >= 0 else { return nil }
        self[reader: reader] = Reader(socket: socket)
        self[reader: reader].next = table.exts[ext].reader.next
        table.exts[ext].reader.next = reader
        return reader
    }

    /// `socket` reads the receive buffer of `side` no more.
    mutating func detachReader(_ slot: Int32, socket: Int32, side: Side) {
        let ext = table.conns[slot].ext
        guard ext >= 0 else { return }
        var reading = false
        var reader = firstReader(ext)
        while reader != Self.noReader {
            if self[reader: reader].socket == socket {
                self[reader: reader].reads &= ~(1 << side.rawValue)
            }
            if self[reader: reader].reads(side) { reading = true }
            reader = self[reader: reader].next
        }
        if !reading { table[stream: ext, side.other].clear(MOS_STREAM_READ) }
        markKept(slot, ext, side)
        if !isRead(ext, sentBy: side.other) {
            reassembler.forgetBytes(&table[stream: ext, side.other])
        }
    }

    /// Notes whether read bytes of the receive buffer of `side` are to be kept.
    mutating func markKept(_ slot: Int32, _ ext: Int32, _ side: Side) {
        if sets.keep(table.conns[slot].set, side) > 0 {
            table[stream: ext, side.other].set(MOS_STREAM_KEEP)
        } else {
            table[stream: ext, side.other].clear(MOS_STREAM_KEEP)
        }
    }

    /// The reader of `socket` in an extension.
    @inline(__always)
    mutating func findReader(_ socket: Int32, _ ext: Int32) -> Int32? {
        var reader = firstReader(ext)
        while reader != Self.noReader {
            if self[reader: reader].socket == socket { return reader }
            reader = self[reader: reader].next
        }
        return nil
    }

    /// The reader of `socket` on the flow in hand.
    @inline(__always)
    mutating func findReader(_ socket: Int32) -> Int32? {
        let ext = table.conns[flow].ext
        return ext >= 0 ? findReader(socket, ext) : nil
    }

    /// Where the contiguous bytes end that the reader can read next; nil when nothing is unread.
    @inline(__always)
    mutating func endOfReadable(_ reader: Int32, _ side: Side) -> Int64? {
        let at = self[reader: reader][offset: side]
        if live.isActive, live.sender == side.other, at >= live.offset, at < live.end {
            return live.end
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
        var offset = self[reader: reader][offset: side]
        guard offset < next else { return (.empty, offset) }
        let isLive = live.isActive && live.sender == sender && slot == flow
        if isLive, offset >= live.offset, offset < live.end {
            return (live.bytes.slice(Int(offset &- live.offset), live.bytes.count), offset)
        }
        if let kept = reassembler.firstKept(table[stream: ext, sender], from: offset) {
            offset = kept
            let bytes = reassembler.bytes(table[stream: ext, sender], at: offset)
            return (bytes.slice(0, Int(next &- offset)), offset)
        }
        return isLive && offset < live.offset ? (live.bytes, live.offset) : (.empty, offset)
    }

    /// The most bytes that the receive buffer of `side` may hold, read ones that are kept included.
    mutating func room(_ ext: Int32, for side: Side) -> Int {
        let unread = largestBuffer(ext, of: side)
        guard table[stream: ext, side.other].has(MOS_STREAM_KEEP) else { return unread }
        // Whoever keeps without reading waits for holes to close as a reader would.
        let set = table.conns[flow].set
        var waiting = 0
        for index in 0..<sets.count(set) {
            let registration = sets[place: sets.place(set, index)]
            if registration.keep(of: side) > 0 {
                waiting = max(waiting, registration.buffer(of: side))
            }
        }
        return max(unread, waiting) &+ Int(sets.keep(set, side))
    }

    /// The largest buffer of those who read the receive buffer of `side`.
    private mutating func largestBuffer(_ ext: Int32, of side: Side) -> Int {
        var largest = 0
        var reader = firstReader(ext)
        let set = table.conns[flow].set
        while reader != Self.noReader {
            let place = sets.place(set, socket: Int32(self[reader: reader].socket))
            if place >= 0, self[reader: reader].reads(side) {
                largest = max(largest, sets[place: place].buffer(of: side))
            }
            reader = self[reader: reader].next
        }
        return largest
    }

    /// The unread bytes that the reader would lose to the payload in hand; nil when none.
    mutating func bytesToLose(_ reader: Int32, _ registration: Registration) -> Int64? {
        let side = segment.sender.other
        let ext = table.conns[flow].ext
        let next = Int64(table[stream: ext, segment.sender].next)
        let unread = next &- self[reader: reader][offset: side]
        guard unread > 0, self[reader: reader].reads(side) else { return nil }
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
        var reader = firstReader(ext)
        while reader != Self.noReader {
            let place = sets.place(set, socket: Int32(self[reader: reader].socket))
            if place >= 0, let lost = bytesToLose(reader, sets[place: place]) {
                overrun(reader, side, lost)
            }
            reader = self[reader: reader].next
        }
        discardRead(flow, side)
    }

    private mutating func overrun(_ reader: Int32, _ side: Side, _ lost: Int64) {
        self[reader: reader][offset: side] &+= lost
        self[reader: reader][missed: side] &+= lost
        counters[.overruns] += 1
        counters[.overrunBytes] += Double(lost)
    }

    /// Gives back what everybody has read.
    mutating func discardRead(_ slot: Int32, _ side: Side) {
        let ext = table.conns[slot].ext
        let sender = side.other
        guard ext >= 0, table[stream: ext, sender].runs >= 0 else { return }
        var limit = slowestOffset(ext, side) ?? .max
        if table[stream: ext, sender].has(MOS_STREAM_KEEP) {
            let kept = sets.keep(table.conns[slot].set, side)
            limit = min(limit, Int64(table[stream: ext, sender].next) &- kept)
        }
        reassembler.discard(&table[stream: ext, sender], below: limit)
    }

    private mutating func slowestOffset(_ ext: Int32, _ side: Side) -> Int64? {
        var slowest: Int64?
        var reader = firstReader(ext)
        while reader != Self.noReader {
            if self[reader: reader].reads(side) {
                slowest = min(slowest ?? .max, self[reader: reader][offset: side])
            }
            reader = self[reader: reader].next
        }
        return slowest
    }

    /// True when nobody has left anything unread of the payload in hand.
    @inline(__always)
    private mutating func isReadUp(_ ext: Int32, _ side: Side) -> Bool {
        if table.exts[ext].reader.next == Self.noReader {
            let reads = table.exts[ext].reader.reads(side)
            return !reads || table.exts[ext].reader[offset: side] >= live.end
        }
        return (slowestOffset(ext, side) ?? .max) >= live.end
    }

    /// The packet goes: what of its payload is unread is copied, within the readers' buffers.
    mutating func settleLive() {
        live.isActive = false
        let ext = table.conns[flow].ext
        let sender = live.sender
        let side = sender.other
        let keeps = ext >= 0 && table[stream: ext, sender].has(MOS_STREAM_KEEP)
        guard ext >= 0, isRead(ext, sentBy: sender),
            keeps || !isReadUp(ext, side)
        else { return }
        let set = table.conns[flow].set
        var reader = firstReader(ext)
        while reader != Self.noReader {
            let place = sets.place(set, socket: Int32(self[reader: reader].socket))
            let unread = live.end &- self[reader: reader][offset: side]
            let buffer = place >= 0 ? Int64(sets[place: place].buffer(of: side)) : 0
            if self[reader: reader].reads(side), unread > buffer,
                self[reader: reader][offset: side] >= live.offset
            {
                overrun(reader, side, unread - buffer)
            }
            reader = self[reader: reader].next
        }
        let from = keeps ? live.offset : max(slowestOffset(ext, side) ?? live.end, live.offset)
        guard from < live.end else { return }
        let bytes = live.bytes.slice(Int(from &- live.offset), live.bytes.count)
        if overload.shedsBuffers
            || !reassembler.keep(&table[stream: ext, sender], bytes, at: from)
        {
            countUnstored()
            loseUnread(ext, side, from: from, length: Int64(bytes.count))
        }
        if keeps { discardRead(flow, side) }
    }

    /// Bytes that could not be kept: every reader is told by its next call, as of an overrun.
    mutating func loseUnread(_ ext: Int32, _ side: Side, from offset: Int64, length: Int64) {
        var reader = firstReader(ext)
        while reader != Self.noReader {
            let end = offset &+ length
            if self[reader: reader].reads(side), self[reader: reader][offset: side] < end {
                let start = max(offset, self[reader: reader][offset: side])
                self[reader: reader][missed: side] &+= end &- start
                counters[.overruns] += 1
                counters[.overrunBytes] += Double(end &- start)
                if self[reader: reader][offset: side] >= offset {
                    self[reader: reader][offset: side] = end
                }
            }
            reader = self[reader: reader].next
        }
    }
}
