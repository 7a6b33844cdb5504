// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Flows
import Testing

@testable import Engine

/// Flows with equal registrations share one set, and how they came to it is remembered (section 3 of the contract).
struct CallbackSetsTests {
    /// Runs `body` with fresh sets, which cannot be copied and so not be required.
    private func withSets(_ body: (inout CallbackSets) -> Void) {
        guard var sets = CallbackSets() else {
            Issue.record("no memory for sets")
            return
        }
        body(&sets)
    }

    private func nothing(_ sockets: Int32...) -> [Registration] {
        sockets.map { Registration(socket: $0, buffer: 1000) }
    }

    private func packetIn(_ slot: Int32, socket: Int32 = 0) -> RegistrationChange {
        .callback(socket, .snd, .packetIn, slot: slot)
    }

    /// What a worker does with a change on a flow of `set`.
    private func move(
        _ sets: inout CallbackSets,
        _ set: inout Int32,
        _ change: RegistrationChange
    ) -> Bool {
        var new = sets.follow(change, from: set)
        let isKnown = new >= 0
        if !isKnown { new = sets.make(change, from: set) ?? -1 }
        #expect(new >= 0)
        sets.release(set)
        set = new
        return isKnown
    }

    @Test func `T49 a million flows that register the same three callbacks share one set`() {
        withSets { sets in
            let start = sets.intern(nothing(0)) ?? -1
            let changes: [RegistrationChange] = [
                packetIn(3), .callback(0, .null, .newData, slot: 4),
                .callback(0, .rcv, .connEnd, slot: 5),
            ]
            var made = 0
            var last: Int32 = -1
            for _ in 0..<1_000_000 {
                sets.retain(start)
                var set = start
                for change in changes where !move(&sets, &set, change) { made += 1 }
                last = set
            }
            #expect(made == 3)
            // Those on the way are kept for the next flow; nothing else was ever there.
            #expect(sets.count == 4)
            #expect(sets.countInUse == 2)
            #expect(sets.touchedEntries == 4)
            for _ in 0..<1_000_000 { sets.release(last) }
            #expect(sets.countInUse == 1)
        }
    }

    @Test func `of the sets without flows the oldest go first, and their slots with them`() {
        withSets { sets in
            sets.idleLimit = 3
            let start = sets.intern(nothing(0)) ?? -1
            for slot in 10..<20 as Range<Int32> {
                sets.retain(start)
                var set = start
                _ = move(&sets, &set, packetIn(slot))
                sets.release(set)
            }
            #expect(sets.count == 4)
            #expect(sets.countInUse == 1)
            var freed: Set<Int32> = []
            while true {
                let slot = sets.takeFreedSlot()
                if slot == 0 { break }
                #expect(freed.insert(slot).inserted)
            }
            #expect(freed == Set(10..<17))
            // The newest three are found again, and are the newest then.
            for (slot, isKnown) in [(16, false), (18, true), (19, true), (17, false)] {
                sets.retain(start)
                var set = start
                #expect(move(&sets, &set, packetIn(Int32(slot))) == isKnown)
                sets.release(set)
            }
        }
    }

    @Test func `a slot that is named again before it was asked for is not free`() {
        withSets { sets in
            sets.idleLimit = 0
            let start = sets.intern(nothing(0)) ?? -1
            for _ in 0..<100 {
                sets.retain(start)
                var set = start
                _ = move(&sets, &set, packetIn(7))
                sets.release(set)
            }
            sets.retain(start)
            var set = start
            _ = move(&sets, &set, packetIn(7))
            #expect(sets.takeFreedSlot() == 0)
            sets.nameSlot(7)
            sets.release(set)
            #expect(sets.takeFreedSlot() == 0)
            sets.forgetSlot(7)
            #expect(sets.takeFreedSlot() == 7)
            #expect(sets.takeFreedSlot() == 0)
        }
    }

    @Test func `the order in which callbacks were registered does not matter`() {
        withSets { sets in
            var one = sets.intern(nothing(0, 1)) ?? -1
            var other = one
            sets.retain(one)
            let changes: [RegistrationChange] = [
                packetIn(3), packetIn(4, socket: 1), .buffer(1, .server, bytes: 0),
                .stop(0, sides: 1),
            ]
            for change in changes { _ = move(&sets, &one, change) }
            for change in changes.reversed() { _ = move(&sets, &other, change) }
            #expect(one == other)
        }
    }

    @Test(arguments: 1...30 as ClosedRange<UInt64>)
    func `any changes of any flows lead where they say`(seed: UInt64) {
        withSets { sets in
            var random = SplitMix64(seed: seed)
            sets.idleLimit = Int(random.below(20))
            let start = sets.intern(nothing(0, 1, 2)) ?? -1
            var flows: [(set: Int32, model: [Registration])] = []
            for _ in 0..<3000 {
                if flows.count < 2 || random.chance(0.1) {
                    sets.retain(start)
                    flows.append((start, sets.registrations(start)))
                }
                let number = Int(random.below(UInt64(flows.count)))
                if random.chance(0.08) {
                    sets.release(flows.remove(at: number).set)
                    continue
                }
                let change = change(&random)
                _ = move(&sets, &flows[number].set, change)
                change.apply(to: &flows[number].model[Int(change.socket)])
                #expect(sets.registrations(flows[number].set) == flows[number].model)
            }
            var distinct: [[Registration]] = [sets.registrations(start)]
            for flow in flows where !distinct.contains(flow.model) { distinct.append(flow.model) }
            #expect(sets.countInUse == distinct.count, "seed \(seed)")
            #expect(sets.count - sets.countInUse <= sets.idleLimit, "seed \(seed)")
            for flow in flows { sets.release(flow.set) }
            sets.release(start)
            #expect(sets.countInUse == 0, "seed \(seed)")
        }
    }

    private func change(_ random: inout SplitMix64) -> RegistrationChange {
        let socket = Int32(random.below(3))
        let side: Side = random.chance(0.5) ? .client : .server
        switch random.below(8) {
        case 0: return .buffer(socket, side, bytes: UInt32(random.below(3) * 1000))
        case 1: return .keep(socket, side, bytes: UInt32(random.below(2) * 500))
        case 2: return .policy(socket, side, Int8(random.below(3)))
        case 3: return .stop(socket, sides: UInt32(1 + random.below(3)))
        default:
            let event = Event.ofFlows[Int(random.below(UInt64(Event.ofFlows.count)))]
            let slot = Int32(random.below(4)) * 3
            return .callback(socket, event.hooks[0], event, slot: slot)
        }
    }
}
