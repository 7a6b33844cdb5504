// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Flows

/// The registrations of all sockets that watch a flow, interned: flows with equal ones share one set.
///
/// A set never changes; a ``RegistrationChange`` moves the flow to another, and where it led to is remembered. Sets
/// without flows stay a while, for another flow will come their way; the oldest go first, and with them the callback
/// slots that no set names any more: ``takeFreedSlot()`` tells.
public struct CallbackSets: ~Copyable {
    @usableFromInline struct Record: BitwiseCopyable {
        @usableFromInline var first: Int32 = 0
        @usableFromInline var count: Int32 = 0
        @usableFromInline var references: Int32 = 0
        @usableFromInline var reads: UInt32 = 0
        @usableFromInline var masks: (UInt16, UInt16, UInt16, UInt16) = (0, 0, 0, 0)
        @usableFromInline var keeps: (client: UInt32, server: UInt32) = (0, 0)
        @usableFromInline var policies: (client: Int8, server: Int8) = (-1, -1)
        var hash: UInt32 = 0
        /// Never used twice in a run; 0 = no set.
        var serial: UInt64 = 0
        /// Its neighbours among the sets without flows.
        var older: Int32 = -1
        var newer: Int32 = -1
    }

    @usableFromInline var records: SlotPool<Record>
    @usableFromInline var entries: ReservedMemory<Registration>
    /// The callback slots of all registrations, 30 each, apart so that one is read without copying the others.
    @usableFromInline var slots: ReservedMemory<Int32>
    private var untouched: Int32 = 0
    private var free: [[Int32]] = Array(repeating: [], count: Int(MOS_MAX_SOCKETS) + 1)
    private var index: FlowIndex
    private var transitions: TransitionCache
    private var uses: SlotUses
    private var serial: UInt64 = 0

    /// Sets without flows that stay.
    var idleLimit = 1024
    private var idle = 0
    private var oldest: Int32 = -1
    private var newest: Int32 = -1

    /// No sets; nil when the address space is refused.
    public init?() {
        guard let records = SlotPool<Record>(capacity: 1 << 20),
            let entries = ReservedMemory<Registration>(capacity: 1 << 21),
            let slots = ReservedMemory<Int32>(capacity: 30 << 21),
            let index = FlowIndex(), let transitions = TransitionCache(), let uses = SlotUses()
        else { return nil }
        self.slots = slots
        self.records = records
        self.entries = entries
        self.index = index
        self.transitions = transitions
        self.uses = uses
    }

    /// Sets that there are, those without flows included.
    public var count: Int { records.count }

    /// Sets that flows have, or flows to come.
    public var countInUse: Int { records.count - idle }

    /// Registrations that there was ever room for at the same time.
    var touchedEntries: Int { Int(untouched) }

    // MARK: Making and finding

    /// The set of these registrations, in order of the sockets' creation; nil when there are too many sets.
    ///
    /// It has one reference more than before: the caller's.
    public mutating func intern(_ registrations: [Registration]) -> Int32? {
        let hash = Registration.hash(registrations)
        let known = find(registrations, hash)
        if known >= 0 {
            retain(known)
            return known
        }
        guard let first = takeEntries(registrations.count) else { return nil }
        let set = records.take()
        guard set >= 0 else {
            free[registrations.count].append(first)
            return nil
        }
        guard index.insert(set, hash: hash) else {
            records.give(set)
            free[registrations.count].append(first)
            return nil
        }
        serial += 1
        records[set] = Record(
            first: first,
            count: Int32(registrations.count),
            references: 1,
            hash: hash,
            serial: serial
        )
        for number in registrations.indices { store(registrations[number], number, set) }
        return set
    }

    private mutating func find(_ registrations: [Registration], _ hash: UInt32) -> Int32 {
        var place = index.start(hash)
        while index.entry(place) != 0 {
            let entry = index.entry(place)
            let set = Int32(truncatingIfNeeded: entry & 0xFFFF_FFFF) - 1
            if UInt32(truncatingIfNeeded: entry >> 32) == hash, has(set, registrations) {
                return set
            }
            place = index.after(place)
        }
        return -1
    }

