// SPDX-License-Identifier: BSD-2-Clause
// What scripts may ask of the engine, between events. Results below 0 are -errno, with a sentence in the event block.
import CMosABI
import Capture
import Flows
import Glibc
import Packets
import TCPTracking

extension Worker {
    mutating func failure(_ code: Int32, _ message: String) -> Int32 {
        event.setMessage(message)
        return -code
    }

    // MARK: Sockets

    /// A new monitor socket.
    ///
    /// - Returns: its number; -EINVAL for another type, -ENFILE when there are 32.
    public mutating func makeSocket(type: Int32) -> Int32 {
        guard let kind = MonitorSocket.Kind(rawValue: type) else {
            return failure(EINVAL, "this socket type is not supported by this version")
        }
        let number = Int32(sockets.count)
        guard number < Int32(MOS_MAX_SOCKETS) else {
            return failure(ENFILE, "there are \(MOS_MAX_SOCKETS) monitor sockets already")
        }
        sockets.append(MonitorSocket(kind: kind, number: number, buffer: settings.buffer))
        socketsChanged()
        return number
    }

    /// Ends a monitor socket: no callback of it runs any more.
    public mutating func closeSocket(_ number: Int32) -> Int32 {
        guard isOpen(number) else { return badSocket(number) }
        sockets[Int(number)].isClosed = true
        closedSockets |= 1 << UInt32(number)
        socketsChanged()
        // Nothing waits for it any more.
        for slot in table.slotsInOrderOfStart() {
            for side in Side.allCases { detachReader(slot, socket: number, side: side) }
        }
        event.turn()
        return 0
    }

    /// Sets a filter of a socket; nil lets everything pass.
    ///
    /// Flows that run keep running.
    public mutating func bindFilter(_ number: Int32, which: Int32, _ expression: String?) -> Int32 {
        guard isOpen(number) else { return badSocket(number) }
        let index = Int(number)
        let isRaw = sockets[index].kind == .raw
        guard isRaw == (which == Int32(MOS_FILTER_RAW)) else {
            return failure(
                ENOPROTOOPT,
                isRaw ? "a RAW socket takes raw=" : "a STREAM socket takes syn= and orphan="
            )
        }
        var filter: SocketFilter?
        if let expression {
            do throws(SourceError) {
                filter =
                    isRaw
                    ? .frame(try FrameFilter(expression)) : try SocketFilter(packet: expression)
            } catch {
                return failure(EINVAL, error.description)
            }
        }
        switch which {
        case Int32(MOS_FILTER_SYN): sockets[index].syn = filter
        case Int32(MOS_FILTER_ORPHAN): sockets[index].orphan = filter
        default: sockets[index].raw = filter
        }
        socketsChanged()
        return 0
    }

    /// Registers callback `slot` on a socket, for flows that start later; 0 removes.
    public mutating func subscribe(_ number: Int32, event: Int32, hook: Int32, slot: Int32) -> Int32
    {
        guard isOpen(number) else { return badSocket(number) }
        guard let event = Event(rawValue: Int(event) - MOS_EVENT_BASE),
            let hook = Hook(rawValue: Int(hook) - MOS_HOOK_BASE)
        else { return failure(EINVAL, "no such event or hook") }
        sockets[Int(number)].registration.register(hook, event, slot: slot)
        socketsChanged()
        return 0
    }

    /// Registers callback `slot` on one flow, at once; 0 removes.
    public mutating func subscribe(
        _ number: Int32,
        flow slot: Int32,
        generation: UInt32,
        event: Int32,
        hook: Int32,
        callback: Int32
    ) -> Int32 {
        guard let event = Event(rawValue: Int(event) - MOS_EVENT_BASE),
            let hook = Hook(rawValue: Int(hook) - MOS_HOOK_BASE)
        else { return failure(EINVAL, "no such event or hook") }
        let result = change(number, slot, generation) {
            $0.register(hook, event, slot: callback)
        }
        if result == 0, table.conns[slot].ext >= 0 { attachAll(slot) }
        return result
    }

