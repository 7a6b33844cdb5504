// SPDX-License-Identifier: BSD-2-Clause
import Glibc
import Packets

/// A kernel interface as a port of an inline pair: an AF_PACKET socket of our own that receives and sends.
///
/// Frames are what goes over the wire, VLAN tags included, or what the kernel has in hand instead: with an unfinished
/// checksum, or several segments as one frame. Those leave as they came through a port of the same kind, which hands on
/// what is left to a network card.
@safe
public final class RawSocketPort: PacketPort {
    /// The interface.
    public let name: String
    /// What nobody takes is lost.
    public var isLive: Bool { true }
    /// As it was when the port was opened.
    public var mtu: Int { socket.mtu }
    /// The kernel finishes what it began.
    public var carriesOffloads: Bool { true }
    /// The socket tells.
    public var readiness: Readiness { .descriptor(socket.descriptor) }
    /// What left and what could not.
    public private(set) var departures = DepartureStatistics()

    private var socket: RawSocket
    private let offloads: UnsafeMutablePointer<FrameOffload>
    /// Frames of the last burst.
    private var places = 0
    private var received: UInt64 = 0
    private var dropped: UInt64 = 0
    /// Frames that the kernel could not hand out.
    private var unreadable: UInt64 = 0
    private var failure: SourceError?

    /// Opens an interface, which is promiscuous as long as it is open.
    ///
    /// - Parameter interface: as `ip link` names it.
    /// - Throws: ``SourceError/unreadable(name:reason:)`` that says what to do.
    public init(interface: String) throws(SourceError) {
        socket = try RawSocket(interface: interface)
        name = interface
        unsafe offloads = .allocate(capacity: FrameBurst.capacity)
    }

    deinit { unsafe offloads.deallocate() }

    /// Bytes that the kernel granted for frames that nobody has taken yet, its own overhead included.
    public var receiveBuffer: Int { socket.receiveBuffer }

    /// What was received and lost; asks the kernel, so not for every packet.
    public var statistics: SourceStatistics {
        dropped &+= socket.takeDrops()
        var statistics = SourceStatistics()
        statistics.received = received
        statistics.dropped = dropped
        statistics.interfaceDropped = unreadable
        return statistics
    }

    /// Fills `burst` with what has arrived.
    public func receive(into burst: inout FrameBurst) -> Reception {
        burst.removeAll()
        places = 0
        // Again only after frames that are none of ours.
        for _ in 0..<FrameBurst.capacity {
            if let failure { return .failed(failure) }
            let count = socket.receive()
            if count < 0 {
                guard isLoss(Int32(-count)) else { break }
                continue
            }
            take(count, into: &burst)
            if burst.count > 0 { return .frames }
        }
        if let failure { return .failed(failure) }
        return .idle
    }

    private func take(_ count: Int, into burst: inout FrameBurst) {
        for index in 0..<count where !socket.isOutgoing(index) {
            guard let (frame, offload) = socket.takeFrame(index, orTimeOfDay: timeOfDay) else {
                continue
            }
            unsafe (offloads + burst.count).initialize(to: offload)
            burst.append(frame)
        }
        places = burst.count
        received &+= UInt64(places)
    }

    /// True when a frame was lost and the next may come, false when there is nothing, or nothing ever again.
    private func isLoss(_ code: Int32) -> Bool {
        switch code {
        case EAGAIN, EINTR: return false
        case EINVAL:
            // Its offload has no words in the kernel's own header (SCTP in several segments, for one).
            unreadable &+= 1
            return true
        default:
            fail(code)
            return false
        }
    }

    private func fail(_ code: Int32) {
        failure = .unreadable(name: name, reason: RawSocket.whyStopped(name, code))
    }

    /// What of the frame at `place` of the last burst was left to a network card.
    @inline(__always)
    func offload(at place: Int32) -> FrameOffload {
        place >= 0 && place < places ? unsafe offloads[Int(place)] : .none
    }
}

extension RawSocketPort {
    /// Sends all frames of `list` in as few calls as possible.
    ///
    /// A frame of another such port keeps its offload: where the transport checksum was unfinished it must be so still,
    /// also in a frame that was changed.
    public func send(_ list: borrowing DepartureList, from origin: any PacketPort) {
        let keeper = OffloadKeeper(origin)
        socket.clearDepartures()
        var count = 0
        for index in 0..<list.count {
            let departure = list[index]
            guard departure.bytes.count >= Self.headerLength else {
                departures.refused &+= 1
                continue
            }
            socket.addDeparture(departure.bytes, keeper.offload(at: departure.place))
            count &+= 1
        }
        sendAll(count)
    }

    /// Bytes of an Ethernet header.
    private static let headerLength = 14

    private func sendAll(_ count: Int) {
        var next = 0
        while next < count {
            let taken = socket.send(from: next)
            if taken > 0 {
                departures.sent &+= UInt64(taken)
                next &+= taken
            } else {
                next &+= goOn(from: next, code: Int32(-taken), left: count &- next)
            }
        }
    }

    /// Counts the frame that was not taken.
    ///
    /// - Returns: how many frames are done with.
    private func goOn(from next: Int, code: Int32, left: Int) -> Int {
        switch code {
        case EAGAIN, ENOBUFS:
            departures.dropped &+= 1
            return 1
        case EMSGSIZE:
            departures.refused &+= 1
            return 1
        default: return goOnAfterError(from: next, code, left: left)
        }
    }

    /// An error may be that of a reception, which the kernel reports to whoever comes next: this frame then has not been
    /// tried.
    private func goOnAfterError(from next: Int, _ code: Int32, left: Int) -> Int {
        let taken = socket.send(from: next)
        if taken > 0 {
            departures.sent &+= UInt64(taken)
            if code == EINVAL { unreadable &+= 1 } else { fail(code) }
            return taken
        }
        switch Int32(-taken) {
        case ENETDOWN, ENXIO, ENODEV:
            fail(code)
            departures.refused &+= UInt64(left)
            return left
        case EAGAIN, ENOBUFS: departures.dropped &+= 1
        default: departures.refused &+= 1
        }
        return 1
    }
}

/// The port that knows the offloads of the frames that are to leave.
private enum OffloadKeeper {
    case socket(RawSocketPort)
    case faulty(FaultyPort)
    case nobody

    init(_ origin: any PacketPort) {
        if let port = origin as? RawSocketPort {
            self = .socket(port)
        } else if let port = origin as? FaultyPort {
            self = .faulty(port)
        } else {
            self = .nobody
        }
    }

    @inline(__always)
    func offload(at place: Int32) -> FrameOffload {
        switch self {
        case .socket(let port): port.offload(at: place)
        case .faulty(let port): port.offload(at: place)
        case .nobody: .none
        }
    }
}

/// Nanoseconds since 1970.
private func timeOfDay() -> Int64 {
    var time = timespec()
    _ = unsafe clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}
