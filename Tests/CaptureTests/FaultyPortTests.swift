// SPDX-License-Identifier: BSD-2-Clause
import Packets
import Testing

@testable import Capture

/// A port whose frames lie in memory; after the last it is silent, or at its end.
private final class ListPort: PacketPort {
    let name = "list"
    let isLive = false
    let mtu = 1500
    let carriesOffloads = false
    var statistics: SourceStatistics { list.statistics }
    private(set) var departures = DepartureStatistics()
    private(set) var origins: [String] = []
    private let list: ListSource
    private let isEndless: Bool

    init(_ frames: [OwnedFrame], isEndless: Bool) {
        list = ListSource(frames, burstLength: 10)
        self.isEndless = isEndless
    }

    func receive(into burst: inout FrameBurst) -> Reception {
        let reception = list.receive(into: &burst)
        if case .ended = reception, isEndless { return .idle }
        return reception
    }

    func send(_ list: borrowing DepartureList, from origin: any PacketPort) {
        departures.sent += UInt64(list.count)
        origins.append(origin === self ? "itself" : origin.name)
    }
}

private let frames = (0..<1000).map { number in
    OwnedFrame(
        bytes: randomFrames([60 + number], seed: UInt64(number))[0],
        time: Timestamp(nanoseconds: Int64(number))
    )
}

struct FaultyPortTests {
    @Test(arguments: [1, 2, 3] as [UInt64])
    func `what comes is what comes of a source with the same faults`(seed: UInt64) {
        let faults = Faults(loss: 0.1, duplication: 0.1, reordering: 0.1)
        let port = FaultyPort(ListPort(frames, isEndless: false), faults: faults, seed: seed)
        let injector = FaultInjector(ListSource(frames), faults: faults, seed: seed)
        let (mine, wanted) = (drain(port), drain(injector))
        #expect(mine == wanted)
        #expect(mine.frames.count != frames.count)
        #expect(port.tally == injector.rewriter.tally)
        #expect(port.statistics.received == UInt64(mine.frames.count))
    }

    @Test func `a late frame comes when nothing overtakes it`() {
        let some = Array(frames.prefix(3))
        let faults = Faults(reordering: 1, distance: 50)
        let port = FaultyPort(ListPort(some, isEndless: true), faults: faults, seed: 1)
        var arrived: [OwnedFrame] = []
        var burst = FrameBurst()
        for _ in 0..<20 {
            guard case .frames = port.receive(into: &burst) else { continue }
            arrived += (0..<burst.count).map { OwnedFrame(burst[$0]) }
        }
        #expect(Set(arrived.map(\.bytes)) == Set(some.map(\.bytes)) && arrived.count == 3)
        #expect(port.tally.reordered == 3)
    }

    @Test func `what is sent passes unharmed`() {
        let base = ListPort([], isEndless: true)
        let port = FaultyPort(base, faults: Faults(loss: 1), seed: 1)
        var list = DepartureList()
        for _ in 0..<5 { list.append(Departure(bytes: .empty, place: -1)) }
        port.send(list, from: base)
        #expect(base.departures.sent == 5 && port.departures.sent == 5)
        #expect(base.origins == ["itself"])
    }
}
