// SPDX-License-Identifier: BSD-2-Clause
import Packets

/// A port with faults, for tests: of what another one receives, some is lost, comes twice or comes late.
///
/// What is sent passes unharmed. The same seed gives the same faults for the same frames.
public final class FaultyPort: PacketPort {
    private let base: any PacketPort
    /// The base where its frames have offloads.
    private let socket: RawSocketPort?
    private var plan: FaultPlan
    private var input = FrameBurst()
    private var store = FrameStore()
    private var output: [OwnedFrame] = []
    private var handedOut = 0
    private var received: UInt64 = 0
    /// What of the frames of the last burst was left to a network card.
    private var offloads: [FrameOffload] = []
    /// How often in a row nothing came: a late frame does not wait for ever for others to overtake it.
    private var silence = 0
    private static let patience = 8

    /// Wraps `base` with the faults that follow from `seed`.
    public init(_ base: any PacketPort, faults: Faults, seed: UInt64) {
        self.base = base
        socket = base as? RawSocketPort
        plan = FaultPlan(faults, seed: seed)
    }

    /// The name of the port itself.
    public var name: String { base.name }
    /// Whether the port itself is live.
    public var isLive: Bool { base.isLive }
    /// That of the port itself.
    public var mtu: Int { base.mtu }
    /// Whether the port itself does.
    public var carriesOffloads: Bool { base.carriesOffloads }
    /// As the port itself.
    public var readiness: Readiness { base.readiness }
    /// What left through the port itself.
    public var departures: DepartureStatistics { base.departures }
    /// How many frames met each fault.
    public var tally: FaultPlan.Tally { plan.tally }

    /// What the port itself lost, and what was handed out here.
    public var statistics: SourceStatistics {
        var statistics = base.statistics
        statistics.received = received
        return statistics
    }

    /// Fills `burst` with what has become of the frames of the port itself.
    public func receive(into burst: inout FrameBurst) -> Reception {
        burst.removeAll()
        while handedOut == output.count {
            output.removeAll(keepingCapacity: true)
            handedOut = 0
            switch base.receive(into: &input) {
            case .frames: takeInput()
            case .idle:
                silence += 1
                if silence >= Self.patience { plan.finish(into: &output) }
                if output.isEmpty { return .idle }
            case .ended:
                plan.finish(into: &output)
                if output.isEmpty { return .ended }
            case .failed(let error): return .failed(error)
            }
        }
        let frames = output[handedOut...].prefix(FrameBurst.capacity)
        store.replace(by: frames, in: &burst)
        offloads = frames.map(\.offload)
        handedOut += frames.count
        received += UInt64(frames.count)
        return .frames
    }

    private func takeInput() {
        silence = 0
        for index in 0..<input.count {
            var frame = OwnedFrame(input[index])
            if let socket { frame.offload = socket.offload(at: Int32(index)) }
            plan.rewrite(frame, into: &output)
        }
    }

    /// Sends through the port itself.
    public func send(_ list: borrowing DepartureList, from origin: any PacketPort) {
        base.send(list, from: origin)
    }

    /// What of the frame at `place` of the last burst was left to a network card.
    func offload(at place: Int32) -> FrameOffload {
        place >= 0 && place < Int32(offloads.count) ? offloads[Int(place)] : .none
    }
}
