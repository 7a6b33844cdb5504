// SPDX-License-Identifier: BSD-2-Clause
import CRawSocket
import Glibc
import Packets

/// A packet socket (packet(7)) on one Ethernet interface, and the frames of its last burst.
///
///     memory of a frame: | ... room for a tag put back | the frame, up to 256 KiB |
///
/// There is room for 64 of the largest frames; pages that were never touched cost nothing.
@safe
struct RawSocket: ~Copyable {
    private let socket: OpaquePointer
    private let frames: UnsafeMutablePointer<craw_frame>
    private let departures: UnsafeMutablePointer<craw_departure>
    private var departureCount = 0
    /// Bytes of the largest IP packet that the interface sends.
    let mtu: Int
    let descriptor: Int32

    /// Room for a garbage collection of 20 ms at line rate, if the system grants as much.
    private static let receiveBuffer: Int32 = 64 << 20
    /// What waits for the interface: more than its queue takes.
    private static let sendBuffer: Int32 = 4 << 20
    /// ARPHRD_ETHER.
    private static let ethernet = 1

    /// Opens the interface, and says in one sentence why it cannot be opened.
    init(interface: String) throws(SourceError) {
        var found = craw_interface()
        let code = unsafe craw_read_interface(interface, &found)
        if code < 0 || found.hardware != Self.ethernet || !found.up {
            throw .unreadable(name: interface, reason: Self.whyNotUsable(interface, code, found))
        }
        var opened: OpaquePointer?
        var failure = unsafe craw_failure()
        let result = unsafe craw_open_socket(
            found.index,
            Self.receiveBuffer,
            Self.sendBuffer,
            &opened,
            &failure
        )
        guard result == 0, let opened = unsafe opened else {
            throw .unreadable(name: interface, reason: unsafe Self.whyNotOpened(failure))
        }
        unsafe socket = opened
        unsafe frames = .allocate(capacity: Int(CRAW_BURST))
        unsafe departures = .allocate(capacity: Int(CRAW_LIST))
        mtu = Int(found.mtu)
        descriptor = unsafe craw_get_descriptor(opened)
    }

    deinit {
        unsafe craw_close_socket(socket)
        unsafe frames.deallocate()
        unsafe departures.deallocate()
    }

    /// Bytes that the kernel granted for frames that nobody has taken yet.
    var receiveBuffer: Int { unsafe max(0, Int(craw_get_receive_buffer(socket))) }

    /// Frames that were dropped since the last call because nobody took them.
    func takeDrops() -> UInt64 {
        var drops: UInt32 = 0
        _ = unsafe craw_take_drops(socket, &drops)
        return UInt64(drops)
    }

    /// Takes what has arrived, 64 frames at most; those of the last burst are gone.
    ///
    /// - Returns: how many, or a negative errno.
    func receive() -> Int { unsafe Int(craw_receive_burst(socket, frames)) }

    /// True when frame `index` was sent by this machine; newer kernels do not show such frames.
    func isOutgoing(_ index: Int) -> Bool { unsafe frames[index].outgoing }

    /// Frame `index` of the burst, with the tag that the kernel took out of it; to be asked for once.
    mutating func takeFrame(_ index: Int, orTimeOfDay now: () -> Int64) -> (Frame, FrameOffload)? {
        let frame = unsafe frames[index]
        guard let data = unsafe frame.data else { return nil }
        var start = UnsafeMutableRawPointer(data)
        var (captured, length) = unsafe (Int(frame.captured), frame.length)
        var offload = unsafe FrameOffload(frame.offload)
        if unsafe frame.tag_type != 0, captured >= Self.addresses {
            unsafe start -= VLANRoom
            unsafe start.copyMemory(from: start + VLANRoom, byteCount: Self.addresses)
            let tag = unsafe UInt32(frame.tag_type) << 16 | UInt32(frame.tag_control)
            unsafe start.storeBytes(
                of: tag.bigEndian,
                toByteOffset: Self.addresses,
                as: UInt32.self
            )
            captured += VLANRoom
            length += UInt32(VLANRoom)
            offload = offload.moved(by: UInt16(VLANRoom))
        }
        let time = unsafe frame.time_ns != 0 ? frame.time_ns : now()
        return (
            Frame(
                bytes: unsafe ByteView(base: start, count: captured),
                wireLength: length,
                time: Timestamp(nanoseconds: time),
                linkType: .ethernet
            ), offload
        )
    }

    /// Destination and source address, behind which tags stand.
    private static let addresses = 12

    /// Forgets what was to be sent.
    mutating func clearDepartures() { departureCount = 0 }

    /// Adds a frame to those that are to be sent, 128 at most.
    @inline(__always)
    mutating func addDeparture(_ bytes: ByteView, _ offload: FrameOffload) {
        unsafe (departures + departureCount).initialize(
            to: craw_departure(
                data: bytes.base,
                length: UInt64(bytes.count),
                offload: offload.header(length: bytes.count)
            )
        )
        departureCount &+= 1
    }

    /// Sends what is to be sent from `first` on.
    ///
    /// - Returns: how many frames were taken before one was not, or the negative errno of the first.
    func send(from first: Int) -> Int {
        unsafe Int(
            craw_send_list(socket, departures + first, UInt32(departureCount &- first))
        )
    }
}

/// Bytes of a VLAN tag.
private let VLANRoom = 4

extension RawSocket {
    private static func whyNotUsable(_ name: String, _ code: Int32, _ found: craw_interface)
        -> String
    {
        if code == -ENODEV {
            return "no such interface; there are "
                + LiveHandle.interfaceNames().joined(separator: ", ")
        }
        if code < 0 { return "cannot be looked at: " + message(-code) }
        if found.hardware != ethernet {
            return "not an Ethernet interface; only those can be bridged"
        }
        return "the interface is down; bring it up: ip link set \(name) up"
    }

    private static func whyNotOpened(_ failure: craw_failure) -> String {
        switch unsafe -failure.code {
        case EPERM, EACCES:
            return "no permission to send and receive; run as root or give the program CAP_NET_RAW"
        case let code:
            let call = unsafe failure.call.map { unsafe String(cString: $0) } ?? "socket"
            return "cannot be opened: \(call): \(message(code))"
        }
    }

    /// What became of the interface when it could no longer be used, and what to do.
    static func whyStopped(_ name: String, _ code: Int32) -> String {
        var found = craw_interface()
        if unsafe craw_read_interface(name, &found) == -ENODEV {
            return "the interface is gone; start again when it is back"
        }
        if !found.up || code == ENETDOWN {
            return "the interface went down; start again when it is up: ip link set \(name) up"
        }
        return "cannot be read on: " + message(code)
    }
}