    /// A callback slot that no registration names any more; 0 = none.
    public mutating func takeFreedSlot() -> Int32 {
        while true {
            let slot = sets.takeFreedSlot()
            if slot == 0 { return 0 }
            let isNamed = sockets.contains { socket in
                socket.registration.slots.indices.contains { socket.registration.slots[$0] == slot }
            }
            if !isNamed { return slot }
        }
    }

    private mutating func socketsChanged() {
        listeners = Listeners(sockets)
        for (_, set) in startSets { sets.release(set) }
        startSets = [:]
    }

    private mutating func isOpen(_ number: Int32) -> Bool {
        number >= 0 && Int(number) < sockets.count && !sockets[Int(number)].isClosed
    }

    private mutating func badSocket(_ number: Int32) -> Int32 {
        failure(EINVAL, "monitor socket \(number) is closed or was never made")
    }

    /// Moves a flow to the set that differs from its own by `body` for one socket.
    private mutating func change(
        _ number: Int32,
        _ slot: Int32,
        _ generation: UInt32,
        _ body: (inout Registration) -> Void
    ) -> Int32 {
        guard table.isLive(slot, generation: generation) else { return badFlow() }
        let old = table.conns[slot].set
        var registrations = sets.registrations(old)
        guard let index = registrations.firstIndex(where: { $0.socket == number }) else {
            return failure(EBADF, "monitor socket \(number) does not watch this flow")
        }
        body(&registrations[index])
        guard let new = sets.intern(registrations) else {
            return failure(ENOMEM, "there are too many different registrations")
        }
        table.conns[slot].set = new
        sets.release(old)
        return 0
    }

    private mutating func badFlow() -> Int32 { failure(EBADF, "this flow has ended") }

    // MARK: Reading

    /// Finds what a socket can read next of a side's receive buffer.
    ///
    /// - Returns: the bytes' length, the bytes themselves in the event block; -EINVAL when the buffer is off, -EBADF for a flow gone.
    public mutating func view(_ number: Int32, _ slot: Int32, _ generation: UInt32, side: Int32)
        -> Int32
    {
        if let reader = liveReader(number, slot, generation, side) {
            let offset = readers[reader][offset: live.sender.other]
            let bytes = live.bytes.slice(Int(offset &- live.offset), live.bytes.count)
            event.setData(bytes, offset: offset, missed: 0)
            return Int32(truncatingIfNeeded: bytes.count)
        }
        guard table.isLive(slot, generation: generation) else { return badFlow() }
        guard let side = Side(rawValue: UInt8(truncatingIfNeeded: side)) else {
            return failure(EINVAL, "a side is SIDE_CLI or SIDE_SVR")
        }
        let place = sets.place(table.conns[slot].set, socket: number)
        guard place >= 0 else {
            return failure(EBADF, "monitor socket \(number) does not watch this flow")
        }
        guard sets[place: place].buffer(of: side) > 0 else {
            return failure(
                EINVAL,
                "the \(side == .client ? "client" : "server")'s receive buffer is off"
            )
        }
        // Nothing can be readable before the first payload byte; the reader is made with it.
        if table.conns[slot].ext < 0, !isLiveOn(slot, side) {
            event.setData(.empty, offset: 0, missed: 0)
            _ = attachReader(slot, socket: number, side: side)
            return 0
        }
        guard let reader = attachReader(slot, socket: number, side: side) else {
            return failure(ENOMEM, "there is no room for another reader")
        }
        let missed = readers[reader][missed: side]
        readers[reader][missed: side] = 0
        let found = unread(slot, reader, side)
        event.setData(found.bytes, offset: found.offset, missed: missed)
        return Int32(clamping: found.bytes.count)
    }

