// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Packets
import TestPorts
import Testing

@testable import Generation

/// A clock that goes on only when somebody waits.
private final class FakeClock {
    var time: Int64 = 5_000_000_000
    var waits: [Int64] = []

    func sleep(_ nanoseconds: Int64) {
        waits.append(nanoseconds)
        time += max(1, nanoseconds)
    }
}

@Suite struct TrafficSenderTests {
    private let port = MemoryPort(0, of: MemoryTraffic([]))
    private let clock = FakeClock()

    private func options(_ packets: Int) -> TrafficOptions {
        var options = TrafficOptions(.small)
        options.packets = packets
        return options
    }

    /// Sends it all, or until so many nanoseconds have gone by.
    private func send(
        _ options: TrafficOptions,
        isPaced: Bool = true,
        until end: Int64 = .max,
        onSleep: () -> Void = {}
    ) -> TrafficSender.Tally {
        var sender = TrafficSender(Traffic(options), through: port, isPaced: isPaced)
        sender.run(
            now: { clock.time },
            sleep: {
                clock.sleep($0)
                onSleep()
            },
            until: { $0 >= end }
        )
        return sender.tally
    }

    @Test(arguments: [true, false])
    func `every frame leaves, in order`(isPaced: Bool) {
        let tally = send(options(1000), isPaced: isPaced)
        let wanted = frames(options(1000), count: 2000).map(\.bytes)
        #expect(port.sent.map(\.bytes) == wanted)
        #expect(tally.frames == 1000)
        #expect(tally.bytes == UInt64(wanted.reduce(0) { $0 + $1.count }))
    }

    @Test func `frames leave when their times say so`() {
        var options = options(1000)
        options.rate = .packets(perSecond: 20_000)
        let times = frames(options, count: 1000).map(\.time.nanoseconds)
        let tally = send(options)
        // Nothing takes time but waiting, so each frame is waited for by itself.
        #expect(tally.nanoseconds == times[999] - times[0])
        #expect(clock.waits.allSatisfy { $0 > 0 && $0 <= 10_000_000 })
    }

    @Test func `without a pace nobody waits`() {
        _ = send(options(1000), isPaced: false)
        #expect(clock.waits.isEmpty)
    }

    @Test func `it ends when it is told to`() {
        var options = options(1_000_000)
        options.rate = .packets(perSecond: 1000)
        let tally = send(options, until: 100_000_000)
        #expect((80...120).contains(tally.frames))
    }

    @Test(arguments: [1, 50, 128, 129])
    func `what a full queue drops is sent again`(room: Int) {
        port.room = room
        let tally = send(options(1000)) { port.room = max(port.room, room) }
        #expect(port.sent.map(\.bytes) == frames(options(1000), count: 1000).map(\.bytes))
        #expect(tally.frames == 1000)
        #expect(!tally.isStuck)
    }

    @Test func `a port that takes nothing for a second is given up`() {
        port.room = 100
        let tally = send(options(1000), isPaced: false)
        #expect(tally.isStuck)
        #expect(tally.frames == 100)
        #expect(port.sent.count == 100)
    }

    @Test func `frames that the port refuses are not tried again`() {
        let port = MemoryPort(0, of: MemoryTraffic([]), mtu: 300)
        var options = options(1000)
        options.seed = 2
        var sender = TrafficSender(Traffic(options), through: port, isPaced: false)
        sender.run(now: { clock.time }, sleep: clock.sleep, until: { _ in false })
        let fitting = frames(options, count: 1000).map(\.bytes).filter { $0.count <= 322 }
        #expect(port.sent.map(\.bytes) == fitting)
        #expect(sender.tally.frames == 1000)
        #expect(port.departures.refused == UInt64(1000 - fitting.count))
    }
}
