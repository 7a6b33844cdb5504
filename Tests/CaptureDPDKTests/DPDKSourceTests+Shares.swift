// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Foundation
import Packets
import TestNetworks
import TestPorts
import Testing

@testable import CaptureDPDK

/// Ports that several workers share.
extension DPDKSourceTests {
    /// Flows, and what they send in the order in which it is sent.
    private struct Traffic {
        let flows: [FlowFrames]
        let frames: [[UInt8]]
        static let places = 12

        /// Each flow says its number, and each of its frames its place.
        init(_ count: Int, tunnelled: Bool = false) {
            let seed = UInt64.random(in: 0...(.max))
            print("seed \(seed)")
            var random = SplitMix64(seed: seed)
            let flows = (0..<count).map { _ in FlowFrames(&random) }
            self.flows = flows
            frames = (0..<Self.places).flatMap { place in
                flows.enumerated().map { number, flow in
                    let mark = [UInt8(number >> 8), UInt8(number & 255), UInt8(place)]
                    let isBack = place % 2 == 1
                    return tunnelled
                        ? flow.tunnelled(mark, isBack: isBack) : flow.frame(mark, isBack: isBack)
                }
            }
        }

        /// Checks that every frame came once, and those of a flow in order and to one share, its owner unless the device
        /// decides.
        func check(_ taken: [[[UInt8]]], arrivalCounts: Bool = false) {
            var places = [[UInt8]](repeating: [], count: flows.count)
            var shares = [Set<Int>](repeating: [], count: flows.count)
            for (share, frames) in taken.enumerated() {
                #expect(frames.count > self.frames.count / taken.count / 4)
                if !arrivalCounts {
                    #expect(frames.allSatisfy { owner($0, of: taken.count) == share })
                }
                for frame in frames {
                    let mark = Array(frame.suffix(3))
                    let flow = Int(mark[0]) << 8 | Int(mark[1])
                    places[flow].append(mark[2])
                    shares[flow].insert(share)
                }
            }
            let wrong = places.filter { $0 != Array(0..<UInt8(Self.places)) }
            #expect(wrong.isEmpty, "\(wrong.count) flows, \(wrong.prefix(1))")
            #expect(shares.allSatisfy { $0.count == 1 })
        }
    }

    private func sum(
        _ sources: [DPDKShareSource],
        _ field: KeyPath<SourceStatistics, UInt64>
    ) -> UInt64 {
        sources.reduce(0) { $0 + $1.statistics[keyPath: field] }
    }

    // MARK: one queue

    @Test(arguments: [2, 3])
    func `one queue: the frames of a capture are handed to their owners, and none is lost`(
        count: Int
    ) throws {
        let traffic = Traffic(400)
        let file = try CaptureFile(traffic.frames, start: 1_700_000_000, stepMicroseconds: 10)
        // Rings of 63 frames: they are full again and again.
        let sources = try DPDKSource.openShares(
            "net_pcap0,rx_pcap=\(file.path)",
            count,
            depth: 64
        )
        #expect(sources.allSatisfy { !$0.isLive })
        traffic.check(takeAll(sources))
        #expect(sum(sources, \.received) == UInt64(traffic.frames.count))
        #expect(sum(sources, \.ringDropped) == 0)
        #expect(sources[0].statistics.received + sources[0].statistics.handedOver == 4800)
        // Nothing but what the last bursts hold.
        var burst = FrameBurst()
        for source in sources { _ = source.receive(into: &burst) }
        #expect(sources[0].shares.buffersInUse == 0)
    }

    @Test func `frames that were handed over keep the times of the capture`() throws {
        let traffic = Traffic(20)
        let file = try CaptureFile(traffic.frames, start: 1_700_000_000, stepMicroseconds: 10)
        let sources = try DPDKSource.openShares("net_pcap0,rx_pcap=\(file.path)", 2)
        var times: [Int64] = []
        var burst = FrameBurst()
        for _ in 0..<20 {
            for source in sources where source.receive(into: &burst).hasSome {
                times += (0..<burst.count).map { burst[$0].time.nanoseconds }
            }
        }
        let expected = (0..<240).map { 1_700_000_000_000_000_000 + Int64($0) * 10_000 }
        #expect(times.sorted() == expected)
    }

    @Test func `a frame in several buffers is handed over whole`() throws {
        var random = SplitMix64(seed: 3)
        let frames = (0..<40).map { number in
            FlowFrames(&random).frame([UInt8](repeating: UInt8(number), count: 9000 + number))
        }
        let file = try CaptureFile(frames, start: 1, stepMicroseconds: 1)
        let sources = try DPDKSource.openShares("net_pcap0,rx_pcap=\(file.path)", 2)
        let taken = takeAll(sources)
        for index in 0..<2 {
            #expect(taken[index] == frames.filter { owner($0, of: 2) == index })
            #expect(taken[index].count > 5)
        }
    }