    private mutating func has(_ set: Int32, _ registrations: [Registration]) -> Bool {
        guard count(set) == registrations.count else { return false }
        for number in registrations.indices
        where entries[place(set, number)] != registrations[number] {
            return false
        }
        return true
    }

    private mutating func takeEntries(_ count: Int) -> Int32? {
        if let first = free[count].popLast() { return first }
        guard Int(untouched) + count <= entries.capacity else { return nil }
        defer { untouched += Int32(count) }
        return untouched
    }

    private mutating func store(_ registration: Registration, _ number: Int, _ set: Int32) {
        let place = place(set, number)
        entries[place] = registration
        for slot in registration.slots.indices {
            slots[place * 30 + slot] = registration.slots[slot]
            uses.name(registration.slots[slot])
        }
        records[set].reads |= registration.reads
        if registration.clientKeep > 0 { records[set].reads |= 1 }
        if registration.serverKeep > 0 { records[set].reads |= 2 }
        let keeps = records[set].keeps
        records[set].keeps.client = max(keeps.client, registration.keep(of: .client))
        records[set].keeps.server = max(keeps.server, registration.keep(of: .server))
        if records[set].policies.client < 0 {
            records[set].policies.client = registration.clientPolicy
        }
        if records[set].policies.server < 0 {
            records[set].policies.server = registration.serverPolicy
        }
        records[set].masks.0 |= registration.mask(.null)
        records[set].masks.1 |= registration.mask(.snd)
        records[set].masks.2 |= registration.mask(.rcv)
    }

    /// The set that `change` led to from `set` before, with a reference more; -1 when it has to be made.
    @inline(__always)
    mutating func follow(_ change: RegistrationChange, from set: Int32) -> Int32 {
        guard let found = transitions.find(change, from: records[set].serial),
            records[found.set].serial == found.serial
        else { return -1 }
        retain(found.set)
        return found.set
    }

    /// The set that differs from `set` by `change`, with a reference more; nil when there are too many sets.
    ///
    /// The change's socket must be one that `set` serves.
    mutating func make(_ change: RegistrationChange, from set: Int32) -> Int32? {
        var registrations = registrations(set)
        for number in registrations.indices where registrations[number].socket == change.socket {
            change.apply(to: &registrations[number])
        }
        guard let new = intern(registrations) else { return nil }
        transitions.insert(
            change,
            from: records[set].serial,
            to: new,
            serial: records[new].serial
        )
        return new
    }

    // MARK: Flows come and go

    /// One more flow uses the set.
    @inline(__always)
    public mutating func retain(_ set: Int32) {
        if records[set].references == 0 { leaveIdle(set) }
        records[set].references &+= 1
    }

    /// One flow less uses the set.
    @inline(__always)
    public mutating func release(_ set: Int32) {
        records[set].references &-= 1
        if records[set].references == 0 { enterIdle(set) }
    }

    private mutating func enterIdle(_ set: Int32) {
        records[set].older = newest
        records[set].newer = -1
        if newest >= 0 { records[newest].newer = set } else { oldest = set }
        newest = set
        idle &+= 1
        if idle > idleLimit { remove(oldest) }
    }

    private mutating func leaveIdle(_ set: Int32) {
        let older = records[set].older
        let newer = records[set].newer
        if older >= 0 { records[older].newer = newer } else { oldest = newer }
        if newer >= 0 { records[newer].older = older } else { newest = older }
        idle &-= 1
    }

    private mutating func remove(_ set: Int32) {
        leaveIdle(set)
        for number in 0..<count(set) {
            let place = place(set, number)
            for slot in place * 30..<place * 30 + 30 { uses.forget(slots[slot]) }
        }
        index.remove(set, hash: records[set].hash)
        free[count(set)].append(records[set].first)
        records[set].serial = 0
        records.give(set)
    }

    // MARK: Changing all

    /// Never used twice in a run.
    func serial(_ set: Int32) -> UInt64 { records[set].serial }

