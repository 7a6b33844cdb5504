// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Flows

/// A base event, numbered from 0 in the order in which the events of one hook are handed out.
public enum Event: Int, CaseIterable, Sendable {
    case packetIn, connStart, stateChange, rexmit, connEnd, newData, error, gap, zeroWindow, orphan

    /// Its bit in a mask.
    @inlinable public var bit: UInt16 { 1 &<< UInt16(truncatingIfNeeded: rawValue) }
    /// The shared layout's number.
    @inlinable public var number: Int32 {
        Int32(truncatingIfNeeded: rawValue) &+ Int32(MOS_EVENT_BASE)
    }
}

/// A hook, numbered from 0.
public enum Hook: Int, Sendable {
    case null = 0
    case snd = 1
    case rcv = 2

    /// The shared layout's number.
    @inlinable public var number: Int32 {
        Int32(truncatingIfNeeded: rawValue) &+ Int32(MOS_HOOK_BASE)
    }
}

/// What one monitor socket wants of a flow: callback slots by hook and event, buffers, stopped sides.
public struct Registration: BitwiseCopyable, Hashable, Sendable {
    /// The monitor socket.
    public var socket: Int32
    /// Sides that are stopped: bit 0 CLI, bit 1 SVR.
    public var stopped: UInt32 = 0
    /// Sides whose receive buffer it reads: bit 0 CLI's, bit 1 SVR's.
    public var reads: UInt32 = 0
    /// Bytes that may wait in the client's receive buffer; 0 = off.
    public var clientBuffer: UInt32
    /// Bytes that may wait in the server's receive buffer; 0 = off.
    public var serverBuffer: UInt32
    /// The overlap policy that it chose for the client's receive buffer, -1 = none.
    public var clientPolicy: Int8 = -1
    /// That of the server's receive buffer.
    public var serverPolicy: Int8 = -1
    /// Bytes of the client's receive buffer that are kept once they are read.
    public var clientKeep: UInt32 = 0
    /// Bytes of the server's receive buffer that are kept once they are read.
    public var serverKeep: UInt32 = 0
    @usableFromInline var masks: (UInt16, UInt16, UInt16, UInt16) = (0, 0, 0, 0)
    @usableFromInline var slots: InlineArray<30, Int32> = .init(repeating: 0)

    /// Nothing registered.
    public init(socket: Int32, buffer: Int) {
        self.socket = socket
        clientBuffer = UInt32(min(buffer, Int(UInt32.max)))
        serverBuffer = clientBuffer
    }

    /// The events with a callback at `hook`, as bits.
    @inlinable @inline(__always)
    public func mask(_ hook: Hook) -> UInt16 {
        switch hook {
        case .null: masks.0
        case .snd: masks.1
        case .rcv: masks.2
        }
    }

    /// The callback slot of `event` at `hook`, 0 without one.
    @inlinable @inline(__always)
    public func slot(_ hook: Hook, _ event: Int) -> Int32 {
        slots[hook.rawValue &* 10 &+ event]
    }

    /// Registers callback `slot` for `event` at `hook`; 0 removes.
    public mutating func register(_ hook: Hook, _ event: Event, slot: Int32) {
        slots[hook.rawValue * 10 + event.rawValue] = slot
        func changed(_ mask: UInt16) -> UInt16 { slot == 0 ? mask & ~event.bit : mask | event.bit }
        switch hook {
        case .null: masks.0 = changed(masks.0)
        case .snd: masks.1 = changed(masks.1)
        case .rcv: masks.2 = changed(masks.2)
        }
        // Section 4 of the contract: these make the socket a reader of both sides.
        if slot != 0, event == .newData || event == .gap || event == .error { reads = 3 }
    }

    /// Bytes that may wait in the receive buffer of `side`.
    @inlinable @inline(__always)
    public func buffer(of side: Side) -> Int { Int(side == .client ? clientBuffer : serverBuffer) }

    /// Sets the bytes that may wait in the receive buffer of `side`; any make it a reader.
    mutating func setBuffer(_ bytes: UInt32, of side: Side) {
        if side == .client { clientBuffer = bytes } else { serverBuffer = bytes }
        if bytes > 0 { reads |= 1 << UInt32(side.rawValue) }
    }

    /// Sets the bytes of the receive buffer of `side` that are kept once they are read.
    mutating func setKeep(_ bytes: UInt32, of side: Side) {
        if side == .client { clientKeep = bytes } else { serverKeep = bytes }
    }

    /// Chooses an overlap policy for the receive buffer of `side`.
    mutating func setPolicy(_ policy: Int8, of side: Side) {
        if side == .client { clientPolicy = policy } else { serverPolicy = policy }
    }

    /// The overlap policy that it chose for the receive buffer of `side`, -1 = none.
    @inlinable
    public func policy(of side: Side) -> Int8 { side == .client ? clientPolicy : serverPolicy }

    /// Bytes of the receive buffer of `side` that are kept once they are read.
    @inlinable @inline(__always)
    public func keep(of side: Side) -> UInt32 {
        buffer(of: side) > 0 && !isStopped(side) ? (side == .client ? clientKeep : serverKeep) : 0
    }

