// SPDX-License-Identifier: BSD-2-Clause
import CDPDK
import Capture
import Packets

extension DPDKSource {
    /// Opens a port for several workers: each is handed what it owns, and every fragment.
    ///
    /// Where the device has a queue for each worker and keeps both directions of a flow in one queue, what came there
    /// stays there, but for tunnels and fragments. Otherwise those workers that have a queue hand on what is not theirs.
    /// The sources belong together: whoever stops asking one of them makes the others lose what is its.
    ///
    /// - Parameters:
    ///   - specification: what follows `dpdk:`, as for a single source.
    ///   - arguments: words for DPDK's environment layer; those of the first port count.
    ///   - shares: how many workers there are.
    ///   - decapsulation: which of several IP packets within each other tells the owner.
    /// - Returns: one source for each worker, to be used by its thread alone.
    /// - Throws: the reason in one sentence.
    public static func open(
        specification: String,
        arguments: String = "",
        shares: Int,
        decapsulation: Decapsulation = .inner
    ) throws(DPDKSetupError) -> [any PacketSource] {
        if shares == 1 {
            return [try DPDKSource(specification: specification, arguments: arguments)]
        }
        return try openShares(
            specification,
            shares,
            arguments: arguments,
            decapsulation: decapsulation
        )
    }

    /// The same with rings of another depth.
    static func openShares(
        _ specification: String,
        _ count: Int,
        arguments: String = "",
        decapsulation: Decapsulation = .inner,
        depth: UInt32 = 0
    ) throws(DPDKSetupError) -> [DPDKShareSource] {
        let specification = try DPDKSpecification(specification)
        let environment = try DPDKEnvironment.start(arguments: arguments, shares: count)
        let shares = try DPDKShares(specification, environment, count: count, depth: depth)
        return (0..<count).compactMap {
            DPDKShareSource(
                specification,
                shares,
                WorkerShare(index: $0, of: count, decapsulation: decapsulation)
            )
        }
    }
}

/// One worker's share of a DPDK port: what it owns, from its own queue, if it has one, and from those of others.
final class DPDKShareSource: PacketSource {
    let name: String
    let isLive: Bool
    /// What all sources of the port have in common.
    let shares: DPDKShares
    private let end: DPDKShareEnd
    private let number: Int
    private var received: UInt64 = 0

    /// The most bursts for others before the worker may look at its clock.
    private static let rounds = 16

    fileprivate init?(
        _ specification: DPDKSpecification,
        _ shares: DPDKShares,
        _ share: WorkerShare
    ) {
        guard let end = DPDKShareEnd(shares, share) else { return nil }
        name = "dpdk:\(specification.text)"
        isLive = !specification.isFile
        number = share.index
        self.shares = shares
        self.end = end
    }

    /// What this worker was handed, and what it could not hand over.
    ///
    /// What the device lost is that of all workers, so the first alone tells of it.
    var statistics: SourceStatistics {
        var statistics = SourceStatistics()
        statistics.received = received
        (statistics.handedOver, statistics.ringDropped) = end.handed
        guard number == 0 else { return statistics }
        let counted = shares.statistics
        statistics.dropped = counted.missed &+ counted.no_buffer
        statistics.interfaceDropped = counted.errors
        return statistics
    }

    /// Neither a queue nor a ring has a descriptor.
    var readiness: Readiness { .polled }

    /// Polls the queue and the rings.
    ///
    /// - Parameter burst: emptied, then filled.
    /// - Returns: `.frames` or `.idle`; a port never ends.
    func receive(into burst: inout FrameBurst) -> Reception {
        burst.removeAll()
        // Until there is something for the worker itself, or nothing for anybody.
        for _ in 0..<Self.rounds where burst.count == 0 {
            if !end.receive(into: &burst) { break }
        }
        if burst.count == 0 { return .idle }
        received &+= UInt64(burst.count)
        return .frames
    }
}
