// SPDX-License-Identifier: BSD-2-Clause
// From sources to decoded packets, a burst at a time.
import CMosABI
import Capture
import Flows
import Packets
import TCPTracking

extension Worker {
    /// input: takes the next packet of the burst, and those behind it while nobody is told of them; or the next burst.
    ///
    /// - Returns: 0 when the loop is to be left.
    mutating func takePacket() -> Int32? {
        while current < burstCount, !wantsLeave, resets.isEmpty {
            beginPacket()
            guard phase == .input, dispatch.kind == .none else { return nil }
        }
        return takeFromNextBurst()
    }

    /// The same where the script wants something done first, or the burst is at its end.
    @inline(never)
    private mutating func takeFromNextBurst() -> Int32? {
        if isInline, !resets.isEmpty, beginReset() { return nil }
        if wantsLeave {
            wantsLeave = false
            return leave(MOS_LEAVE_REGENERATE)
        }
        while current >= burstCount {
            event.clearPacket()
            // The frames of the last burst go with the next one.
            if isInline, !outbox.isEmpty { flushDepartures() }
            if attention.take() { return leave(MOS_LEAVE_ATTENTION) }
            if carries || takeOver.readersDone >= 0, let slot = afterTakeOver() { return slot }
            if reachedLimit { return finishAll(then: .ended) }
            // Asking for more takes the frames of the last burst away.
            burstCount = 0
            current = 0
            switch inputs.receive(into: &burst) {
            case .frames:
                event.setSource(inputs.number)
                if isInline { beginForwarding() }
                decodeBurst()
            case .idle:
                // A pipe that is slow is still a capture: only packets move its clock.
                if inputs.leavesWhenIdle { return leave(MOS_LEAVE_IDLE) }
                if !inputs.isLive { continue }
                countSources()
                moveClock(to: wallClock())
                if let clock, isOverdue(clock) { return finishAll(then: .ended) }
                return fireDueWhileIdle()
            case .nextFile:
                event.setSource(inputs.number)
                isNewFile = true
            case .ended:
                return finishAll(then: .ended)
            }
            // Asking a live source what it lost is a system call: now and then is enough.
            if inputs.isLive, inputs.isBreath { countSources() }
            if isNewFile, burstCount > 0 {
                isNewFile = false
                if let clock, burst[0].time < clock { return finishAll(then: .input) }
            }
        }
        beginPacket()
        return nil
    }

    /// What a take-over left to be done in slices, one behind each burst.
    @inline(never)
    private mutating func afterTakeOver() -> Int32? {
        if takeOver.readersDone >= 0 { settleReaders() }
        hasCarried = carries && !hasCarried
        guard hasCarried else { return nil }
        return handTimer(burstCount > 0 ? -1 : -2)
    }

    /// The packet in hand is done with.
    @inline(__always)
    mutating func finishPacket() {
        if isInline {
            handOn()
            verdict = Verdict()
        }
        current &+= 1
        phase = .input
    }

    /// Copies what the sources lost into the counters.
    mutating func countSources() {
        let statistics = inputs.statistics
        counters[.sourceDropped] = Double(statistics.dropped)
        counters[.interfaceDropped] = Double(statistics.interfaceDropped)
        counters[.ringDropped] = Double(statistics.ringDropped)
        counters[.handedOver] = Double(statistics.handedOver)
        if overload.isWatched, let clock {
            let lost = statistics.dropped &+ statistics.interfaceDropped &+ statistics.ringDropped
            overload.note(lost: lost, at: clock)
        }
        guard isInline else { return }
        let departures = inputs.departures
        counters[.forwarded] = Double(departures.sent)
        counters[.forwardDropped] = Double(departures.dropped)
        counters[.forwardRefused] = Double(departures.refused)
    }

