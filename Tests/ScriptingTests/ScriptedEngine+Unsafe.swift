// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Scripting

/// Something that happens to a script under test.
struct Occurrence {
    var event = MOS_ON_PKT_IN
    var hook = Int32(MOS_HK_SND)
    var side = MOS_SIDE_CLI
    var flow: Int32 = 0
    var bytes: [UInt8] = []
    var seconds: UInt32 = 1_700_000_000
    var timer: Double?
    var release = false
    /// The flow is over from here on: its generation moves on.
    var ends = false

    static var packet: Occurrence { Occurrence() }

    static func data(_ text: String) -> Occurrence {
        var one = Occurrence()
        one.event = MOS_ON_CONN_NEW_DATA
        one.hook = Int32(MOS_NULL)
        one.side = MOS_SIDE_SVR
        one.bytes = Array(text.utf8)
        return one
    }
}

/// The engine's side of mos_abi.h with a list of occurrences in the place of packets, so that what the script
/// library makes of each can be tested as values.
@safe final class ScriptedEngine {
    let api: UnsafeMutablePointer<mos_api>
    let event: UnsafeMutablePointer<mos_event>
    let conns: UnsafeMutablePointer<mos_conn>
    let serialsHigh: UnsafeMutablePointer<UInt32>
    let exts: UnsafeMutablePointer<mos_ext>
    let packet: UnsafeMutablePointer<mos_packet>
    let frame: UnsafeMutablePointer<UInt8>
    let counters: UnsafeMutablePointer<Double>
    let state: UnsafeMutablePointer<UInt8>
    var occurrences: [Occurrence] = []
    var cursor = 0
    var mustLeave = false
    var sockets: Int32 = 0
    /// Callback slots by socket, flow (-1 = all), event and hook.
    var subscriptions: [[Int32]: Int32] = [:]
    var freed: [Int32] = []
    var filters: [String] = []
    var options: [[Double]] = []
    var consumed: [Double] = []
    var printed: [String] = []
    var records: [String] = []
    var diagnostics: [String] = []
    var missed = 0.0
    var bytes: [UInt8] = []
    var timers: [Double] = []

    static let flows = 16

    init() {
        unsafe api = .allocate(capacity: 1)
        unsafe event = .allocate(capacity: 1)
        unsafe conns = .allocate(capacity: Self.flows)
        unsafe serialsHigh = .allocate(capacity: Self.flows)
        unsafe serialsHigh.initialize(repeating: 0, count: Self.flows)
        unsafe exts = .allocate(capacity: 1)
        unsafe packet = .allocate(capacity: 1)
        unsafe frame = .allocate(capacity: 256)
        unsafe counters = .allocate(capacity: 1)
        unsafe state = .allocate(capacity: 4096)
        unsafe api.initialize(to: mos_api())
        unsafe event.initialize(to: mos_event())
        unsafe conns.initialize(repeating: mos_conn(), count: Self.flows)
        unsafe exts.initialize(to: mos_ext())
        unsafe packet.initialize(to: mos_packet())
        unsafe frame.initialize(repeating: 0, count: 256)
        unsafe counters.initialize(to: 42)
        unsafe state.initialize(repeating: 0, count: 4096)
        fillFlows()
        fillPacket()
        fillCalls()
    }

    deinit {
        unsafe api.deallocate()
        unsafe event.deallocate()
        unsafe conns.deallocate()
        unsafe serialsHigh.deallocate()
        unsafe exts.deallocate()
        unsafe packet.deallocate()
        unsafe frame.deallocate()
        unsafe counters.deallocate()
        unsafe state.deallocate()
    }

    private static func v4(_ a: UInt64, _ b: UInt64, _ c: UInt64, _ d: UInt64) -> mos_addr {
        mos_addr(a: a | b << 8 | c << 16 | d << 24, b: 0)
    }

