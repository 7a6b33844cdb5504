// SPDX-License-Identifier: BSD-2-Clause
import Foundation
import Packets
import TestNetworks
import TestPorts
import Testing

@testable import Capture

/// Real sockets on a pair of virtual interfaces, in a network namespace of each test's own.
///
///     sender ── s0 ═ a0 ── shares 0, 1, 2 of the workers; a second sender at a0 makes outgoing frames
@Suite(
    .serialized,
    .enabled(
        if: mayMakeInterfaces,
        "skipped: only root can make network namespaces and interfaces"
    )
)
struct SharedLiveSourceTests {
    private struct Bench {
        let incoming: RawSocketPort
        let outgoing: RawSocketPort
        let sources: [any PacketSource]

        init(_ shares: Int, byHash: Bool = false, ringCapacity: Int? = nil) throws {
            try makeLink()
            incoming = try RawSocketPort(interface: "s0")
            outgoing = try RawSocketPort(interface: "a0")
            sources = try LiveSource.open(
                "a0",
                shares,
                .inner,
                exchange: FrameExchange(count: shares, ringCapacity: ringCapacity),
                byHash: byHash
            )
        }

        /// Asks all shares in turn until none has had anything for a while.
        func takeAll() -> [[[UInt8]]] {
            var taken = sources.map { _ in [[UInt8]]() }
            var burst = FrameBurst()
            var silence = 0
            while silence < 8 {
                var some = false
                for (index, source) in sources.enumerated() {
                    guard case .frames = source.receive(into: &burst) else { continue }
                    some = true
                    taken[index] += (0..<burst.count).map { burst[$0].bytes.array }
                }
                silence = some ? 0 : silence + 1
                // The kernel holds back what does not fill a part of its ring.
                if !some { usleep(5000) }
            }
            return taken
        }

        var handedOver: UInt64 { sources.reduce(0) { $0 + $1.statistics.handedOver } }
        var ringDropped: UInt64 { sources.reduce(0) { $0 + $1.statistics.ringDropped } }
        var received: UInt64 { sources.reduce(0) { $0 + $1.statistics.received } }
        var dropped: UInt64 { sources.reduce(0) { $0 + $1.statistics.dropped } }
    }

    /// Each flow says its number, and each of its frames its place.
    private func payload(_ flow: Int, _ place: Int) -> [UInt8] {
        [UInt8(flow >> 8), UInt8(flow & 255), UInt8(place)]
    }

    /// Sends eight frames of each flow in both directions, and checks where all of them come.
    private func share(_ shares: Int, byHash: Bool, tunnelled: Bool) throws -> UInt64 {
        let seed = UInt64.random(in: 0...(.max))
        print("seed \(seed)")
        var random = SplitMix64(seed: seed)
        let flows = (0..<200).map { _ in FlowFrames(&random, tags: !byHash) }
        return try inNewNetworkNamespace {
            let bench = try Bench(shares, byHash: byHash)
            for place in 0..<8 {
                for isBack in [false, true] {
                    let frames = flows.enumerated().map { number, flow in
                        let payload = payload(number, 2 * place + (isBack ? 1 : 0))
                        return tunnelled
                            ? flow.tunnelled(payload, isBack: isBack)
                            : flow.frame(payload, isBack: isBack)
                    }
                    (isBack ? bench.outgoing : bench.incoming).send(frames)
                }
            }
            let taken = bench.takeAll()
            for (index, frames) in taken.enumerated() {
                #expect(frames.allSatisfy { owner($0, of: shares) == index })
                #expect(Set(frames.map { $0.suffix(3).prefix(2) }).count > 200 / shares / 4)
            }
            // Every frame once, and those of a flow in the order in which they were sent.
            var places = [[UInt8]](repeating: [], count: flows.count)
            for frame in taken.joined() {
                let mark = Array(frame.suffix(3))
                places[Int(mark[0]) << 8 | Int(mark[1])].append(mark[2])
            }
            let wrong = places.filter { $0 != Array(0..<16) }
            #expect(wrong.isEmpty, "\(wrong.count) flows, \(wrong.prefix(1))")
            #expect(bench.ringDropped == 0 && bench.dropped == 0)
            #expect(bench.received == UInt64(flows.count * 16))
            return bench.handedOver
        }
    }

    @Test(arguments: [2, 3])
    func `each frame comes to its owner, straight from the kernel`(shares: Int) throws {
        #expect(try share(shares, byHash: false, tunnelled: false) == 0)
    }

