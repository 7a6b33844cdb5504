// SPDX-License-Identifier: BSD-2-Clause
import Capture

/// The sockets that see packets without a flow: RAW ones every frame, and whoever asked for orphans.
struct Listeners {
    /// One socket's callback slot and filter.
    struct Entry {
        let socket: Int32
        let slot: Int32
        let filter: SocketFilter?
    }

    /// RAW sockets with a callback for every packet.
    var raw: [Entry] = []
    /// Sockets with a callback for packets of no flow.
    var orphan: [Entry] = []
    /// True when a stream socket exists: else no flow is made.
    var hasStreams = false

    init() {}

    /// What these sockets want.
    init(_ sockets: [MonitorSocket]) {
        for socket in sockets where !socket.isClosed {
            let registration = socket.registration
            let orphanSlot = registration.slot(.null, Event.orphan.rawValue)
            let packetSlot = registration.slot(.null, Event.packetIn.rawValue)
            let filter = socket.kind == .raw ? socket.raw : socket.orphan
            if socket.kind == .stream { hasStreams = true }
            if orphanSlot != 0 {
                orphan.append(
                    Entry(socket: registration.socket, slot: orphanSlot, filter: filter)
                )
            }
            if socket.kind == .raw, packetSlot != 0 {
                raw.append(Entry(socket: registration.socket, slot: packetSlot, filter: filter))
            }
        }
    }
}
