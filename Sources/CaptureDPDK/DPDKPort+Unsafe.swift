// SPDX-License-Identifier: BSD-2-Clause
import CDPDK
import Capture
import Packets

/// An open DPDK port with one receive queue, and one transmit queue where it sends; closed when its owner goes away.
@safe
struct DPDKPort: ~Copyable {
    private let port: OpaquePointer
    private let frames: UnsafeMutablePointer<cdpdk_frame>
    private let leaving: UnsafeMutablePointer<cdpdk_departure>
    private var counted = cdpdk_sent()

    /// Attaches and opens what `specification` names.
    ///
    /// - Parameters:
    ///   - specification: the port.
    ///   - environment: what EAL runs with.
    ///   - sends: frames shall leave through it, too.
    ///   - descriptors: length of the receive queue, 0 = the usual.
    /// - Throws: why it cannot be opened, in one sentence.
    init(
        _ specification: DPDKSpecification,
        _ environment: EALArguments,
        sends: Bool = false,
        descriptors: UInt32 = 0
    ) throws(DPDKSetupError) {
        var wanted = Self.wanted(specification, sends: sends, descriptors: descriptors)
        unsafe port = try Self.open(specification, environment, &wanted)
        unsafe frames = .allocate(capacity: Int(CDPDK_BURST))
        precondition(DepartureList.capacity <= Int(CDPDK_LIST), "a list is sent at once")
        unsafe leaving = .allocate(capacity: Int(CDPDK_LIST))
    }

    /// What is asked of a port that `specification` names.
    static func wanted(
        _ specification: DPDKSpecification,
        sends: Bool = false,
        descriptors: UInt32 = 0,
        shares: Int = 1
    ) -> cdpdk_port_config {
        cdpdk_port_config(
            descriptors: descriptors,
            frame_room: specification.frameRoom,
            send_limit: specification.sendLimit,
            detach: false,
            sends: sends,
            shares: UInt16(shares),
            has_own_queues: specification.hasOwnQueues,
            is_fanned_out: specification.isFannedOut
        )
    }

    /// Attaches and opens what `specification` names.
    static func open(
        _ specification: DPDKSpecification,
        _ environment: EALArguments,
        _ wanted: inout cdpdk_port_config
    ) throws(DPDKSetupError) -> OpaquePointer {
        cdpdk_clear_log()
        if wanted.sends, specification.discardsWhatIsSent {
            throw .cannotSend(port: specification.text)
        }
        let (identifier, isNew) = try attach(specification, environment)
        wanted.detach = isNew
        var opened: OpaquePointer?
        var failure = unsafe cdpdk_failure()
        let code = unsafe cdpdk_open_port(identifier, &wanted, &opened, &failure)
        if code == 0, let opened = unsafe opened { return unsafe opened }
        let call = unsafe failure.call.map { unsafe String(cString: $0) } ?? "cdpdk_open_port"
        let found = DPDKEnvironment.circumstances(environment)
        throw .opening(specification, DPDKError(call: call, code: code), found)
    }

    deinit {
        unsafe cdpdk_close_port(port)
        unsafe frames.deallocate()
        unsafe leaving.deallocate()
    }

    /// True when frames carry the times of a capture instead of the burst's.
    var hasCaptureTimes: Bool { unsafe cdpdk_has_capture_times(port) }

    /// Name of the driver.
    var driver: String { unsafe String(cString: cdpdk_get_driver_name(port)) }

    /// Adds up to 64 frames to an empty burst; those of the burst before become invalid.
    ///
    /// - Parameter burst: an empty burst.
    /// - Returns: how many came.
    @inline(__always)
    func receive(into burst: inout FrameBurst) -> Int {
        let count = unsafe Int(cdpdk_receive_burst(port, frames))
        for index in 0..<count {
            let frame = unsafe frames[index]
            if let frame = unsafe Frame(frame) { burst.append(frame) }
        }
        return count
    }

    /// Bytes of the largest IP packet that the device sends, as it was opened.
    var mtu: Int { unsafe Int(cdpdk_get_mtu(port)) }

    /// Buffers of the port's pool that are received, or on their way out.
    var buffersInUse: Int { unsafe Int(cdpdk_count_buffers(port)) }

