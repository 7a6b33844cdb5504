// SPDX-License-Identifier: BSD-2-Clause
// What scripts ask of the engine: options of sockets and flows.
import CMosABI
import Flows
import Glibc
import Packets
import TCPTracking

extension Worker {
    /// Changes an option of a socket (`flow` < 0), for its later flows, or of one flow.
    public mutating func setOption(
        _ number: Int32,
        _ slot: Int32,
        _ generation: UInt32,
        option: Int32,
        value: Double
    ) -> Int32 {
        if slot < 0, !isOpen(number) { return badSocket(number) }
        guard mayHave(number, slot, generation, option: option) else {
            return failure(EINVAL, Self.noStream)
        }
        switch Int(option) {
        case MOS_OPT_CLIBUF: return setBuffer(number, slot, generation, .client, value)
        case MOS_OPT_SVRBUF: return setBuffer(number, slot, generation, .server, value)
        case MOS_OPT_CLIKEEP: return setKeep(number, slot, generation, .client, value)
        case MOS_OPT_SVRKEEP: return setKeep(number, slot, generation, .server, value)
        case MOS_OPT_CLIOVERLAP: return setPolicy(number, slot, generation, .client, value)
        case MOS_OPT_SVROVERLAP: return setPolicy(number, slot, generation, .server, value)
        case MOS_OPT_STOP_MON: return stop(number, slot, generation, side: value)
        default: return failure(ENOPROTOOPT, "this option cannot be set")
        }
    }

    /// Changes what a socket has registered, for its later flows (`slot` < 0), or what it has for one flow.
    private mutating func setRegistered(
        _ slot: Int32,
        _ generation: UInt32,
        _ change: RegistrationChange
    ) -> Int32 {
        if slot >= 0 { return self.change(slot, generation, change) }
        change.apply(to: &sockets[Int(change.socket)].registration)
        socketsChanged()
        return 0
    }

    private func isByteCount(_ value: Double) -> Bool {
        value >= 0 && value <= Double(1 << 30) && value == value.rounded()
    }

    private mutating func setBuffer(
        _ number: Int32,
        _ slot: Int32,
        _ generation: UInt32,
        _ side: Side,
        _ value: Double
    ) -> Int32 {
        guard isByteCount(value) else {
            return failure(EINVAL, "a buffer size is 0 to 1073741824 bytes")
        }
        let change = RegistrationChange.buffer(number, side, bytes: UInt32(value))
        let result = setRegistered(slot, generation, change)
        guard result == 0, slot >= 0 else { return result }
        if value == 0 {
            detachReader(slot, socket: number, side: side)
        } else if table.conns[slot].ext >= 0 {
            _ = attachReader(slot, socket: number, side: side)
        }
        event.turn()
        return 0
    }

    /// Sets how many read bytes of the receive buffer of `side` are kept.
    private mutating func setKeep(
        _ number: Int32,
        _ slot: Int32,
        _ generation: UInt32,
        _ side: Side,
        _ value: Double
    ) -> Int32 {
        guard isByteCount(value) else {
            return failure(EINVAL, "bytes to keep are 0 to 1073741824")
        }
        let change = RegistrationChange.keep(number, side, bytes: UInt32(value))
        let result = setRegistered(slot, generation, change)
        guard result == 0, slot >= 0, table.conns[slot].ext >= 0 else { return result }
        markKept(slot, table.conns[slot].ext, side)
        discardRead(slot, side)
        event.turn()
        return 0
    }

    /// Chooses which bytes win where what reaches `side` overlaps with other content.
    private mutating func setPolicy(
        _ number: Int32,
        _ slot: Int32,
        _ generation: UInt32,
        _ side: Side,
        _ value: Double
    ) -> Int32 {
        guard value >= 0, value < Double(MOS_OVERLAP_POLICY_COUNT), value == value.rounded() else {
            return failure(EINVAL, "there is no such overlap policy")
        }
        if slot >= 0 {
            guard table.isLive(slot, generation: generation) else { return badFlow() }
            let ext = table.conns[slot].ext
            if ext >= 0, table[stream: ext, side.other].top > 0 {
                return failure(
                    EBUSY,
                    "bytes have arrived: the overlap policy cannot change any more"
                )
            }
        }
        return setRegistered(slot, generation, .policy(number, side, Int8(value)))
    }

    /// The overlap policy of the receive buffer of `side`: that of the first socket that chose one.
    mutating func policy(_ set: Int32, _ side: Side) -> UInt8 {
        let chosen = sets.policy(set, side)
        return chosen < 0 ? settings.overlap.rawValue : UInt8(chosen)
    }

    mutating func stop(_ number: Int32, _ slot: Int32, _ generation: UInt32, side: Double)
        -> Int32
    {
        guard slot >= 0 else { return failure(EINVAL, "STOP_MON is an option of a flow") }
        guard let bits: UInt32 = [0: 1, 1: 2, 2: 3][side] else {
            return failure(EINVAL, "STOP_MON takes SIDE_CLI, SIDE_SVR or SIDE_BOTH")
        }
        let result = change(slot, generation, .stop(number, sides: bits))
        guard result == 0 else { return result }
        for side in Side.allCases where bits & 1 << UInt32(side.rawValue) != 0 {
            detachReader(slot, socket: number, side: side)
        }
        event.turn()
        return 0
    }

