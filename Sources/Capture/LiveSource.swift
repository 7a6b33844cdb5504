// SPDX-License-Identifier: BSD-2-Clause
import CPcap
import Glibc
import Packets

/// A kernel interface, read through libpcap's packet ring.
///
/// Frames are copied out of the ring into memory of its own, so that the kernel gets its slots back at
/// once; they are valid until the next call. The interface is promiscuous while it is open.
@safe
public final class LiveSource: PacketSource {
    /// The interface.
    public let name: String
    /// What nobody takes is lost.
    public var isLive: Bool { true }
    /// The link layer of all frames.
    public let linkType: LinkType
    private let handle: OpaquePointer
    private let descriptor: Int32
    private let burstMemory: UnsafeMutablePointer<LiveBurst>
    private var received: UInt64 = 0
    private var losses = LiveLosses()
    private var failure: SourceError?

    /// Opens an interface.
    ///
    /// - Parameter interface: as `ip link` names it, or `any` for all of them.
    /// - Throws: ``SourceError/unreadable(name:reason:)`` that says what to do.
    public init(interface: String) throws(SourceError) {
        let handle = unsafe try LiveHandle.open(interface)
        name = interface
        unsafe self.handle = handle
        linkType = unsafe LinkType(dlt: pcap_datalink(handle))
        descriptor = unsafe pcap_get_selectable_fd(handle)
        unsafe burstMemory = .allocate(capacity: 1)
        let precision = unsafe pcap_get_tstamp_precision(handle)
        unsafe burstMemory.initialize(
            to: LiveBurst(
                linkType: linkType,
                hasNanoseconds: precision == PCAP_TSTAMP_PRECISION_NANO
            )
        )
    }

    deinit {
        unsafe pcap_close(handle)
        unsafe burstMemory.deinitialize(count: 1)
        unsafe burstMemory.deallocate()
    }

    /// What was received and lost; asks the kernel, so not for every packet.
    public var statistics: SourceStatistics {
        var now = pcap_stat()
        if unsafe pcap_stats(handle, &now) == 0 { losses.update(now) }
        var statistics = SourceStatistics()
        statistics.received = received
        statistics.dropped = losses.dropped
        statistics.interfaceDropped = losses.interfaceDropped
        return statistics
    }

    /// The ring's descriptor tells.
    public var readiness: Readiness { .descriptor(descriptor) }

    /// Fills `burst` with copies of what is in the ring.
    public func receive(into burst: inout FrameBurst) -> Reception {
        burst.removeAll()
        if failure == nil, takeFrames(into: &burst) { return .frames }
        if let failure { return .failed(failure) }
        return .idle
    }

    /// True when there were frames.
    private func takeFrames(into burst: inout FrameBurst) -> Bool {
        unsafe burstMemory.pointee.removeAll()
        let taken = unsafe pcap_dispatch(
            handle,
            Int32(FrameBurst.capacity),
            LiveBurst.keep,
            UnsafeMutableRawPointer(burstMemory).assumingMemoryBound(to: UInt8.self)
        )
        if taken < 0 { failure = readFailure() }
        unsafe burstMemory.pointee.hand(to: &burst)
        received &+= UInt64(burst.count)
        return burst.count > 0
    }

    private func readFailure() -> SourceError {
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
