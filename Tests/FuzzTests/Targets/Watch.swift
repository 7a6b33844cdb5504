// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Packets

@testable import Engine

/// Runs a worker and follows what its sockets are told: one that reads at once, one that reads now and then, others.
struct Watch: ~Copyable {
    private var monitor: Monitor
    private var actor: Actor
    private let eager: Int32
    private let lazy: Int32
    /// Reads without NEW_DATA, from the first packet on.
    private let looker: Int32?
    /// Those that are told when a flow begins.
    private let complete: Set<Int32>
    private let manner: Int
    private var flows: [Key: Followed] = [:]
    private var streams = DeliveredStreams()
    private var begun = 0
    private var ended = 0
    private var timers = 0
    private var gaps = 0
    private var gapBytes: Int64 = 0
    private var missed: Int64 = 0

    private struct Key: Hashable {
        let socket: Int32
        let generation: UInt32
    }

    /// How far a socket has come with a flow.
    private struct Followed {
        /// The next byte that it will be told of, of the client's and of the server's receive buffer.
        var position: [Int64] = [0, 0]
        /// Holes ahead, by offset.
        var gaps: [[Int64: Int64]] = [[:], [:]]
        /// The hooks at which it began, and ended.
        var starts = 0
        var ends: Set<Int> = []
    }

    /// Sockets over `worker`; callbacks do what `actions` say, one for each event.
    init(_ worker: consuming Worker, _ setup: Setup, _ actions: [Int]) {
        var monitor = Monitor(worker: worker)
        let isFirst = setup.others & 16 != 0
        var others = Others()
        if isFirst { others.add(to: &monitor, setup.others) }
        eager = monitor.addSocket()
        lazy = monitor.addSocket()
        if !isFirst { others.add(to: &monitor, setup.others) }
        looker = others.looker
        complete = others.complete.union([eager, lazy])
        self.monitor = monitor
        manner = setup.manner
        actor = Actor(actions)
    }

    mutating func run(_ packets: Int) -> String? {
        // No packet has more than some dozens of events for each socket.
        let most = 2000 + packets * 600
        var events = 0
        while let event = monitor.next() {
            events += 1
            if event.kind == MOS_ON_TIMER { timers += 1 }
            if events - timers > most || timers > Actor.mostTimers { return "events do not end" }
            if let problem = actor.refusal(event) ?? take(event) { return problem }
            actor.act(on: &monitor.worker, event)
        }
        if monitor.count(.packets) != Double(packets) { return "packets are lost" }
        return unbalanced() ?? leftOver()
    }

    /// What was told and what was counted differ.
    private borrowing func unbalanced() -> String? {
        if monitor.count(.flowsOpen) != 0 { return "flows are left" }
        for (name, value) in monitor.worker.counterValues() where value < 0 {
            return "counter \(name) is \(value)"
        }
        // Who closes and registers anew is told less.
        if actor.isIdle {
            let isOpen = flows.keys.contains { complete.contains($0.socket) }
            if begun != ended || isOpen { return "\(begun) flows began, \(ended) ended" }
            let counted = (Int(monitor.count(.gaps)), Int64(monitor.count(.gapBytes)))
            if counted != (gaps, gapBytes) {
                return "\(gaps) gaps of \(gapBytes) bytes, counted \(counted)"
            }
            if Double(missed) > monitor.count(.overrunBytes) {
                return "\(missed) bytes were overrun"
            }
        }
        return nil
    }

    /// What a worker still holds when all flows are gone.
    private borrowing func leftOver() -> String? {
        if !monitor.worker.reassembler.isEmpty { return "bytes or runs are left" }
        if monitor.worker.readers.count != 0 { return "readers are left" }
        if monitor.worker.table.count != 0 { return "connections are left" }
        if monitor.worker.table.exts.count != 0 { return "extensions are left" }
        if monitor.worker.tunnels.count != 0 { return "tunnels are left" }
        if monitor.worker.fragments.waiting != 0 || monitor.worker.fragments.bytesInUse != 0 {
            return "fragments are left"
        }
        // One set for those that began last is kept for the next flow like them.
        let kept = monitor.worker.startSets.count
        return monitor.worker.sets.countInUse <= kept
            ? nil : "\(monitor.worker.sets.countInUse) sets are left, \(kept) are kept"
    }

    private mutating func take(_ event: Monitor.Event) -> String? {
        guard event.flow >= 0, event.kind < MOS_ON_TIMER else { return nil }
        let key = Key(socket: event.socket, generation: event.generation)
        let isComplete = complete.contains(event.socket) && actor.isIdle
        // The packet that begins a flow is told of first, but where a SYN-ACK proves that one began before.
        if isComplete, flows[key] == nil, event.kind != MOS_ON_PKT_IN,
            event.kind != MOS_ON_CONN_START
        {
            return "event \(event.kind) of a flow not begun"
        }
        var followed = flows[key] ?? Followed()
        let problem = take(event, &followed, isComplete)
        let isOver = isComplete && followed.ends.count == 2
        flows[key] = isOver ? nil : followed
        if isOver { ended += 1 }
        return problem
    }