    /// Reads an option; the numbers go to the event block.
    ///
    /// - Returns: how many numbers there are, 0 where the list that `index` walks has ended.
    public mutating func getOption(
        _ number: Int32,
        _ slot: Int32,
        _ generation: UInt32,
        option: Int32,
        index: Int32
    ) -> Int32 {
        guard mayHave(number, slot, generation, option: option) else {
            return failure(EINVAL, Self.noStream)
        }
        if slot < 0 { return getSocketOption(number, option) }
        guard table.isLive(slot, generation: generation) else { return badFlow() }
        let place = sets.place(table.conns[slot].set, socket: number)
        guard place >= 0 else {
            return failure(EBADF, "monitor socket \(number) does not watch this flow")
        }
        let isServer = option & 1 != 0
        let side: Side = isServer ? .server : .client
        switch Int(option) {
        case MOS_OPT_CLIBUF, MOS_OPT_SVRBUF:
            event.setValues(Double(sets[place: place].buffer(of: side)))
            return 1
        case MOS_OPT_CLIKEEP, MOS_OPT_SVRKEEP:
            event.setValues(Double(sets[place: place].keep(of: side)))
            return 1
        case MOS_OPT_CLIOVERLAP, MOS_OPT_SVROVERLAP:
            let ext = table.conns[slot].ext
            let isChosen = ext >= 0 && table[stream: ext, side.other].top > 0
            event.setValues(
                Double(
                    isChosen
                        ? table[stream: ext, side.other].policy
                        : policy(table.conns[slot].set, side)
                )
            )
            return 1
        case MOS_OPT_STOP_MON:
            event.setValues(Double(sets[place: place].stopped))
            return 1
        case MOS_OPT_TCP_STATE_CLI, MOS_OPT_TCP_STATE_SVR:
            let side: Side = Int(option) == MOS_OPT_TCP_STATE_CLI ? .client : .server
            event.setValues(Double(table[end: slot, side].state))
            return 1
        case MOS_OPT_TIMESTAMP:
            let last = table.conns[slot].last
            event.setValues(Double(last.sec), Double(last.nsec))
            return 2
        case MOS_OPT_FRAGINFO_CLIBUF, MOS_OPT_FRAGINFO_SVRBUF:
            return fragment(slot, Int(option) == MOS_OPT_FRAGINFO_CLIBUF ? .client : .server, index)
        case MOS_OPT_INFO_CLIBUF, MOS_OPT_INFO_SVRBUF:
            return bufferInfo(
                number,
                slot,
                Int(option) == MOS_OPT_INFO_CLIBUF ? .client : .server
            )
        default: return failure(ENOPROTOOPT, "no such option")
        }
    }

    mutating func getSocketOption(_ number: Int32, _ option: Int32) -> Int32 {
        guard isOpen(number) else { return badSocket(number) }
        let registration = sockets[Int(number)].registration
        switch Int(option) {
        case MOS_OPT_CLIBUF: event.setValues(Double(registration.clientBuffer))
        case MOS_OPT_SVRBUF: event.setValues(Double(registration.serverBuffer))
        case MOS_OPT_CLIKEEP: event.setValues(Double(registration.clientKeep))
        case MOS_OPT_SVRKEEP: event.setValues(Double(registration.serverKeep))
        case MOS_OPT_CLIOVERLAP: event.setValues(Double(effective(registration.clientPolicy)))
        case MOS_OPT_SVROVERLAP: event.setValues(Double(effective(registration.serverPolicy)))
        default: return failure(ENOPROTOOPT, "this is an option of a flow, not of a socket")
        }
        return 1
    }

    private func effective(_ policy: Int8) -> UInt8 {
        policy < 0 ? settings.overlap.rawValue : UInt8(policy)
    }

    mutating func fragment(_ slot: Int32, _ side: Side, _ wanted: Int32) -> Int32 {
        let ext = table.conns[slot].ext
        guard ext >= 0 else { return 0 }
        var index: Int32 = 0
        var found: Int32 = 0
        let sender = side.other
        // What lies in the packet in hand is held too; then nothing else of this stream is.
        let live = live
        let isLive = isLiveOn(slot, side)
        func see(_ offset: Int64, _ length: Int64) {
            if index == wanted {
                event.setValues(Double(offset), Double(length))
                found = 2
            }
            index += 1
        }
        if isLive { see(live.offset, Int64(live.bytes.count)) }
        reassembler.forEachRange(table[stream: ext, sender], stored: true) { see($0, $1) }
        return found
    }

    mutating func bufferInfo(_ number: Int32, _ slot: Int32, _ side: Side) -> Int32 {
        let sender = side.other
        let iss = Double(table[end: slot, sender].iss)
        let ext = table.conns[slot].ext
        guard ext >= 0 else {
            event.setValues(iss)
            return 4
        }
        let stream = table[stream: ext, sender]
        var read = Int64(stream.next)
        var reader = firstReader(ext)
        while reader != Self.noReader {
            if self[reader: reader].socket == number, self[reader: reader].reads(side) {
                read = self[reader: reader][offset: side]
            }
            reader = self[reader: reader].next
        }
        event.setValues(iss, Double(read), Double(stream.next), Double(stream.top))
        return 4
    }

    /// Ends callbacks for one flow and socket, CONN_END included.
    public mutating func closeFlow(_ number: Int32, _ slot: Int32, _ generation: UInt32) -> Int32 {
        stop(number, slot, generation, side: Double(MOS_SIDE_BOTH))
    }
}
