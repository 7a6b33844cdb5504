// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Capture
import Flows
import Generation
import Packets
import Testing

@testable import Engine
@testable import mos_bench

/// The engine's straight ways must do what its general way does: the same events, and the same bytes of the packet, the
/// connection and its extension with each.
struct StraightWayTests {
    /// Registered events, with their hooks, of one socket.
    private typealias Wishes = [(event: Int, hook: Int)]

    private static let calm: Wishes = [
        (MOS_ON_CONN_START, MOS_HK_SND), (MOS_ON_CONN_NEW_DATA, MOS_NULL),
        (MOS_ON_CONN_END, MOS_HK_RCV),
    ]
    private static let curious: Wishes =
        calm + [(MOS_ON_GAP, MOS_NULL), (MOS_ON_ERROR, MOS_NULL), (MOS_ON_REXMIT, MOS_HK_RCV)]
    private static let loud: Wishes =
        curious + [
            (MOS_ON_CONN_START, MOS_HK_RCV), (MOS_ON_CONN_END, MOS_HK_SND),
            (MOS_ON_TCP_STATE_CHANGE, MOS_HK_SND), (MOS_ON_TCP_STATE_CHANGE, MOS_HK_RCV),
            (MOS_ON_PKT_IN, MOS_HK_SND), (MOS_ON_PKT_IN, MOS_HK_RCV),
            (MOS_ON_ZERO_WINDOW, MOS_NULL),
        ]
    /// By number: what one socket wants, or each of two.
    private static let sockets: [[Wishes]] = [
        [calm], [curious], [loud], [calm, calm], [curious, loud],
        [[(MOS_ON_CONN_END, MOS_HK_SND)]],
    ]

    @Test(arguments: 0..<UInt64(36))
    func `bad paths leave the same both ways`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var frames: [OwnedFrame] = []
        for index in 0..<60 {
            let port = UInt16(2000 + index)
            frames += ModelCase(seed: random.next(), port: port, start: Int64(frames.count)).frames
        }
        try compare(frames, Self.sockets[Int(seed % 6)], timeWait: seed % 4 == 0 ? 0 : 0.05)
    }

    @Test(arguments: 0..<UInt64(24))
    func `generated traffic leaves the same both ways`(seed: UInt64) throws {
        let profile: Profile = seed % 2 == 0 ? .small : .mixed
        let frames = traffic(profile, seed: seed, flows: 40)
        try compare(frames, Self.sockets[Int(seed / 2 % 6)], timeWait: seed % 3 == 0 ? 0 : 0.0001)
    }

    private func traffic(_ profile: Profile, seed: UInt64, flows: Int) -> [OwnedFrame] {
        var options = TrafficOptions(profile)
        options.seed = seed
        options.flows = flows
        var traffic = Traffic(options)
        return (0..<4000).compactMap { _ in traffic.next() }
    }

    /// Faults and lost frames in front of the same traffic.
    @Test(arguments: 0..<UInt64(24))
    func `disturbed traffic leaves the same both ways`(seed: UInt64) throws {
        let rate = seed % 2 == 0 ? 0.02 : 0.15
        var plan = FaultPlan(
            Faults(
                loss: rate,
                duplication: rate,
                reordering: rate,
                truncation: rate / 4,
                corruption: rate / 4,
                distance: 5
            ),
            seed: seed
        )
        var frames: [OwnedFrame] = []
        for frame in traffic(.small, seed: seed, flows: 20) { plan.rewrite(frame, into: &frames) }
        plan.finish(into: &frames)
        try compare(frames, Self.sockets[Int(seed / 2 % 6)], timeWait: seed % 3 == 0 ? 0 : 0.0001)
    }

    private func compare(_ frames: [OwnedFrame], _ wishes: [Wishes], timeWait: Double) throws {
        let straight = try run(frames, wishes, timeWait: timeWait, straight: true)
        let general = try run(frames, wishes, timeWait: timeWait, straight: false)
        #expect(general.moments.count > 10)
        for (a, b) in zip(straight.moments, general.moments) where a != b {
            Issue.record("straight: \(a)\ngeneral:  \(b)")
            return
        }
        #expect(straight.moments.count == general.moments.count)
        #expect(straight.counters == general.counters)
    }

    /// What scripts can see with an event, and all that is kept of its flow.
    private struct Moment: Equatable, CustomStringConvertible {
        let event: [Double]
        let conn: mos_conn
        let ext: mos_ext?
        let packet: mos_packet?

        init(_ worker: inout Worker) {
            let block = unsafe worker.eventAddress.pointee
            event = unsafe [
                Double(block.event), Double(block.hook), Double(block.side), Double(block.socket),
                block.offset, block.length, Double(block.code), Double(block.flow),
            ]
            conn = unsafe worker.connectionsAddress[Int(block.flow)]
            ext = conn.ext < 0 ? nil : unsafe worker.extensionsAddress[Int(conn.ext)]
            packet = unsafe block.has_packet == 0 ? nil : block.packet.pointee
        }

        static func == (a: Moment, b: Moment) -> Bool {
            a.event == b.event && bytes(a.conn) == bytes(b.conn)
                && a.ext.map(bytes) == b.ext.map(bytes)
                && a.packet.map(bytes) == b.packet.map(bytes)
        }

        private static func bytes<Record>(_ record: Record) -> [UInt8] {
            // Behind the last field of a packet is room that nobody writes.
            let length = record is mos_packet ? 124 : MemoryLayout<Record>.size
            return unsafe withUnsafeBytes(of: record) { unsafe Array($0.prefix(length)) }
        }

        var description: String { "\(event)\n\(conn)\n\(ext as Any)\n\(packet as Any)" }
    }

    private func run(
        _ frames: [OwnedFrame],
        _ wishes: [Wishes],
        timeWait: Double,
        straight: Bool
    ) throws -> (moments: [Moment], counters: [Double]) {
        var settings = Settings()
        settings.maxFlows = 1000
        settings.timeWait = timeWait
        settings.midstream = true
        var worker = try Worker(
            inputs: Inputs([FrameSource(frames)]),
            settings: settings,
            seed: .fixed
        )
        worker.goesStraight = straight
        for list in wishes {
            let socket = worker.makeSocket(type: Int32(MOS_SOCK_MONITOR_STREAM))
            for (event, hook) in list {
                _ = worker.subscribe(socket, event: Int32(event), hook: Int32(hook), slot: 3)
            }
        }
        var moments: [Moment] = []
        while worker.next() != 0 {
            moments.append(Moment(&worker))
            read(&worker)
        }
        let counters = Counter.names.indices.map { unsafe worker.countersAddress[$0] }
        return (moments, counters)
    }

    /// Every other flow is read.
    private func read(_ worker: inout Worker) {
        let block = unsafe worker.eventAddress.pointee
        let (socket, flow, generation, side) = unsafe (
            block.socket, block.flow, block.generation, block.side
        )
        guard unsafe Int(block.event) == MOS_ON_CONN_NEW_DATA, generation % 2 == 0 else { return }
        let count = worker.view(socket, flow, generation, side: side)
        _ = worker.consume(socket, flow, generation, side: side, count: Double(count))
    }
}