    @Test func `workers on threads of their own: nothing is lost, and every buffer comes back`()
        throws
    {
        let traffic = Traffic(1500)
        let file = try CaptureFile(traffic.frames, start: 1, stepMicroseconds: 1)
        let sources = try DPDKSource.openShares(
            "net_pcap0,rx_pcap=\(file.path)",
            3,
            depth: 64
        )
        let total = traffic.frames.count
        let taken = UncheckedBox([[[UInt8]]](repeating: [], count: 3))
        let lock = NSLock()
        let done = DispatchGroup()
        for (index, source) in sources.enumerated() {
            let source = UncheckedBox(source)
            done.enter()
            Thread {
                var burst = FrameBurst()
                var mine: [[UInt8]] = []
                while lock.withLock({ taken.value.reduce(0) { $0 + $1.count } }) < total {
                    while source.value.receive(into: &burst).hasSome {
                        mine += (0..<burst.count).map { burst[$0].bytes.array }
                    }
                    lock.withLock { taken.value[index] = mine }
                    sched_yield()
                }
                done.leave()
            }.start()
        }
        done.wait()
        traffic.check(taken.value)
        #expect(sources[0].shares.buffersInUse == 0)
        #expect(sum(sources, \.ringDropped) == 0)
    }

    @Test func `every share gets the fragments, in one and the same buffer`() throws {
        var random = SplitMix64(seed: 4)
        let parts = (0..<100).flatMap { FlowFrames(&random).fragments([UInt8($0)]) }
        let file = try CaptureFile(parts, start: 1, stepMicroseconds: 1)
        let sources = try DPDKSource.openShares("net_pcap0,rx_pcap=\(file.path)", 3)
        #expect(takeAll(sources) == [parts, parts, parts])
        #expect(sum(sources, \.handedOver) == 400 && sum(sources, \.received) == 600)
        #expect(sources[0].shares.buffersInUse == 0)
    }

    @Test(onRealInterfaces)
    func `a live port drops what finds a ring full, and counts it`() throws {
        try inNewNetworkNamespace {
            let bench = try ShareBench("net_af_packet0,iface=a0", 2, depth: 64)
            let traffic = Traffic(100)
            let foreign = traffic.frames.filter { owner($0, of: 2) == 1 }.prefix(300)
            bench.send(Array(foreign), outgoing: [])
            var burst = FrameBurst()
            for _ in 0..<20 { _ = bench.sources[0].receive(into: &burst) }
            let statistics = bench.sources[0].statistics
            #expect(statistics.handedOver == 63 && statistics.ringDropped == 237)
            #expect(takeAll(bench.sources) == [[], Array(foreign.prefix(63))])
            #expect(bench.sources[0].shares.buffersInUse == 0)
        }
    }

    @Test(onRealInterfaces, arguments: [2, 3])
    func `net_af_packet with one queue hands frames to their owners`(count: Int) throws {
        try inNewNetworkNamespace {
            let bench = try ShareBench("net_af_packet0,iface=a0", count)
            let traffic = Traffic(200)
            traffic.check(bench.cross(traffic.frames))
            #expect(sum(bench.sources, \.handedOver) > 600)
            #expect(bench.sources[0].shares.distribution.queues == 1)
        }
    }

    // MARK: a queue for each

    @Test(onRealInterfaces, arguments: [2, 3])
    func `net_af_packet with a queue for each: plain packets stay where they arrive`(
        count: Int
    ) throws {
        try inNewNetworkNamespace {
            let bench = try ShareBench("net_af_packet0,iface=a0,qpairs=\(count)", count)
            #expect(bench.sources[0].shares.distribution.arrival_counts)
            let traffic = Traffic(200)
            traffic.check(bench.cross(traffic.frames), arrivalCounts: true)
            #expect(sum(bench.sources, \.handedOver) == 0)
        }
    }

    @Test(onRealInterfaces)
    func `net_af_packet with a queue for each: tunnels and fragments are shared out`() throws {
        try inNewNetworkNamespace {
            let bench = try ShareBench("net_af_packet0,iface=a0,qpairs=2", 2)
            let traffic = Traffic(200, tunnelled: true)
            traffic.check(bench.cross(traffic.frames))
            let handedOver = sum(bench.sources, \.handedOver)
            #expect(handedOver > 500)
            // The driver has the kernel put fragments of IPv4 together.
            var random = SplitMix64(seed: 5)
            let flows = (0..<40).map { _ in FlowFrames(&random) }
                .filter { $0.builder.ip.source.version == 6 }
            let parts = flows.enumerated().flatMap { $1.fragments([UInt8($0)]) }
            #expect(parts.count > 20)
            bench.send(parts, outgoing: [])
            let taken = takeAll(bench.sources)
            #expect(taken.map { Set($0) } == [Set(parts), Set(parts)])
            #expect(taken.map(\.count) == [parts.count, parts.count])
            #expect(sum(bench.sources, \.handedOver) == handedOver + UInt64(parts.count))
        }
    }

