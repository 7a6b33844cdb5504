// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Capture
import Engine
import Packets
import TCPTracking

/// Some hundred cases in one worker, held against what ``ModelStream`` says.
struct ModelBatch {
    /// Cases in a batch: each has a port of its own.
    static let size = 200
    private static let firstPort: UInt16 = 2000

    private let policy: OverlapPolicy
    /// Everything is kept, so that every repeat can be compared.
    private let keeps: Bool
    private let seed: UInt64
    private var cases: [ModelCase] = []
    private var streams: [[ModelStream]] = []
    /// How far each stream was delivered or given up.
    private var places: [[Int]] = []
    private var ends = 0
    /// What went wrong first.
    private(set) var problem: String?
    /// Frames that the engine got.
    private(set) var frames = 0

    /// The cases that follow from `seed`; its policy too.
    init(seed: UInt64, count: Int = size) {
        self.seed = seed
        policy = OverlapPolicy.allCases[Int(seed % UInt64(OverlapPolicy.allCases.count))]
        keeps = seed / UInt64(OverlapPolicy.allCases.count) % 2 == 1
        var random = SplitMix64(seed: seed)
        var time: Int64 = 0
        for index in 0..<count {
            let port = Self.firstPort + UInt16(index)
            let one = ModelCase(seed: random.next(), port: port, start: time)
            time += Int64(one.frames.count) + 1
            frames += one.frames.count
            cases.append(one)
            streams.append(expected(one))
            places.append([0, 0])
        }
    }

    private func expected(_ one: ModelCase) -> [ModelStream] {
        var streams = [ModelStream(rule: policy.rule), ModelStream(rule: policy.rule)]
        for frame in one.frames {
            guard let segment = ModelSegment(frame), !segment.isSYN else { continue }
            streams[segment.end].receive(
                at: one.offset(segment.end, segment.seq),
                segment.payload,
                of: segment.length,
                fin: segment.isFIN
            )
        }
        return streams
    }

    /// Runs the engine over all frames; false when it does anything else than the model.
    mutating func run() throws -> Bool {
        var worker = try Worker(
            inputs: Inputs([FrameSource(cases.flatMap(\.frames))]),
            settings: settings,
            seed: .fixed
        )
        let socket = worker.makeSocket(type: Int32(MOS_SOCK_MONITOR_STREAM))
        for (event, hook) in [
            (MOS_ON_CONN_NEW_DATA, MOS_NULL), (MOS_ON_GAP, MOS_NULL), (MOS_ON_CONN_END, MOS_HK_RCV),
        ] {
            _ = worker.subscribe(socket, event: Int32(event), hook: Int32(hook), slot: 3)
        }
        while worker.next() != 0, problem == nil {
            let event = unsafe worker.eventAddress.pointee
            let conn = unsafe worker.connectionsAddress[Int(unsafe event.flow)]
            let index = Int(conn.cli_port) - Int(Self.firstPort)
            // The receiver's side has the number of the sender's place, turned around.
            let sender = unsafe 1 - Int(event.side & 1)
            switch unsafe Int(event.event) {
            case MOS_ON_CONN_NEW_DATA: unsafe read(&worker, socket, event, index, sender)
            case MOS_ON_GAP: unsafe skip(event, index, sender)
            default: unsafe end(conn, worker.extensionsAddress, index)
            }
        }
        finish { unsafe worker.countersAddress[$0.rawValue] }
        return problem == nil
    }

    private var settings: Settings {
        var settings = Settings()
        settings.maxFlows = 2 * Self.size
        settings.checksums = .strict
        settings.overlap = policy
        settings.keep = keeps ? 1 << 20 : 0
        // What is missing is given up at the end alone, so that late frames are still in time.
        (settings.gapPackets, settings.gapTime) = (255, 1e9)
        (settings.idleTimeout, settings.closeTimeout, settings.timeWait) = (1e9, 1e9, 1e9)
        return settings
    }

    private mutating func read(
        _ worker: inout Worker,
        _ socket: Int32,
        _ event: mos_event,
        _ index: Int,
        _ sender: Int
    ) {
        while true {
            let count = unsafe worker.view(socket, event.flow, event.generation, side: event.side)
            guard count > 0 else { return }
            let block = unsafe worker.eventAddress.pointee
            let offset = unsafe Int(block.data_offset)
            let place = places[index][sender]
            expect(offset == place, index, "bytes at \(offset) come at \(place)")
            let bytes = streams[index][sender].bytes
            expect(offset + Int(count) <= bytes.count, index, "more bytes than were sent")
            if problem != nil { return }
            for at in 0..<Int(count) where unsafe bytes[offset + at] != block.data[at] {
                expect(false, index, "the byte at \(offset + at) is another")
            }
            places[index][sender] = offset + Int(count)
            _ = unsafe worker.consume(
                socket,
                event.flow,
                event.generation,
                side: event.side,
                count: Double(count)
            )
        }
    }

    private mutating func skip(_ event: mos_event, _ index: Int, _ sender: Int) {
        let (offset, length) = unsafe (Int(event.offset), Int(event.length))
        let bytes = streams[index][sender].bytes
        expect(offset == places[index][sender], index, "a gap at \(offset) comes elsewhere")
        // Only what was in no frame may be missing; behind the last frame nothing was.
        let captured = (offset..<min(offset + length, bytes.count)).contains { bytes[$0] != nil }
        expect(!captured, index, "a gap at \(offset)+\(length) has bytes that were captured")
        places[index][sender] = offset + length
    }

    private mutating func end(
        _ conn: mos_conn,
        _ extensions: UnsafeMutablePointer<mos_ext>,
        _ index: Int
    ) {
        ends += 1
        for end in 0...1 {
            let bytes = streams[index][end].bytes
            let known = bytes.lastIndex { $0 != nil }.map { $0 + 1 } ?? 0
            let place = places[index][end]
            expect(place >= known, index, "delivery ends at \(place)")
            guard conn.ext >= 0 else { continue }
            let ext = unsafe extensions[Int(conn.ext)]
            let (stream, health) = end == 0 ? (ext.cli, ext.cli_health) : (ext.svr, ext.svr_health)
            let count = bytes.count { $0 != nil }
            expect(
                Int(stream.bytes - health.repeated) == count,
                index,
                "\(stream.bytes - health.repeated) unique bytes, not \(count)"
            )
            let length = Int(stream.bytes - health.repeated + health.gap_bytes)
            expect(length == place, index, "unique and gap bytes are not its length")
        }
    }

    private mutating func finish(_ counter: (Counter) -> Double) {
        expect(ends == cases.count, 0, "a flow did not end")
        let late = streams.joined().reduce(0) { $0 + $1.late }
        expect(Int(counter(.late)) == late, 0, "\(counter(.late)) late segments, not \(late)")
        guard keeps else { return }
        let differing = streams.joined().reduce(0) { $0 + $1.differing }
        expect(
            Int(counter(.overlapsDiffer)) == differing,
            0,
            "\(counter(.overlapsDiffer)) repeats differ, not \(differing)"
        )
    }

    private mutating func expect(_ condition: Bool, _ index: Int, _ text: @autoclosure () -> String)
    {
        if condition || problem != nil { return }
        problem = "seed \(seed), policy \(policy)\(keeps ? ", keep" : ""), case \(index): \(text())"
    }
}
