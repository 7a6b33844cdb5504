// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Glibc
import Packets

/// A DPDK port as a packet source and as a port of an inline pair: polled, one queue each way, Ethernet.
///
/// Packet times are those of the burst (one reading of the clock for up to 64 frames), but for
/// net_pcap, which hands on those of the capture in microseconds. DPDK's poll-mode drivers have no
/// end of file: a capture read through net_pcap goes silent, and the run ends by a count or by hand.
public final class DPDKSource: PacketPort {
    /// `dpdk:` and the specification as the user wrote it.
    public let name: String
    /// False when net_pcap reads a file: its packets wait until somebody takes them.
    public let isLive: Bool
    private var port: DPDKPort
    private var received: UInt64 = 0

    /// Opens the port that `specification` names; the first one of a process starts DPDK.
    ///
    /// Call it on the thread that will receive: DPDK binds its fast buffer cache to threads it
    /// knows (another one is made known with its first burst).
    ///
    /// - Parameters:
    ///   - specification: what follows `dpdk:`, as in "0000:03:00.0",
    ///     "net_af_packet0,iface=veth0" or the name of a port that `arguments` make.
    ///   - arguments: words for DPDK's environment layer, as after `--dpdk-args`; those of the
    ///     first port count.
    ///   - sends: frames shall leave through it, too.
    /// - Throws: the reason in one sentence.
    public convenience init(
        specification: String,
        arguments: String = "",
        sends: Bool = false
    ) throws(DPDKSetupError) {
        let specification = try DPDKSpecification(specification)
        let environment = try DPDKEnvironment.start(arguments: arguments)
        self.init(specification, port: try DPDKPort(specification, environment, sends: sends))
    }

    init(_ specification: DPDKSpecification, port: consuming DPDKPort) {
        name = "dpdk:\(specification.text)"
        isLive = !specification.isFile
        self.port = port
    }

    /// Frames handed out, and what the device says it lost since the port was opened.
    ///
    /// Some drivers cannot tell: net_af_packet does not see what the kernel drops.
    public var statistics: SourceStatistics {
        let counted = port.statistics
        var statistics = SourceStatistics()
        statistics.received = received
        statistics.dropped = counted.missed &+ counted.no_buffer
        statistics.interfaceDropped = counted.errors
        return statistics
    }

    /// True when frames carry the times of a capture instead of the burst's.
    public var hasCaptureTimes: Bool { port.hasCaptureTimes }

    /// DPDK's name of the driver behind the port.
    public var driver: String { port.driver }

    /// A port has no descriptor.
    public var readiness: Readiness { .polled }

    /// Polls the port.
    ///
    /// - Parameter burst: emptied, then filled.
    /// - Returns: `.frames` or `.idle`; a port never ends.
    public func receive(into burst: inout FrameBurst) -> Reception {
        burst.removeAll()
        let count = port.receive(into: &burst)
        guard count > 0 else { return .idle }
        received &+= UInt64(count)
        return .frames
    }

    /// As it was when the port was opened.
    public var mtu: Int { port.mtu }

    /// Nobody would finish what is unfinished.
    public var carriesOffloads: Bool { false }

    /// What left and what could not; everything is refused by a port that was not opened to send.
    public var departures: DepartureStatistics { port.departures }

    /// Sends all frames of `list`.
    ///
    /// Where `origin` is a DPDK port, too, its buffers move, so that a frame that was sent is gone: it can be sent again
    /// within the same list only. What does not fit into the transmit queue at the second attempt is dropped.
    public func send(_ list: borrowing DepartureList, from origin: any PacketPort) {
        if origin === self {
            let itself = port.asOrigin
            port.send(list, from: itself)
        } else {
            port.send(list, from: (origin as? DPDKSource)?.port.asOrigin)
        }
    }

    /// Buffers of the port's own pool that are received, or on their way out.
    var buffersInUse: Int { port.buffersInUse }
}
