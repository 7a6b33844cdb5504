// SPDX-License-Identifier: BSD-2-Clause
import Glibc
import Packets

/// The bytes of parts that wait, in cells of 2 KiB that are numbered as their pieces are.
@safe
struct FragmentCells: ~Copyable {
    /// Bytes of a cell: an Ethernet frame's worth of payload.
    static var size: Int { 2048 }

    private let memory: ReservedMemory<UInt8>

    /// Room for `count` cells; nil when the address space is refused.
    init?(count: Int) {
        guard let memory = ReservedMemory<UInt8>(capacity: count * Self.size) else { return nil }
        self.memory = memory
    }

    /// Copies `bytes` to the beginning of a cell.
    func write(_ bytes: ByteView, to cell: Int32) {
        precondition(bytes.count <= Self.size)
        let place = Int(cell) * Self.size
        precondition(place >= 0 && place + Self.size <= memory.capacity)
        let target = unsafe UnsafeMutableRawPointer(memory.base + place)
        unsafe target.copyMemory(from: bytes.base, byteCount: bytes.count)
    }

    /// `count` bytes of a cell from `start` on, until it is written again.
    func view(_ cell: Int32, _ start: Int, _ count: Int) -> ByteView {
        precondition(start >= 0 && count >= 0 && start + count <= Self.size)
        let place = Int(cell) * Self.size
        precondition(place >= 0 && place + Self.size <= memory.capacity)
        return unsafe ByteView(base: UnsafeRawPointer(memory.base + place + start), count: count)
    }
}

/// The frame that was put together last.
@safe
struct ReassembledFrame: ~Copyable {
    private let memory: ReservedMemory<UInt8>
    private(set) var count = 0

    /// Room for the largest IP packet and twice as much before it; nil when the address space is refused.
    init?() {
        guard let memory = ReservedMemory<UInt8>(capacity: 1 << 18) else { return nil }
        self.memory = memory
    }

    var capacity: Int { memory.capacity }

    /// The frame, until the next one is begun.
    var view: ByteView { unsafe ByteView(base: UnsafeRawPointer(memory.base), count: count) }

    /// A frame that begins with `bytes`, which may be those of the frame before.
    mutating func begin(_ bytes: ByteView) {
        count = 0
        put(bytes, at: 0)
    }

    /// Copies `bytes` to `offset`.
    mutating func put(_ bytes: ByteView, at offset: Int) {
        precondition(offset >= 0 && offset + bytes.count <= memory.capacity)
        _ = unsafe memmove(memory.base + offset, bytes.base, bytes.count)
        count = max(count, offset + bytes.count)
    }

    /// Writes a number in network byte order.
    func set(_ value: UInt16, at offset: Int) {
        precondition(offset >= 0 && offset + 2 <= count)
        let target = unsafe UnsafeMutableRawPointer(memory.base + offset)
        unsafe target.storeBytes(of: value.bigEndian, as: UInt16.self)
    }

    /// Writes a byte.
    func set(_ value: UInt8, at offset: Int) {
        precondition(offset >= 0 && offset < count)
        unsafe memory.base[offset] = value
    }
}

extension ByteView {
    /// True when both have the same bytes.
    func isEqual(to other: ByteView) -> Bool {
        unsafe count == other.count && memcmp(base, other.base, count) == 0
    }
}
