// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Glibc

/// Zero-filled memory for up to `capacity` elements that never moves.
///
/// The address range is reserved at once; the kernel gives pages as they are first touched, so memory grows as it
/// fills and addresses handed to scripts stay right. Nothing is initialized or destroyed: elements are plain data.
@safe
public struct ReservedMemory<Element: BitwiseCopyable>: ~Copyable {
    /// Element 0.
    @unsafe public let base: UnsafeMutablePointer<Element>
    /// Elements that there is room for.
    public let capacity: Int
    @usableFromInline let bytes: Int

    /// Reserves room for `capacity` elements; nil when the address space is refused.
    ///
    /// - Parameters:
    ///   - capacity: elements that there is to be room for.
    ///   - hugePages: huge pages are wanted: fewer TLB misses, memory in steps of 2 MiB. Where the system has reserved
    ///     enough of them for all of it they are taken at once; else transparent ones are asked for (madvise).
    public init?(capacity: Int, hugePages: Bool = false) {
        let page = 2 << 20
        let (size, overflow) = max(capacity, 1).multipliedReportingOverflow(
            by: MemoryLayout<Element>.stride
        )
        guard !overflow, size < 1 << 46 else { return nil }
        let bytes = (size + page - 1) / page * page
        let reserved = unsafe hugePages ? reservedHugePages(bytes) : nil
        if hugePages { unsafe TablePages.note(isReserved: reserved != nil) }
        if let reserved = unsafe reserved {
            unsafe base = reserved.bindMemory(to: Element.self, capacity: max(capacity, 1))
            self.capacity = max(capacity, 1)
            self.bytes = bytes
            return
        }
        let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
        let address = unsafe mmap(nil, bytes, PROT_READ | PROT_WRITE, flags, -1, 0)
        guard let address = unsafe address, unsafe address != MAP_FAILED else { return nil }
        if hugePages { _ = unsafe madvise(address, bytes, MADV_HUGEPAGE) }
        unsafe base = address.bindMemory(to: Element.self, capacity: max(capacity, 1))
        self.capacity = max(capacity, 1)
        self.bytes = bytes
    }

    deinit { _ = unsafe munmap(base, bytes) }

    /// The element at `index`, in place.
    @inlinable
    public subscript(index: Int) -> Element {
        @inline(__always) unsafeAddress {
            precondition(index >= 0 && index < capacity)
            return unsafe UnsafePointer(base + index)
        }
        @inline(__always) unsafeMutableAddress {
            precondition(index >= 0 && index < capacity)
            return unsafe base + index
        }
    }

    /// Asks the cache for the lines of the element at `index`.
    @inlinable @inline(__always)
    public func prefetch(_ index: Int) {
        guard index >= 0 && index < capacity else { return }
        let address = unsafe UnsafeRawPointer(base + index)
        unsafe mos_prefetch(address)
        if MemoryLayout<Element>.stride > 64 { unsafe mos_prefetch(address + 64) }
    }

    /// Asks the cache for the line of the element at `index` that holds its byte `offset`.
    @inlinable @inline(__always)
    public func prefetch(_ index: Int, byte offset: Int) {
        guard index >= 0 && index < capacity else { return }
        unsafe mos_prefetch(UnsafeRawPointer(base + index) + offset)
    }
}

/// Zero-filled memory on huge pages of 2 MiB that the system has reserved; nil when it has not enough of them.
///
/// The pages are taken at once: a reservation can still fail at the first touch (cpusets, memory policies), and that
/// ends the process.
@unsafe
private func reservedHugePages(_ bytes: Int) -> UnsafeMutableRawPointer? {
    let pageOfTwoMiB = Int32(21) << MAP_HUGE_SHIFT
    let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | pageOfTwoMiB
    let address = unsafe mmap(nil, bytes, PROT_READ | PROT_WRITE, flags, -1, 0)
    guard let address = unsafe address, unsafe address != MAP_FAILED else { return nil }
    // A child would need pages of its own for what it writes: it gets none of these.
    guard unsafe madvise(address, bytes, MADV_POPULATE_WRITE) == 0,
        unsafe madvise(address, bytes, MADV_DONTFORK) == 0
    else {
        _ = unsafe munmap(address, bytes)
        return nil
    }
    return unsafe address
}