    /// The reader of `socket` when all that it has not read lies in the packet in hand: the usual case.
    @inline(__always)
    private mutating func liveReader(
        _ socket: Int32,
        _ slot: Int32,
        _ generation: UInt32,
        _ side: Int32
    ) -> Int32? {
        guard live.isActive, slot == flow, side == Int32(live.sender.other.rawValue),
            table.isLive(slot, generation: generation), let reader = findReader(socket),
            readers[reader].reads(live.sender.other),
            readers[reader][missed: live.sender.other] == 0,
            readers[reader][offset: live.sender.other] >= live.offset
        else { return nil }
        return reader
    }

    private mutating func isLiveOn(_ slot: Int32, _ side: Side) -> Bool {
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
            let left = live.end &- readers[reader][offset: side]
            let moved = Int64(min(count, Double(left)))
            if moved <= 0 { return 0 }
            readers[reader][offset: side] &+= moved
            event.turn()
            discardRead(table.conns[slot].ext, side)
            return Int32(truncatingIfNeeded: moved)
        }
        let available = view(number, slot, generation, side: sideNumber)
        guard available > 0, let side = Side(rawValue: UInt8(truncatingIfNeeded: sideNumber)),
            let reader = attachReader(slot, socket: number, side: side)
        else { return min(available, 0) }
        guard count >= 0 else { return failure(EINVAL, "the count is negative") }
        // What an overrun took is for the next look at the bytes to tell.
        readers[reader][missed: side] &+= event.missed
        let moved = Int64(min(count, Double(available)))
        if moved == 0 { return 0 }
        readers[reader][offset: side] = unread(slot, reader, side).offset &+ moved
        event.turn()
        discardRead(table.conns[slot].ext, side)
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
        let place = sets.place(table.conns[slot].set, socket: number)
        guard place >= 0 else {
            return failure(EBADF, "monitor socket \(number) does not watch this flow")
        }
        guard sets[place: place].buffer(of: side) > 0 else {
            return failure(
                EINVAL,
                "the \(side == .client ? "client" : "server")'s receive buffer is off"
            )
        }
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

    // MARK: Options

    /// Changes an option of a socket (`flow` < 0), for its later flows, or of one flow.
    public mutating func setOption(
        _ number: Int32,
        _ slot: Int32,
        _ generation: UInt32,
        option: Int32,
        value: Double
    ) -> Int32 {
        if slot < 0, !isOpen(number) { return badSocket(number) }
        switch Int(option) {
        case MOS_OPT_CLIBUF: return setBuffer(number, slot, generation, .client, value)
        case MOS_OPT_SVRBUF: return setBuffer(number, slot, generation, .server, value)
        case MOS_OPT_CLIOVERLAP, MOS_OPT_SVROVERLAP:
            guard value == Double(MOS_OVERLAP_POLICY_FIRST) else {
                return failure(
                    EOPNOTSUPP,
                    "this version keeps what came first (OVERLAP_POLICY_FIRST)"
                )
            }
            return slot < 0 || table.isLive(slot, generation: generation) ? 0 : badFlow()
        case MOS_OPT_STOP_MON: return stop(number, slot, generation, side: value)
        default: return failure(ENOPROTOOPT, "this option cannot be set")
        }
    }

    private mutating func setBuffer(
        _ number: Int32,
        _ slot: Int32,
        _ generation: UInt32,
        _ side: Side,
        _ value: Double
    ) -> Int32 {
        guard value >= 0, value <= Double(1 << 31), value == value.rounded() else {
            return failure(EINVAL, "a buffer size is 0 to 2147483648 bytes")
        }
        func apply(_ registration: inout Registration) {
            if side == .client {
                registration.clientBuffer = UInt32(value)
            } else {
                registration.serverBuffer = UInt32(value)
            }
            if value > 0 { registration.reads |= 1 << UInt32(side.rawValue) }
        }
        if slot < 0 {
            apply(&sockets[Int(number)].registration)
            socketsChanged()
            return 0
        }
        let result = change(number, slot, generation, apply)
        guard result == 0 else { return result }
        if value == 0 {
            detachReader(slot, socket: number, side: side)
        } else if table.conns[slot].ext >= 0 {
            _ = attachReader(slot, socket: number, side: side)
        }
        event.turn()
        return 0
    }

