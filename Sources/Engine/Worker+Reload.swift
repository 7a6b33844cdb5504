// SPDX-License-Identifier: BSD-2-Clause
// Another version of the scripts takes over while flows go on.
//
// What a flow has from a socket of the version before, it has from the one that takes its place; what was registered for
// the flow alone stays where the script can name a function for it. Sets are changed where they lie, so this takes time
// by kinds of registrations, not by flows.
import CMosABI
import Flows
import Glibc

/// What is kept from the beginning of a take-over on.
struct TakeOver {
    /// What sockets gave to flows to come before it.
    var before: [Registration] = []
    /// What sets were, by number, with the serial number that they have since: while that is theirs, they can be that again.
    var former: [Int32: (serial: UInt64, registrations: [Registration])] = [:]
    /// Callback slots that no function stands for any more, with the flows that had them.
    var lost: [(slot: Int32, flows: Int)] = []
    /// Up to where flows were looked at for readers, -1 = there is no need.
    var readersDone: Int32 = -1
    /// Declared state that the version before had and this one does not share: zeroed with new flows until it is accepted.
    var formerStates: [FlowStateMemory] = []
}

extension Worker {
    /// A worker without packets, on which the top level of another version runs while this one goes on.
    ///
    /// - Returns: the worker; what it declares as state of flows is for those of this one.
    /// - Throws: ``WorkerError`` when the address space is refused.
    public func makeStage() throws(WorkerError) -> Worker {
        var small = settings
        small.maxFlows = 16
        var stage = try Worker(inputs: Inputs([]), settings: small, seed: .fixed, share: share)
        stage.stateCapacity = settings.maxFlows
        stage.inheritedStates = states
        stage.flowsToCome = table.conns.highWater
        return stage
    }

    /// Takes the event block and the declared state that `stage` was loaded with, and leaves its own there: the scripts
    /// of each know the addresses.
    public mutating func takePlace(of stage: inout Worker) {
        swap(&event, &stage.event)
        event.copy(from: stage.event)
        let former = states.filter { state in !takeOver.formerStates.contains { $0 === state } }
        states = stage.states
        stage.states = former
        takeOver.formerStates = former.filter { state in !states.contains { $0 === state } }
        states += takeOver.formerStates
    }

    /// Nobody is called until sockets are claimed with ``claimSocket(type:number:)``.
    public mutating func beginTakeOver() {
        takeOver.before = sockets.map(\.registration)
        for index in sockets.indices {
            sockets[index].isClosed = true
            closedSockets |= 1 << UInt32(index)
        }
        socketsChanged()
    }

    /// The socket of that number, or a new one, as a fresh one of that type.
    ///
    /// - Returns: its number; -EINVAL when its type is another, -ENFILE when there are 32.
    public mutating func claimSocket(type: Int32, number: Int32) -> Int32 {
        if number < 0 { return makeSocket(type: type) }
        guard number < sockets.count, sockets[Int(number)].kind.rawValue == type else {
            return failure(EINVAL, "monitor socket \(number) is of another type")
        }
        let kind = sockets[Int(number)].kind
        sockets[Int(number)] = MonitorSocket(kind: kind, number: number, settings: settings)
        closedSockets &= ~(1 << UInt32(number))
        socketsChanged()
        return number
    }

    /// Gives flows what they have from now on.
    ///
    /// - Parameters:
    ///   - slots: by callback slot of the version before, the one of the same function now, 0 = none.
    ///   - returns: true to give flows back what they had before the take-over that is not accepted yet.
    /// - Returns: 0; -ENOMEM when memory is refused.
    public mutating func finishTakeOver(slots: [Int32], returns: Bool) -> Int32 {
        let fresh = sockets.map { $0.isClosed ? nil : $0.registration }
        let former = returns ? takeOver.former : [:]
        takeOver.former = [:]
        var lost: [Int32: Int] = [:]
        var changed: [Int32: [Registration]] = [:]
        let before = takeOver.before
        let isDone = sets.rewrite { set, serial, flows, registrations in
            if changed.count < Self.mostFormerSets { changed[set] = registrations }
            if let known = former[set], known.serial == serial {
                registrations = known.registrations
                return
            }
            for index in registrations.indices {
                let socket = Int(registrations[index].socket)
                registrations[index].takeOver(from: before[socket], to: fresh[socket]) { slot in
                    let new = Int(slot) < slots.count ? slots[Int(slot)] : 0
                    if new == 0 { lost[slot, default: 0] += flows }
                    return new
                }
            }
        }
        guard isDone else { return failure(ENOMEM, "there is no memory to change registrations") }
        for (set, registrations) in changed {
            takeOver.former[set] = (sets.serial(set), registrations)
        }
        for socket in sockets where !socket.isClosed {
            for index in socket.registration.slots.indices {
                sets.nameSlot(socket.registration.slots[index])
            }
        }
        takeOver.lost = lost.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        let isRead = zip(before, fresh).contains { $0.differsInReading(from: $1) }
        takeOver.readersDone = isRead ? 0 : -1
        socketsChanged()
        event.turn()
        return 0
    }

