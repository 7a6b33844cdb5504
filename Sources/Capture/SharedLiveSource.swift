// SPDX-License-Identifier: BSD-2-Clause
import CPcap
import CRawSocket
import Glibc
import Packets

/// One worker's share of a kernel interface: what it owns, wherever the kernel delivered it.
///
///     kernel ─► socket 0 ─► share 0 ─► its worker         own frames, copied out of libpcap's ring
///            ─► socket 1 ─► share 1 ─► its worker
///                              ▲ │
///                              └─┴── FrameExchange        what another owns, copied into that one's ring
///
/// Fragments go to all. The frames of a flow keep the order in which they were received.
@safe
final class SharedLiveSource: PacketSource {
    var name: String { capture.name }
    var isLive: Bool { true }
    private let capture: LiveCapture
    private let number: Int
    private let distribution: UnsafeMutablePointer<LiveDistribution>
    /// What tells of both: the socket, and the bell that others ring.
    private let watch: Int32
    private var received: UInt64 = 0
    private var failure: SourceError?

    /// The most rounds that are made for others before the worker may look at its clock.
    private static let rounds = 16

    /// The share of one worker of what `capture`, whose gate may still be closed, receives.
    ///
    /// - Returns: nil when the process may open no further descriptor.
    init?(_ capture: LiveCapture, _ exchange: FrameExchange, _ share: WorkerShare) {
        self.capture = capture
        number = share.index
        watch = craw_make_watch(capture.descriptor, exchange.bells[share.index].descriptor)
        unsafe distribution = .allocate(capacity: 1)
        unsafe distribution.initialize(
            to: LiveDistribution(
                own: LiveBurst(
                    linkType: capture.linkType,
                    hasNanoseconds: capture.hasNanoseconds
                ),
                others: FrameExchangeEnd(exchange, index: share.index),
                share: share
            )
        )
        if watch < 0 { return nil }
    }

    deinit {
        if watch >= 0 { Glibc.close(watch) }
        unsafe distribution.deinitialize(count: 1)
        unsafe distribution.deallocate()
    }

    /// What this worker was handed, what its socket lost, and what it could not hand over.
    ///
    /// The interface's own losses are those of all workers, so the first alone tells of them.
    var statistics: SourceStatistics {
        var statistics = capture.statistics
        statistics.received = received
        if number != 0 { statistics.interfaceDropped = 0 }
        statistics.handedOver = unsafe distribution.pointee.others.handedOver
        statistics.ringDropped = unsafe distribution.pointee.others.dropped
        return statistics
    }

    var readiness: Readiness { .descriptor(watch) }

    /// Fills `burst` with what others handed over and copies of what is in the socket's ring.
    func receive(into burst: inout FrameBurst) -> Reception {
        burst.removeAll()
        unsafe distribution.pointee.others.wakeUp()
        unsafe distribution.pointee.others.release()
        unsafe distribution.pointee.own.removeAll()
        takeFrames(into: &burst)
        if burst.count == 0, failure == nil,
            unsafe !distribution.pointee.others.fallAsleep()
        {
            unsafe distribution.pointee.others.take(into: &burst, upTo: FrameBurst.capacity)
        }
        received &+= UInt64(burst.count)
        if burst.count > 0 { return .frames }
        if let failure { return .failed(failure) }
        return .idle
    }

    private func takeFrames(into burst: inout FrameBurst) {
        // Half of the burst at first, so that neither the one nor the other waits for ever.
        unsafe distribution.pointee.others.take(into: &burst, upTo: FrameBurst.capacity / 2)
        for _ in 0..<Self.rounds where failure == nil {
            let taken = unsafe capture.dispatch(
                FrameBurst.capacity &- burst.count,
                LiveDistribution.keep,
                distribution
            )
            if taken < 0 { failure = capture.failure }
            unsafe distribution.pointee.others.publish()
            // Until there is something for the worker itself.
            let hasOwn = unsafe !distribution.pointee.own.isEmpty
            if taken <= 0 || burst.count > 0 || hasOwn { break }
        }
        unsafe distribution.pointee.own.hand(to: &burst)
        unsafe distribution.pointee.others.take(into: &burst, upTo: FrameBurst.capacity)
    }
}

/// Where the frames of one socket go.
@safe
struct LiveDistribution: ~Copyable {
    var own: LiveBurst
    var others: FrameExchangeEnd
    let share: WorkerShare

    /// What libpcap calls for each frame; `context` points to the `LiveDistribution`.
    static let keep: pcap_handler = { context, header, bytes in
        guard let context = unsafe context, let header = unsafe header, let bytes = unsafe bytes
        else { return }
        let place = unsafe UnsafeMutableRawPointer(context)
            .assumingMemoryBound(to: LiveDistribution.self)
        guard let frame = unsafe place.pointee.own.frame(header.pointee, bytes) else { return }
        unsafe place.pointee.distribute(frame)
    }

    @inline(__always)
    private mutating func distribute(_ frame: Frame) {
        let owner = share.owner(of: frame)
        if owner == share.index {
            own.append(frame)
        } else if owner == WorkerShare.everyone {
            own.append(frame)
            others.handToAll(frame)
        } else {
            others.hand(frame, to: owner)
        }
    }
}