    private func fillFlows() {
        for index in 0..<Self.flows {
            var conn = mos_conn()
            conn.cli_addr = Self.v4(128, 232, 110, 120)
            conn.svr_addr = Self.v4(66, 35, 250, 204)
            conn.cli_port = UInt16(34855 + index)
            conn.svr_port = 80
            conn.ip_version = 4
            conn.proto = 6
            conn.vlan = 65535
            conn.generation = UInt32(100 + index)
            conn.start = mos_time(sec: 1_700_000_000, nsec: 250_000_000)
            conn.last = mos_time(sec: 1_700_000_002, nsec: 0)
            conn.ext = index == 1 ? 0 : -1
            conn.cli.state = UInt8(MOS_STATE_ESTABLISHED)
            conn.cli.wscale = 255
            conn.cli.flags = 0x12
            conn.cli.packets = 3
            conn.svr.wscale = 7
            conn.svr.mss = 1460
            unsafe conns[index] = conn
        }
        unsafe exts[0].cli.bytes = 12
        unsafe exts[0].cli_health.repeated = 2
        unsafe exts[0].svr_health.retransmitted = 2
    }

    /// Makes flow 0 an IPv6 connection.
    func useIPv6() {
        unsafe conns[0].ip_version = 6
        unsafe conns[0].cli_addr = mos_addr(a: 0xb80d_0120, b: UInt64(1) << 56)
        unsafe conns[0].svr_addr = mos_addr(a: 0xb80d_0120, b: UInt64(2) << 56)
    }

    /// Sets flags of the packet in hand besides its own.
    func mark(_ flags: UInt32) { unsafe packet.pointee.flags |= flags }

    private func fillPacket() {
        var one = mos_packet()
        one.src = Self.v4(128, 232, 110, 120)
        one.dst = Self.v4(66, 35, 250, 204)
        one.ip_version = 4
        one.proto = 6
        one.flags = UInt32(MOS_PKT_IP | MOS_PKT_HAS_TRANSPORT | MOS_PKT_HAS_OFFSET)
        one.l3 = 14
        one.l4 = 34
        one.payload = 54
        one.payload_len = 4
        one.wire_payload_len = 4
        one.sport = 34855
        one.dport = 80
        one.tcp_flags = 0x18
        one.seq = 4_000_000_000
        one.len = 60
        one.caplen = 58
        one.link = 1
        one.vlan = 65535
        one.offset = 7
        one.ethertype = 0x800
        one.time = mos_time(sec: 1_700_000_000, nsec: 500_000_000)
        unsafe packet.pointee = one
        unsafe frame[14 + 8] = 64
        unsafe frame[34 + 12] = 0x50
        for (index, byte) in Array("DATA".utf8).enumerated() { unsafe frame[54 + index] = byte }
    }

    var output: [String] { printed + records }

    private func fail(_ code: Int32, _ text: String) -> Int32 {
        unsafe withUnsafeMutableBytes(of: &event.pointee.message) { buffer in
            let bytes = Array(text.utf8) + [0]
            unsafe buffer.copyBytes(from: bytes)
        }
        return -code
    }

    private func isAlive(_ flow: Int32, _ generation: UInt32) -> Bool {
        unsafe flow >= 0 && conns[Int(flow)].generation == generation
    }

    private func slot(_ one: Occurrence) -> Int32 {
        if one.release { return 1 }
        if one.timer != nil { return 2 }
        let event = Int32(one.event)
        return subscriptions[[0, one.flow, event, one.hook]]
            ?? subscriptions[[0, -1, event, one.hook]] ?? 0
    }

    private func next() -> Int32 {
        if mustLeave {
            mustLeave = false
            unsafe event.pointee.code = Int32(MOS_LEAVE_REGENERATE)
            unsafe event.pointee.slot = 0
            return 0
        }
        unsafe event.pointee.epoch &+= 1
        while cursor < occurrences.count {
            let one = occurrences[cursor]
            cursor += 1
            if one.ends {
                unsafe conns[Int(one.flow)].generation += 1000
                continue
            }
            let slot = slot(one)
            if slot != 0 {
                present(one, slot)
                return slot
            }
        }
        unsafe event.pointee.code = Int32(MOS_LEAVE_END)
        unsafe event.pointee.slot = 0
        return 0
    }

