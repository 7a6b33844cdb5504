// SPDX-License-Identifier: BSD-2-Clause
import Flows
import Glibc
import Packets

/// Where a block of a ``BufferPool`` lies: its first unit of 256 bytes, and its size as a power of two of units.
public struct Block: BitwiseCopyable, Sendable {
    @usableFromInline var unit: Int32
    @usableFromInline var order: Int32

    /// No block.
    @inlinable public static var none: Block { Block(unit: -1, order: 0) }

    /// True for ``none``.
    @inlinable public var isNone: Bool { unit < 0 }

    /// Bytes that fit.
    @inlinable public var capacity: Int { unit < 0 ? 0 : 256 &<< Int(order) }

    @usableFromInline init(unit: Int32, order: Int32) {
        self.unit = unit
        self.order = order
    }
}

/// Memory for bytes that must wait, with a cap: a buddy allocator over one reserved range.
///
/// Blocks are 256 bytes times a power of two; freed neighbours merge, so any mix of sizes can follow any other. Pages
/// are touched only when used. Nothing here calls malloc.
@safe
public struct BufferPool: ~Copyable {
    @usableFromInline let memory: ReservedMemory<UInt8>
    /// One byte a unit: 0 = inside a block, 1 + order = a free block starts here, 128 + order = one in use does.
    @usableFromInline var marks: ReservedMemory<UInt8>
    @usableFromInline var free: [Int32]
    @usableFromInline let units: Int
    @usableFromInline var untouched = 0
    @usableFromInline var usedUnits = 0

    /// A pool of at most `bytes`, which is rounded up to 256; nil when the address space is refused.
    public init?(bytes: Int) {
        units = max(1, (bytes + 255) / 256)
        guard units < Int(Int32.max), let memory = ReservedMemory<UInt8>(capacity: units * 256),
            let marks = ReservedMemory<UInt8>(capacity: units + 1)
        else { return nil }
        self.memory = memory
        self.marks = marks
        free = Array(repeating: -1, count: 32)
    }

    /// Bytes in blocks that are in use.
    @inlinable public var bytesInUse: Int { usedUnits * 256 }

    /// A block for at least `bytes`; nil when the pool has none.
    public mutating func allocate(_ bytes: Int) -> Block? {
        var order = 0
        while 256 << order < bytes { order += 1 }
        guard order < free.count else { return nil }
        var found = order
        while found < free.count, free[found] < 0 { found += 1 }
        if found == free.count {
            guard let fresh = takeUntouched(order) else { return nil }
            marks[Int(fresh)] = UInt8(128 + order)
            usedUnits += 1 << order
            return Block(unit: fresh, order: Int32(order))
        }
        let unit = free[found]
        removeFree(unit, order: found)
        while found > order {
            found -= 1
            addFree(unit + Int32(1 << found), order: found)
        }
        marks[Int(unit)] = UInt8(128 + order)
        usedUnits += 1 << order
        return Block(unit: unit, order: Int32(order))
    }

    /// Takes a block back.
    public mutating func release(_ block: Block) {
        guard !block.isNone else { return }
        var unit = Int(block.unit)
        var order = Int(block.order)
        precondition(marks[unit] == UInt8(128 + order), "a block is released once")
        usedUnits -= 1 << order
        marks[unit] = 0
        while order < free.count - 1 {
            let buddy = unit ^ (1 << order)
            guard buddy + (1 << order) <= untouched, marks[buddy] == UInt8(1 + order) else { break }
            removeFree(Int32(buddy), order: order)
            marks[buddy] = 0
            unit = min(unit, buddy)
            order += 1
        }
        addFree(Int32(unit), order: order)
    }

    /// Copies `bytes` into the block from byte `position` on.
    public mutating func write(_ bytes: ByteView, to block: Block, at position: Int) {
        precondition(position >= 0 && position + bytes.count <= block.capacity)
        if bytes.count == 0 { return }
        unsafe address(block, position).copyMemory(from: bytes.base, byteCount: bytes.count)
    }

    /// Moves `count` bytes within a block or from one to another.
    public mutating func move(
        _ count: Int,
        from source: Block,
        at sourcePosition: Int,
        to target: Block,
        at position: Int
    ) {
        precondition(sourcePosition >= 0 && sourcePosition + count <= source.capacity)
        precondition(position >= 0 && position + count <= target.capacity)
        if count == 0 { return }
        unsafe memmove(address(target, position), address(source, sourcePosition), count)
    }

    /// `count` bytes of the block, valid until it is released or written.
    public func view(_ block: Block, _ position: Int, _ count: Int) -> ByteView {
        precondition(position >= 0 && count >= 0 && position + count <= block.capacity)
        return unsafe ByteView(base: address(block, position), count: count)
    }

    /// True when a part of a block holds exactly `bytes`.
    public func holds(_ bytes: ByteView, in block: Block, at position: Int) -> Bool {
        let kept = view(block, position, bytes.count)
        return unsafe memcmp(kept.base, bytes.base, bytes.count) == 0
    }

    @unsafe
    func address(_ block: Block, _ position: Int) -> UnsafeMutableRawPointer {
        unsafe UnsafeMutableRawPointer(memory.base) + Int(block.unit) * 256 + position
    }

    /// Units never used before, aligned to the order; what alignment skips becomes free blocks.
    mutating func takeUntouched(_ order: Int) -> Int32? {
        let size = 1 << order
        while untouched & (size - 1) != 0 {
            let step = untouched & -untouched
            guard untouched + step <= units else { return nil }
            addFree(Int32(untouched), order: step.trailingZeroBitCount)
            untouched += step
        }
        guard untouched + size <= units else { return nil }
        defer { untouched += size }
        return Int32(untouched)
    }

    /// Free blocks are doubly linked through their own first eight bytes.
    mutating func addFree(_ unit: Int32, order: Int) {
        marks[Int(unit)] = UInt8(1 + order)
        let head = free[order]
        setLink(unit, next: head, previous: -1)
        if head >= 0 { setLink(head, next: link(head).next, previous: unit) }
        free[order] = unit
    }

    mutating func removeFree(_ unit: Int32, order: Int) {
        let (next, previous) = link(unit)
        if previous >= 0 {
            setLink(previous, next: next, previous: link(previous).previous)
        } else {
            free[order] = next
        }
        if next >= 0 { setLink(next, next: link(next).next, previous: previous) }
        marks[Int(unit)] = 0
    }

    func link(_ unit: Int32) -> (next: Int32, previous: Int32) {
        let at = unsafe UnsafeRawPointer(memory.base) + Int(unit) * 256
        return unsafe (at.load(as: Int32.self), at.load(fromByteOffset: 4, as: Int32.self))
    }

    mutating func setLink(_ unit: Int32, next: Int32, previous: Int32) {
        let at = unsafe UnsafeMutableRawPointer(memory.base) + Int(unit) * 256
        unsafe at.storeBytes(of: next, as: Int32.self)
        unsafe at.storeBytes(of: previous, toByteOffset: 4, as: Int32.self)
    }
}
