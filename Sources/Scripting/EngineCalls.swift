// SPDX-License-Identifier: BSD-2-Clause
// The table of C functions through which scripts call the engine. Each forwards; none raises, none calls back into Lua.
import CMosABI
import Engine
import Glibc
import Outputs
import Packets

/// A worker and where its records go, at the address that scripts pass back with every call.
struct EngineContext: ~Copyable {
    var worker: Worker
    let writer: RecordWriter
    let seat: MeetingSeat
    /// The version of the scripts before, while it keeps contexts of flows.
    var former: FormerContexts?
}

/// Owns a worker and the table of calls into it.
@safe
public final class EngineCalls {
    let context: UnsafeMutablePointer<EngineContext>
    /// The table, for ``ScriptHost``.
    @unsafe public let api: UnsafeMutablePointer<mos_api>

    /// Binds `worker` to `writer`.
    ///
    /// - Parameters:
    ///   - worker: the worker.
    ///   - writer: where its records go.
    ///   - meeting: where it meets the others; nil when it is alone.
    ///   - index: its number among them.
    public init(
        _ worker: consuming Worker,
        writer: RecordWriter,
        meeting: Meeting? = nil,
        index: Int = 0
    ) {
        let seat = MeetingSeat(meeting: meeting, index: index)
        unsafe context = .allocate(capacity: 1)
        unsafe context.initialize(to: EngineContext(worker: worker, writer: writer, seat: seat))
        unsafe api = .allocate(capacity: 1)
        unsafe api.initialize(to: mos_api())
        fillLayout()
        fillCalls()
        fillReading()
        fillChanging()
        fillRest()
        fillMeetings()
        fillReload()
    }

    deinit {
        unsafe context.deinitialize(count: 1)
        unsafe context.deallocate()
        unsafe api.deallocate()
    }

    /// Runs `body` on the worker, between events.
    public func withWorker<Result>(_ body: (inout Worker) -> Result) -> Result {
        unsafe body(&context.pointee.worker)
    }

    /// The number of the worker among all.
    public var index: Int { unsafe context.pointee.seat.index }
    /// How many workers there are.
    public var workers: Int { unsafe context.pointee.seat.meeting?.members ?? 1 }

    /// Where the worker's records go.
    public var writer: RecordWriter { unsafe context.pointee.writer }

    /// All counters by name, in order, as they are: also while the worker runs on another thread.
    public func counterValues() -> [(name: String, value: Double)] {
        let counters = unsafe api.pointee.counters
        return Counter.names.enumerated().map { index, name in
            unsafe (name, counters.map { unsafe $0[index] } ?? 0)
        }
    }

    /// One of them.
    public func value(_ counter: Counter) -> Double {
        unsafe api.pointee.counters.map { unsafe $0[counter.rawValue] } ?? 0
    }

    private func fillLayout() {
        unsafe api.pointee.abi = Int32(MOS_ABI_VERSION)
        unsafe api.pointee.size_packet = Int32(MemoryLayout<mos_packet>.stride)
        unsafe api.pointee.size_conn = Int32(MemoryLayout<mos_conn>.stride)
        unsafe api.pointee.size_ext = Int32(MemoryLayout<mos_ext>.stride)
        unsafe api.pointee.size_event = Int32(MemoryLayout<mos_event>.stride)
        unsafe api.pointee.worker = UnsafeMutableRawPointer(context)
        unsafe api.pointee.event = context.pointee.worker.eventAddress
        unsafe api.pointee.conns = context.pointee.worker.connectionsAddress
        unsafe api.pointee.exts = context.pointee.worker.extensionsAddress
        unsafe api.pointee.serial_high = UnsafePointer(
            context.pointee.worker.serialsHighAddress
        )
        unsafe api.pointee.counters = UnsafePointer(context.pointee.worker.countersAddress)
        unsafe api.pointee.counter_count = Int32(Counter.names.count)
        unsafe api.pointee.counter_name = { index in unsafe CounterNames.shared.address(index) }
        unsafe api.pointee.source_name = { context in
            unsafe worker(context).pointee.worker.sourceNameAddress()
        }
    }