    /// Tags that are left in frames are not seen by that hash: the directions of such a flow come by different ways.
    @Test(arguments: [2, 3])
    func `a kernel that takes no program shares out by its own hash`(shares: Int) throws {
        let handedOver = try share(shares, byHash: true, tunnelled: false)
        #expect(handedOver > 1000 && handedOver < 3000)
    }

    /// The ends of the tunnel are always the same, so one socket receives all of it.
    @Test(arguments: [2, 3])
    func `what tunnels carry is handed to its owner`(shares: Int) throws {
        let handedOver = try share(shares, byHash: false, tunnelled: true)
        #expect(handedOver > 1000 && handedOver < 3000)
    }

    @Test func `fragments come to all, and what is no IP to the first`() throws {
        try inNewNetworkNamespace {
            let bench = try Bench(3)
            var random = SplitMix64(seed: 7)
            let parts = (0..<50).flatMap { FlowFrames(&random).fragments([UInt8($0)]) }
            let others = (0..<20).map { PacketBuilder().frame(etherType: 0x88B5, [UInt8($0)]) }
            bench.incoming.send(parts + others)
            let taken = bench.takeAll().map { $0.sorted { $0.lexicographicallyPrecedes($1) } }
            func sorted(_ frames: [[UInt8]]) -> [[UInt8]] {
                frames.sorted { $0.lexicographicallyPrecedes($1) }
            }
            #expect(taken == [sorted(parts + others), sorted(parts), sorted(parts)])
            #expect(bench.handedOver == 200)
        }
    }

    @Test func `an ICMP error comes to the owner of the flow that it quotes`() throws {
        try inNewNetworkNamespace {
            let bench = try Bench(2)
            var random = SplitMix64(seed: 8)
            let errors = (0..<100).map { number in
                let flow = FlowFrames(&random)
                var bare = flow.builder
                bare.linkType = .raw
                let quoted = bare.frame(TCPSegment(sourcePort: 1000 + UInt16(number)))
                let type: UInt8 = bare.ip.source.version == 4 ? 3 : 1
                var back = flow.builder.reversed
                back.ip.source = bare.ip.source.version == 4 ? "192.0.2.9" : "2001:db8::9"
                return back.frame(ICMPMessage(type: type, code: 3, payload: quoted))
            }
            bench.incoming.send(errors)
            let taken = bench.takeAll()
            for (index, frames) in taken.enumerated() {
                #expect(frames.count > 20)
                #expect(frames.allSatisfy { owner($0, of: 2) == index })
            }
            #expect(taken[0].count + taken[1].count == 100 && bench.handedOver > 20)
        }
    }

    @Test func `frames for a worker that does not take them are counted`() throws {
        try inNewNetworkNamespace {
            let bench = try Bench(2, ringCapacity: 1)
            var random = SplitMix64(seed: 9)
            let large = [UInt8](repeating: 0, count: 8000)
            let frames = (0..<512).map { _ in FlowFrames(&random).tunnelled(large) }
            let arrival = FanoutArrival.arrival(frames[0])
            var burst = FrameBurst()
            var taken = 0
            for start in stride(from: 0, to: frames.count, by: 128) {
                bench.incoming.send(Array(frames[start..<start + 128]))
                usleep(30_000)
                while case .frames = bench.sources[arrival].receive(into: &burst) {
                    taken += burst.count
                }
            }
            let statistics = bench.sources[arrival].statistics
            #expect(statistics.ringDropped > 50 && statistics.handedOver > 100)
            #expect(UInt64(taken) + statistics.handedOver + statistics.ringDropped == 512)
            // The other worker gets what was handed to it.
            var others = 0
            while case .frames = bench.sources[1 - arrival].receive(into: &burst) {
                others += burst.count
            }
            #expect(others == Int(statistics.handedOver))
        }
    }

    @Test func `a worker that sleeps is woken by what another hands over`() throws {
        try inNewNetworkNamespace {
            let bench = try Bench(2)
            var random = SplitMix64(seed: 10)
            let arrival = FanoutArrival.arrival(FlowFrames(&random).tunnelled([1]))
            let frame = (0..<100).lazy.map { _ in FlowFrames(&random).tunnelled([1]) }
                .first { owner($0, of: 2) != arrival }
            let foreign = try #require(frame)
            let other = bench.sources[1 - arrival]
            var burst = FrameBurst()
            guard case .idle = other.receive(into: &burst),
                case .descriptor(let watch) = other.readiness
            else {
                Issue.record("nothing was sent yet")
                return
            }
            var request = pollfd(fd: watch, events: Int16(POLLIN), revents: 0)
            #expect(unsafe poll(&request, 1, 0) == 0)
            bench.incoming.send([foreign])
            let deadline = Date().addingTimeInterval(10)
            while bench.sources[arrival].statistics.handedOver == 0, Date() < deadline {
                _ = bench.sources[arrival].receive(into: &burst)
            }
            #expect(unsafe poll(&request, 1, 10_000) == 1)
            guard case .frames = other.receive(into: &burst) else {
                Issue.record("the bell rang for nothing")
                return
            }
            #expect(burst.count == 1 && burst[0].bytes.array == foreign)
            // Nothing rings on.
            _ = other.receive(into: &burst)
            #expect(unsafe poll(&request, 1, 0) == 0)
        }
    }