    private mutating func stop(_ number: Int32, _ slot: Int32, _ generation: UInt32, side: Double)
        -> Int32
    {
        guard slot >= 0 else { return failure(EINVAL, "STOP_MON is an option of a flow") }
        guard let bits: UInt32 = [0: 1, 1: 2, 2: 3][side] else {
            return failure(EINVAL, "STOP_MON takes SIDE_CLI, SIDE_SVR or SIDE_BOTH")
        }
        let result = change(number, slot, generation) { $0.stopped |= bits }
        guard result == 0 else { return result }
        for side in Side.allCases where bits & 1 << UInt32(side.rawValue) != 0 {
            detachReader(slot, socket: number, side: side)
        }
        event.turn()
        return 0
    }

    /// Reads an option; the numbers go to the event block.
    ///
    /// - Returns: how many numbers there are, 0 where the list that `index` walks has ended.
    public mutating func getOption(
        _ number: Int32,
        _ slot: Int32,
        _ generation: UInt32,
        option: Int32,
        index: Int32
    ) -> Int32 {
        if slot < 0 { return getSocketOption(number, option) }
        guard table.isLive(slot, generation: generation) else { return badFlow() }
        let place = sets.place(table.conns[slot].set, socket: number)
        guard place >= 0 else {
            return failure(EBADF, "monitor socket \(number) does not watch this flow")
        }
        let isServer = option & 1 != 0
        let side: Side = isServer ? .server : .client
        switch Int(option) {
        case MOS_OPT_CLIBUF, MOS_OPT_SVRBUF:
            event.setValues(Double(sets[place: place].buffer(of: side)))
            return 1
        case MOS_OPT_CLIOVERLAP, MOS_OPT_SVROVERLAP, MOS_OPT_CLIKEEP, MOS_OPT_SVRKEEP:
            event.setValues(0)
            return 1
        case MOS_OPT_STOP_MON:
            event.setValues(Double(sets[place: place].stopped))
            return 1
        case MOS_OPT_TCP_STATE_CLI, MOS_OPT_TCP_STATE_SVR:
            let side: Side = Int(option) == MOS_OPT_TCP_STATE_CLI ? .client : .server
            event.setValues(Double(table[end: slot, side].state))
            return 1
        case MOS_OPT_TIMESTAMP:
            let last = table.conns[slot].last
            event.setValues(Double(last.sec), Double(last.nsec))
            return 2
        case MOS_OPT_FRAGINFO_CLIBUF, MOS_OPT_FRAGINFO_SVRBUF:
            return fragment(slot, Int(option) == MOS_OPT_FRAGINFO_CLIBUF ? .client : .server, index)
        case MOS_OPT_INFO_CLIBUF, MOS_OPT_INFO_SVRBUF:
            return bufferInfo(
                number,
                slot,
                Int(option) == MOS_OPT_INFO_CLIBUF ? .client : .server
            )
        default: return failure(ENOPROTOOPT, "no such option")
        }
    }

    private mutating func getSocketOption(_ number: Int32, _ option: Int32) -> Int32 {
        guard isOpen(number) else { return badSocket(number) }
        let registration = sockets[Int(number)].registration
        switch Int(option) {
        case MOS_OPT_CLIBUF: event.setValues(Double(registration.clientBuffer))
        case MOS_OPT_SVRBUF: event.setValues(Double(registration.serverBuffer))
        case MOS_OPT_CLIOVERLAP, MOS_OPT_SVROVERLAP, MOS_OPT_CLIKEEP, MOS_OPT_SVRKEEP:
            event.setValues(0)
        default: return failure(ENOPROTOOPT, "this is an option of a flow, not of a socket")
        }
        return 1
    }