    /// Decodes, hashes and asks the cache for what the packets will touch, so that the misses of a burst overlap.
    mutating func decodeBurst() {
        var kept = 0
        var number = walked
        var own = 0
        let isLimited = inputs.isLimited
        let filter = inputs.filter.map { FrameFilterReference($0) }
        // Counted by the burst: the packets that ``PacketDecoder/decodeOrdinary(_:into:)`` takes, and their bytes.
        var (ordinary, ofIPv6) = (0, 0)
        var bytes: UInt64 = 0
        let allowed = inputs.hasAllowance ? allowedFrames() : burst.count
        for index in 0..<allowed {
            let frame = burst[index]
            if isLimited, isBeyondLimit(frame, kept) {
                reachedLimit = true
                break
            }
            number += 1
            if let filter, !filter.matches(frame) {
                // Shown to all workers, the first counts it.
                if isFirst || !leavesOut {
                    counters[.filtered] += 1
                    own &+= 1
                }
                guard isInline else { continue }
                // It leaves in its turn, unseen.
                if kept != index { burst[kept] = frame }
                keepUnseen(frame, kept)
            } else {
                if kept != index { burst[kept] = frame }
                if !leavesOut || !leaveOut(frame, kept, number) {
                    own &+= 1
                    if decoder.decodeOrdinary(frame, into: &packets[kept]) {
                        ordinary &+= 1
                        if packets[kept].ip_version == 6 { ofIPv6 &+= 1 }
                        bytes &+= UInt64(frame.wireLength)
                        kinds[kept] = .tcp
                    } else {
                        let result = decoder.decode(frame, into: &packets[kept])
                        if result.kind == .fragment, !isFirst {
                            // A copy of what worker 0 counts.
                            kinds[kept] = .borrowed
                            own &-= 1
                        } else {
                            kinds[kept] = count(result, kept)
                        }
                    }
                    packets[kept].number = number
                    hashPacket(kept)
                }
            }
            // The index entry asked for some packets ago is near by now; spread out, the misses hide behind decoding.
            if kept >= Self.lookAhead { guessConnection(kept &- Self.lookAhead) }
            kept &+= 1
        }
        walked = number
        counters[.packets] += Double(own)
        countOrdinary(ordinary, ofIPv6: ofIPv6, bytes: bytes)
        taken &+= UInt64(kept)
        // A port has no end: nobody would ask it for the packet that shows the limit.
        if let limit = inputs.packetLimit, taken >= limit { reachedLimit = true }
        burstCount = kept
        current = 0
        for index in max(0, kept &- Self.lookAhead)..<kept { guessConnection(index) }
        for index in 0..<min(kept, Self.lookAhead) where kinds[index] == .tcp {
            table.prefetchStreams(guesses[index])
        }
    }

    /// Hashes a packet that may belong to a flow, and asks the cache for the entry of the index.
    @inline(__always)
    private mutating func hashPacket(_ index: Int) {
        if kinds[index] == .tcp {
            let hash = table.hash(packets[index])
            hashes[index] = hash
            table.prefetchIndex(hash)
        } else if watchesDatagrams {
            hashDatagram(index)
        }
    }

    /// Takes the place `index` of the burst for a frame that nobody is to see.
    private mutating func keepUnseen(_ frame: Frame, _ index: Int) {
        packets[index] = mos_packet()
        packets[index].time = frame.time.shared
        kinds[index] = .unseen
    }

    /// Takes the place `index` of the burst for a frame of another worker.
    ///
    /// - Returns: false when the frame is this worker's own, or everyone's.
    private mutating func leaveOut(_ frame: Frame, _ index: Int, _ number: Double) -> Bool {
        let owner = share.owner(of: frame)
        if owner == share.index || owner == WorkerShare.everyone { return false }
        kinds[index] = .foreign
        packets[index].number = number
        return true
    }

    /// True for the worker that counts what all of them see.
    @inline(__always)
    var isFirst: Bool { share.index == 0 }

    /// Notes which connection a packet probably belongs to, and asks the cache for it.
    @inline(__always)
    private mutating func guessConnection(_ index: Int) {
        if kinds[index] == .tcp {
            guesses[index] = table.prefetchConnection(hashes[index])
        } else if watchesDatagrams, isDatagram(index) {
            guesses[index] = table.prefetchConnection(hashes[index])
        }
    }

