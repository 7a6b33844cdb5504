// SPDX-License-Identifier: BSD-2-Clause
import Glibc
import Packets
import TestPorts
import Testing

@testable import Capture
@testable import Engine

/// A live source of which a test decides how it is waited for, and what it answers.
private final class ScriptedSource: PacketSource {
    let name = "scripted"
    let isLive = true
    let readiness: Readiness
    let statistics = SourceStatistics()
    private(set) var asked = 0
    private let answer: (Int) -> Reception
    private var store = FrameStore()

    /// `answer` is given how often the source was asked before.
    init(_ readiness: Readiness, _ answer: @escaping (Int) -> Reception) {
        self.readiness = readiness
        self.answer = answer
    }

    func receive(into burst: inout FrameBurst) -> Reception {
        burst.removeAll()
        defer { asked += 1 }
        let reception = answer(asked)
        if case .frames = reception { store.replace(by: [frame(0)], in: &burst) }
        return reception
    }
}

/// A pipe whose reading end is always ready, or never.
private final class Pipe {
    let readiness: Readiness
    private var ends: [Int32] = [-1, -1]

    init(isReady: Bool) throws {
        try #require(unsafe pipe(&ends) == 0)
        readiness = .descriptor(ends[0])
        if isReady { try #require(unsafe write(ends[1], "x", 1) == 1) }
    }

    deinit { for end in ends { close(end) } }
}

private func frame(_ tag: UInt8) -> OwnedFrame {
    let bytes = [UInt8](repeating: tag, count: 60)
    return OwnedFrame(bytes: bytes, time: Timestamp(nanoseconds: 1_000_000_000))
}

/// Arrivals at ports, one frame each, whose bytes are their place in the list.
private func traffic(_ ports: [Int]) -> MemoryTraffic {
    MemoryTraffic(
        ports.enumerated().map { MemoryTraffic.Arrival(port: $1, frame: frame(UInt8($0))) }
    )
}

extension Inputs {
    /// What it says when asked once.
    fileprivate mutating func ask() -> Outcome {
        var burst = FrameBurst()
        return receive(into: &burst)
    }

    /// The number of the source and the first bytes of the frames of each burst, until there is none.
    fileprivate mutating func drain() -> [[Int]] {
        var bursts: [[Int]] = []
        var burst = FrameBurst()
        while case .frames = receive(into: &burst) {
            bursts.append([number] + (0..<burst.count).map { Int(burst[$0].bytes[0]) })
        }
        return bursts
    }
}

struct InputsTests {
    private let silent: (Int) -> Reception = { _ in .idle }

    @Test func `a silent interface does not keep another one waiting`() throws {
        let pipe = try Pipe(isReady: false)
        let quiet = ScriptedSource(pipe.readiness, silent)
        let busy = ScriptedSource(pipe.readiness) { $0 < 100 ? .frames : .idle }
        var inputs = Inputs([quiet, busy])
        let bursts = inputs.drain()
        #expect(bursts == [[Int]](repeating: [1, 0], count: 100))
        // One more round, and one wait for both.
        #expect(quiet.asked == 101 && busy.asked == 101)
    }

    @Test func `interfaces that have frames take turns`() throws {
        let pipe = try Pipe(isReady: false)
        let sources = (0..<3).map { _ in
            ScriptedSource(pipe.readiness) { $0 < 5 ? .frames : .idle }
        }
        var inputs = Inputs(sources)
        let numbers = inputs.drain().map { $0[0] }
        #expect(numbers == (0..<15).map { $0 % 3 })
    }

    @Test func `what comes while all are waited for is asked for in the same call`() throws {
        let (never, ready) = (try Pipe(isReady: false), try Pipe(isReady: true))
        let quiet = ScriptedSource(never.readiness, silent)
        let late = ScriptedSource(ready.readiness) { $0 == 1 ? .frames : .idle }
        var inputs = Inputs([quiet, late])
        let bursts = inputs.drain()
        #expect(bursts == [[1, 0]])
    }

    @Test func `a descriptor that is ready for nothing is believed once`() throws {
        let pipe = try Pipe(isReady: true)
        let liar = ScriptedSource(pipe.readiness, silent)
        var inputs = Inputs([liar])
        for calls in 1...3 {
            let outcome = inputs.ask()
            #expect(outcome == .idle)
            #expect(liar.asked == 2 * calls)
        }
    }

    @Test func `what has no descriptor is asked again and again before anybody sleeps`() throws {
        let pipe = try Pipe(isReady: false)
        let port = ScriptedSource(.polled, silent)
        let other = ScriptedSource(pipe.readiness, silent)
        var inputs = Inputs([port, other])
        var outcome = inputs.ask()
        #expect(outcome == .idle)
        #expect(port.asked == PollPause.spins + 1 && other.asked == port.asked)
        outcome = inputs.ask()
        #expect(outcome == .idle)
        #expect(port.asked == PollPause.spins + 2)
    }