    private func fillCalls() {
        unsafe api.pointee.next = { context in unsafe worker(context).pointee.worker.next() }
        unsafe api.pointee.leave = { context in
            unsafe worker(context).pointee.worker.requestLeave()
            return 0
        }
        unsafe api.pointee.socket = { context, type in
            unsafe worker(context).pointee.worker.makeSocket(type: type)
        }
        unsafe api.pointee.close_socket = { context, socket in
            unsafe worker(context).pointee.worker.closeSocket(socket)
        }
        unsafe api.pointee.bind_filter = { context, socket, which, text, length in
            let expression = unsafe text.map { unsafe string($0, length) }
            return unsafe worker(context).pointee.worker.bindFilter(
                socket,
                which: which,
                expression
            )
        }
        unsafe api.pointee.subscribe = { context, socket, event, hook, slot in
            unsafe worker(context).pointee.worker.subscribe(
                socket,
                event: event,
                hook: hook,
                slot: slot
            )
        }
        unsafe api.pointee.subscribe_flow = {
            context,
            socket,
            flow,
            generation,
            event,
            hook,
            slot in
            unsafe worker(context).pointee.worker.subscribe(
                socket,
                flow: flow,
                generation: generation,
                event: event,
                hook: hook,
                callback: slot
            )
        }
        unsafe api.pointee.freed_slot = { context in
            unsafe worker(context).pointee.worker.takeFreedSlot()
        }
        unsafe api.pointee.registered = { context, socket, flow, generation, event, hook in
            unsafe worker(context).pointee.worker.registered(
                socket,
                flow: flow,
                generation: generation,
                event: event,
                hook: hook
            )
        }
        unsafe api.pointee.find_flow = { context, socket, ends in
            guard let ends = unsafe ends?.pointee else { return -EINVAL }
            return unsafe worker(context).pointee.worker.findFlow(socket, ends)
        }
    }

    private func fillReading() {
        unsafe api.pointee.view = { context, socket, flow, generation, side in
            unsafe worker(context).pointee.worker.view(socket, flow, generation, side: side)
        }
        unsafe api.pointee.consume = { context, socket, flow, generation, side, count in
            unsafe worker(context).pointee.worker.consume(
                socket,
                flow,
                generation,
                side: side,
                count: count
            )
        }
        unsafe api.pointee.ppeek = { context, socket, flow, generation, side, offset, length in
            unsafe worker(context).pointee.worker.ppeek(
                socket,
                flow,
                generation,
                side: side,
                offset: offset,
                length: length
            )
        }
        unsafe api.pointee.set_option = { context, socket, flow, generation, option, value in
            unsafe worker(context).pointee.worker.setOption(
                socket,
                flow,
                generation,
                option: option,
                value: value
            )
        }
        unsafe api.pointee.get_option = { context, socket, flow, generation, option, index in
            unsafe worker(context).pointee.worker.getOption(
                socket,
                flow,
                generation,
                option: option,
                index: index
            )
        }
        unsafe api.pointee.close_flow = { context, socket, flow, generation in
            unsafe worker(context).pointee.worker.closeFlow(socket, flow, generation)
        }
    }

    private func fillChanging() {
        unsafe api.pointee.change_packet = {
            context,
            socket,
            flow,
            generation,
            what,
            offset,
            bytes,
            length in
            unsafe worker(context).pointee.worker.changePacket(
                socket,
                flow,
                generation,
                PacketChange(
                    what: what,
                    offset: offset,
                    length: length,
                    bytes: view(bytes, length)
                )
            )
        }
        unsafe api.pointee.send_frame = {
            context,
            socket,
            flow,
            generation,
            side,
            bytes,
            length in
            unsafe worker(context).pointee.worker.sendFrame(
                socket,
                flow,
                generation,
                side: side,
                view(bytes, length)
            )
        }
        unsafe api.pointee.send_segment = {
            context,
            socket,
            flow,
            generation,
            segment,
            payload in
            guard let segment = unsafe segment else { return -EINVAL }
            return unsafe worker(context).pointee.worker.sendSegment(
                socket,
                flow,
                generation,
                segment.pointee,
                view(payload, segment.pointee.payload_len)
            )
        }
        unsafe api.pointee.reset_flow = { context, socket, flow, generation in
            unsafe worker(context).pointee.worker.resetFlow(socket, flow, generation)
        }
    }

    private func fillRest() {
        unsafe api.pointee.set_timer = { context, seconds, interval in
            unsafe worker(context).pointee.worker.setTimer(seconds: seconds, interval: interval)
        }
        unsafe api.pointee.cancel_timer = { context, id in
            unsafe worker(context).pointee.worker.cancelTimer(id)
        }
        unsafe api.pointee.emit = { context, kind, bytes, length in
            let context = unsafe worker(context)
            return unsafe waiting(context) { unsafe emit(context, kind, bytes, length) }
        }
        unsafe api.pointee.flow_state = { context, size, layout, length in
            let text = unsafe layout.map { unsafe string($0, length) } ?? ""
            return unsafe worker(context).pointee.worker.makeFlowState(size: size, layout: text)
        }
        unsafe api.pointee.icmp_quote = { context in
            unsafe worker(context).pointee.worker.icmpQuote()
        }
        unsafe api.pointee.icmp_flow = { context, socket in
            unsafe worker(context).pointee.worker.icmpFlow(socket)
        }
        unsafe api.pointee.hash_new = HashCalls.new
        unsafe api.pointee.hash_update = HashCalls.update
        unsafe api.pointee.hash_final = HashCalls.final
        unsafe api.pointee.hash_free = HashCalls.free
        unsafe api.pointee.tunnel = { context, flow, generation in
            unsafe worker(context).pointee.worker.tunnel(flow: flow, generation: generation)
        }
        unsafe api.pointee.clock = { context in
            unsafe worker(context).pointee.worker.tellClock()
        }
        unsafe api.pointee.sketch_add = SketchCalls.add
        unsafe api.pointee.sketch_merge = SketchCalls.merge
        unsafe api.pointee.sketch_estimate = SketchCalls.estimate
    }