    private mutating func take(
        _ event: Monitor.Event,
        _ followed: inout Followed,
        _ isComplete: Bool
    ) -> String? {
        if !followed.ends.isEmpty, event.kind != MOS_ON_CONN_END {
            return "an event behind the end"
        }
        switch event.kind {
        case MOS_ON_CONN_END:
            if isComplete, followed.starts != 2 { return "a flow ends that has not begun" }
            if !followed.ends.insert(event.hook).inserted { return "a flow ends twice" }
        case MOS_ON_CONN_START:
            followed.starts += 1
            if followed.starts > 2 { return "a flow begins twice" }
            if followed.starts == 1 { begun += 1 }
        case MOS_ON_GAP:
            guard event.length > 0, event.offset >= 0 else { return "an empty gap" }
            followed.gaps[Int(event.side)][event.offset] = event.length
            if event.socket == eager {
                gaps += 1
                gapBytes += event.length
            }
        case MOS_ON_CONN_NEW_DATA: return newData(event, &followed)
        case MOS_ON_ERROR where event.socket == lazy && manner & 4 != 0:
            return read(event, &followed, all: true, mayBeEmpty: true)
        case MOS_ON_PKT_IN where event.socket == looker && event.hook == MOS_HK_RCV:
            return read(event, &followed, all: manner & 16 != 0, mayBeEmpty: true)
        default: break
        }
        if manner & 8 != 0, event.side == 0 || event.side == 1 { return look(event, followed) }
        return nil
    }

    private mutating func newData(_ event: Monitor.Event, _ followed: inout Followed) -> String? {
        if event.socket == eager {
            return read(event, &followed, all: true, mayBeEmpty: !actor.isIdle)
        }
        guard event.socket == lazy else { return nil }
        switch manner & 3 {
        case 0: return read(event, &followed, all: false, mayBeEmpty: true)
        case 1: return read(event, &followed, all: true, mayBeEmpty: true)
        default: return nil
        }
    }

    /// Reads what there is, or half of it; a reader that always takes all is never told of nothing.
    private mutating func read(
        _ event: Monitor.Event,
        _ followed: inout Followed,
        all: Bool,
        mayBeEmpty: Bool
    ) -> String? {
        var isFirst = true
        while true {
            guard let unread = monitor.view(event) else {
                return monitor.mayRead(event) ? "the buffer cannot be read" : nil
            }
            missed += unread.missed
            if unread.bytes.isEmpty {
                followed.position[Int(event.side)] += unread.missed
                return isFirst && !mayBeEmpty ? "new data is empty" : nil
            }
            isFirst = false
            if let problem = check(event, unread, &followed) { return problem }
            let count = all ? unread.bytes.count : (unread.bytes.count + 1) / 2
            guard monitor.consume(event, count) == count else { return "not all is consumed" }
            followed.position[Int(event.side)] += Int64(count)
            if !all { return nil }
        }
    }

    private mutating func check(
        _ event: Monitor.Event,
        _ unread: Monitor.Unread,
        _ followed: inout Followed
    ) -> String? {
        let side = Int(event.side)
        var expected = followed.position[side] + unread.missed
        while let length = followed.gaps[side].removeValue(forKey: expected) { expected += length }
        // An overrun may have taken what lay around a gap; who looks before it is told, sees none.
        let isKnown = unread.missed == 0 && event.socket != looker && actor.isIdle
        if isKnown, unread.offset != expected {
            return "reading goes on at \(unread.offset) instead of \(expected)"
        }
        if unread.offset < followed.position[side] { return "reading goes back" }
        followed.position[side] = unread.offset
        if !areSent(event, unread.bytes, at: unread.offset) {
            return "a byte at \(unread.offset) of side \(side) was never sent"
        }
        return streams.deliver(event.generation, side, unread.bytes, at: unread.offset)
            ? nil : "bytes at \(unread.offset) of side \(side) are others than another was told of"
    }

    /// Looks at what is kept anywhere near.
    private mutating func look(_ event: Monitor.Event, _ followed: Followed) -> String? {
        let side = Int(event.side)
        let offset = max(0, followed.position[side] - 20 + Int64(manner >> 4) * 16)
        guard let bytes = monitor.ppeek(event, at: offset, 50) else { return nil }
        if !areSent(event, bytes, at: offset) {
            return "a kept byte at \(offset) of side \(side) was never sent"
        }
        return streams.agree(event.generation, side, bytes, at: offset)
            ? nil : "kept bytes at \(offset) of side \(side) are others than were delivered"
    }

    private func areSent(_ event: Monitor.Event, _ bytes: [UInt8], at offset: Int64) -> Bool {
        let sender = monitor.sender(event)
        let first = sender.firstByte &+ UInt32(truncatingIfNeeded: offset)
        return bytes.enumerated().allSatisfy { index, byte in
            byte & 0x7F == Conversation.byte(first &+ UInt32(index), isClient: sender.port != 80)
        }
    }
}

/// Sockets besides the eager and the lazy one.
private struct Others {
    /// Reads without NEW_DATA.
    private(set) var looker: Int32?
    /// Those that are told when a flow begins.
    private(set) var complete: Set<Int32> = []

    /// Makes those that ``Setup/others`` names.
    mutating func add(to monitor: inout Monitor, _ bits: Int) {
        if bits & 1 != 0 {
            let socket = monitor.addSocket(without: [
                MOS_ON_CONN_NEW_DATA, MOS_ON_GAP, MOS_ON_ERROR,
            ])
            complete.insert(socket)
            looker = socket
        }
        if bits & 2 != 0 { _ = monitor.addSocket(only: [MOS_ON_CONN_END, MOS_ON_REXMIT]) }
        if bits & 4 != 0 { _ = monitor.addSocket(type: MOS_SOCK_MONITOR_RAW) }
        if bits & 8 != 0 { complete.insert(monitor.addSocket(type: MOS_SOCK_MONITOR_FLOW)) }
    }
}
