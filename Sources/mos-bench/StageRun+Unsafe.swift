// SPDX-License-Identifier: BSD-2-Clause
// One pass over a capture for each stage, with the engine's own parts put together step by step.
import CMosABI
import Capture
import Engine
import Flows
import Packets
import TCPTracking

/// One pass over a capture.
struct StageRun {
    let path: String
    /// Looks only at frames that pass it: libpcap's own call after `source`, as `-f` does in a worker.
    var filter: String?

    /// Processor time of one pass in nanoseconds, and how many events were handed out.
    func measure(_ stage: Stage) throws -> (nanoseconds: Int64, events: Int) {
        let begin = ProcessorTime.now
        let events = try run(stage)
        return (ProcessorTime.now - begin, events)
    }

    private func run(_ stage: Stage) throws -> Int {
        switch stage {
        case .plain: try plain()
        case .source: try source()
        case .decode: try decode(.off)
        case .checksums: try decode(.auto)
        case .look: try flows(withStacks: false)
        case .stacks: try flows(withStacks: true)
        case .worker: try worker([])
        case .packets: try worker([(MOS_ON_PKT_IN, MOS_HK_SND)])
        case .data: try worker([(MOS_ON_CONN_NEW_DATA, MOS_NULL)])
        }
    }

    private func plain() throws -> Int {
        guard var read = PlainRead(path: path), read.run() else {
            throw Failure("\(path): not a classic little-endian capture that can be read")
        }
        return read.packets
    }

    /// Calls `body` with each burst until the capture ends.
    @inline(__always)
    private func forEachBurst(_ body: (borrowing FrameBurst) -> Void) throws {
        let source = try CaptureFileSource(path: path)
        var burst = FrameBurst()
        while true {
            switch source.receive(into: &burst) {
            case .frames: body(burst)
            case .idle: continue
            case .ended: return
            case .failed(let error): throw Failure(error)
            }
        }
    }

    private func source() throws -> Int {
        let filter = try filter.map { try PacketFilter($0, linkType: .ethernet) }
        let program = filter?.program
        var packets = 0
        var touched: UInt64 = 0
        try forEachBurst { burst in
            for index in 0..<burst.count {
                let frame = burst[index]
                if let program, !program.matches(frame.bytes, wireLength: frame.wireLength) {
                    continue
                }
                packets += 1
                if frame.bytes.count >= 38 {
                    touched &+= UInt64(frame.bytes.u32(12)) &+ UInt64(frame.bytes.u32(34))
                }
            }
        }
        withExtendedLifetime(filter) {}
        return touched == 0 ? 0 : packets
    }

    private func decode(_ policy: ChecksumPolicy) throws -> Int {
        let decoder = PacketDecoder(checksums: policy)
        var packet = mos_packet()
        var segments = 0
        try forEachBurst { burst in
            for index in 0..<burst.count
            where decoder.decode(burst[index], into: &packet).kind == .tcp { segments += 1 }
        }
        return segments
    }

    /// Decodes a burst, asks the cache for its flows, then looks them up, as the worker does.
    private func flows(withStacks: Bool) throws -> Int {
        guard var table = FlowTable(capacity: 1_000_000, seed: .fixed) else {
            throw Failure("no address space for a flow table")
        }
        let decoder = PacketDecoder(checksums: .auto)
        var packets = [mos_packet](repeating: mos_packet(), count: FrameBurst.capacity)
        var hashes = [UInt32](repeating: 0, count: FrameBurst.capacity)
        var changes = 0
        let source = try CaptureFileSource(path: path)
        var burst = FrameBurst()
        while case .frames = source.receive(into: &burst) {
            var count = 0
            for index in 0..<burst.count
            where decoder.decode(burst[index], into: &packets[count]).kind == .tcp {
                hashes[count] = table.hash(packets[count])
                table.prefetchIndex(hashes[count])
                count += 1
            }
            for index in 0..<count { _ = table.prefetchConnection(hashes[index]) }
            for index in 0..<count {
                changes += Self.track(&table, packets[index], hashes[index], withStacks)
            }
        }
        return changes
    }

    @inline(__always)
    private static func track(
        _ table: inout FlowTable,
        _ packet: mos_packet,
        _ hash: UInt32,
        _ withStacks: Bool
    ) -> Int {
        var slot = table.find(packet, hash: hash)
        if slot < 0 {
            guard packet.tcp_flags & 0x12 == 2 else { return 0 }
            slot = table.insert(packet, hash: hash)
            guard slot >= 0 else { return 0 }
        }
        guard withStacks else { return 1 }
        let segment = TCPTracking.Segment(packet, sender: table.sender(slot, packet))
        let update = table.send(slot, segment)
        if segment.len > 0 {
            let ext = table.ensureExt(slot)
            if ext >= 0 { table[stream: ext, segment.sender].next &+= UInt64(segment.len) }
        }
        return table.receive(slot, segment, update) || update.moved ? 1 : 0
    }

    private func worker(_ subscriptions: [(event: Int, hook: Int)]) throws -> Int {
        var inputs = Inputs([try CaptureFileSource(path: path)])
        inputs.filter = try filter.map { try FrameFilter($0) }
        var worker = try Worker(
            inputs: inputs,
            settings: Settings(),
            seed: .fixed
        )
        let socket = worker.makeSocket(type: Int32(MOS_SOCK_MONITOR_STREAM))
        for (event, hook) in subscriptions {
            _ = worker.subscribe(socket, event: Int32(event), hook: Int32(hook), slot: 3)
        }
        let event = unsafe worker.eventAddress
        var events = 0
        var first: UInt64 = 0
        while worker.next() != 0 {
            events += 1
            guard unsafe event.pointee.event == Int32(MOS_ON_CONN_NEW_DATA) else { continue }
            let (flow, generation) = unsafe (event.pointee.flow, event.pointee.generation)
            let side = unsafe event.pointee.side
            let length = worker.view(socket, flow, generation, side: side)
            guard length > 0 else { continue }
            first &+= unsafe UInt64(event.pointee.data[0])
            _ = worker.consume(socket, flow, generation, side: side, count: Double(length))
        }
        return events + (first == .max ? 1 : 0)
    }
}
