// SPDX-License-Identifier: BSD-2-Clause
import Capture

/// What the packet path asks the sockets: who sees packets without a flow, and whose SYN filter a flow must pass.
///
/// Plain values, made anew whenever a socket or its filter changes; the sockets keep the filters.
struct Listeners {
    /// A filter that is not retained to be asked.
    enum Filter {
        /// Everything passes.
        case none
        case packet(FilterProgram)
        case frame(FrameFilterReference)

        init(_ filter: SocketFilter?) {
            switch filter {
            case nil: self = .none
            case .packet(let filter): self = .packet(filter.program)
            case .frame(let filter): self = .frame(FrameFilterReference(filter))
            }
        }
    }

    /// One socket's callback slot and filter.
    struct Entry {
        let socket: Int32
        let slot: Int32
        let filter: Filter
    }

    /// RAW sockets with a callback for every packet.
    var raw: [Entry] = []
    /// Sockets with a callback for packets of no flow.
    var orphan: [Entry] = []
    /// Stream sockets, with their SYN filters; without one no flow is made.
    var stream: [Entry] = []
    /// FLOW sockets, with their filters for a flow's first packet.
    var flow: [Entry] = []

    init() {}

    /// What these sockets want.
    init(_ sockets: [MonitorSocket]) {
        for socket in sockets where !socket.isClosed {
            func entry(_ slot: Int32, _ filter: SocketFilter?) -> Entry {
                Entry(socket: socket.registration.socket, slot: slot, filter: Filter(filter))
            }
            let orphanSlot = socket.registration.slot(.null, Event.orphan.rawValue)
            let packetSlot = socket.registration.slot(.null, Event.packetIn.rawValue)
            let filter = socket.kind == .raw ? socket.raw : socket.orphan
            if socket.kind == .stream { stream.append(entry(0, socket.syn)) }
            if socket.kind == .flow { flow.append(entry(0, socket.syn)) }
            if orphanSlot != 0 { orphan.append(entry(orphanSlot, filter)) }
            if socket.kind == .raw, packetSlot != 0 { raw.append(entry(packetSlot, filter)) }
        }
    }
}
