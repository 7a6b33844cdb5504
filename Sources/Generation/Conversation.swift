// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Packets

/// One TCP connection as a capture shows it: handshake, request, response, end.
///
///     opening ─► accepting ─► confirming ─► talking (client, then server) ─► closing ... ─► over
///
/// It hands out a segment per call, so that many of them can be interleaved.
struct Conversation {
    /// What a conversation is about.
    struct Plan: Equatable {
        /// Octets that the client sends, then octets that the server sends.
        var request: Int
        var response: Int
        /// The largest payload.
        var mss: Int
        /// Data segments without an ACK of the other end between them.
        var segmentsPerACK = 2
        /// A SYN and nothing else.
        var isProbe = false
        /// Client and server take turns for ever, a request and a response after the other.
        var isEndless = false
        /// Faults on the path, of data segments.
        var faults = PathFaults()
    }

    private enum Phase {
        case opening, accepting, confirming, talking, closing, answering, last, over
    }

    /// A segment that the receiver is still waiting for.
    private struct Hole {
        var segment: Segment
        /// Segments until it comes (again).
        var patience: Int
    }

    let ends: Endpoints
    private let plan: Plan
    private let clientISS: UInt32
    private let serverISS: UInt32
    private var phase = Phase.opening
    private var clientSent: UInt32 = 0
    private var serverSent: UInt32 = 0
    private var isClientTalking = true
    private var left: Int
    private var unacknowledged = 0
    private var owesACK = false
    private var hole: Hole?
    private var owed = PathFaults.Owed()

    init(_ ends: Endpoints, _ plan: Plan, random: inout SplitMix64) {
        self.ends = ends
        self.plan = plan
        clientISS = UInt32(truncatingIfNeeded: random.next())
        serverISS = UInt32(truncatingIfNeeded: random.next())
        left = plan.request
    }

    /// True when nothing more comes.
    var isOver: Bool { phase == .over }

    /// The next segment; the conversation must not be over.
    mutating func next(_ random: inout SplitMix64) -> Segment {
        switch phase {
        case .opening:
            phase = plan.isProbe ? .over : .accepting
            return Segment(isFromClient: true, flags: .syn, seq: clientISS, ack: 0)
        case .accepting:
            phase = .confirming
            return Segment(
                isFromClient: false,
                flags: [.syn, .ack],
                seq: serverISS,
                ack: clientISS &+ 1
            )
        case .confirming:
            phase = .talking
            return plain(fromClient: true, .ack)
        case .talking: return talk(&random)
        case .closing:
            phase = .answering
            return plain(fromClient: false, [.fin, .ack])
        case .answering:
            phase = .last
            var segment = plain(fromClient: true, [.fin, .ack])
            segment.ack &+= 1
            return segment
        case .last, .over:
            phase = .over
            var segment = plain(fromClient: false, .ack)
            segment.seq &+= 1
            segment.ack &+= 1
            return segment
        }
    }

    /// A segment without payload, at the end of what its sender sent.
    private func plain(fromClient: Bool, _ flags: TCPFlags) -> Segment {
        let client = clientISS &+ 1 &+ clientSent
        let server = serverISS &+ 1 &+ serverSent
        return Segment(
            isFromClient: fromClient,
            flags: flags,
            seq: fromClient ? client : server,
            ack: fromClient ? server : client
        )
    }

    // MARK: Talking

    private mutating func talk(_ random: inout SplitMix64) -> Segment {
        if owesACK {
            owesACK = false
            let segment = acknowledgement()
            endTurn()
            return segment
        }
        if let late = hole, late.patience == 0 || left == 0 {
            hole = nil
            owesACK = true
            unacknowledged = 0
            return late.segment
        }
        return send(&random)
    }

    /// What the receiver of the data says: everything before the hole has come.
    private func acknowledgement() -> Segment {
        var segment = plain(fromClient: !isClientTalking, .ack)
        if let hole { segment.ack = hole.segment.seq }
        return segment
    }

    private mutating func send(_ random: inout SplitMix64) -> Segment {
        let segment = data(&random)
        let sent = hole == nil ? suffer(segment, &random) : segment
        noteSent()
        return sent
    }

    /// What the capture shows of `segment`, or instead of it.
    private mutating func suffer(_ segment: Segment, _ random: inout SplitMix64) -> Segment {
        switch owed.take(plan.faults, left: left, mss: plan.mss, &random) {
        case .arrives: return segment
        case .isLost:
            hole = Hole(segment: segment, patience: 3)
            // Half of the losses are before the place of the capture, which shows a gap, not a repeat.
            return random.chance(0.5) && left > 0 ? data(&random) : segment
        case .isLate:
            hole = Hole(segment: segment, patience: 1)
            return data(&random)
        }
    }

    /// The next piece of the stream.
    private mutating func data(_ random: inout SplitMix64) -> Segment {
        owed.draw(plan.faults, &random)
        let length = min(left, plan.mss)
        left -= length
        var segment = plain(fromClient: isClientTalking, left == 0 ? [.psh, .ack] : .ack)
        segment.length = length
        segment.offset = isClientTalking ? clientSent : serverSent
        if isClientTalking { clientSent &+= UInt32(length) } else { serverSent &+= UInt32(length) }
        return segment
    }

    private mutating func noteSent() {
        unacknowledged += 1
        if let patience = hole?.patience {
            // Each segment behind a hole is acknowledged at once (RFC 5681 section 4.2).
            hole?.patience = patience - 1
            owesACK = true
        } else if plan.segmentsPerACK > 0, unacknowledged >= plan.segmentsPerACK || left == 0 {
            owesACK = !isClientTalking || left > 0
            unacknowledged = 0
        }
        if !owesACK { endTurn() }
    }

    /// The other end's turn when everything is sent and nothing is missing.
    private mutating func endTurn() {
        guard left == 0, hole == nil else { return }
        unacknowledged = 0
        if plan.isEndless || isClientTalking {
            isClientTalking.toggle()
            left = isClientTalking ? plan.request : plan.response
        } else {
            phase = .closing
        }
    }
}
