// SPDX-License-Identifier: BSD-2-Clause
// The clock, and what is due before a packet: time-outs, holes to be given up, timers.
import CMosABI
import Capture
import Flows
import Packets
import TCPTracking

extension Worker {
    /// The next packet of the burst: first the clock, then what is due.
    @inline(__always)
    mutating func beginPacket() {
        let ahead = current &+ Self.lookAhead
        if ahead < burstCount, kinds[ahead] == .tcp { table.prefetchStreams(guesses[ahead]) }
        let time = burst[current].time
        if let now = clock, time.nanoseconds &- now.nanoseconds <= Self.largestStep, time >= now,
            wheel.isQuiet(at: time), time.nanoseconds < timers.earliest,
            time.nanoseconds < suspects.earliest
        {
            stepCandidate = nil
            clock = time
            if kinds[current] == .foreign {
                current &+= 1
                return
            }
            event.setPacket(packets, current, frame: burst[current].bytes)
            event.now = packets[current].time
            raw()
            return
        }
        if clock == nil { startClock(at: time) }
        if let clock, time < clock, wheel.isQuiet(at: clock) {
            // An older packet keeps its own time and moves nothing.
            phase = .raw
        } else {
            moveClock(to: time)
            phase = isQuiet ? .raw : .due
        }
        if phase == .raw { enterPacket() }
    }

    /// True when nothing can be due at the clock.
    @inline(__always)
    var isQuiet: Bool {
        guard let clock else { return true }
        return wheel.isQuiet(at: clock) && clock.nanoseconds < timers.earliest
            && clock.nanoseconds < suspects.earliest
    }

    /// due: fires what was due before the packet's time, in order; then the packet is in hand.
    mutating func fireDue() -> Int32? {
        if let slot = fireNextDue() { return slot }
        if phase != .due { return nil }
        due = .packet
        if burstCount > current {
            enterPacket()
        } else {
            phase = .input
        }
        return nil
    }

    mutating func fireDueWhileIdle() -> Int32? {
        phase = .due
        return nil
    }

    /// Fires the earliest time-out or timer that is due at the clock; a time-out begins the end of its flow.
    private mutating func fireNextDue() -> Int32? {
        guard let clock else { return nil }
        let timeouts = timeouts
        while true {
            let flowDue = wheel.earliestDue(at: clock, in: &table.conns) { timeouts.deadline($0) }
            let timerDue = timers.earliest
            let gapDue = suspects.earliest
            if flowDue == .max && timerDue > clock.nanoseconds && gapDue > clock.nanoseconds {
                event.now = clock.shared
                return nil
            }
            event.clearPacket()
            if suspects.isUrgent {
                suspects.isUrgent = false
                due = .hole(at: .min)
                event.now = clock.shared
                if declareOldest() { return nil }
                continue
            }
            if gapDue <= flowDue, gapDue <= timerDue {
                due = .hole(at: gapDue)
                event.now = Timestamp(nanoseconds: gapDue).shared
                if declareOverdue() { return nil }
                continue
            }
            if flowDue <= timerDue {
                event.now = Timestamp(nanoseconds: flowDue).shared
                let slot = wheel.takeDue(in: &table.conns)
                due = .flow(table.serial(slot), at: flowDue)
                let next = wheel.prefetchDue(in: table.conns)
                if next >= 0 { table.prefetchEnd(next) }
                beginEnd(slot, reason: timeoutReason(slot), then: .due)
                return nil
            }
            event.now = Timestamp(nanoseconds: timerDue).shared
            guard let timer = timers.takeFirst() else { continue }
            due = .timer(timers.takenOrder, at: timerDue)
            return handTimer(timer)
        }
    }

    /// Hands out a timer by its number; below 0 = what a take-over left to be done.
    mutating func handTimer(_ timer: Int64) -> Int32 {
        event.setTimer(timer)
        event.hand(
            slot: Int32(TimerSlot),
            event: Int32(MOS_ON_TIMER),
            hook: MOS_NULL_HOOK,
            side: MOS_NULL_HOOK,
            socket: -1,
            flow: -1,
            generation: 0
        )
        return Int32(TimerSlot)
    }

    private mutating func timeoutReason(_ slot: Int32) -> Int {
        switch table.conns[slot].phase {
        case Timeouts.Class.handshake: MOS_END_HANDSHAKE_TIMEOUT
        case Timeouts.Class.timeWait: MOS_END_FIN
        default: MOS_END_TIMEOUT
        }
    }

    /// The packet in hand, when it is this worker's; else the next.
    @inline(__always)
    private mutating func enterPacket() {
        if kinds[current] == .foreign {
            if let clock { event.now = clock.shared }
            current &+= 1
            phase = .input
            return
        }
        takeInHand()
        phase = .raw
    }

    /// Makes the packet the one in hand: number, time, address of its frame.
    @inline(__always)
    mutating func takeInHand() {
        event.setPacket(packets, current, frame: burst[current].bytes)
        if let clock { event.now = clock.shared }
    }

    // MARK: The clock

    /// A day: the clock goes farther at once only when a second packet confirms it.
    private static var largestStep: Int64 { 86_400 * 1_000_000_000 }

    mutating func startClock(at time: Timestamp) {
        clock = time
        wheel.restart(at: time)
        timers.start(at: time)
        if inputs.duration != nil, firstTime == nil { firstTime = time }
        event.now = time.shared
    }

    mutating func moveClock(to time: Timestamp) {
        guard let now = clock else { return startClock(at: time) }
        guard time > now else {
            stepCandidate = nil
            return
        }
        if time.nanoseconds &- now.nanoseconds > Self.largestStep {
            guard let candidate = stepCandidate,
                abs(time.nanoseconds &- candidate.nanoseconds) <= Self.largestStep
            else {
                stepCandidate = time
                stepFlow = -1
                return
            }
            if isFirst { counters[.clockSteps] += 1 }
            // The flow of the packet that jumped first has not been silent since.
            if table.isLive(stepFlow, generation: stepGeneration) {
                table.conns[stepFlow].last = candidate.shared
            }
        }
        stepCandidate = nil
        clock = time
    }

    mutating func isOverdue(_ time: Timestamp) -> Bool {
        guard let duration = inputs.duration, let start = firstTime else { return false }
        return Double(time.nanoseconds &- start.nanoseconds) >= duration * 1e9
    }
}
