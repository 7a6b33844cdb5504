// SPDX-License-Identifier: BSD-2-Clause
// Which sockets get an event, in which order, and what the event says.
import CMosABI
import Flows
import TCPTracking

extension Worker {
    /// Begins to hand out events of the flow in hand; nothing happens when nobody wants any of them.
    ///
    /// A packet from the client visits the sockets in creation order, one from the server in reverse; so does NEW_DATA
    /// of the end that it reaches.
    @inline(__always)
    mutating func begin(
        _ bits: UInt16,
        at hook: Hook,
        side: Side,
        kind: Dispatch.Kind = .flow,
        inOrder: Bool = false
    ) {
        let set = table.conns[flow].set
        guard sets.mask(set, hook) & bits != 0 else { return }
        dispatch.kind = kind
        dispatch.hook = hook
        dispatch.side = side
        // The side of a window is that of the packet's sender, too.
        let isSender = hook == .snd || bits == Event.zeroWindow.bit
        let fromClient = isSender ? side == .client : side == .server
        dispatch.reversed = !fromClient && !inOrder
        dispatch.position = 0
        dispatch.handedPosition = -1
        dispatch.count = Int32(truncatingIfNeeded: sets.count(set))
        dispatch.first = sets.place(set, 0)
        dispatch.bits = bits
        dispatch.left = bits
        // What all events of the phase have in common; each adds slot, event and socket.
        event.handPhase(
            hook: hook.number,
            side: Int32(side.rawValue),
            flow: flow,
            generation: table.conns[flow].generation
        )
    }

    /// The flow got other registrations, in a callback: those count for the rest of the phase in hand, that of the
    /// socket whose turn it was included.
    mutating func registrationsChanged(_ slot: Int32) {
        guard slot == flow else { return }
        dispatch.first = sets.place(table.conns[slot].set, 0)
        guard dispatch.handedPosition >= 0 else { return }
        dispatch.kind = .flow
        dispatch.position = dispatch.handedPosition
        dispatch.left = dispatch.handedLeft
    }

    /// Begins to hand out PKT_IN alone; to the only socket of the flow at once.
    @inline(__always)
    mutating func beginPacketIn(_ hand: FlowInHand, at hook: Hook, side: Side) {
        let set = hand.conn.set
        guard sets.mask(set, hook) & Event.packetIn.bit != 0 else { return }
        let place = sets.place(set, 0)
        let socket = sets[place: place].socket
        guard sets.count(set) == 1, !sets[place: place].isStopped(side),
            closedSockets &>> UInt32(truncatingIfNeeded: socket) & 1 == 0
        else {
            begin(Event.packetIn.bit, at: hook, side: side)
            return
        }
        dispatch.kind = .ready
        dispatch.handedPosition = -1
        dispatch.slot = sets.slot(place, hook, Event.packetIn.rawValue)
        event.hand(
            slot: dispatch.slot,
            event: Event.packetIn.number,
            hook: hook.number,
            side: Int32(side.rawValue),
            socket: socket,
            flow: flow,
            generation: hand.conn.generation
        )
    }

    /// Begins to hand out NEW_DATA of payload that lies in the packet in hand, behind which nothing is readable; to the only
    /// socket of the flow at once.
    ///
    /// - Returns: false when there are several, or the socket has not read what came before: then nothing has begun.
    @inline(__always)
    mutating func beginLiveData(_ hand: FlowInHand, side: Side) -> Bool {
        let set = hand.conn.set
        let place = sets.place(set, 0)
        let socket = sets[place: place].socket
        let reader = Self.firstReader(of: hand.conn.ext)
        guard sets.count(set) == 1, sets.mask(set, .null) & Event.newData.bit != 0,
            Int64(hand.sent.next) == live.end,
            sets[place: place].reads(side), Int32(self[reader: reader].socket) == socket,
            self[reader: reader].reads(side), self[reader: reader][offset: side] == live.offset,
            closedSockets &>> UInt32(truncatingIfNeeded: socket) & 1 == 0
        else { return false }
        newDataEnd = live.end
        dispatch.kind = .ready
        dispatch.handedPosition = -1
        dispatch.slot = sets.slot(place, .null, Event.newData.rawValue)
        event.hand(
            slot: dispatch.slot,
            event: Event.newData.number,
            hook: Hook.null.number,
            side: Int32(side.rawValue),
            socket: socket,
            flow: flow,
            generation: hand.conn.generation
        )
        return true
    }

    /// The next event that a script wants; 0 when the phase has no more.
    mutating func nextSubscribed() -> Int32 {
        switch dispatch.kind {
        case .none: 0
        case .ready: takeReady()
        case .flow: nextOfFlow()
        case .newData: nextNewData()
        case .overrun: nextOverrun()
        case .raw: nextOfListeners(listeners.raw, .packetIn)
        case .orphan: nextOfListeners(listeners.orphan, .orphan)
        }
    }