    @Test(onRealInterfaces)
    func `more queues than workers are refused`() throws {
        try inNewNetworkNamespace {
            _ = try makeLink()
            let port = "net_af_packet0,iface=a0,qpairs=3"
            #expect(throws: DPDKSetupError.tooManyQueues(port: port)) {
                try DPDKSource.open(specification: port, shares: 2)
            }
            #expect(throws: DPDKSetupError.tooManyQueues(port: port)) {
                try DPDKSource(specification: port)
            }
            // What was begun is undone.
            #expect(try DPDKSource.open(specification: port, shares: 3).count == 3)
        }
    }

    @Test(arguments: [2, 3])
    func `a device that sorts by flows gets a symmetric key and an even table`(count: Int) throws {
        let sources = try DPDKSource.openShares("net_null0", count)
        let found = sources[0].shares.distribution
        #expect(found.queues == count && found.arrival_counts)
        #expect(found.key_bytes == 40 && found.hash_types != 0)
        let key = unsafe withUnsafeBytes(of: found.key) { unsafe Array($0.prefix(40)) }
        #expect(key == (0..<40).map { $0 % 2 == 0 ? 0x6D : 0x5A })
        let table = unsafe withUnsafeBytes(of: found.table) {
            unsafe Array($0.bindMemory(to: UInt16.self).prefix(Int(found.entries)))
        }
        #expect(table.count >= 64)
        let loads = (0..<count).map { queue in table.count { $0 == queue } }
        #expect((loads.max() ?? 0) - (loads.min() ?? 0) <= 1 && loads.reduce(0, +) == table.count)
        // Frames of zeros are no IP: they stay where they arrive.
        var burst = FrameBurst()
        for source in sources {
            #expect(source.receive(into: &burst).hasSome && burst.count == 64)
        }
        #expect(sum(sources, \.handedOver) == 0)
    }

    @Test(
        onRealInterfaces,
        arguments: ["net_null0", "net_af_packet0,iface=lo", "net_pcap0,iface=lo"]
    )
    func `ports are opened and closed again and again`(port: String) throws {
        for count in [2, 3, 1, 2, 3, 1, 2, 3, 2, 3, 2, 3] {
            let sources = try DPDKSource.open(specification: port, shares: count)
            var burst = FrameBurst()
            for source in sources { _ = source.receive(into: &burst) }
            for source in sources { _ = source.receive(into: &burst) }
        }
    }

    @Test func `one worker has the port for itself`() throws {
        let sources = try DPDKSource.open(specification: "net_null0", shares: 1)
        #expect(sources.count == 1 && sources[0] is DPDKSource)
    }
}

/// Asks all shares in turn until none has had anything for some rounds.
private func takeAll(_ sources: [DPDKShareSource]) -> [[[UInt8]]] {
    var taken = sources.map { _ in [[UInt8]]() }
    var burst = FrameBurst()
    var silence = 0
    while silence < 4 {
        silence += 1
        for (index, source) in sources.enumerated() {
            guard source.receive(into: &burst).hasSome else { continue }
            silence = 0
            taken[index] += (0..<burst.count).map { burst[$0].bytes.array }
        }
    }
    return taken
}

private func makeLink() throws -> (code: Int32, output: String) {
    let made = try shell(
        """
        echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6
        ip link add s0 type veth peer name a0
        for i in s0 a0; do ip link set $i up; done
        """
    )
    try #require(made.code == 0, "\(made.output)")
    return made
}

/// Shares of a port on `a0`, whose peer is `s0`; nothing has an address.
private struct ShareBench {
    let sources: [DPDKShareSource]
    private let sender: RawSocketPort
    private let here: RawSocketPort

    init(_ specification: String, _ count: Int, depth: UInt32 = 0) throws {
        _ = try makeLink()
        sources = try DPDKSource.openShares(specification, count, depth: depth)
        sender = try RawSocketPort(interface: "s0")
        here = try RawSocketPort(interface: "a0")
    }

    /// Frames that come in, and those that this machine sends.
    func send(_ incoming: [[UInt8]], outgoing: [[UInt8]]) {
        for start in stride(from: 0, to: incoming.count, by: 64) {
            sender.send(Array(incoming[start...].prefix(64)))
        }
        for start in stride(from: 0, to: outgoing.count, by: 64) {
            here.send(Array(outgoing[start...].prefix(64)))
        }
    }

    /// Sends `frames` from `s0`, and takes what comes.
    func cross(_ frames: [[UInt8]]) -> [[[UInt8]]] {
        send(frames, outgoing: [])
        return takeAll(sources)
    }
}

extension Reception {
    fileprivate var hasSome: Bool { if case .frames = self { true } else { false } }
}
