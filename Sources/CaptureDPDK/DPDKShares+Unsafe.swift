// SPDX-License-Identifier: BSD-2-Clause
import CDPDK
import Capture
import Packets

/// An open port that several workers share, with the rings between them; closed when the last of them is gone.
@safe
final class DPDKShares: @unchecked Sendable {
    let count: Int
    private let port: OpaquePointer
    private let shares: UnsafeMutablePointer<OpaquePointer?>

    /// Attaches and opens what `specification` names.
    ///
    /// - Parameters:
    ///   - specification: the port.
    ///   - environment: what EAL runs with.
    ///   - count: how many workers there are.
    ///   - depth: frames of each ring, a power of two; 0 = the usual.
    /// - Throws: why it cannot be opened, in one sentence.
    init(
        _ specification: DPDKSpecification,
        _ environment: EALArguments,
        count: Int,
        depth: UInt32 = 0
    ) throws(DPDKSetupError) {
        var wanted = DPDKPort.wanted(specification, shares: count)
        let opened = unsafe try DPDKPort.open(specification, environment, &wanted)
        let places = UnsafeMutablePointer<OpaquePointer?>.allocate(capacity: count)
        unsafe places.initialize(repeating: nil, count: count)
        let waits = specification.isFile
        let code = unsafe cdpdk_make_shares(opened, UInt16(count), waits, depth, places)
        guard code == 0 else {
            unsafe cdpdk_close_port(opened)
            unsafe places.deallocate()
            throw .opening(
                specification,
                DPDKError(call: "rte_ring_create_elem", code: code),
                DPDKEnvironment.circumstances(environment)
            )
        }
        self.count = count
        unsafe port = opened
        unsafe shares = places
    }

    deinit {
        unsafe cdpdk_free_shares(shares, UInt16(count))
        unsafe cdpdk_close_port(port)
        unsafe shares.deallocate()
    }

    /// The share of worker `index`.
    fileprivate func share(_ index: Int) -> OpaquePointer? { unsafe shares[index] }

    /// How the device distributes frames over queues.
    var distribution: cdpdk_distribution {
        var distribution = cdpdk_distribution()
        // A device that has no such thing leaves zeros.
        _ = unsafe cdpdk_read_distribution(port, &distribution)
        return distribution
    }

    /// What the device counted since it was opened; zeros when it does not count.
    var statistics: cdpdk_statistics {
        var statistics = cdpdk_statistics()
        _ = unsafe cdpdk_read_statistics(port, &statistics)
        return statistics
    }

    /// Buffers of the port's pools that are received, or on their way to a share.
    var buffersInUse: Int { unsafe Int(cdpdk_count_buffers(port)) }
}

/// One worker's end of ``DPDKShares``: used by its thread alone.
@safe
struct DPDKShareEnd: ~Copyable {
    private let shares: DPDKShares
    private let end: OpaquePointer
    private let share: WorkerShare
    /// What came by the device stays where it came, but for what the device cannot tell.
    private let arrivalCounts: Bool
    private let frames: UnsafeMutablePointer<cdpdk_frame>
    private let owners: UnsafeMutablePointer<Int32>

    /// The end of the worker of `share`; nil when there is no such worker.
    init?(_ shares: DPDKShares, _ share: WorkerShare) {
        guard let end = unsafe shares.share(share.index) else { return nil }
        self.shares = shares
        unsafe self.end = end
        self.share = share
        arrivalCounts = shares.distribution.arrival_counts
        unsafe frames = .allocate(capacity: Int(CDPDK_BURST))
        unsafe owners = .allocate(capacity: Int(CDPDK_BURST))
    }

    deinit {
        unsafe frames.deallocate()
        unsafe owners.deallocate()
    }

    /// Adds up to 64 frames that this worker owns to an empty burst; those of the burst before become invalid.
    ///
    /// - Returns: false when nothing came at all, for others neither.
    @inline(__always)
    func receive(into burst: inout FrameBurst) -> Bool {
        var mine: UInt32 = 0
        var count = unsafe cdpdk_receive_share(end, frames, &mine)
        if count == 0 { return false }
        if count > mine {
            for index in Int(mine)..<Int(count) {
                unsafe owners[index] = Int32(truncatingIfNeeded: owner(of: frames[index]))
            }
            count = unsafe cdpdk_hand_over(end, frames, mine, owners)
        }
        for index in 0..<Int(count) {
            if let frame = unsafe Frame(frames[index]) { burst.append(frame) }
        }
        return true
    }

    @inline(__always)
    private func owner(of frame: cdpdk_frame) -> Int {
        guard let frame = unsafe Frame(frame) else { return share.index }
        if arrivalCounts { return share.ownerBeyondArrival(frame) ?? share.index }
        return share.owner(of: frame)
    }

    /// Frames that were handed to other workers, and those that found no room.
    var handed: (over: UInt64, dropped: UInt64) {
        var (over, dropped): (UInt64, UInt64) = (0, 0)
        unsafe cdpdk_read_handed(end, &over, &dropped)
        return (over, dropped)
    }
}
