// SPDX-License-Identifier: BSD-2-Clause
import Packets

/// What a pcapng section says about one of its interfaces.
struct CaptureInterface {
    var linkType: LinkType
    /// The most bytes kept of a packet, 0 without a limit.
    var snapLength: UInt32
    var ticks: TickScale
}

/// The interfaces of a section by number, in plain memory: looked up for every packet.
@safe
struct InterfaceTable: ~Copyable {
    /// More are damage: nobody captures on so many.
    static let limit = 65536

    private var storage: UnsafeMutablePointer<CaptureInterface>
    private var capacity = 8
    private(set) var count = 0

    init() { unsafe storage = .allocate(capacity: 8) }

    deinit { unsafe storage.deallocate() }

    mutating func removeAll() { count = 0 }

    mutating func append(_ interface: CaptureInterface) {
        if count == capacity { grow() }
        unsafe (storage + count).initialize(to: interface)
        count += 1
    }

    subscript(index: Int) -> CaptureInterface {
        @inline(__always) get {
            precondition(index >= 0 && index < count)
            return unsafe storage[index]
        }
    }

    private mutating func grow() {
        let larger = UnsafeMutablePointer<CaptureInterface>.allocate(capacity: capacity * 2)
        unsafe larger.initialize(from: storage, count: count)
        unsafe storage.deallocate()
        unsafe storage = larger
        capacity *= 2
    }
}