    private func fillMeetings() {
        unsafe api.pointee.worker_index = Int32(context.pointee.seat.index)
        unsafe api.pointee.worker_count = Int32(context.pointee.seat.meeting?.members ?? 1)
        unsafe api.pointee.is_live = context.pointee.worker.isLive ? 1 : 0
        unsafe api.pointee.hand_in = { context, name, nameLength, bytes, length in
            guard let name = unsafe name else { return -EINVAL }
            let meeting = unsafe string(name, nameLength)
            let context = unsafe worker(context)
            return unsafe waiting(context) {
                unsafe context.pointee.seat.handIn(meeting, bytes, length)
            }
        }
        unsafe api.pointee.gathered = { context, name, length, wait in
            guard let name = unsafe name else { return -EINVAL }
            let context = unsafe worker(context)
            return unsafe waiting(context) {
                unsafe context.pointee.seat.gathered(string(name, length), wait)
            }
        }
        unsafe api.pointee.handed_in = { context, name, length, from in
            guard let name = unsafe name else { return -EINVAL }
            let context = unsafe worker(context)
            let event = unsafe context.pointee.worker.eventAddress
            return unsafe context.pointee.seat.handedIn(string(name, length), from, event)
        }
        unsafe api.pointee.dismiss = { context, name, length in
            guard let name = unsafe name else { return -EINVAL }
            return unsafe worker(context).pointee.seat.dismiss(string(name, length))
        }
    }
}

/// The context behind the address that a call brought.
@unsafe @inline(__always)
func worker(_ context: UnsafeMutableRawPointer?) -> UnsafeMutablePointer<EngineContext> {
    // Scripts hand back what they were given; they cannot make one up without the FFI.
    unsafe context.unsafelyUnwrapped.assumingMemoryBound(to: EngineContext.self)
}

/// What may have to wait for a reader, or for other workers: no fault of the script's.
@unsafe @inline(__always)
private func waiting(_ context: UnsafeMutablePointer<EngineContext>, _ body: () -> Int32) -> Int32 {
    let event = unsafe context.pointee.worker.eventAddress
    unsafe event.pointee.waiting = 1
    defer { unsafe event.pointee.waiting = 0 }
    return body()
}

@unsafe
private func string(_ text: UnsafePointer<CChar>, _ length: Int32) -> String {
    unsafe String(
        decoding: UnsafeRawBufferPointer(start: text, count: Int(max(length, 0))),
        as: UTF8.self
    )
}

/// Bytes that a call brought; they are the script's.
@unsafe
private func view(_ bytes: UnsafePointer<CChar>?, _ length: Int32) -> ByteView {
    guard let bytes = unsafe bytes, length > 0 else { return .empty }
    return unsafe ByteView(base: UnsafeRawPointer(bytes), count: Int(length))
}

@unsafe
private func emit(
    _ context: UnsafeMutablePointer<EngineContext>,
    _ kind: Int32,
    _ bytes: UnsafePointer<CChar>?,
    _ length: Int32
) -> Int32 {
    guard let bytes = unsafe bytes, length >= 0 else { return -EINVAL }
    let line = unsafe UnsafeRawBufferPointer(start: bytes, count: Int(length))
    if kind == Int32(MOS_EMIT_DIAGNOSTIC) {
        unsafe context.pointee.writer.flush()
        Diagnostics.say(unsafe String(decoding: line, as: UTF8.self))
        return 0
    }
    if kind == Int32(MOS_EMIT_HEADER) {
        unsafe context.pointee.writer.setHeader(Array(line))
        return 0
    }
    let writer = unsafe context.pointee.writer
    unsafe writer.write(
        line: line,
        isRecord: kind == Int32(MOS_EMIT_RECORD),
        key: writer.isMerged ? context.pointee.worker.position : .start
    )
    return 0
}

/// Counter names as C strings that live as long as the process.
@safe
private final class CounterNames: @unchecked Sendable {
    static let shared = CounterNames()
    private let names: [UnsafeMutablePointer<CChar>?]

    private init() { unsafe names = Counter.names.map { unsafe strdup($0) } }

    @unsafe
    func address(_ index: Int32) -> UnsafePointer<CChar>? {
        guard index >= 0, unsafe Int(index) < names.count else { return nil }
        return unsafe names[Int(index)].map { unsafe UnsafePointer($0) }
    }
}
