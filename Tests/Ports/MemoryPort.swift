// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Packets

/// What arrives at several ports, in one order for all of them.
public final class MemoryTraffic {
    /// A frame, and the number of the port that it comes in through.
    public struct Arrival {
        var port: Int
        var frame: OwnedFrame

        /// A frame that arrives.
        public init(port: Int, frame: OwnedFrame) {
            self.port = port
            self.frame = frame
        }
    }

    fileprivate var arrivals: ArraySlice<Arrival>

    /// Frames in the order of their arrival.
    public init(_ arrivals: [Arrival]) { self.arrivals = arrivals[...] }

    /// The next frames, as long as they are for `port`.
    fileprivate func take(for port: Int, atMost limit: Int) -> ArraySlice<OwnedFrame> {
        let frames = arrivals.prefix(limit).prefix { $0.port == port }.map(\.frame)
        arrivals = arrivals.dropFirst(frames.count)
        return frames[...]
    }
}

/// A port whose frames lie in memory, those that arrive and those that leave.
///
/// It takes no turn but its own: frames arrive in the order of the traffic, whichever port is asked first.
public final class MemoryPort: PacketPort {
    /// A frame that left.
    public struct Sent: Equatable {
        /// Its bytes.
        public var bytes: [UInt8]
        /// Its place in the burst that it came with.
        public var place: Int32
        /// Its bytes are others than those that came.
        public var isChanged: Bool
        /// The name of the port whose burst `place` means.
        public var origin: String
    }

    /// "port 1" and so on.
    public let name: String
    /// As given.
    public let mtu: Int
    /// As given.
    public let carriesOffloads: Bool
    /// Settable, for what depends on it.
    public var isLive = false
    /// Frames received.
    public private(set) var statistics = SourceStatistics()
    /// Frames sent, and not.
    public private(set) var departures = DepartureStatistics()
    /// What left, in order.
    public private(set) var sent: [Sent] = []
    /// Frames that still find room; none is taken back.
    public var room = Int.max

    private let number: Int
    private let traffic: MemoryTraffic
    private let burstLength: Int
    private var store = FrameStore()

    /// Port `number`, from 0, of some traffic.
    public init(
        _ number: Int,
        of traffic: MemoryTraffic,
        mtu: Int = 1500,
        carriesOffloads: Bool = false,
        burstLength: Int = FrameBurst.capacity
    ) {
        self.number = number
        name = "port \(number + 1)"
        self.traffic = traffic
        self.mtu = mtu
        self.carriesOffloads = carriesOffloads
        self.burstLength = burstLength
    }

    /// The next frames of this port's turn.
    public func receive(into burst: inout FrameBurst) -> Reception {
        burst.removeAll()
        if traffic.arrivals.isEmpty { return .ended }
        let frames = traffic.take(for: number, atMost: burstLength)
        if frames.isEmpty { return .idle }
        store.replace(by: frames, in: &burst)
        statistics.received += UInt64(frames.count)
        return .frames
    }

    /// Keeps what leaves.
    public func send(_ list: borrowing DepartureList, from origin: any PacketPort) {
        for index in 0..<list.count {
            let departure = list[index]
            let isWhole = carriesOffloads && departure.place >= 0 && !departure.isChanged
            let isShort = departure.bytes.count < 14
            // Ethernet's header, and two tags.
            let isLong = departure.bytes.count > mtu + 14 + 8
            if isShort || isLong && !isWhole {
                departures.refused += 1
            } else if room == 0 {
                departures.dropped += 1
            } else {
                room -= 1
                departures.sent += 1
                sent.append(
                    Sent(
                        bytes: departure.bytes.array,
                        place: departure.place,
                        isChanged: departure.isChanged,
                        origin: origin.name
                    )
                )
            }
        }
    }
}
