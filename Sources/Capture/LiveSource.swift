// SPDX-License-Identifier: BSD-2-Clause
import CPcap
import Packets

/// A kernel interface, read through libpcap's packet ring.
///
/// Frames are copied out of the ring into memory of its own, so that the kernel gets its slots back at
/// once; they are valid until the next call. The interface is promiscuous while it is open.
@safe
public final class LiveSource: PacketSource {
    /// The interface.
    public var name: String { capture.name }
    /// What nobody takes is lost.
    public var isLive: Bool { true }
    /// The link layer of all frames.
    public var linkType: LinkType { capture.linkType }
    private let capture: LiveCapture
    private let burstMemory: UnsafeMutablePointer<LiveBurst>
    private var received: UInt64 = 0
    private var failure: SourceError?

    /// Opens an interface.
    ///
    /// - Parameter interface: as `ip link` names it, or `any` for all of them.
    /// - Throws: ``SourceError/unreadable(name:reason:)`` that says what to do.
    public init(interface: String) throws(SourceError) {
        capture = try LiveCapture(interface: interface)
        unsafe burstMemory = .allocate(capacity: 1)
        unsafe burstMemory.initialize(
            to: LiveBurst(
                linkType: capture.linkType,
                hasNanoseconds: capture.hasNanoseconds
            )
        )
    }

    deinit {
        unsafe burstMemory.deinitialize(count: 1)
        unsafe burstMemory.deallocate()
    }

    /// What was received and lost; asks the kernel, so not for every packet.
    public var statistics: SourceStatistics {
        var statistics = capture.statistics
        statistics.received = received
        return statistics
    }

    /// The ring's descriptor tells.
    public var readiness: Readiness { .descriptor(capture.descriptor) }

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
        let taken = unsafe capture.dispatch(FrameBurst.capacity, LiveBurst.keep, burstMemory)
        if taken < 0 { failure = capture.failure }
        unsafe burstMemory.pointee.hand(to: &burst)
        received &+= UInt64(burst.count)
        return burst.count > 0
    }
}
