// SPDX-License-Identifier: BSD-2-Clause
// One worker owns everything from its packets to its events: this file holds what it owns and the machine that hands
// out one event per call. Each phase is a function in one of the Worker+ files, in data-flow order.
import CMosABI
import Capture
import Flows
import Packets
import TCPTracking

/// A resumable engine: ``next()`` runs until an event is wanted by a script, hands it out and freezes there.
///
///     input ─► due ─► raw ─► lookUp ─► sent ─► arrive ─► makeRoom ─► merge ─► deliver ─► newData ─► settle ─┐
///       ▲                      │        HK_SND  REXMIT    ERROR GAP            HK_RCV     NULL              │
///       └──────── orphan ◄─────┘                                                                            │
///       └───────────────── forget ◄─ endReceived ◄─ endSent ◄─ flush ◄──────── when the flow is over ◄──────┘
///
/// A flow whose first captured packet is the server's goes lookUp ─► startSent ─► startReceived ─► update. Holes that
/// are given up behind a packet, or because their time has come, go suspect ─► declare ─► declareData.
///
/// The segment that most are (established, next in order, nothing waiting) goes lookUp ─► arriveOrdinary ─► newData; the
/// SYN of a new flow lookUp ─► opened ─► finishSettling; those of handshakes and ends that no script wants to know of are
/// done with in lookUp.
public struct Worker: ~Copyable {
    /// Where the machine goes on when the events of the phase before are handed out.
    enum Phase: UInt8 {
        case input, due, raw, lookUp, orphan
        case startSent, startReceived, update
        case sent, arrive, arriveOrdinary, opened, makeRoom, declareGap, merge, deliver, confirm
        case newData, settle, suspect, declare, declareData, finishSettling
        case receiveDatagram, finishDatagram
        case flush, flushData, endSent, endReceived, release, forget
        case finish, ended
    }

    /// The events of a phase that are still to be handed out.
    struct Dispatch {
        enum Kind: UInt8 { case none, ready, flow, newData, overrun, raw, orphan }
        var kind = Kind.none
        var hook = Hook.null
        var side = Side.client
        var reversed = false
        var position: Int32 = 0
        var count: Int32 = 0
        /// The position whose event the script has in hand, -1 when that is not of a flow; and what was left for it.
        var handedPosition: Int32 = -1
        var handedLeft: UInt16 = 0
        /// The place of the flow's first registration.
        var first = 0
        /// The callback of an event that is in the block already (``Kind/ready``).
        var slot: Int32 = 0
        var bits: UInt16 = 0
        var left: UInt16 = 0
    }

    /// In-order payload of the packet in hand: readable where it lies, copied only when somebody leaves it unread.
    struct Live {
        var isActive = false
        var sender = Side.client
        var offset: Int64 = 0
        var bytes = ByteView.empty
        var end: Int64 { offset &+ Int64(bytes.count) }
    }

    // Input
    var inputs: Inputs
    let decoder: PacketDecoder
    /// For frames that are known to be sound, or of which nobody asks.
    let plainDecoder: PacketDecoder
    var burst = FrameBurst()
    var packets: PacketRoom
    var kinds: ReservedMemory<PacketKind>
    var hashes: ReservedMemory<UInt32>
    /// The connections that the packets of the burst probably belong to, -1 = none.
    var guesses: ReservedMemory<Int32>
    var current = 0
    var burstCount = 0
    var taken: UInt64 = 0
    var reachedLimit = false
    var isNewFile = false
    /// Frames walked over, those of other workers included; what packets are numbered by.
    var walked = 0.0
    /// Which packets are this worker's.
    let share: WorkerShare
    /// The sources show every worker everything, and each leaves out what is not its own.
    let leavesOut: Bool

    // Clock
    var clock: Timestamp?
    var stepCandidate: Timestamp?
    var stepFlow: Int32 = -1
    var stepGeneration: UInt32 = 0
    var firstTime: Timestamp?
    var timers: ScriptTimers
    var wheel: TimeoutWheel
    let timeouts: Timeouts
    /// What is due at the moment, for the order of records; ``DueOrder/packet`` when the packet in hand is.
    var due = DueOrder.packet

    // Flows
    var table: FlowTable
    var reassembler: Reassembler
    var readers: SlotPool<Reader>
    var sets: CallbackSets
    var sockets: [MonitorSocket] = []
    var closedSockets: UInt32 = 0
    var startSets: [UInt32: Int32] = [:]
    /// The sockets that the last flow's SYN interested, 0 = none yet, and their set: most flows are like the one before.
    var lastWatchers: UInt32 = 0
    var lastStartSet: Int32 = -1
    var listeners = Listeners()
    /// There is, or was, a FLOW socket: UDP and ICMP packets are looked up.
    var watchesDatagrams = false
    var states: [FlowStateMemory] = []
    /// Flows that declared state is for; what a version that is staged may share with the one before.
    var stateCapacity: Int
    var inheritedStates: [FlowStateMemory] = []
    /// Flows for which it will be written at once.
    var flowsToCome = 0
    var plain: PlainPacket
    var tunnels: TunnelTable
    var fragments: FragmentReassembler
    /// The tunnels of the packet in hand when it was put together from fragments.
    var reassembledPath = TunnelPath()
    /// The tunnels that a script was told of last.
    let toldPath: ReservedMemory<mos_tunnel>
    let settings: Settings

