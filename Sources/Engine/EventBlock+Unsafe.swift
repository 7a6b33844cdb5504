// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Flows
import Packets

/// The one event that scripts read through a fixed address, and the room for results of their calls.
@safe
public struct EventBlock: ~Copyable {
    /// The event, at its fixed address.
    @unsafe public let pointer: UnsafeMutablePointer<mos_event>

    init() {
        unsafe pointer = .allocate(capacity: 1)
        unsafe pointer.initialize(to: mos_event())
        unsafe pointer.pointee.flow = Int32(MOS_NO_FLOW)
    }

    deinit { unsafe pointer.deallocate() }

    /// Takes all that `other` says; views made before are stale.
    func copy(from other: borrowing EventBlock) {
        let epoch = unsafe max(pointer.pointee.epoch, other.pointer.pointee.epoch)
        unsafe pointer.pointee = other.pointer.pointee
        unsafe pointer.pointee.epoch = epoch &+ 1
    }

    /// What is handed out.
    @inline(__always)
    func hand(
        slot: Int32,
        event: Int32,
        hook: Int32,
        side: Int32,
        socket: Int32,
        flow: Int32,
        generation: UInt32
    ) {
        unsafe pointer.pointee.slot = slot
        unsafe pointer.pointee.event = event
        unsafe pointer.pointee.hook = hook
        unsafe pointer.pointee.side = side
        unsafe pointer.pointee.socket = socket
        unsafe pointer.pointee.flow = flow
        unsafe pointer.pointee.generation = generation
    }

    /// What all events of a phase have in common.
    @inline(__always)
    func handPhase(hook: Int32, side: Int32, flow: Int32, generation: UInt32) {
        unsafe pointer.pointee.hook = hook
        unsafe pointer.pointee.side = side
        unsafe pointer.pointee.flow = flow
        unsafe pointer.pointee.generation = generation
    }

    /// One event of the phase in hand.
    @inline(__always)
    func hand(slot: Int32, event: Int32, socket: Int32) {
        unsafe pointer.pointee.slot = slot
        unsafe pointer.pointee.event = event
        unsafe pointer.pointee.socket = socket
    }

    /// Views made before are stale from now on, and no script runs.
    @inline(__always)
    func turn() {
        unsafe pointer.pointee.epoch &+= 1
        unsafe pointer.pointee.slot = Int32(MOS_SLOT_NEXT)
    }

    /// The packet in hand.
    @inline(__always)
    func setPacket(_ room: borrowing PacketRoom, _ index: Int, frame: ByteView) {
        unsafe pointer.pointee.packet = unsafe room.address(index)
        unsafe pointer.pointee.frame = unsafe frame.base.assumingMemoryBound(to: UInt8.self)
        unsafe pointer.pointee.has_packet = 1
    }

    /// No packet is in hand.
    @inline(__always)
    func clearPacket() { unsafe pointer.pointee.has_packet = 0 }

    /// True while a packet is in hand.
    var hasPacket: Bool { unsafe pointer.pointee.has_packet != 0 }

    /// The hook of the event in hand.
    var hook: Int32 { unsafe pointer.pointee.hook }

    /// The flow whose event is in hand, below 0 without one.
    var flow: Int32 { unsafe pointer.pointee.flow }

    /// The clock.
    @inline(__always)
    var now: mos_time {
        get { unsafe pointer.pointee.now }
        nonmutating set { unsafe pointer.pointee.now = newValue }
    }

    /// What ON_ERROR and ON_GAP carry; for leaving the loop, why.
    func setArgument(code: Int32, offset: Int64, length: Int64) {
        unsafe pointer.pointee.code = code
        unsafe pointer.pointee.offset = Double(offset)
        unsafe pointer.pointee.length = Double(length)
    }

    /// What ON_ZERO_WINDOW carries: seconds, nil when the window has just closed.
    func setDuration(_ seconds: Double?) {
        unsafe pointer.pointee.code = 0
        unsafe pointer.pointee.offset = 0
        unsafe pointer.pointee.length = seconds ?? -1
    }

    /// The timer that is due.
    func setTimer(_ id: Int64) { unsafe pointer.pointee.timer = Double(id) }

    /// The source in hand.
    func setSource(_ number: Int) { unsafe pointer.pointee.source = Int32(number) }

    /// Bytes that a call found.
    func setData(_ bytes: ByteView, offset: Int64, missed: Int64) {
        unsafe pointer.pointee.data = unsafe bytes.base.assumingMemoryBound(to: UInt8.self)
        unsafe pointer.pointee.data_offset = Double(offset)
        unsafe pointer.pointee.missed = Double(missed)
    }

    /// The bytes missed that ``setData(_:offset:missed:)`` noted.
    var missed: Int64 { unsafe Int64(pointer.pointee.missed) }

    /// Memory that a call made.
    func setData(address: UnsafeRawPointer) {
        unsafe pointer.pointee.data = unsafe address.assumingMemoryBound(to: UInt8.self)
    }

    /// Numbers that a call found.
    func setValues(_ a: Double, _ b: Double = 0, _ c: Double = 0, _ d: Double = 0) {
        unsafe pointer.pointee.value = (a, b, c, d)
    }

    /// Why a call failed; cut to what fits.
    func setMessage(_ text: String) {
        unsafe withUnsafeMutableBytes(of: &pointer.pointee.message) { room in
            var length = 0
            for byte in text.utf8.prefix(room.count - 1) {
                unsafe room[length] = byte
                length += 1
            }
            unsafe room[length] = 0
        }
    }
}

/// Memory for typed per-flow state that a script declares: `size` zeroed bytes a connection.
final class FlowStateMemory: @unchecked Sendable {
    private let memory: ReservedMemory<UInt8>
    let size: Int
    /// What was declared, and by which script.
    let layout: String

    init?(capacity: Int, size: Int, layout: String) {
        guard let memory = ReservedMemory<UInt8>(capacity: capacity * size) else { return nil }
        self.memory = memory
        self.size = size
        self.layout = layout
    }

    /// Has the system give memory to the first `count` slots now, so that nobody waits for it later.
    func touch(_ count: Int) {
        for place in stride(from: 0, to: min(count * size, memory.capacity), by: 4096) {
            unsafe memory.base[place] = 0
        }
    }

    /// Hands the address of slot 0's bytes to the script.
    func publish(_ event: borrowing EventBlock) {
        unsafe event.setData(address: UnsafeRawPointer(memory.base))
    }

    /// Zeroes the bytes of a slot.
    func clear(_ slot: Int32) {
        let place = Int(slot) * size
        precondition(place >= 0 && place + size <= memory.capacity)
        unsafe UnsafeMutableRawPointer(memory.base + place).initializeMemory(
            as: UInt8.self,
            repeating: 0,
            count: size
        )
    }
}

/// The decoded packets of the burst in hand, at addresses that stay.
@safe
struct PacketRoom: ~Copyable {
    private var memory: ReservedMemory<mos_packet>

    init?() {
        guard let memory = ReservedMemory<mos_packet>(capacity: FrameBurst.capacity) else {
            return nil
        }
        self.memory = memory
    }

    subscript(index: Int) -> mos_packet {
        @inline(__always) unsafeAddress { unsafe UnsafePointer(address(index)) }
        @inline(__always) unsafeMutableAddress { unsafe address(index) }
    }

    @unsafe @inline(__always)
    func address(_ index: Int) -> UnsafeMutablePointer<mos_packet> {
        precondition(index >= 0 && index < memory.capacity)
        return unsafe memory.base + index
    }
}
