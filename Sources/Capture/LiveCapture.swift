// SPDX-License-Identifier: BSD-2-Clause
import CPcap
import Packets

/// An open handle of libpcap on a kernel interface, and what it lost.
@safe
final class LiveCapture {
    let name: String
    let linkType: LinkType
    /// The packet socket.
    let descriptor: Int32
    let hasNanoseconds: Bool
    private let handle: OpaquePointer
    private var losses = LiveLosses()

    /// Opens an interface, with a ring of its own.
    init(
        interface: String,
        ringLength: Int32 = LiveHandle.ringLength
    ) throws(SourceError) {
        let handle = unsafe try LiveHandle.open(interface, ringLength: ringLength)
        name = interface
        unsafe self.handle = handle
        linkType = unsafe LinkType(dlt: pcap_datalink(handle))
        descriptor = unsafe pcap_get_selectable_fd(handle)
        hasNanoseconds =
            unsafe pcap_get_tstamp_precision(handle) == PCAP_TSTAMP_PRECISION_NANO
    }

    deinit { unsafe pcap_close(handle) }

    /// Calls `handler` with `context` for the frames that are in the ring, `count` at most.
    ///
    /// - Returns: how many there were, or a negative number when the interface cannot be read on.
    @inline(__always)
    func dispatch(
        _ count: Int,
        _ handler: pcap_handler,
        _ context: UnsafeMutableRawPointer?
    ) -> Int {
        let context = unsafe context.map { unsafe $0.assumingMemoryBound(to: UInt8.self) }
        return unsafe Int(pcap_dispatch(handle, Int32(count), handler, context))
    }

    /// Forgets what is in the ring.
    func discardAll() {
        while unsafe dispatch(FrameBurst.capacity, { _, _, _ in }, nil) > 0 {}
    }

    /// What was lost since the handle was opened, without what was received; asks the kernel.
    var statistics: SourceStatistics {
        var now = pcap_stat()
        if unsafe pcap_stats(handle, &now) == 0 { losses.update(now) }
        var statistics = SourceStatistics()
        statistics.dropped = losses.dropped
        statistics.interfaceDropped = losses.interfaceDropped
        return statistics
    }

    /// Why the interface cannot be read on.
    var failure: SourceError {
        let words = unsafe String(cString: pcap_geterr(handle))
        let isThere = name == "any" || LiveHandle.interfaceNames().contains(name)
        let reason =
            isThere
            ? "cannot be read on: " + words : "the interface is gone; start again when it is back"
        return .unreadable(name: name, reason: reason)
    }
}

/// libpcap counts losses in 32 bits, which a long run exceeds.
private struct LiveLosses {
    private(set) var dropped: UInt64 = 0
    private(set) var interfaceDropped: UInt64 = 0
    private var last = pcap_stat()

    mutating func update(_ now: pcap_stat) {
        // The difference of wrapping counters is right as long as it is below 2^32.
        dropped &+= UInt64(now.ps_drop &- last.ps_drop)
        interfaceDropped &+= UInt64(now.ps_ifdrop &- last.ps_ifdrop)
        last = now
    }
}