    // The machine
    var event = EventBlock()
    var phase = Phase.input
    var dispatch = Dispatch()
    var counters: Counters
    var badSenders = BadChecksumSenders()
    /// What is given up while the sources lose packets.
    var overload: Overload
    var wantsLeave = false
    /// Asks for the worker between bursts; for other threads.
    public let attention = Attention()
    /// Another version of the scripts takes over, or did lately.
    var takeOver = TakeOver()
    /// Between bursts the script side carries over what the version before kept; it was asked to behind this burst.
    var carries = false
    var hasCarried = false
    /// Tests turn it off: the general way must do what the straight ones do.
    var goesStraight = true
    var sourceName: ContiguousArray<CChar> = [0]

    // Inline
    /// Packets are handed on, and scripts may change them.
    public let isInline: Bool
    var outbox: Outbox
    var verdict = Verdict()
    var translations: Translations
    /// Connections whose streams scripts have made longer or shorter: few.
    var edits: [Int32: FlowEdits] = [:]
    /// What is known of each flow's ports and link layer, by slot.
    var inlineFlows: ReservedMemory<InlineFlow>
    /// Connections that scripts want reset, when the packet in hand is done with.
    var resets: [PendingReset] = []
    /// The port through which the packets of the burst in hand leave, -1 = none, and the one that they came from.
    var onwardPort = -1
    var backPort = 0
    /// Checksums that were left to a network card are finished before a frame leaves.
    var finishesChecksums = false

    // The packet and the flow in hand
    var flow: Int32 = -1
    var isNewFlow = false
    var segment: Segment
    var update = SenderUpdate()
    var extent = SegmentExtent(repeats: false, fresh: 0, isOutOfOrder: false)
    var payload = ByteView.empty
    var nextBefore: UInt64 = 0
    var senderMoved = false
    var receiverMoved = false
    var live = Live()
    var newDataEnd: Int64 = 0
    var hasNewData = false
    /// The segment in hand is a duplicate ACK.
    var isDuplicateACK = false
    /// How long the flow was silent before the packet in hand, microseconds; not on the straight way.
    var silence: Int64 = 0
    var gaveUpHole = false
    var isConfirmed = false
    /// The end of the segment in hand where the capture cut it, as stream offset; -1 = it did not.
    var uncapturedEnd: Int64 = -1
    var suspectStep = 0

    // The UDP or ICMP packet in hand
    var datagramSender = Side.client

    // Holes that are given up
    var suspects: Suspects
    var holes: HoleQueue
    var declaredSide = Side.server
    var declaredUpTo: Int64 = 0
    /// Why, one of MOS_GAP_*.
    var declaredCause = MOS_GAP_NONE
    /// Holes are given up to the very end, though nothing lies behind it.
    var declaresTail = false
    var afterDeclaring = Phase.input
    var refused: RefusedSegments
    var answeredSYN: RefusedSYN?

    // The flow that ends, and where the machine goes on then
    var ending: Int32 = -1
    var flushSide = Side.server
    var afterEnd = Phase.input
    var finishList: [Int32] = []
    var finishIndex = 0
    var afterFinish = Phase.ended
    /// The flows that end do so because the run does.
    var endsRun = false

