// SPDX-License-Identifier: BSD-2-Clause

/// Why a DPDK port could not be opened: one sentence that says what, where, and what to do.
///
/// `port` is the specification as the user wrote it, `reason` DPDK's own first message, if any.
public enum DPDKSetupError: Error, Equatable, CustomStringConvertible, Sendable {
    /// The specification is empty or malformed.
    case badSpecification(port: String)
    /// EAL refused its arguments.
    case badArguments(arguments: String, reason: String)
    /// EAL did not start.
    case notStarted(DPDKError, reason: String)
    /// A file that the specification names cannot be read.
    case unreadableFile(port: String, file: String, reason: String)
    /// A kernel interface that the specification names does not exist.
    case noSuchInterface(port: String, interface: String)
    /// No PCI device has that address.
    case noSuchDevice(port: String, address: String)
    /// A kernel driver holds the PCI device; nil when no driver does.
    case notBound(port: String, address: String, kernelDriver: String?)
    /// No DPDK driver takes a device of that name.
    case unknownDriver(port: String, name: String, isKernelInterface: Bool)
    /// The process may not do what the driver needs.
    case notPermitted(port: String, reason: String)
    /// The memory for the port's buffers is not there.
    case outOfMemory(port: String, DPDKError, hasHugePages: Bool)
    /// This run has opened the port already.
    case inUse(port: String)
    /// The device has queues from which no worker would receive.
    case tooManyQueues(port: String)
    /// Frames shall leave through the port, and its device cannot send.
    case cannotSend(port: String)
    /// Anything else that DPDK refused.
    case refused(port: String, DPDKError, reason: String)

    /// The sentence.
    public var description: String {
        switch self {
        case .badSpecification(let port):
            "dpdk:\(port): not a port; \(Self.forms)"
        case .badArguments(let arguments, let reason):
            "DPDK refused --dpdk-args \"\(arguments)\"\(Self.quoted(reason)); "
                + "take out the option that it names"
        case .notStarted(let error, let reason):
            "DPDK did not start: \(error)\(Self.quoted(reason)); without huge pages "
                + "--dpdk-args \"--no-huge -m 64\" needs the least"
        case .unreadableFile(let port, let file, let reason):
            "dpdk:\(port): cannot read '\(file)': \(reason); give the path of a capture file"
        case .noSuchInterface(let port, let interface):
            "dpdk:\(port): there is no interface '\(interface)'; 'ip link' lists those there are"
        case .noSuchDevice(let port, let address):
            "dpdk:\(port): there is no PCI device \(address); 'dpdk-devbind.py --status' lists them"
        case .notBound(let port, let address, let kernelDriver):
            "dpdk:\(port): \(address) is bound to "
                + (kernelDriver.map { "the kernel driver \($0)" } ?? "no driver")
                + "; bind it to DPDK with 'dpdk-devbind.py --bind=vfio-pci \(address)'"
        case .unknownDriver(let port, let name, isKernelInterface: true):
            "dpdk:\(port): '\(name)' is a kernel interface; use -i \(name), or "
                + "-i dpdk:net_af_packet0,iface=\(name)"
        case .unknownDriver(let port, let name, isKernelInterface: false):
            "dpdk:\(port): no DPDK driver or port is called '\(name)'; \(Self.forms)"
        case .notPermitted(let port, let reason):
            "dpdk:\(port): not permitted\(Self.quoted(reason)); run as root"
        case .outOfMemory(let port, let error, hasHugePages: false):
            "dpdk:\(port): no memory for its buffers: \(error); give DPDK more megabytes with "
                + "--dpdk-args \"-m 512\", or set up huge pages"
        case .outOfMemory(let port, let error, hasHugePages: true):
            "dpdk:\(port): no memory for its buffers: \(error); reserve more huge pages, or do "
                + "without: --dpdk-args \"--no-huge -m 256\""
        case .inUse(let port):
            "dpdk:\(port): this run has opened it already; name each port once"
        case .tooManyQueues(let port):
            "dpdk:\(port): the device has more queues than there are workers, and what comes to "
                + "the others would be lost; give it as many as --cores says (qpairs=N), or fewer"
        case .cannotSend(let port):
            "dpdk:\(port): a port of an inline pair must send, and this one has nowhere to; "
                + "give it a device that does (net_pcap: add tx_pcap=FILE or tx_iface=IFACE)"
        case .refused(let port, let error, let reason):
            "dpdk:\(port): \(error)\(Self.quoted(reason)); check its arguments, or see more with "
                + "--dpdk-args \"--log-level=debug\""
        }
    }

    private static let forms =
        "use a PCI address (0000:03:00.0) or a virtual device "
        + "(net_pcap0,rx_pcap=FILE or net_af_packet0,iface=IFACE)"

    private static func quoted(_ reason: String) -> String {
        reason.isEmpty ? "" : " (DPDK: \"\(reason)\")"
    }
}
