// SPDX-License-Identifier: BSD-2-Clause
// The end of a flow, and of the run: what waits is delivered, CONN_END comes once per hook, then everything is given back.
import CMosABI
import Flows
import TCPTracking

extension Worker {
    /// Begins the end of a flow; the machine goes on with `next` when it is gone.
    mutating func beginEnd(_ slot: Int32, reason: Int, then next: Phase) {
        ending = slot
        flow = slot
        table.conns[slot].end_reason = UInt8(reason)
        noteLastFlight(slot)
        afterEnd = next
        flushSide = .server
        phase = .flush
    }

    /// flush: one hole of one side is given up, the server's buffer first; then what lies behind it is delivered.
    mutating func flush() {
        let ext = table.conns[flow].ext
        hasNewData = false
        guard ext >= 0, mayLack(ext, .client) || mayLack(ext, .server) else {
            endSent()
            return
        }
        let sender = flushSide.other
        // Data of a SYN that nobody accepted is no part of the stream (case T33).
        if reassembler.isUnconfirmed(table[stream: ext, sender]) { discardSYNData(ext, sender) }
        if let gap = reassembler.declareGap(&table[stream: ext, sender])
            ?? missingTail(ext, sender)
        {
            phase = .flushData
            announceGap(gap.offset, gap.length, side: flushSide, because: MOS_GAP_END)
            return
        }
        if flushSide == .server { flushSide = .client } else { phase = .endSent }
    }

    /// True when there may be bytes to give up in what `sender` sent: some wait, or the end is not where its FIN says.
    @inline(__always)
    private mutating func mayLack(_ ext: Int32, _ sender: Side) -> Bool {
        table[stream: ext, sender].runs >= 0
            || table[stream: ext, sender].has(MOS_STREAM_FIN)
                && table[health: ext, sender].fin != table[stream: ext, sender].next
    }

    /// Bytes at the end of the stream that the sender's FIN proves, but that were not captured.
    ///
    /// What only the other end's acknowledgement tells of is not counted: nothing of the sender lies behind it.
    private mutating func missingTail(_ ext: Int32, _ sender: Side)
        -> (offset: Int64, length: Int64)?
    {
        let next = Int64(table[stream: ext, sender].next)
        let end = Int64(table[health: ext, sender].fin)
        guard table[stream: ext, sender].has(MOS_STREAM_FIN), end > next else { return nil }
        reassembler.skip(&table[stream: ext, sender], end - next)
        return (next, end - next)
    }

    /// flushData: NEW_DATA for what a gap made readable; then the next hole.
    mutating func flushData() {
        phase = .flush
        begin(Event.newData.bit, at: .null, side: flushSide, kind: .newData)
    }

    /// endSent: CONN_END at HK_SND, with CLI.
    mutating func endSent() {
        phase = .endReceived
        begin(Event.connEnd.bit, at: .snd, side: .client, inOrder: true)
        if dispatch.kind == .none { endReceived() }
    }

    /// endReceived: CONN_END at HK_RCV, with SVR.
    mutating func endReceived() {
        phase = .release
        begin(Event.connEnd.bit, at: .rcv, side: .server, inOrder: true)
    }

    /// release: scripts forget what they keep for the flow.
    mutating func release() -> Int32? {
        phase = .forget
        guard table.conns[flow].flags & UInt8(MOS_CONN_HAS_CONTEXT) != 0 else { return nil }
        event.hand(
            slot: Int32(ReleaseSlot),
            event: Int32(MOS_ON_RELEASE),
            hook: MOS_NULL_HOOK,
            side: MOS_NULL_HOOK,
            socket: -1,
            flow: flow,
            generation: table.conns[flow].generation
        )
        return Int32(ReleaseSlot)
    }

    /// forget: everything of the flow is given back.
    mutating func forget() {
        let slot = ending
        let ext = table.conns[slot].ext
        if ext >= 0 {
            var reader = firstReader(ext)
            while reader != Self.noReader {
                let next = self[reader: reader].next
                // The first lies in the extension.
                if reader >= 0 { readers.give(reader) }
                reader = next
            }
            for side in Side.allCases {
                reassembler.release(&table[stream: ext, side])
                reassembler.forgetGaps(&table[health: ext, side].gaps)
            }
        }
        wheel.cancel(slot, in: &table.conns)
        sets.release(table.conns[slot].set)
        tunnels.remove(slot)
        translations.remove(slot)
        if isInline { forgetEdits(slot) }
        table.remove(slot)
        counters[.flowsOpen] -= 1
        live.isActive = false
        ending = -1
        flow = -1
        phase = afterEnd
    }

    /// All flows end, in order of their start; then the run does, or the clock starts anew.
    mutating func finishAll(then next: Phase) -> Int32? {
        if inputs.isLive || next == .ended { countSources() }
        event.clearPacket()
        giveUpFragments()
        if let clock { event.now = clock.shared }
        endsRun = next == .ended
        if endsRun { inputs.close() }
        finishList = table.slotsInOrderOfStart()
        finishIndex = 0
        afterFinish = next
        phase = .finish
        return nil
    }

    /// finish: the next flow of those that end with the run; a flow already closed keeps its reason.
    mutating func finish() {
        guard finishIndex < finishList.count else {
            finishList = []
            phase = afterFinish
            due = .packet
            if afterFinish == .input, let old = clock {
                clock = nil
                stepCandidate = nil
                timers.restart(from: old, to: burst[current].time)
                suspects.removeAll()
            }
            return
        }
        let slot = finishList[finishIndex]
        finishIndex += 1
        prefetchFinish()
        let isClosed = table.conns[slot].phase == Timeouts.Class.timeWait
        due = .flow(table.serial(slot), at: .min)
        beginEnd(slot, reason: isClosed ? MOS_END_FIN : MOS_END_SHUTDOWN, then: .finish)
    }

    /// Asks the cache for the flows that end soon: a quarter of the time of a scan went by waiting for their places in the
    /// index.
    @inline(__always)
    private mutating func prefetchFinish() {
        let (near, far) = (finishIndex &+ 4, finishIndex &+ 8)
        guard far < finishList.count else { return }
        table.conns.prefetch(finishList[far])
        table.prefetchEnd(finishList[near])
    }
}