    private mutating func fragment(_ slot: Int32, _ side: Side, _ wanted: Int32) -> Int32 {
        let ext = table.conns[slot].ext
        guard ext >= 0 else { return 0 }
        var index: Int32 = 0
        var found: Int32 = 0
        let sender = side.other
        // What lies in the packet in hand is held too.
        let live = live
        let isLive = isLiveOn(slot, side)
        func see(_ offset: Int64, _ length: Int64) {
            if index == wanted {
                event.setValues(Double(offset), Double(length))
                found = 2
            }
            index += 1
        }
        if isLive { see(live.offset, Int64(live.bytes.count)) }
        reassembler.forEachRange(table[stream: ext, sender]) { see($0, $1) }
        return found
    }

    private mutating func bufferInfo(_ number: Int32, _ slot: Int32, _ side: Side) -> Int32 {
        let sender = side.other
        let iss = Double(table[end: slot, sender].iss)
        let ext = table.conns[slot].ext
        guard ext >= 0 else {
            event.setValues(iss)
            return 4
        }
        let stream = table[stream: ext, sender]
        var read = Int64(stream.next)
        var reader = table.exts[ext].cli.readers
        while reader >= 0 {
            if readers[reader].socket == number, readers[reader].reads(side) {
                read = readers[reader][offset: side]
            }
            reader = readers[reader].next
        }
        event.setValues(iss, Double(read), Double(stream.next), Double(stream.top))
        return 4
    }

    /// Ends callbacks for one flow and socket, CONN_END included.
    public mutating func closeFlow(_ number: Int32, _ slot: Int32, _ generation: UInt32) -> Int32 {
        stop(number, slot, generation, side: Double(MOS_SIDE_BOTH))
    }

    // MARK: Timers, state, counters

    /// Sets a timer in packet time.
    ///
    /// - Returns: its number; -EINVAL for a time out of range, -ENOMEM when there are a million.
    public mutating func setTimer(seconds: Double, interval: Double) -> Double {
        guard seconds >= 0, seconds <= 1e9, interval == 0 || interval >= 0.001 && interval <= 1e9
        else {
            return Double(
                failure(
                    EINVAL,
                    "seconds are 0 to 1000000000, and at least 0.001 for a timer that repeats"
                )
            )
        }
        let now = clock == nil ? nil : Timestamp(event.now)
        guard
            let id = timers.set(
                delay: Int64(seconds * 1e9),
                interval: Int64(interval * 1e9),
                now: now
            )
        else {
            counters[.timersRefused] += 1
            return Double(failure(ENOMEM, "there are too many timers"))
        }
        return Double(id)
    }

    /// Cancels a timer.
    ///
    /// - Returns: 1 when it was still to fire, else 0.
    public mutating func cancelTimer(_ id: Double) -> Int32 {
        timers.cancel(Int64(id)) ? 1 : 0
    }

    /// Makes room for `size` bytes of typed state per connection; their address goes to the event block.
    public mutating func makeFlowState(size: Int32) -> Int32 {
        guard size > 0, size <= 4096,
            let state = FlowStateMemory(capacity: settings.maxFlows, size: Int(size))
        else { return failure(EINVAL, "flow state is 1 to 4096 bytes") }
        states.append(state)
        state.publish(event)
        return 0
    }

    /// Has `body` called when a source has nothing for now, and now and then while it has.
    public mutating func onBreath(_ body: (() -> Void)?) { inputs.onBreath = body }

    /// Why sources could not go on.
    public var inputErrors: [SourceError] { inputs.errors }

    /// How much of the captures was read, 0 to 1; nil when nobody knows.
    public var progress: Double? { inputs.progress }

    /// The value of a counter; not a number where nobody knows it.
    public func value(_ counter: Counter) -> Double { counters[counter] }

    /// All counters by name, in order; not a number where nobody knows it.
    public func counterValues() -> [(name: String, value: Double)] {
        Counter.names.enumerated().map { ($0.element, counters.value(at: $0.offset)) }
    }
}
