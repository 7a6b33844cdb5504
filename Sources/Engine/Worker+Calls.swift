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
            let hook = Hook(rawValue: Int(hook) - MOS_HOOK_BASE)
        else { return failure(EINVAL, "no such event or hook") }
        guard mayHave(number, event, hook) else { return failure(EINVAL, Self.flowEvents) }
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
        guard mayHave(number, event, hook) else { return failure(EINVAL, Self.flowEvents) }
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

    /// Moves a flow to the set that differs from its own by `body` for one socket.
    mutating func change(
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
        registrationsChanged(slot)
        return 0
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