    /// Counts `packets` of TCP with nothing to remark.
    private mutating func countOrdinary(_ packets: Int, ofIPv6: Int, bytes: UInt64) {
        counters[.bytes] += Double(bytes)
        counters[.ipv4] += Double(packets &- ofIPv6)
        counters[.ipv6] += Double(ofIPv6)
        counters[.tcp] += Double(packets)
    }

    /// True when `--count` or `--duration` ends the run before this frame.
    @inline(__always)
    private mutating func isBeyondLimit(_ frame: Frame, _ kept: Int) -> Bool {
        if let limit = inputs.packetLimit, taken &+ UInt64(kept) >= limit { return true }
        if inputs.duration == nil { return false }
        if firstTime == nil { firstTime = frame.time }
        return isOverdue(frame.time)
    }

    /// Counts what the decoder found.
    ///
    /// - Returns: the packet's kind; `.malformed` also for a wrong transport checksum.
    @inline(__always)
    mutating func count(_ result: DecodeResult, _ index: Int) -> PacketKind {
        counters[.bytes] += Double(packets[index].len)
        let version = packets[index].ip_version
        if version == 4 { counters[.ipv4] += 1 } else if version == 6 { counters[.ipv6] += 1 }
        if packets[index].flags & UInt32(MOS_PKT_TUNNEL) != 0 { counters[.tunnelled] += 1 }
        return countFindings(result, index)
    }

    /// Counts what was found in an IP packet, whole in its frame or put together from fragments.
    ///
    /// - Returns: as ``count(_:_:)``.
    @inline(__always)
    mutating func countFindings(_ result: DecodeResult, _ index: Int) -> PacketKind {
        if packets[index].flags & UInt32(MOS_PKT_TRUNCATED) != 0 { counters[.truncated] += 1 }
        switch result.kind {
        case .tcp: counters[.tcp] += 1
        case .udp: counters[.udp] += 1
        case .icmp: counters[.icmp] += 1
        case .otherIP: counters[.otherIP] += 1
        case .nonIP: counters[.nonIP] += 1
        case .fragment: counters[.fragments] += 1
        case .malformed, .unseen, .foreign, .borrowed: break
        }
        if packets[index].flags & UInt32(MOS_PKT_IP_OFFLOADED) != 0 { counters[.offloadedIP] += 1 }
        if result.hasBadOptions { counters[.badTCPOptions] += 1 }
        if let error = result.error {
            counters[error] += 1
            packets[index].malformed = UInt8(truncatingIfNeeded: error.rawValue &+ 1)
            if error == .ipv4BadChecksum { countBadHeader(index) }
            // Their headers are there, with a length that cannot be.
            if error == .tcpHeaderLength { counters[.tcp] += 1 }
            if error == .udpLength { counters[.udp] += 1 }
        }
        switch result.checksum {
        case .unverified, .good: return result.kind
        case .offloaded:
            counters[result.kind == .tcp ? .offloadedTCP : .offloadedUDP] += 1
            return result.kind
        case .bad:
            switch packets[index].proto {
            case 6:
                counters[.badTCPChecksum] += 1
                badSenders.note(packets[index])
            case 17: counters[.badUDPChecksum] += 1
            default: counters[.badICMPChecksum] += 1
            }
            return .malformed
        }
    }

    /// A wrong IPv4 header checksum: what it carries is counted, but not believed.
    private mutating func countBadHeader(_ index: Int) {
        counters[.badIPChecksum] += 1
        switch packets[index].proto {
        case 1: counters[.icmp] += 1
        case 6: counters[.tcp] += 1
        case 17: counters[.udp] += 1
        default: counters[.otherIP] += 1
        }
    }

    /// Packets between asking the cache for something and using it.
    static var lookAhead: Int { 8 }
}

extension PacketKind {
    /// RAW sockets are not shown it.
    @inline(__always)
    var isHidden: Bool { self == .unseen || self == .borrowed }
}

/// Callback slots with a fixed meaning; those of scripts follow.
let ReleaseSlot = 1
let TimerSlot = 2