    private func present(_ one: Occurrence, _ slot: Int32) {
        bytes = one.bytes
        unsafe packet.pointee.number = Double(cursor)
        unsafe event.pointee.slot = slot
        unsafe event.pointee.event = Int32(one.event)
        unsafe event.pointee.hook = one.hook
        unsafe event.pointee.side = Int32(one.side)
        unsafe event.pointee.flow = one.flow
        if one.flow >= 0 {
            unsafe event.pointee.generation = conns[Int(one.flow)].generation
        }
        unsafe event.pointee.code = 1
        unsafe event.pointee.offset = 5
        unsafe event.pointee.length = 9
        unsafe event.pointee.timer = one.timer ?? 0
        unsafe event.pointee.now = mos_time(sec: one.seconds, nsec: 0)
        unsafe event.pointee.has_packet = one.timer == nil ? 1 : 0
    }

    private func view(_ flow: Int32, _ generation: UInt32) -> Int32 {
        guard isAlive(flow, generation) else { return fail(9, "this flow has ended") }
        unsafe event.pointee.missed = missed
        missed = 0
        // Readable for as long as this object lives: more than the library may rely on.
        let copy = UnsafeMutablePointer<UInt8>.allocate(capacity: max(1, bytes.count))
        unsafe copy.initialize(from: bytes, count: bytes.count)
        unsafe kept.append(copy)
        unsafe event.pointee.data = UnsafePointer(copy)
        unsafe event.pointee.data_offset = 100
        return Int32(bytes.count)
    }

    private var kept: [UnsafeMutablePointer<UInt8>] = unsafe []

    private func take(_ kind: Int32, _ text: String) -> Int32 {
        switch Int(kind) {
        case MOS_EMIT_RECORD, MOS_EMIT_HEADER: records.append(text)
        case MOS_EMIT_PRINT: printed.append(text)
        default: diagnostics.append(text)
        }
        return 0
    }

    private static func of(_ worker: UnsafeMutableRawPointer?) -> ScriptedEngine {
        guard let worker = unsafe worker else { preconditionFailure("no worker") }
        return unsafe Unmanaged<ScriptedEngine>.fromOpaque(worker).takeUnretainedValue()
    }

    private func fillCalls() {
        unsafe api.pointee.abi = Int32(MOS_ABI_VERSION)
        unsafe api.pointee.serial_high = UnsafePointer(serialsHigh)
        unsafe api.pointee.size_packet = Int32(MemoryLayout<mos_packet>.stride)
        unsafe api.pointee.size_conn = Int32(MemoryLayout<mos_conn>.stride)
        unsafe api.pointee.size_ext = Int32(MemoryLayout<mos_ext>.stride)
        unsafe api.pointee.size_event = Int32(MemoryLayout<mos_event>.stride)
        unsafe api.pointee.worker = Unmanaged.passUnretained(self).toOpaque()
        unsafe api.pointee.event = unsafe event
        unsafe api.pointee.conns = unsafe conns
        unsafe api.pointee.exts = unsafe exts
        unsafe api.pointee.counters = UnsafePointer(counters)
        unsafe api.pointee.counter_count = 1
        unsafe event.pointee.packet = unsafe packet
        unsafe event.pointee.frame = UnsafePointer(frame)
        unsafe api.pointee.counter_name = { _ in unsafe counterName }
        unsafe api.pointee.source_name = { _ in unsafe sourceName }
        fillLoopCalls()
        fillSocketCalls()
        fillFlowCalls()
        unsafe api.pointee.hash_new = HashCalls.new
        unsafe api.pointee.hash_update = HashCalls.update
        unsafe api.pointee.hash_final = HashCalls.final
        unsafe api.pointee.hash_free = HashCalls.free
        unsafe api.pointee.tunnel = { _, _, _ in 0 }
        unsafe api.pointee.worker_count = 1
        unsafe api.pointee.sketch_add = SketchCalls.add
        unsafe api.pointee.sketch_merge = SketchCalls.merge
        unsafe api.pointee.sketch_estimate = SketchCalls.estimate
    }

