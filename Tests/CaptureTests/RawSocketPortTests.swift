// SPDX-License-Identifier: BSD-2-Clause
import Foundation
import Packets
import TestNetworks
import Testing

@testable import Capture

/// Real sockets on pairs of virtual interfaces, in a network namespace of each test's own.
///
///     sender ── s0 ═ a0 ── port A    port B ── b0 ═ r0 ── receiver
@Suite(
    .serialized,
    .enabled(
        if: mayMakeInterfaces,
        "skipped: only root can make network namespaces and interfaces"
    )
)
struct RawSocketPortTests {
    // MARK: frames

    @Test func `frames of all lengths cross two ports bit for bit`() throws {
        try inNewNetworkNamespace {
            let bench = try Bench(mtu: 1500)
            let frames = randomFrames((14...1514).map { $0 }, seed: 1)
            let arrived = try bench.cross(frames)
            #expect(arrived == frames)
            #expect(bench.b.departures.sent == UInt64(frames.count))
            #expect(bench.a.statistics.received == UInt64(frames.count))
            #expect(bench.a.statistics.dropped == 0)
        }
    }

    @Test func `frames of 9000 bytes cross where the interfaces take them`() throws {
        try inNewNetworkNamespace {
            let bench = try Bench(mtu: 9000)
            #expect(bench.b.mtu == 9000)
            let lengths = stride(from: 1515, through: 9014, by: 47).map { $0 } + [9013, 9014]
            let frames = randomFrames(lengths, seed: 2)
            #expect(try bench.cross(frames) == frames)
        }
    }

    @Test func `tags are in the frame again, one or two, whatever their type`() throws {
        try inNewNetworkNamespace {
            let bench = try Bench(mtu: 1500)
            var frames: [[UInt8]] = []
            // The kernel that receives a tag wants two bytes behind what follows it.
            for (index, frame) in randomFrames((16...1510).map { $0 }, seed: 3).enumerated() {
                let outer: [UInt8] = index % 2 == 0 ? [0x81, 0] : [0x88, 0xA8]
                // Priority and drop eligibility, too; identifier 0 and 4095 included.
                var tags = outer + [UInt8(index & 0xFF), UInt8(index >> 8 & 0xFF)]
                if index % 3 == 0 { tags += [0x81, 0, 0xFF, 0xFF] }
                let tagged = Array(frame[..<12]) + tags + Array(frame[12...])
                // The kernel lets 802.1Q frames alone be longer than the MTU says, by one tag.
                let limit = index % 2 == 0 ? 1518 : 1514
                if tagged.count <= limit { frames.append(tagged) }
            }
            #expect(frames.count > 1400)
            let arrived = try bench.cross(frames)
            #expect(arrived == frames)
            #expect(bench.b.departures.sent == UInt64(frames.count))
        }
    }

    @Test func `a frame has the kernel's time`() throws {
        try inNewNetworkNamespace {
            let bench = try Bench(mtu: 1500)
            let before = Int64(Date().timeIntervalSince1970 * 1e9) - 1_000_000_000
            bench.sender.send(randomFrames([60, 60, 60], seed: 4))
            let times = try bench.a.takeAll(3).map(\.time)
            #expect(times == times.sorted())
            #expect(times.allSatisfy { $0.nanoseconds > before })
        }
    }

    @Test func `a port does not see what this machine sends`() throws {
        try inNewNetworkNamespace {
            let bench = try Bench(mtu: 1500)
            let twin = try RawSocketPort(interface: "a0")
            bench.a.send(randomFrames([60, 61], seed: 5))
            #expect(try bench.sender.takeAll(2).count == 2)
            #expect(try bench.a.takeAll(0).isEmpty)
            #expect(try twin.takeAll(0).isEmpty)
        }
    }

    // MARK: what cannot leave

