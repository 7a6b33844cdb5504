// SPDX-License-Identifier: BSD-2-Clause
// The end of a packet of a flow: HK_RCV, NEW_DATA, what stays unread, time-outs, the end of the connection.
import CMosABI
import Flows
import Packets
import TCPTracking

extension Worker {
    /// deliver: HK_RCV, after the receiver's stack.
    @inline(__always)
    mutating func deliver() {
        phase = isConfirmed ? .confirm : .newData
        isConfirmed = false
        let receiver = segment.sender.other
        if segment.flags.contains(.rst), update.invalid == 0 {
            receiverMoved = table.receive(flow, segment, update)
        }
        if table.receiveFIN(flow, from: segment.sender) { receiverMoved = true }
        var bits = Event.packetIn.bit
        if isNewFlow { bits |= Event.connStart.bit }
        if receiverMoved { bits |= Event.stateChange.bit }
        begin(bits, at: .rcv, side: receiver)
        if dispatch.kind == .none, phase == .newData { newData() }
    }

    /// newData: contiguous bytes became readable.
    @inline(__always)
    mutating func newData() {
        phase = .settle
        if hasNewData {
            begin(Event.newData.bit, at: .null, side: segment.sender.other, kind: .newData)
            if dispatch.kind != .none { return }
        }
        settle()
    }

    /// settle: keeps what is left unread, and ends the flow when the connection is over.
    mutating func settle() {
        guard flow >= 0 else {
            finishPacket()
            return
        }
        if hasNewData {
            // Once: what does not fit into a buffer even now is offered before it is lost.
            hasNewData = false
            payload = .empty
            begin(Event.error.bit, at: .null, side: segment.sender.other, kind: .overrun)
            if dispatch.kind != .none { return }
        }
        keepUnread()
        if uncapturedEnd >= 0 || table.conns[flow].flags & UInt8(MOS_CONN_SUSPECT) != 0 {
            suspectStep = 0
            phase = .suspect
            return
        }
        let ext = table.conns[flow].ext
        if ext >= 0, update.invalid == 0, segment.flags.contains(.ack) { acknowledged(ext) }
        finishSettling()
    }

    /// finishSettling: moves the time-out, ends the flow when the connection is over.
    @inline(__always)
    mutating func finishSettling() {
        // Only a state that moved can change the time-out, or end the connection.
        guard senderMoved || receiverMoved else {
            flow = -1
            finishPacket()
            return
        }
        updateTimeout()
        guard table.isOver(flow) else {
            flow = -1
            finishPacket()
            return
        }
        let slot = flow
        let wasReset = table.conns[slot].end_reason != 0
        if wasReset || timeouts.timeWait == 0 {
            let reason = wasReset ? Int(table.conns[slot].end_reason) : MOS_END_FIN
            if isInline { handOn() }
            beginEnd(slot, reason: reason, then: .settle)
            return
        }
        flow = -1
        finishPacket()
    }

    /// What is left unread waits for its readers, within their buffers.
    @inline(__always)
    private mutating func keepUnread() {
        if live.isActive {
            settleLive()
        } else if payload.count == 0, table.conns[flow].ext >= 0 {
            discardOverrun(table.conns[flow].ext)
        }
    }

    /// Moves the flow to the time-out of its phase.
    mutating func updateTimeout() {
        let conn = table.conns[flow]
        let now: UInt8
        if table.isOver(flow) {
            now = Timeouts.Class.timeWait
        } else if conn.ext >= 0, table[stream: conn.ext, .client].has(MOS_STREAM_CLOSING) {
            now = Timeouts.Class.closing
        } else if conn.cli.state == TCPState.established.rawValue,
            conn.svr.state == TCPState.established.rawValue
        {
            now = Timeouts.Class.established
        } else {
            now = Timeouts.Class.handshake
        }
        if now != conn.phase { moveTimeout(flow, to: now) }
    }

    /// The time-out of `phase`, of ``Timeouts/Class``, applies to a flow from now on.
    mutating func moveTimeout(_ slot: Int32, to phase: UInt8) {
        table.conns[slot].phase = phase
        let timeouts = timeouts
        let span = timeouts.span(phase)
        if wheel.waitsEarlier(slot, than: span, in: table.conns, spans: { timeouts.span($0) }) {
            return
        }
        wheel.schedule(slot, deadline: timeouts.deadline(table.conns[slot]), in: &table.conns)
    }
}