    private func fillLoopCalls() {
        unsafe api.pointee.next = { worker in unsafe ScriptedEngine.of(worker).next() }
        unsafe api.pointee.leave = { worker in
            unsafe ScriptedEngine.of(worker).mustLeave = true
            return 0
        }
        unsafe api.pointee.set_timer = { worker, seconds, interval in
            let engine = unsafe ScriptedEngine.of(worker)
            engine.timers += [seconds, interval]
            return Double(engine.timers.count / 2)
        }
        unsafe api.pointee.cancel_timer = { _, _ in 0 }
        unsafe api.pointee.emit = { worker, kind, bytes, length in
            let buffer = unsafe UnsafeRawBufferPointer(start: bytes, count: Int(length))
            return unsafe ScriptedEngine.of(worker).take(
                kind,
                String(decoding: buffer, as: UTF8.self)
            )
        }
        unsafe api.pointee.flow_state = { worker, _, _, _ in
            let engine = unsafe ScriptedEngine.of(worker)
            unsafe engine.event.pointee.data = UnsafePointer(engine.state)
            return 0
        }
    }

    private func fillSocketCalls() {
        unsafe api.pointee.socket = { worker, _ in
            let engine = unsafe ScriptedEngine.of(worker)
            engine.sockets += 1
            return engine.sockets - 1
        }
        unsafe api.pointee.close_socket = { _, _ in 0 }
        unsafe api.pointee.bind_filter = { worker, _, which, text, length in
            let buffer = unsafe UnsafeRawBufferPointer(start: text, count: Int(length))
            let filter = unsafe String(decoding: buffer, as: UTF8.self)
            if filter == "nonsense" {
                return unsafe ScriptedEngine.of(worker).fail(22, "syntax error")
            }
            unsafe ScriptedEngine.of(worker).filters.append("\(which):\(filter)")
            return 0
        }
        unsafe api.pointee.subscribe = { worker, socket, event, hook, slot in
            unsafe ScriptedEngine.of(worker).subscriptions[[socket, -1, event, hook]] = slot
            return 0
        }
        unsafe api.pointee.subscribe_flow = { worker, socket, flow, generation, event, hook, slot in
            let engine = unsafe ScriptedEngine.of(worker)
            guard engine.isAlive(flow, generation) else {
                return engine.fail(9, "this flow has ended")
            }
            engine.subscriptions[[socket, flow, event, hook]] = slot
            return 0
        }
        unsafe api.pointee.registered = { worker, socket, flow, generation, event, hook in
            let engine = unsafe ScriptedEngine.of(worker)
            let own = engine.subscriptions[[socket, flow, event, hook]]
            if flow < 0 { return own ?? 0 }
            guard engine.isAlive(flow, generation) else {
                return engine.fail(9, "this flow has ended")
            }
            return own ?? engine.subscriptions[[socket, -1, event, hook]] ?? 0
        }
        unsafe api.pointee.freed_slot = { worker in
            unsafe ScriptedEngine.of(worker).freed.popLast() ?? 0
        }
        unsafe api.pointee.set_option = { worker, socket, flow, _, option, value in
            unsafe ScriptedEngine.of(worker).options.append([
                Double(socket), Double(flow), Double(option), value,
            ])
            return 0
        }
        unsafe api.pointee.get_option = { worker, _, _, _, option, index in
            let engine = unsafe ScriptedEngine.of(worker)
            if option == MOS_OPT_FRAGINFO_CLIBUF, index >= 2 { return 0 }
            unsafe engine.event.pointee.value = (Double(index) * 8, 4, 3, 2)
            return 1
        }
    }

    private func fillFlowCalls() {
        unsafe api.pointee.view = { worker, _, flow, generation, _ in
            unsafe ScriptedEngine.of(worker).view(flow, generation)
        }
        unsafe api.pointee.consume = { worker, _, _, _, _, count in
            let engine = unsafe ScriptedEngine.of(worker)
            unsafe engine.event.pointee.epoch &+= 1
            engine.consumed.append(count)
            return Int32(count)
        }
        unsafe api.pointee.ppeek = { worker, _, flow, generation, _, offset, length in
            let engine = unsafe ScriptedEngine.of(worker)
            let size = engine.view(flow, generation)
            return min(size, length)
        }
        unsafe api.pointee.close_flow = { _, _, _, _ in 0 }
    }
}

nonisolated(unsafe) private let counterName = unsafe text("packets")
nonisolated(unsafe) private let sourceName = unsafe text("trace.pcap")

private func text(_ string: StaticString) -> UnsafePointer<CChar> {
    unsafe UnsafeRawPointer(string.utf8Start).assumingMemoryBound(to: CChar.self)
}