    /// Sets that can be what they were: more are closures made per flow, which nothing brings back.
    private static var mostFormerSets: Int { 1 << 16 }

    /// Leaves what was lost among the event block's numbers: callback slot, flows.
    ///
    /// - Returns: 1, or 0 behind the last.
    public mutating func tellLost(_ index: Int32) -> Int32 {
        guard index >= 0, Int(index) < takeOver.lost.count else { return 0 }
        let (slot, flows) = takeOver.lost[Int(index)]
        event.setValues(Double(slot), Double(flows))
        return 1
    }

    /// The take-over stands: what could be returned to is forgotten.
    public mutating func acceptTakeOver() {
        takeOver.former = [:]
        takeOver.before = []
        takeOver.lost = []
        let former = takeOver.formerStates
        states.removeAll { state in former.contains { $0 === state } }
        takeOver.formerStates = []
    }

    /// Flows are below it.
    public var flowLimit: Int32 { Int32(table.conns.highWater) }

    /// Between bursts the script side is handed a timer with number -1 (-2 while no packets come), or no more.
    public mutating func setCarrying(_ isOn: Bool) { carries = isOn }

    /// Looks at some flows more: sockets read what they did not, or read no more.
    mutating func settleReaders() {
        var slot = takeOver.readersDone
        let end = min(slot + 4096, Int32(table.conns.highWater))
        while slot < end {
            if table.conns[slot].generation != 0, table.conns[slot].ext >= 0 { settleReaders(slot) }
            slot += 1
        }
        takeOver.readersDone = end < Int32(table.conns.highWater) ? end : -1
    }

    private mutating func settleReaders(_ slot: Int32) {
        let set = table.conns[slot].set
        for index in 0..<sets.count(set) {
            let registration = sets[place: sets.place(set, index)]
            for side in Side.allCases {
                if registration.reads(side) {
                    _ = attachReader(slot, socket: registration.socket, side: side)
                } else {
                    detachReader(slot, socket: registration.socket, side: side)
                }
            }
        }
    }
}

extension Registration {
    /// What this becomes when `before`, that flows to come were given, becomes `fresh`; nil = its socket is gone.
    ///
    /// - Parameters:
    ///   - before: what the socket gave to flows to come.
    ///   - fresh: what it gives to them now.
    ///   - translate: the callback slot in the place of one that this flow alone has.
    mutating func takeOver(
        from before: Registration,
        to fresh: Registration?,
        translate: (Int32) -> Int32
    ) {
        guard let fresh else {
            self = Registration(socket: socket, buffer: 0)
            return
        }
        let old = self
        for hook in Hook.allCases {
            for event in Event.allCases {
                let slot = old.slot(hook, event.rawValue)
                let isFromSocket = slot == before.slot(hook, event.rawValue)
                let new =
                    isFromSocket
                    ? fresh.slot(hook, event.rawValue) : slot == 0 ? 0 : translate(slot)
                register(hook, event, slot: new)
            }
        }
        reads = old.reads == before.reads ? fresh.reads : old.reads | fresh.reads
        if old.clientBuffer == before.clientBuffer { clientBuffer = fresh.clientBuffer }
        if old.serverBuffer == before.serverBuffer { serverBuffer = fresh.serverBuffer }
        if old.clientKeep == before.clientKeep { clientKeep = fresh.clientKeep }
        if old.serverKeep == before.serverKeep { serverKeep = fresh.serverKeep }
    }

    /// True when flows of the socket are read otherwise with `fresh`; nil = it is gone.
    func differsInReading(from fresh: Registration?) -> Bool {
        guard let fresh else { return reads != 0 || clientKeep > 0 || serverKeep > 0 }
        return reads != fresh.reads || clientBuffer != fresh.clientBuffer
            || serverBuffer != fresh.serverBuffer || clientKeep != fresh.clientKeep
            || serverKeep != fresh.serverKeep
    }
}
