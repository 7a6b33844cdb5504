// SPDX-License-Identifier: BSD-2-Clause
import Foundation
import Packets
import TestNetworks
import TestPorts
import Testing

@testable import Capture

/// An end as tests use it.
private final class End {
    private var end: FrameExchangeEnd

    init(_ exchange: FrameExchange, index: Int) { end = FrameExchangeEnd(exchange, index: index) }

    /// Handed over and dropped.
    var counts: [UInt64] { [end.handedOver, end.dropped] }
    func hand(_ bytes: [UInt8], to owner: Int) { withFrame(bytes) { end.hand($0, to: owner) } }
    func handToAll(_ bytes: [UInt8]) { withFrame(bytes) { end.handToAll($0) } }
    func publish() { end.publish() }
    func fallAsleep() -> Bool { end.fallAsleep() }
    func wakeUp() { end.wakeUp() }

    func taken() -> [[UInt8]] {
        var burst = FrameBurst()
        end.release()
        end.take(into: &burst, upTo: 64)
        return (0..<burst.count).map { burst[$0].bytes.array }
    }
}

struct FrameExchangeTests {
    private func exchange(_ count: Int) throws -> FrameExchange {
        try #require(FrameExchange(count: count, ringCapacity: 1))
    }

    @Test func `a frame comes to its owner, a fragment to all others`() throws {
        let exchange = try exchange(3)
        let ends = (0..<3).map { End(exchange, index: $0) }
        ends[0].hand([1], to: 2)
        ends[1].hand([2], to: 2)
        ends[2].hand([3], to: 0)
        ends[1].handToAll([4])
        #expect(ends[2].taken() == [])
        for end in ends { end.publish() }
        #expect(Set(ends[2].taken()) == [[1], [2], [4]])
        #expect(Set(ends[0].taken()) == [[3], [4]])
        #expect(ends[1].taken() == [])
        #expect(ends.map(\.counts) == [[1, 0], [3, 0], [1, 0]])
    }

    @Test
    func `what finds the ring full is counted, and there is room again when frames are taken`()
        throws
    {
        let exchange = try exchange(2)
        let writer = End(exchange, index: 0)
        let reader = End(exchange, index: 1)
        // A record of 1,024 bytes.
        let frame = [UInt8](repeating: 7, count: 992)
        for _ in 0..<1500 { writer.hand(frame, to: 1) }
        #expect(writer.counts == [1024, 476])
        writer.publish()
        #expect(reader.taken().count == 64)
        writer.hand(frame, to: 1)
        #expect(writer.counts == [1024, 477])
        #expect(reader.taken().count == 64)
        for _ in 0..<64 { writer.hand(frame, to: 1) }
        #expect(writer.counts == [1024 + 64, 477])
    }

    @Test func `no worker's frames wait for ever behind those of another`() throws {
        let exchange = try exchange(3)
        let busy = End(exchange, index: 0)
        let quiet = End(exchange, index: 1)
        let reader = End(exchange, index: 2)
        quiet.hand([9], to: 2)
        quiet.publish()
        var rounds = 0
        var found = false
        while !found, rounds < 3 {
            for _ in 0..<64 { busy.hand([1], to: 2) }
            busy.publish()
            found = reader.taken().contains([9])
            rounds += 1
        }
        #expect(found)
    }

    @Test func `whoever sleeps is woken by what is handed over, and not by what was taken`() throws
    {
        let exchange = try exchange(2)
        let writer = End(exchange, index: 0)
        let reader = End(exchange, index: 1)
        var request = pollfd(fd: exchange.bells[1].descriptor, events: Int16(POLLIN), revents: 0)
        func rings() -> Bool { unsafe poll(&request, 1, 0) > 0 }

        // Nobody sleeps: nothing rings.
        writer.hand([1], to: 1)
        writer.publish()
        #expect(!rings())
        // There is something: no sleep.
        #expect(!reader.fallAsleep())
        #expect(reader.taken() == [[1]])
        #expect(reader.fallAsleep() && !rings())
        writer.hand([2], to: 1)
        #expect(!rings())
        writer.publish()
        #expect(rings())
        reader.wakeUp()
        #expect(!rings() && reader.taken() == [[2]])
        // Nothing new: no bell.
        #expect(reader.fallAsleep())
        writer.publish()
        #expect(!rings())
    }

    /// Would hang, up to the poll's time-out each time, if a frame could slip in between a look and the sleep.
    @Test func `a thread that sleeps whenever there is nothing gets everything`() throws {
        let exchange = try exchange(2)
        let count = 20_000
        let done = DispatchSemaphore(value: 0)
        let outcome = UncheckedBox((frames: 0, timeouts: 0))
        Thread {
            var reader = FrameExchangeEnd(exchange, index: 1)
            var burst = FrameBurst()
            while outcome.value.frames < count {
                reader.wakeUp()
                reader.release()
                burst.removeAll()
                reader.take(into: &burst, upTo: 64)
                outcome.value.frames += burst.count
                if burst.count == 0, reader.fallAsleep() {
                    var request = pollfd(
                        fd: exchange.bells[1].descriptor,
                        events: Int16(POLLIN),
                        revents: 0
                    )
                    if unsafe poll(&request, 1, 60_000) == 0 { outcome.value.timeouts += 1 }
                }
            }
            done.signal()
        }.start()
        var writer = FrameExchangeEnd(exchange, index: 0)
        var random = SplitMix64(seed: 5)
        for number in 0..<count {
            withFrame([UInt8(number & 255)]) { writer.hand($0, to: 1) }
            if random.chance(0.3) || number == count - 1 { writer.publish() }
            if random.chance(0.1) { sched_yield() }
        }
        done.wait()
        #expect(outcome.value.frames == count && outcome.value.timeouts == 0)
        let dropped = writer.dropped
        #expect(dropped == 0)
    }
}