    @Test func `what was sent before all shares were open comes to none of them`() throws {
        try inNewNetworkNamespace {
            try makeLink()
            let sender = try RawSocketPort(interface: "s0")
            let captures = try LiveGroup.open("a0", 2, .inner, byHash: false)
            var random = SplitMix64(seed: 11)
            sender.send((0..<100).map { _ in FlowFrames(&random).frame([1]) })
            try LiveGroup.start(captures)
            sender.send((0..<100).map { _ in FlowFrames(&random).frame([2]) })
            usleep(30_000)
            let taken = UncheckedBox(0)
            for capture in captures {
                _ = unsafe capture.dispatch(
                    1000,
                    { context, _, _ in
                        guard let context = unsafe context else { return }
                        unsafe UnsafeMutableRawPointer(context)
                            .assumingMemoryBound(to: Int.self).pointee += 1
                    },
                    &taken.value
                )
            }
            #expect(taken.value == 100)
            #expect(captures.allSatisfy { $0.statistics.dropped == 0 })
        }
    }

    @Test func `on the loopback interface each packet comes once, as from a single source`() throws
    {
        try inNewNetworkNamespace {
            let up = try shell("ip link set lo up")
            try #require(up.code == 0, "\(up.output)")
            let sources = try LiveSource.open(interface: "lo", shares: 2)
            let single = try LiveSource(interface: "lo")
            let sent = try shell(
                "for i in {1..60}; do printf %s $i > /dev/udp/127.0.0.1/$((7000 + i)); done"
            )
            try #require(sent.code == 0, "\(sent.output)")
            usleep(30_000)
            func frames(_ sources: [any PacketSource]) -> [[UInt8]] {
                var burst = FrameBurst()
                return sources.flatMap { source in
                    var frames: [[UInt8]] = []
                    while case .frames = source.receive(into: &burst) {
                        frames += (0..<burst.count).map { burst[$0].bytes.array }
                    }
                    return frames
                }
            }
            // Nobody listens: each datagram is answered by an ICMP error, which is handed to its owner.
            let shared = frames(sources) + frames(sources)
            let one = frames([single])
            #expect(one.count >= 60)
            #expect(
                shared.sorted { $0.lexicographicallyPrecedes($1) }
                    == one.sorted { $0.lexicographicallyPrecedes($1) }
            )
        }
    }

    @Test func `an interface that goes away fails for all`() throws {
        try inNewNetworkNamespace {
            let bench = try Bench(2)
            let gone = try shell("ip link del a0")
            try #require(gone.code == 0, "\(gone.output)")
            var burst = FrameBurst()
            for source in bench.sources {
                var failure: SourceError?
                for _ in 0..<300 where failure == nil {
                    if case .failed(let error) = source.receive(into: &burst) { failure = error }
                    usleep(1000)
                }
                let reason = "the interface is gone; start again when it is back"
                #expect(failure == .unreadable(name: "a0", reason: reason))
            }
        }
    }

    @Test func `an interface that does not exist is refused`() {
        #expect(throws: SourceError.self) { try LiveSource.open(interface: "nowhere0", shares: 2) }
    }
}

/// The link, in the namespace of the calling thread; no address, so that no kernel says anything of itself.
private func makeLink() throws {
    let made = try shell(
        """
        echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6
        ip link add s0 mtu 9000 type veth peer name a0 mtu 9000
        for i in s0 a0; do ip link set $i up; done
        """
    )
    try #require(made.code == 0, "\(made.output)")
}

/// Which share's socket a frame arrives at, when there are two.
private enum FanoutArrival {
    static func arrival(_ frame: [UInt8]) -> Int {
        // The outer addresses of what FlowFrames tunnels.
        let bare = PacketBuilder(ip: IPFields(source: "192.0.2.1", destination: "192.0.2.2"))
        return owner(bare.frame(50, []), of: 2)
    }
}
