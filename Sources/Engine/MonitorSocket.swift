// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Capture
import Packets

/// A monitor socket: what it watches, and what its future flows are registered for.
struct MonitorSocket {
    /// What it watches.
    enum Kind: Int32 {
        case stream = 100
        case raw = 101
        case flow = 102

        /// The filters that it takes.
        var filters: [Int] {
            switch self {
            case .stream: [MOS_FILTER_SYN, MOS_FILTER_ORPHAN]
            case .raw: [MOS_FILTER_RAW]
            case .flow: [MOS_FILTER_SYN]
            }
        }

        /// The same for messages.
        var filterText: String {
            switch self {
            case .stream: "a STREAM socket takes syn= and orphan="
            case .raw: "a RAW socket takes raw="
            case .flow: "a FLOW socket takes syn="
            }
        }
    }

    let kind: Kind
    var isClosed = false
    /// What flows that start from now on get.
    var registration: Registration
    var syn: SocketFilter?
    var orphan: SocketFilter?
    var raw: SocketFilter?

    init(kind: Kind, number: Int32, settings: Settings) {
        self.kind = kind
        registration = Registration(socket: number, buffer: settings.buffer)
        registration.clientKeep = UInt32(clamping: settings.keep)
        registration.serverKeep = registration.clientKeep
    }
}

/// A filter of a monitor socket.
///
/// `syn` and `orphan` judge the plain IP packet, so `tcp port 80` holds whatever tags are around it; where an expression
/// has no meaning there (`vlan`, `ether host`) it judges the frame. `raw` always judges the frame, as tcpdump does.
enum SocketFilter {
    case packet(PacketFilter)
    case frame(FrameFilter)

    /// Compiles a filter for plain IP packets, or for frames where it has no meaning for those.
    init(packet expression: String) throws(SourceError) {
        do throws(SourceError) {
            self = .packet(try PacketFilter(expression, linkType: .raw))
        } catch {
            guard let frame = try? FrameFilter(expression) else { throw error }
            self = .frame(frame)
        }
    }
}
