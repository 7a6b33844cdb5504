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
        sockets.append(MonitorSocket(kind: kind, number: number, settings: settings))
        socketsChanged()
        if kind == .flow { watchDatagrams() }
        return number
    }

    /// Ends a monitor socket: no callback of it runs any more.
    public mutating func closeSocket(_ number: Int32) -> Int32 {
        guard isOpen(number) else { return badSocket(number) }
        sockets[Int(number)].isClosed = true
        closedSockets |= 1 << UInt32(number)
        let slots = sockets[Int(number)].registration.slots
        for index in slots.indices { sets.forgetSlot(slots[index]) }
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
        let kind = sockets[index].kind
        guard kind.filters.contains(Int(which)) else {
            return failure(ENOPROTOOPT, kind.filterText)
        }
        var filter: SocketFilter?
        if let expression {
            do throws(SourceError) {
                filter =
                    kind == .raw
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
            let hook = Hook(rawValue: Int(hook) - MOS_HOOK_BASE), isSlot(slot)
        else { return failure(EINVAL, Self.noSuchEvent) }
        guard mayHave(number, event, hook) else { return failure(EINVAL, Self.flowEvents) }
        let before = sockets[Int(number)].registration.slot(hook, event.rawValue)
        sets.nameSlot(slot)
        sockets[Int(number)].registration.register(hook, event, slot: slot)
        sets.forgetSlot(before)
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
            let hook = Hook(rawValue: Int(hook) - MOS_HOOK_BASE), isSlot(callback)
        else { return failure(EINVAL, Self.noSuchEvent) }
        let change = RegistrationChange.callback(number, hook, event, slot: callback)
        let result = self.change(slot, generation, change)
        let mayRead = callback != 0 && Event.ofReaders & event.bit != 0
        if mayRead, result == 0, table.conns[slot].ext >= 0 { attachAll(slot) }
        return result
    }

    /// The callback slot of an event at a hook: of one flow, or of a socket (`slot` < 0) for its later flows.
    ///
    /// - Returns: 0 without one.
    public mutating func registered(
        _ number: Int32,
        flow slot: Int32,
        generation: UInt32,
        event: Int32,
        hook: Int32
    ) -> Int32 {
        guard let event = Event(rawValue: Int(event) - MOS_EVENT_BASE),
            let hook = Hook(rawValue: Int(hook) - MOS_HOOK_BASE)
        else { return failure(EINVAL, Self.noSuchEvent) }
        if slot < 0 {
            guard isOpen(number) else { return badSocket(number) }
            return sockets[Int(number)].registration.slot(hook, event.rawValue)
        }
        guard table.isLive(slot, generation: generation) else { return badFlow() }
        let place = sets.place(table.conns[slot].set, socket: number)
        guard place >= 0 else { return badWatcher(number) }
        return sets.slot(place, hook, event.rawValue)
    }

    private static var noSuchEvent: String { "no such event, hook or callback slot" }

    private mutating func isSlot(_ slot: Int32) -> Bool { slot >= 0 && slot < SlotUses.capacity }

    /// A callback slot that no registration names any more; 0 = none.
    public mutating func takeFreedSlot() -> Int32 { sets.takeFreedSlot() }

    mutating func socketsChanged() {
        listeners = Listeners(sockets)
        for (_, set) in startSets { sets.release(set) }
        startSets = [:]
        lastWatchers = 0
    }

    mutating func isOpen(_ number: Int32) -> Bool {
        number >= 0 && Int(number) < sockets.count && !sockets[Int(number)].isClosed
    }

    mutating func badSocket(_ number: Int32) -> Int32 {
        failure(EINVAL, "monitor socket \(number) is closed or was never made")
    }

    /// Moves a flow to the set that differs from its own by `change`.
    @inline(__always)
    mutating func change(_ slot: Int32, _ generation: UInt32, _ change: RegistrationChange) -> Int32
    {
        guard table.isLive(slot, generation: generation) else { return badFlow() }
        let old = table.conns[slot].set
        var new = sets.follow(change, from: old)
        if new < 0 {
            new = makeSet(change, from: old)
            if new < 0 { return new }
        }
        table.conns[slot].set = new
        sets.release(old)
        if new != old { registrationsChanged(slot) }
        return 0
    }

    /// The set that a change leads to, for the first time.
    private mutating func makeSet(_ change: RegistrationChange, from old: Int32) -> Int32 {
        guard sets.place(old, socket: change.socket) >= 0 else { return badWatcher(change.socket) }
        if let (hook, event) = change.callback, !mayHave(change.socket, event, hook) {
            return failure(EINVAL, Self.flowEvents)
        }
        guard let new = sets.make(change, from: old) else {
            return failure(ENOMEM, "there are too many different registrations")
        }
        return new
    }

    mutating func badWatcher(_ number: Int32) -> Int32 {
        failure(EBADF, "monitor socket \(number) does not watch this flow")
    }

    mutating func badFlow() -> Int32 { failure(EBADF, "this flow has ended") }

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
                now: now,
                packet: sharesNumbers ? place : 0
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

    /// Leaves the clock, seconds and nanoseconds, among the event block's numbers.
    ///
    /// It is ahead of the event's time while something runs that was due before.
    public mutating func tellClock() -> Int32 {
        let time = clock?.shared ?? event.now
        event.setValues(Double(time.sec), Double(time.nsec))
        return 0
    }

    /// True when nobody knows when the other workers will have got as far: packets come from interfaces.
    public var isLive: Bool { inputs.isLive || !share.isWhole && !leavesOut }

    /// Makes room for `size` bytes of typed state per connection; their address goes to the event block.
    ///
    /// Of a worker that stages a version of the scripts it is the memory that the version before uses, where that
    /// declared the same.
    ///
    /// - Parameters:
    ///   - size: bytes a connection.
    ///   - layout: what is declared, and by which script.
    /// - Returns: 0; -EINVAL when the size is out of range or memory is refused.
    public mutating func makeFlowState(size: Int32, layout: String) -> Int32 {
        guard size > 0, size <= 4096 else {
            return failure(EINVAL, "flow state is 1 to 4096 bytes")
        }
        if let known = inheritedStates.first(where: { $0.layout == layout && $0.size == size }) {
            states.append(known)
        } else if let state = FlowStateMemory(
            capacity: stateCapacity,
            size: Int(size),
            layout: layout
        ) {
            state.touch(flowsToCome)
            states.append(state)
        } else {
            return failure(EINVAL, "there is no memory for flow state of \(stateCapacity) flows")
        }
        states[states.count - 1].publish(event)
        return 0
    }

    /// Has `body` called when a source has nothing for now, and now and then while it has.
    public mutating func onBreath(_ body: (() -> Void)?) { inputs.onBreath = body }

    /// This worker asks for no more packets, however its run ended.
    public mutating func closeInputs() { inputs.close() }

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