    @Test func `captures behind ports are read in turn, too, and the run ends with the last`() {
        let sources = [3, 1].map { count in
            ScriptedSource(.polled) { $0 < count ? .frames : .ended }
        }
        var inputs = Inputs(sources)
        let numbers = inputs.drain().map { $0[0] }
        #expect(numbers == [0, 1, 0, 0])
        #expect(sources.map(\.asked) == [4, 2])
    }

    @Test func `an interface that fails ends the run, and says why`() throws {
        let error = SourceError.unreadable(name: "eth1", reason: "the interface is gone")
        let pipe = try Pipe(isReady: false)
        var inputs = Inputs([
            ScriptedSource(pipe.readiness) { _ in .frames },
            ScriptedSource(pipe.readiness) { $0 < 2 ? .frames : .failed(error) },
        ])
        let (bursts, errors) = (inputs.drain(), inputs.errors)
        #expect(bursts.count == 5 && errors == [error])
    }

    @Test func `the end that the user asks for ends the waiting`() throws {
        let stop = StopRequests()
        let pipe = try Pipe(isReady: false)
        var inputs = Inputs([ScriptedSource(pipe.readiness, silent)], stop: stop)
        var outcome = inputs.ask()
        #expect(outcome == .idle)
        stop.raise()
        outcome = inputs.ask()
        #expect(outcome == .ended)
    }

    // MARK: inline pairs

    @Test func `frames of a pair arrive in their order, whichever port they come to`() {
        let traffic = traffic([1, 1, 0, 0, 0, 1, 0])
        var inputs = Inputs((0...1).map { MemoryPort($0, of: traffic) }, peers: [1, 0])
        let bursts = inputs.drain()
        #expect(bursts == [[1, 0, 1], [0, 2, 3, 4], [1, 5], [0, 6]])
        let received = inputs.statistics.received
        #expect(received == 7)
    }

    @Test func `what one port receives leaves through its peer`() throws {
        let traffic = traffic([0, 2, 1, 3, 0])
        let ports = (0..<4).map { MemoryPort($0, of: traffic) }
        var inputs = Inputs(ports, peers: [2, 3, 0, 1])
        var burst = FrameBurst()
        var list = DepartureList()
        while case .frames = inputs.receive(into: &burst) {
            list.removeAll()
            for index in 0..<burst.count {
                list.append(Departure(bytes: burst[index].bytes, place: Int32(index)))
            }
            let number = inputs.peer(of: inputs.number)
            let peer = try #require(number)
            inputs.send(list, through: peer, from: inputs.number)
        }
        let sent = ports.map { port in port.sent.map { "\($0.bytes[0]) from \($0.origin)" } }
        #expect(
            sent == [["1 from port 3"], ["3 from port 4"], ["0 from port 1", "4 from port 1"]]
                + [["2 from port 2"]]
        )
        let count = inputs.departures.sent
        #expect(count == 5)
    }

    @Test func `the ports of a pair say what they take`() {
        let traffic = traffic([])
        let ports = [(9000, true), (1500, false), (1500, true), (1500, true), (1500, true)]
            .enumerated().map {
                MemoryPort($0, of: traffic, mtu: $1.0, carriesOffloads: $1.1)
            }
        let inputs = Inputs(ports, peers: [1, 0, 3, 2, nil])
        var facts: [String] = []
        for index in ports.indices {
            let peer = inputs.peer(of: index).map(String.init) ?? "none"
            facts.append("\(peer) \(inputs.mtu(of: index)) \(inputs.carriesOffloads(index))")
        }
        #expect(
            facts == ["1 9000 false", "0 1500 false", "3 1500 true", "2 1500 true"]
                + ["none 1500 true"]
        )
    }

    @Test func `what a port drops and refuses is counted`() {
        let ports = [MemoryPort(0, of: traffic([])), MemoryPort(1, of: traffic([]))]
        ports[1].room = 2
        var inputs = Inputs(ports, peers: [1, 0])
        var list = DepartureList()
        for length in [60, 13, 1522, 1523, 60] {
            ByteView.of([UInt8](repeating: 1, count: length)) {
                list.removeAll()
                list.append(Departure(bytes: $0, place: -1))
                inputs.send(list, through: 1, from: 0)
            }
        }
        #expect(ports[1].sent.map(\.bytes.count) == [60, 1522])
        let departures = inputs.departures
        #expect(departures.sent == 2 && departures.refused == 2 && departures.dropped == 1)
    }

    @Test func `without pairs nobody has a peer`() {
        let inputs = Inputs([MemoryPort(0, of: traffic([]))])
        let (isInline, peer, departures) = (inputs.isInline, inputs.peer(of: 0), inputs.departures)
        #expect(!isInline && peer == nil && departures == DepartureStatistics())
    }
}
