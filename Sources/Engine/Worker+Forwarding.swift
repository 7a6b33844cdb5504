// SPDX-License-Identifier: BSD-2-Clause
// Inline: a packet leaves through the peer of its port when it is done with, unless a script says otherwise.
import CMosABI
import Capture
import Packets

extension Worker {
    /// A burst of the source in hand begins: where its packets go.
    mutating func beginForwarding() {
        backPort = inputs.number
        onwardPort = inputs.peer(of: backPort) ?? -1
        finishesChecksums = onwardPort >= 0 && !inputs.carriesOffloads(onwardPort)
    }

    /// Hands the packet in hand on, once: behind its last event but CONN_END.
    mutating func handOn() {
        guard !verdict.isDone else { return }
        verdict.isDone = true
        if verdict.isDropped {
            counters[.scriptDropped] += 1
            return
        }
        guard onwardPort >= 0 else { return }
        if packets[current].flags & UInt32(MOS_PKT_REASSEMBLED) != 0 {
            handOnParts()
            return
        }
        let place = Int32(truncatingIfNeeded: current)
        depart(Departure(bytes: burst[current].bytes, place: place, isChanged: false))
    }

    /// Hands packets on without the scripts, until the sources end or somebody asks for the end.
    public mutating func forwardAlone() {
        closedSockets = .max
        for index in sockets.indices { sockets[index].isClosed = true }
        socketsChanged()
        // What still comes out are timers, and flows to be forgotten.
        while phase != .ended { _ = next() }
    }

    /// Nothing can be done about the packet in hand any more, and it does not leave: its parts do, or not.
    mutating func keepBack() { verdict.isDone = true }

    /// The frames that a packet was put together from leave as they came.
    private mutating func handOnParts() {
        while let frame = fragments.takeFrame() {
            if outbox.free < frame.count { flushDepartures() }
            depart(Departure(bytes: outbox.keep(frame), place: -1))
        }
    }

    /// Puts a frame behind those that leave through the peer of the source in hand.
    private mutating func depart(_ departure: Departure) {
        if outbox.onward.isFull { flushDepartures() }
        outbox.onward.append(departure)
    }

    /// Sends everything that waits; the frames of the burst in hand stay where they are.
    mutating func flushDepartures() {
        if outbox.onward.count > 0 {
            inputs.send(outbox.onward, through: onwardPort, from: backPort)
        }
        if outbox.back.count > 0 {
            inputs.send(outbox.back, through: backPort, from: backPort)
        }
        outbox.removeAll()
    }
}