    /// True when it reads the receive buffer of `side`.
    @inlinable @inline(__always)
    public func reads(_ side: Side) -> Bool {
        reads &>> UInt32(side.rawValue) & 1 != 0 && buffer(of: side) > 0 && !isStopped(side)
    }

    /// True when what carries `side` is stopped.
    @inlinable @inline(__always)
    public func isStopped(_ side: Side) -> Bool { stopped &>> UInt32(side.rawValue) & 1 != 0 }

    /// True when everything registered is the same.
    public static func == (a: Registration, b: Registration) -> Bool { a.words == b.words }

    /// Feeds everything registered into `hasher`.
    public func hash(into hasher: inout Hasher) { hasher.combine(words) }

    /// Everything that tells two registrations apart.
    private var words: [Int32] {
        var words = [socket]
        for value in [stopped, reads, clientBuffer, serverBuffer, clientKeep, serverKeep] {
            words.append(Int32(bitPattern: value))
        }
        words.append(Int32(clientPolicy) << 8 | Int32(serverPolicy) & 0xFF)
        for index in slots.indices { words.append(slots[index]) }
        return words
    }
}

/// The registrations of all sockets that watch a flow, interned: flows with equal ones share one set.
///
/// A set never changes; a registration moves the flow to another. Sets without flows go, and with them the callback
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
    }

    @usableFromInline var records: SlotPool<Record>
    @usableFromInline var entries: ReservedMemory<Registration>
    /// The callback slots of all registrations, 30 each, apart so that one is read without copying the others.
    @usableFromInline var slots: ReservedMemory<Int32>
    var untouched: Int32 = 0
    var free: [[Int32]] = Array(repeating: [], count: Int(MOS_MAX_SOCKETS) + 1)
    var known: [[Registration]: Int32] = [:]
    var slotUses: [Int32: Int] = [:]
    var freedSlots: [Int32] = []

    /// No sets; nil when the address space is refused.
    public init?() {
        guard let records = SlotPool<Record>(capacity: 1 << 20),
            let entries = ReservedMemory<Registration>(capacity: 1 << 21),
            let slots = ReservedMemory<Int32>(capacity: 30 << 21)
        else { return nil }
        self.slots = slots
        self.records = records
        self.entries = entries
    }

    /// Sets in use.
    public var count: Int { records.count }

    /// The set of these registrations, in order of the sockets' creation; nil when there are too many sets.
    ///
    /// It has one reference more than before: the caller's.
    public mutating func intern(_ registrations: [Registration]) -> Int32? {
        if let set = known[registrations] {
            records[set].references += 1
            return set
        }
        let count = Int32(registrations.count)
        let reused = free[registrations.count].popLast()
        guard let first = reused ?? takeEntries(count) else { return nil }
        let set = records.take()
        guard set >= 0 else {
            free[registrations.count].append(first)
            return nil
        }
        var record = Record(first: first, count: count, references: 1)
        for (index, registration) in registrations.enumerated() {
            let place = Int(first) + index
            entries[place] = registration
            for slot in registration.slots.indices {
                slots[place * 30 + slot] = registration.slots[slot]
            }
            record.reads |= registration.reads
            if registration.clientKeep > 0 { record.reads |= 1 }
            if registration.serverKeep > 0 { record.reads |= 2 }
            record.keeps.client = max(record.keeps.client, registration.keep(of: .client))
            record.keeps.server = max(record.keeps.server, registration.keep(of: .server))
            if record.policies.client < 0 { record.policies.client = registration.clientPolicy }
            if record.policies.server < 0 { record.policies.server = registration.serverPolicy }
            record.masks.0 |= registration.mask(.null)
            record.masks.1 |= registration.mask(.snd)
            record.masks.2 |= registration.mask(.rcv)
            for slot in namedSlots(registration) { slotUses[slot, default: 0] += 1 }
        }
        records[set] = record
        known[registrations] = set
        return set
    }

    /// One more flow uses the set.
    @inlinable @inline(__always)
    public mutating func retain(_ set: Int32) { records[set].references &+= 1 }

    /// One flow less uses the set.
    @inlinable @inline(__always)
    public mutating func release(_ set: Int32) {
        records[set].references &-= 1
        if records[set].references == 0 { remove(set) }
    }

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

    /// A callback slot that no set names any more; 0 = none.
    public mutating func takeFreedSlot() -> Int32 {
        while let slot = freedSlots.popLast() {
            if slotUses[slot] == nil { return slot }
        }
        return 0
    }

    @usableFromInline
    mutating func remove(_ set: Int32) {
        let registrations = registrations(set)
        known[registrations] = nil
        for registration in registrations {
            for slot in namedSlots(registration) {
                guard let uses = slotUses[slot] else { continue }
                slotUses[slot] = uses > 1 ? uses - 1 : nil
                if uses == 1 { freedSlots.append(slot) }
            }
        }
        free[registrations.count].append(records[set].first)
        records.give(set)
    }

    private mutating func takeEntries(_ count: Int32) -> Int32? {
        guard Int(untouched + count) <= entries.capacity else { return nil }
        defer { untouched += count }
        return untouched
    }

    private func namedSlots(_ registration: Registration) -> [Int32] {
        registration.slots.indices.map { registration.slots[$0] }.filter { $0 != 0 }
    }
}