    @Test func `a frame that is too long or too short is refused, and those behind it leave`()
        throws
    {
        try inNewNetworkNamespace {
            let bench = try Bench(mtu: 1500)
            let frames = randomFrames([60, 1515, 61, 13, 62, 1600, 1601, 63], seed: 6)
            #expect(
                try bench.cross(frames, from: bench.a)
                    == [60, 61, 62, 63].map { length in
                        frames.first { $0.count == length } ?? []
                    }
            )
            #expect(bench.b.departures.sent == 4 && bench.b.departures.refused == 4)
            bench.b.send([[]])
            #expect(bench.b.departures.refused == 5)
        }
    }

    @Test func `what finds the queue full is counted`() throws {
        try inNewNetworkNamespace {
            let bench = try Bench(mtu: 1500)
            try run("tc qdisc add dev b0 root tbf rate 8kbit burst 2000 limit 4000")
            bench.b.send(randomFrames([Int](repeating: 1000, count: 128), seed: 7))
            let departures = bench.b.departures
            #expect(departures.sent + departures.dropped == 128)
            #expect(departures.sent >= 1 && departures.dropped > 100)
        }
    }

    @Test func `what nobody takes in time is counted`() throws {
        try inNewNetworkNamespace {
            let bench = try Bench(mtu: 1500)
            let list = randomFrames([Int](repeating: 1000, count: 128), seed: 8)
            // A frame of 1000 bytes takes more than that of the buffer.
            let rounds = 1 + bench.a.receiveBuffer / 1000 / list.count
            for _ in 0..<rounds { bench.sender.send(list) }
            let count = try bench.a.takeAll(0).count
            let statistics = bench.a.statistics
            #expect(statistics.received == UInt64(count))
            #expect(statistics.received + statistics.dropped == UInt64(rounds * list.count))
            #expect(statistics.dropped > 0)
            // Asking again counts nothing twice.
            #expect(bench.a.statistics == statistics)
        }
    }

    // MARK: opening

    @Test func `an interface that cannot be bridged is refused in one sentence`() throws {
        try inNewNetworkNamespace {
            try run("ip link set lo up; ip link add a0 type veth peer name s0")
            func reason(_ name: String) -> String {
                do throws(SourceError) {
                    _ = try RawSocketPort(interface: name)
                    return "opened"
                } catch { return error.description }
            }
            #expect(reason("b0") == "b0: no such interface; there are lo, s0, a0")
            #expect(reason("any").hasPrefix("any: no such interface; there are "))
            #expect(reason(String(repeating: "x", count: 40)).contains("no such interface"))
            #expect(reason("lo") == "lo: not an Ethernet interface; only those can be bridged")
            #expect(reason("a0") == "a0: the interface is down; bring it up: ip link set a0 up")
            try run("ip link set a0 up; ip link set s0 up")
            #expect(reason("a0") == "opened")
        }
    }

    @Test func `the interface is promiscuous as long as it is open`() throws {
        try inNewNetworkNamespace {
            let bench = try Bench(mtu: 1500)
            let ask = "ip -d link show dev a0 | grep -o 'promiscuity [0-9]*'"
            #expect(try shell(ask).output == "promiscuity 1\n")
            do {
                let second = try RawSocketPort(interface: "a0")
                #expect(second.name == "a0")
                #expect(try shell(ask).output == "promiscuity 2\n")
            }
            #expect(try shell(ask).output == "promiscuity 1\n")
            #expect(bench.a.receiveBuffer >= 64 << 20)
        }
    }

    // MARK: in mid-run

    @Test func `an interface that is removed fails, in receiving and in sending`() throws {
        try inNewNetworkNamespace {
            let bench = try Bench(mtu: 1500)
            bench.sender.send(randomFrames([60], seed: 9))
            #expect(try bench.a.takeAll(1).count == 1)
            try run("ip link delete a0; ip link delete b0")
            #expect(failure(bench.a) == "a0: the interface is gone; start again when it is back")
            #expect(failure(bench.a) == "a0: the interface is gone; start again when it is back")
            // Who sends first learns it first, and the next reception says it.
            bench.b.send(randomFrames([60, 61, 62], seed: 10))
            #expect(bench.b.departures.refused == 3 && bench.b.departures.sent == 0)
            #expect(failure(bench.b) == "b0: the interface is gone; start again when it is back")
        }
    }

    @Test func `an interface that goes down fails`() throws {
        try inNewNetworkNamespace {
            let bench = try Bench(mtu: 1500)
            try run("ip link set a0 down")
            #expect(
                failure(bench.a)
                    == "a0: the interface went down; start again when it is up: ip link set a0 up"
            )
        }
    }
}

/// The next failure of `port`, which nothing else may come before.
private func failure(_ port: RawSocketPort) -> String? {
    var burst = FrameBurst()
    guard case .failed(let error) = port.receive(into: &burst) else { return nil }
    return error.description
}
