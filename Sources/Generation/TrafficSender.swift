// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Packets

/// Sends traffic through a port, when its frames' times say so or as fast as the port takes them.
public struct TrafficSender: ~Copyable {
    /// What became of the frames.
    public struct Tally: Equatable, Sendable {
        /// Frames that the port took, or will never take.
        public var frames: UInt64 = 0
        /// Their bytes.
        public var bytes: UInt64 = 0
        /// Nanoseconds from the first frame to the last.
        public var nanoseconds: Int64 = 0
        /// The port took nothing for a second: the rest was not sent.
        public var isStuck = false
    }

    /// What became of the frames so far.
    public private(set) var tally = Tally()
    private var traffic: Traffic
    private let port: any PacketPort
    private let isPaced: Bool
    private var list = DepartureList()
    /// The frames of the list, one behind the other.
    private var bytes: [UInt8] = []
    private var lengths: [Int] = []
    /// How many of them the port has done with, and their bytes.
    private var done = (frames: 0, bytes: 0)
    /// The frame whose time has not come.
    private var waiting: OwnedFrame?
    private var first: Timestamp?

    /// Nanoseconds after which whoever waits looks at what is asked of it.
    private static let longestWait: Int64 = 10_000_000
    /// Nanoseconds until a full queue is tried again.
    private static let retryWait: Int64 = 20_000
    /// Nanoseconds without progress after which a port is stuck.
    private static let patience: Int64 = 1_000_000_000

    /// Sends `traffic` through `port`.
    ///
    /// - Parameters:
    ///   - traffic: the frames.
    ///   - port: where they leave.
    ///   - isPaced: each frame waits for its time.
    public init(_ traffic: Traffic, through port: any PacketPort, isPaced: Bool) {
        self.traffic = traffic
        self.port = port
        self.isPaced = isPaced
        bytes.reserveCapacity(2048 * DepartureList.capacity)
        lengths.reserveCapacity(DepartureList.capacity)
    }

    /// Sends until the traffic ends or `isOver`.
    ///
    /// - Parameters:
    ///   - now: nanoseconds of a clock that only goes forward.
    ///   - sleep: waits for so many nanoseconds, or less.
    ///   - isOver: told the nanoseconds since the first frame; true ends it.
    public mutating func run(
        now: () -> Int64,
        sleep: (Int64) -> Void,
        until isOver: (Int64) -> Bool
    ) {
        let start = now()
        var progress = start
        while true {
            let time = now()
            if isOver(time &- start) { return }
            if done.frames < lengths.count {
                guard time &- progress < Self.patience else {
                    tally.isStuck = true
                    return
                }
                sleep(Self.retryWait)
            } else if collect(upTo: time &- start), lengths.isEmpty {
                return
            }
            if !lengths.isEmpty {
                if send() { progress = time }
                tally.nanoseconds = time &- start
            } else if let waiting {
                sleep(min(Self.longestWait, due(waiting) &- (time &- start)))
            }
        }
    }

    /// Nanoseconds from the first frame to this one.
    private func due(_ frame: OwnedFrame) -> Int64 {
        frame.time.nanoseconds &- (first ?? frame.time).nanoseconds
    }

    /// Takes the frames that are due.
    ///
    /// - Returns: true when there are no more.
    private mutating func collect(upTo elapsed: Int64) -> Bool {
        bytes.removeAll(keepingCapacity: true)
        lengths.removeAll(keepingCapacity: true)
        done = (0, 0)
        while lengths.count < DepartureList.capacity {
            guard let frame = waiting ?? traffic.next() else { return true }
            waiting = nil
            if first == nil { first = frame.time }
            if isPaced, due(frame) > elapsed {
                waiting = frame
                return false
            }
            bytes.append(contentsOf: frame.bytes)
            lengths.append(frame.bytes.count)
        }
        return false
    }

    /// Hands over what is left of the list: a port drops the last frames of one that does not fit.
    ///
    /// - Returns: true when the port took something.
    private mutating func send() -> Bool {
        list.removeAll()
        let before = port.departures
        ByteView.of(bytes) { view in
            var offset = done.bytes
            for length in lengths[done.frames...] {
                list.append(Departure(bytes: view.slice(offset, length), place: -1))
                offset += length
            }
            port.send(list, from: port)
        }
        let after = port.departures
        let full = after.refused == before.refused ? Int(after.dropped &- before.dropped) : 0
        let taken = lengths[done.frames...].dropLast(full)
        let length = taken.reduce(0, +)
        done = (done.frames + taken.count, done.bytes + length)
        tally.frames += UInt64(taken.count)
        tally.bytes += UInt64(length)
        return !taken.isEmpty
    }
}