    /// Sends all frames of `list`; those that another port received move with their buffers.
    mutating func send(_ list: borrowing DepartureList, from origin: OriginPort?) {
        for index in 0..<list.count {
            let departure = list[index]
            unsafe (leaving + index).initialize(
                to: cdpdk_departure(
                    data: departure.bytes.base.assumingMemoryBound(to: UInt8.self),
                    length: UInt32(clamping: departure.bytes.count),
                    place: departure.place,
                    changed: departure.isChanged
                )
            )
        }
        unsafe cdpdk_send_list(port, origin?.port, leaving, UInt32(list.count), &counted)
    }

    /// The port as the origin of frames that another one sends.
    var asOrigin: OriginPort { unsafe OriginPort(port: port) }

    /// What left and what could not; what a driver took and could not send was refused.
    var departures: DepartureStatistics {
        let unsent = min(statistics.unsent, counted.sent)
        var departures = DepartureStatistics()
        departures.sent = counted.sent &- unsent
        departures.dropped = counted.dropped
        departures.refused = counted.refused &+ unsent
        return departures
    }

    /// What the device counted since it was opened; zeros when it does not count.
    var statistics: cdpdk_statistics {
        var statistics = cdpdk_statistics()
        _ = unsafe cdpdk_read_statistics(port, &statistics)
        return statistics
    }

    /// The number of the port, and whether it was made for us.
    private static func attach(
        _ specification: DPDKSpecification,
        _ environment: EALArguments
    ) throws(DPDKSetupError) -> (identifier: UInt16, isNew: Bool) {
        var identifier: UInt16 = 0
        if unsafe cdpdk_find_port(specification.name, &identifier) == 0 {
            return (identifier, false)
        }
        try check(specification)
        var call = "rte_dev_probe"
        var code = unsafe cdpdk_probe_device(specification.deviceArguments)
        if code == 0 {
            call = "rte_eth_dev_get_port_by_name"
            code = unsafe cdpdk_find_port(specification.name, &identifier)
        }
        if code == 0 { return (identifier, true) }
        throw .attaching(
            specification,
            DPDKError(call: call, code: code),
            isKernelInterface: Host.hasInterface(specification.name),
            DPDKEnvironment.circumstances(environment)
        )
    }

    /// Looks at what the specification names, where DPDK's own refusal would not say it.
    private static func check(_ specification: DPDKSpecification) throws(DPDKSetupError) {
        let text = specification.text
        if specification.kind == .pci { return try checkPCI(specification) }
        if let file = specification.value(of: "rx_pcap"), let reason = Host.whyUnreadable(file) {
            throw .unreadableFile(port: text, file: file, reason: reason)
        }
        // net_tap makes the interface that its argument names; these want one that exists.
        let needsInterface = ["net_af_packet", "net_af_xdp", "net_pcap"]
        if let interface = specification.value(of: "iface"),
            needsInterface.contains(where: specification.isDevice),
            !Host.hasInterface(interface)
        {
            throw .noSuchInterface(port: text, interface: interface)
        }
    }

    /// A device that the kernel drives is refused before DPDK could touch its registers.
    private static func checkPCI(_ specification: DPDKSpecification) throws(DPDKSetupError) {
        let address = specification.name
        guard Host.hasPCIDevice(address) else {
            throw .noSuchDevice(port: specification.text, address: address)
        }
        // DPDK shares the last two, and the Hyper-V one, with the kernel.
        let usable = [
            "vfio-pci", "igb_uio", "uio_pci_generic", "uio_hv_generic", "mlx4_core", "mlx5_core",
        ]
        let driver = Host.kernelDriver(ofPCIDevice: address)
        if let driver, usable.contains(driver) { return }
        throw .notBound(port: specification.text, address: address, kernelDriver: driver)
    }
}

extension Frame {
    /// The frame that DPDK describes.
    @inline(__always)
    init?(_ frame: cdpdk_frame) {
        guard let data = unsafe frame.data else { return nil }
        self.init(
            bytes: unsafe ByteView(base: UnsafeRawPointer(data), count: Int(frame.caplen)),
            wireLength: unsafe frame.length,
            time: Timestamp(nanoseconds: unsafe frame.time_ns),
            linkType: .ethernet
        )
    }
}

/// An open port that somebody else keeps open.
@safe
struct OriginPort {
    fileprivate let port: OpaquePointer
}
