// SPDX-License-Identifier: BSD-2-Clause
// Packets that came in parts, or within others: what takes their place, and what they came through.
import CMosABI
import Flows
import Packets

extension Worker {
    /// Packets that were put together from fragments may be fragments of what they carry, but not for ever.
    private static var deepestReassembly: Int { TunnelPath.capacity }

    /// Takes the fragment in hand; when it completes an IP packet, that becomes the packet in hand.
    ///
    /// RAW sockets have seen the fragment by then. The frame of the new packet is what came before the IP header in the
    /// last fragment's frame, then the whole IP packet; it stays until the next one is complete.
    ///
    /// - Returns: false when parts are still missing.
    mutating func reassemble() -> Bool {
        for depth in 0..<Self.deepestReassembly {
            let part = packets[current]
            let time = burst[current].time
            let isComplete = fragments.take(
                part,
                burst[current].bytes,
                at: time.nanoseconds,
                isNested: depth > 0
            )
            noteFragments()
            guard isComplete else { return false }
            if isFirst { counters[.fragmentsReassembled] += 1 }
            replacePacket(part)
            if kinds[current] != .fragment, kinds[current] != .borrowed { return true }
        }
        return false
    }

    /// Decodes the IP packet that `part` completed, in its place.
    private mutating func replacePacket(_ part: mos_packet) {
        var path = part.flags & UInt32(MOS_PKT_TUNNEL) != 0 ? tunnelPath() : TunnelPath()
        var frame = burst[current]
        frame.bytes = fragments.frame
        frame.wireLength = UInt32(frame.bytes.count)
        let result = decoder.decode(
            reassembled: frame,
            from: part,
            into: &packets[current],
            path: &path
        )
        packets[current].number = part.number
        burst[current] = frame
        reassembledPath = path
        guard isOwn(result, current, frame.bytes) else { return }
        kinds[current] = countFindings(result, current)
        event.setPacket(packets, current, frame: frame.bytes)
        if kinds[current] == .tcp {
            hashes[current] = table.hash(packets[current])
            guesses[current] = table.prefetchConnection(hashes[current])
        } else if watchesDatagrams {
            prepareDatagram(current)
        }
    }

    /// Whether what several workers put together is this one's; a part of a packet again is everyone's.
    private mutating func isOwn(_ result: DecodeResult, _ index: Int, _ frame: ByteView) -> Bool {
        if share.isWhole { return true }
        let owner = share.owner(of: packets[index], kind: result.kind, frame)
        if owner == share.index || owner == WorkerShare.everyone && isFirst { return true }
        kinds[index] = result.kind == .fragment ? .borrowed : .foreign
        return false
    }

    /// What is still incomplete when the input ends never will be complete.
    mutating func giveUpFragments() {
        fragments.giveUpAll()
        noteFragments()
    }

    private mutating func noteFragments() {
        // Every worker puts the same together.
        guard isFirst else { return }
        let counts = fragments.counts
        counters[.fragmentsTimeout] = Double(counts.timeouts)
        counters[.fragmentsOverlap] = Double(counts.overlaps)
        counters[.fragmentsDropped] = Double(counts.dropped)
        counters[.fragmentsBad] = Double(counts.bad)
    }

    /// The tunnels that the packet in hand came through.
    func tunnelPath() -> TunnelPath {
        let flags = packets[current].flags
        if flags & UInt32(MOS_PKT_TUNNEL) == 0 { return TunnelPath() }
        return flags & UInt32(MOS_PKT_REASSEMBLED) != 0
            ? reassembledPath : decoder.tunnelPath(burst[current])
    }

    /// The tunnels of a flow's first packet, or, without a flow, of the packet in hand.
    ///
    /// - Returns: how many there are, the outermost first, at the event block's `data`; -EBADF for a flow that ended.
    public mutating func tunnel(flow slot: Int32, generation: UInt32) -> Int32 {
        let path: TunnelPath
        if slot == Int32(MOS_NO_FLOW) {
            path = event.hasPacket ? tunnelPath() : TunnelPath()
        } else {
            guard table.isLive(slot, generation: generation) else { return badFlow() }
            path = tunnels.path(of: slot) ?? TunnelPath()
        }
        return tell(path)
    }
}