    /// A worker for `inputs`.
    ///
    /// - Parameters:
    ///   - inputs: where packets come from.
    ///   - settings: the engine's settings.
    ///   - seed: the secret of the flow table's hash.
    ///   - share: which packets are this worker's.
    /// - Throws: ``WorkerError`` when the address space for its tables is refused.
    public init(
        inputs: consuming Inputs,
        settings: Settings,
        seed: HashSeed,
        share: WorkerShare = WorkerShare()
    ) throws(WorkerError) {
        let flows = settings.maxFlows
        guard let packets = PacketRoom(),
            let kinds = ReservedMemory<PacketKind>(capacity: FrameBurst.capacity),
            let hashes = ReservedMemory<UInt32>(capacity: FrameBurst.capacity),
            let guesses = ReservedMemory<Int32>(capacity: FrameBurst.capacity),
            let timers = ScriptTimers(), let suspects = Suspects(capacity: min(flows, 1 << 20)),
            let holes = HoleQueue(), let refused = RefusedSegments(),
            let wheel = TimeoutWheel(capacity: flows),
            let table = FlowTable(capacity: flows, seed: seed, vlanInKey: settings.vlanInKey),
            let reassembler = Reassembler(
                runs: max(flows, 1 << 20),
                bytes: max(settings.bufferPool, 256)
            ),
            let readers = SlotPool<Reader>(
                capacity: min(flows * Int(MOS_MAX_SOCKETS), Int(Int32.max) - 1)
            ),
            let sets = CallbackSets(), let counters = Counters(), let plain = PlainPacket(),
            let tunnels = TunnelTable(capacity: flows, seed: seed),
            let fragments = FragmentReassembler(
                pool: settings.fragmentsPool,
                timeout: Int64(min(settings.fragmentTimeout, 1e9) * 1e9),
                seed: seed,
                vlanInKey: settings.vlanInKey,
                holdsFrames: inputs.isInline
            ),
            let toldPath = ReservedMemory<mos_tunnel>(capacity: TunnelPath.capacity),
            let outbox = Outbox(),
            let translations = Translations(
                capacity: flows,
                seed: seed,
                vlanInKey: settings.vlanInKey
            ),
            let inlineFlows = ReservedMemory<InlineFlow>(capacity: inputs.isInline ? flows : 1)
        else { throw .noMemory(flows: flows) }
        stateCapacity = settings.maxFlows
        isInline = inputs.isInline
        overload = Overload(inputs.isLive ? settings.shedding : .none)
        self.share = share
        leavesOut = inputs.showsEverything && !share.isWhole
        self.outbox = outbox
        self.translations = translations
        self.inlineFlows = inlineFlows
        self.inputs = inputs
        self.settings = settings
        self.packets = packets
        self.kinds = kinds
        self.hashes = hashes
        self.guesses = guesses
        self.timers = timers
        self.suspects = suspects
        self.holes = holes
        self.refused = refused
        self.wheel = wheel
        self.table = table
        self.reassembler = reassembler
        self.readers = readers
        self.sets = sets
        self.counters = counters
        self.plain = plain
        self.tunnels = tunnels
        self.fragments = fragments
        self.toldPath = toldPath
        decoder = PacketDecoder(
            checksums: settings.checksums,
            decapsulation: settings.decapsulation
        )
        plainDecoder = PacketDecoder(
            checksums: .off,
            decapsulation: settings.decapsulation
        )
        timeouts = Timeouts(settings)
        segment = Segment(mos_packet(), sender: .client)
        if settings.checksums == .off { forgetChecksums() }
    }

    /// Nothing is verified, so nobody knows how many are wrong: not 0.
    private mutating func forgetChecksums() {
        for counter in Counter.ofChecksums { counters[counter] = .nan }
    }

    /// Runs until an event has a callback, and hands it out.
    ///
    /// - Returns: the callback slot; the event itself is in the shared event block. 0 = leave the loop, the block's
    ///   `code` says why.
    public mutating func next() -> Int32 {
        event.turn()
        while true {
            if dispatch.kind != .none {
                let slot = nextSubscribed()
                if slot != 0 { return slot }
                dispatch.kind = .none
            }
            switch phase {
            case .input: if let slot = takePacket() { return slot }
            case .due: if let slot = fireDue() { return slot }
            case .raw: raw()
            case .lookUp: lookUp()
            case .orphan: orphan()
            case .startSent: startSent()
            case .startReceived: startReceived()
            case .update: updateStarted()
            case .sent: sent()
            case .arrive: arrive()
            case .arriveOrdinary: arriveOrdinary()
            case .opened: opened()
            case .makeRoom: makeRoom()
            case .declareGap: declareGap()
            case .merge: merge()
            case .deliver: deliver()
            case .confirm: confirm()
            case .newData: newData()
            case .settle: settle()
            case .suspect: suspect()
            case .declare: declare()
            case .declareData: declareData()
            case .finishSettling: finishSettling()
            case .receiveDatagram: receiveDatagram()
            case .finishDatagram: finishDatagram()
            case .flush: flush()
            case .flushData: flushData()
            case .endSent: endSent()
            case .endReceived: endReceived()
            case .release: if let slot = release() { return slot }
            case .forget: forget()
            case .finish: finish()
            case .ended: return leave(MOS_LEAVE_END)
            }
        }
    }

    /// Makes ``next()`` return 0 once, so that the script side can build its loop anew.
    public mutating func requestLeave() { wantsLeave = true }

    mutating func leave(_ why: Int) -> Int32 {
        event.clearPacket()
        event.hand(
            slot: 0,
            event: 0,
            hook: MOS_NULL_HOOK,
            side: MOS_NULL_HOOK,
            socket: -1,
            flow: -1,
            generation: 0
        )
        event.setArgument(code: Int32(why), offset: 0, length: 0)
        return 0
    }
}

/// `mos.NULL`, as hook and as side.
let MOS_NULL_HOOK = Int32(MOS_NULL)