    /// Changes all sets where they lie: flows keep the numbers of theirs.
    ///
    /// Sets without flows go, and what is known of
    /// callback slots starts anew, for they are another's.
    ///
    /// - Parameter body: changes the registrations of a set, but not their sockets; told its number, its serial number
    ///   and how many flows have it.
    /// - Returns: false, and nothing has changed, when memory is refused.
    mutating func rewrite(
        _ body: (_ set: Int32, _ serial: UInt64, _ flows: Int, inout [Registration]) -> Void
    ) -> Bool {
        guard let index = FlowIndex(), let transitions = TransitionCache(), let uses = SlotUses()
        else { return false }
        while idle > 0 { remove(oldest) }
        self.index = index
        self.transitions = transitions
        self.uses = uses
        for set in 0..<Int32(records.highWater) where records[set].serial != 0 {
            var registrations = registrations(set)
            body(set, records[set].serial, Int(records[set].references), &registrations)
            serial += 1
            let hash = Registration.hash(registrations)
            records[set] = Record(
                first: records[set].first,
                count: records[set].count,
                references: records[set].references,
                hash: hash,
                serial: serial
            )
            for number in registrations.indices { store(registrations[number], number, set) }
            // One that is not in the index is only not found for flows to come.
            _ = self.index.insert(set, hash: hash)
        }
        return true
    }

    // MARK: Callback slots

    /// A socket names a callback slot for its flows to come.
    mutating func nameSlot(_ slot: Int32) { uses.name(slot) }

    /// A socket names it no more.
    mutating func forgetSlot(_ slot: Int32) { uses.forget(slot) }

    /// A callback slot that no set and no socket names any more; 0 = none.
    public mutating func takeFreedSlot() -> Int32 { uses.takeFree() }

    // MARK: Reading

    /// The registrations of a set.
    public func registrations(_ set: Int32) -> [Registration] {
        (0..<records[set].count).map { entries[Int(records[set].first + $0)] }
    }

    /// How many sockets the set serves.
    @inlinable @inline(__always)
    public func count(_ set: Int32) -> Int { Int(records[set].count) }

    /// The place of the set's registration with that number.
    @inlinable @inline(__always)
    public func place(_ set: Int32, _ index: Int) -> Int { Int(records[set].first) &+ index }

    /// The registration at a place.
    @inlinable
    public subscript(place place: Int) -> Registration {
        @inline(__always) _read { yield entries[place] }
    }

    /// The callback slot of `event` at `hook` of the registration at a place, 0 without one.
    @inlinable @inline(__always)
    public func slot(_ place: Int, _ hook: Hook, _ event: Int) -> Int32 {
        slots[place &* 30 &+ hook.rawValue &* 10 &+ event]
    }

    /// The events that anybody wants at `hook`: one test decides whether a flow's packet interests anyone.
    @inlinable @inline(__always)
    public func mask(_ set: Int32, _ hook: Hook) -> UInt16 {
        switch hook {
        case .null: records[set].masks.0
        case .snd: records[set].masks.1
        case .rcv: records[set].masks.2
        }
    }

    /// The most bytes that any socket keeps of the receive buffer of `side` once they are read.
    @inlinable @inline(__always)
    public func keep(_ set: Int32, _ side: Side) -> Int64 {
        Int64(side == .client ? records[set].keeps.client : records[set].keeps.server)
    }

    /// The overlap policy of the receive buffer of `side`, that of the first socket that chose one; -1 = none did.
    @inlinable @inline(__always)
    public func policy(_ set: Int32, _ side: Side) -> Int8 {
        side == .client ? records[set].policies.client : records[set].policies.server
    }

    /// The sides that anybody reads, as bits.
    @inlinable @inline(__always)
    public func reads(_ set: Int32) -> UInt32 { records[set].reads }

    /// The registration of `socket` in the set, as place; -1 when it does not watch.
    @inlinable
    public func place(_ set: Int32, socket: Int32) -> Int {
        for index in 0..<count(set) where entries[place(set, index)].socket == socket {
            return place(set, index)
        }
        return -1
    }
}