    /// The event that is in the block already; the phase has no other.
    @inline(__always)
    private mutating func takeReady() -> Int32 {
        dispatch.kind = .none
        return dispatch.slot
    }

    /// The registration whose turn it is, nil behind the last.
    @inline(__always)
    private var turn: Int? {
        guard dispatch.position < dispatch.count else { return nil }
        let position =
            dispatch.reversed
            ? dispatch.count &- 1 &- dispatch.position : dispatch.position
        return dispatch.first &+ Int(position)
    }

    /// True when a registration gets nothing that carries the side of this phase.
    @inline(__always)
    private mutating func isMute(_ place: Int) -> Bool {
        sets[place: place].isStopped(dispatch.side)
            || closedSockets &>> UInt32(truncatingIfNeeded: sets[place: place].socket) & 1 != 0
    }

    private mutating func nextOfFlow() -> Int32 {
        while let place = turn {
            let wanted = sets[place: place].mask(dispatch.hook) & dispatch.left
            if wanted == 0 || isMute(place) {
                dispatch.position &+= 1
                dispatch.left = dispatch.bits
                continue
            }
            let number = wanted.trailingZeroBitCount
            dispatch.left &= ~((2 &<< UInt16(truncatingIfNeeded: number)) &- 1)
            dispatch.handedPosition = dispatch.position
            dispatch.handedLeft = dispatch.left
            // Nothing more for this socket: the next one's turn, or none, when the script comes back.
            if wanted & dispatch.left == 0 {
                dispatch.position &+= 1
                dispatch.left = dispatch.bits
                if dispatch.position == dispatch.count { dispatch.kind = .none }
            }
            return hand(place, number)
        }
        return 0
    }

    /// NEW_DATA goes to readers that have something unread, again for each piece behind a gap, never for bytes read.
    private mutating func nextNewData() -> Int32 {
        let bit = Event.newData.bit
        while let place = turn {
            guard sets[place: place].mask(.null) & bit != 0,
                sets[place: place].reads(dispatch.side), !isMute(place),
                let reader = findReader(sets[place: place].socket)
            else {
                dispatch.position &+= 1
                dispatch.left = dispatch.bits
                continue
            }
            // After the first time only a piece behind a gap, with everything before it read, is news.
            let isNews =
                dispatch.left & bit != 0
                || self[reader: reader][offset: dispatch.side] >= newDataEnd
            guard isNews, let end = endOfReadable(reader, dispatch.side) else {
                dispatch.position &+= 1
                dispatch.left = dispatch.bits
                continue
            }
            dispatch.left &= ~bit
            newDataEnd = end
            // The last socket, and nothing behind a gap: nothing to look for when the script comes back.
            let ext = table.conns[flow].ext
            if dispatch.position == dispatch.count &- 1, ext >= 0,
                UInt64(bitPattern: end) == table[stream: ext, dispatch.side.other].next
            {
                dispatch.kind = .none
            }
            return hand(place, Event.newData.rawValue)
        }
        return 0
    }

    /// ERROR OVERRUN goes to the readers that would lose unread bytes, before they lose them.
    private mutating func nextOverrun() -> Int32 {
        while let place = turn {
            dispatch.position &+= 1
            let registration = sets[place: place]
            guard registration.mask(.null) & Event.error.bit != 0, !isMute(place),
                let reader = findReader(registration.socket),
                let lost = bytesToLose(reader, registration)
            else { continue }
            event.setArgument(
                code: Int32(MOS_ERROR_OVERRUN),
                offset: self[reader: reader][offset: dispatch.side],
                length: lost
            )
            return hand(place, Event.error.rawValue)
        }
        return 0
    }

    private mutating func nextOfListeners(_ list: [Listeners.Entry], _ kind: Event) -> Int32 {
        // The next socket's number, not its place: a callback may have closed one, then the list is another.
        for index in list.indices where list[index].socket >= dispatch.position {
            let entry = list[index]
            dispatch.position = entry.socket &+ 1
            if closedSockets &>> UInt32(entry.socket) & 1 != 0 { continue }
            if !passes(entry.filter) { continue }
            event.hand(
                slot: entry.slot,
                event: kind.number,
                hook: MOS_NULL_HOOK,
                side: MOS_NULL_HOOK,
                socket: entry.socket,
                flow: Int32(MOS_NO_FLOW),
                generation: 0
            )
            return entry.slot
        }
        return 0
    }

    @inline(__always)
    private mutating func hand(_ place: Int, _ number: Int) -> Int32 {
        let slot = sets.slot(place, dispatch.hook, number)
        event.hand(
            slot: slot,
            event: Int32(truncatingIfNeeded: number) &+ Int32(MOS_EVENT_BASE),
            socket: sets[place: place].socket
        )
        return slot
    }
}
