// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Packets

/// The packets of a test, in memory, and where between them its script is looked at.
///
/// One or two sources hand them out. Where the script is to be looked at each of them has nothing, once: the worker
/// leaves its loop then (`Inputs.leavesWhenIdle`).
final class Ladder {
    enum Step: Equatable {
        /// A frame that arrives through a port: 0 the client's, 1 the server's.
        case frame(port: Int, OwnedFrame)
        case look
    }

    private var steps: ArraySlice<Step>
    private let ports: Int
    /// The ports that have said that there is nothing.
    private var silent: Set<Int> = []

    init(_ steps: [Step], ports: Int) {
        self.steps = steps[...]
        self.ports = ports
    }

    enum Turn {
        case frames([OwnedFrame])
        case nothing
        case ended
    }

    /// The next frames of a port, as long as they are its own.
    func take(for port: Int) -> Turn {
        if steps.first == .look, silent.count == ports {
            silent = []
            steps.removeFirst()
        }
        guard let first = steps.first else { return .ended }
        if first == .look {
            silent.insert(port)
            return .nothing
        }
        var frames: [OwnedFrame] = []
        while frames.count < FrameBurst.capacity, case .frame(let own, let frame) = steps.first,
            own == port || ports == 1
        {
            frames.append(frame)
            steps.removeFirst()
        }
        return frames.isEmpty ? .nothing : .frames(frames)
    }
}

extension Ladder.Step {
    /// The steps as test_ladder.lua writes them; see `struct mos_test_step` there.
    static func read(_ bytes: [UInt8]) -> [Ladder.Step] {
        let header = 32
        var steps: [Ladder.Step] = []
        var at = 0
        func number(_ index: Int) -> Int {
            (0..<4).reduce(0) { $0 | Int(bytes[at + index * 4 + $1]) << (8 * $1) }
        }
        while at + header <= bytes.count {
            let length = number(3)
            let end = at + header + length
            guard end <= bytes.count else { break }
            if number(0) == 1 {
                let time = Timestamp(
                    nanoseconds: Int64(number(5)) * 1_000_000_000 + Int64(number(6))
                )
                let frame = OwnedFrame(
                    bytes: Array(bytes[at + header..<end]),
                    wireLength: UInt32(number(4)),
                    time: time,
                    linkType: LinkType(rawValue: UInt16(truncatingIfNeeded: number(2)))
                )
                steps.append(.frame(port: number(1), frame))
            } else {
                steps.append(.look)
            }
            at = end
        }
        return steps
    }
}

/// The frames that left in an inline test, as test_sent.lua reads them.
final class Departed {
    private(set) var bytes: [UInt8] = []

    func add(_ port: Int, _ frame: [UInt8]) {
        for number in [port, frame.count] {
            for shift in [24, 16, 8, 0] { bytes.append(UInt8(truncatingIfNeeded: number >> shift)) }
        }
        bytes += frame
    }
}

/// A ladder's frames as one source, or as one of the two ports of an inline run.
final class LadderSource: PacketPort {
    let name: String
    let isLive = false
    let mtu = 65535
    let carriesOffloads = false
    private(set) var statistics = SourceStatistics()
    private(set) var departures = DepartureStatistics()
    /// Set before the first packet is asked for.
    var ladder = Ladder([], ports: 1)
    private let port: Int
    private var store = FrameStore()
    /// Called for each frame that leaves, with the port's number.
    var onDeparture: ((Int, [UInt8]) -> Void)?

    init(_ port: Int = 0, name: String) {
        self.port = port
        self.name = name
    }

    func receive(into burst: inout FrameBurst) -> Reception {
        burst.removeAll()
        switch ladder.take(for: port) {
        case .ended: return .ended
        case .nothing: return .idle
        case .frames(let frames):
            store.replace(by: frames[...], in: &burst)
            statistics.received += UInt64(frames.count)
            return .frames
        }
    }

    func send(_ list: borrowing DepartureList, from origin: any PacketPort) {
        for index in 0..<list.count {
            departures.sent += 1
            onDeparture?(port, list[index].bytes.array)
        }
    }
}
