// SPDX-License-Identifier: BSD-2-Clause

/// What stands behind `-i dpdk:`: a PCI address, a virtual device with its arguments, or the name
/// of a port that `--dpdk-args` made.
public struct DPDKSpecification: Equatable, Sendable {
    /// What the name is.
    public enum Kind: Equatable, Sendable {
        /// The address of a PCI device.
        case pci
        /// Anything else: a virtual device or an existing port.
        case named
    }

    /// As the user wrote it.
    public let text: String
    /// What the name is.
    public let kind: Kind
    /// The port's name for DPDK: a PCI address with its domain, or the device's name.
    public let name: String
    /// The device's arguments in order, `key=value`.
    public let arguments: [String]

    /// Reads `text`, "name" or "name,key=value,...".
    ///
    /// - Parameter text: what follows `dpdk:`.
    /// - Throws: ``DPDKSetupError/badSpecification(port:)`` when there is no name, or a blank in it.
    public init(_ text: String) throws(DPDKSetupError) {
        let words = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard let first = words.first, !first.isEmpty,
            !words.contains(where: \.isEmpty),
            !first.contains(where: { $0.isWhitespace || $0 == "=" || $0 == "/" })
        else { throw .badSpecification(port: text) }
        self.text = text
        let address = Self.pciAddress(first)
        kind = address == nil ? .named : .pci
        name = address ?? first
        arguments = Array(words.dropFirst())
    }

    /// The value of the argument `key`, nil when it is not given.
    public func value(of key: String) -> String? {
        arguments.first { $0.hasPrefix(key + "=") }.map { String($0.dropFirst(key.count + 1)) }
    }

    /// True when the name is that of a device of `driver`: the driver's name and a number.
    public func isDevice(of driver: String) -> Bool {
        guard kind == .named, name.hasPrefix(driver) else { return false }
        return name.dropFirst(driver.count).allSatisfy(\.isNumber)
    }

    /// What `rte_dev_probe` is given.
    ///
    /// net_af_packet's own ring is small: 14 % lost at 0.47 million packets per second, where this
    /// one lost nothing. It is replaced unless the user says anything about it. Its frames hold what
    /// an MTU of 1500 allows; the larger ones that offloads make within a host arrive cut. Whole
    /// ones take `blocksz=2093056,framesz=65408,framecnt=1024`.
    public var deviceArguments: String {
        let ring = ["blocksz", "framesz", "framecnt"]
        var words = [name] + arguments
        if isDevice(of: "net_af_packet"), ring.allSatisfy({ value(of: $0) == nil }) {
            words += ["blocksz=1048576", "framesz=2048", "framecnt=8192"]
        }
        return words.joined(separator: ",")
    }

    /// Bytes that one buffer must hold, 0 = the usual: net_af_packet puts a ring frame into one.
    public var frameRoom: UInt32 {
        guard isDevice(of: "net_af_packet"), let text = value(of: "framesz"),
            let frame = UInt32(text)
        else { return 0 }
        // The ring's own header (TPACKET2) takes 32 bytes of the frame.
        return frame > 2048 + 32 ? frame - 32 : 0
    }

    /// Bytes of the longest frame that the driver sends, 0 = what the MTU allows.
    ///
    /// net_af_packet drops what does not fit into a frame of its ring, and net_pcap cuts a frame of several buffers to
    /// 0x3F00 bytes.
    public var sendLimit: UInt32 {
        if isDevice(of: "net_pcap") { return 0x3F00 }
        guard isDevice(of: "net_af_packet") else { return 0 }
        let frame = value(of: "framesz").flatMap { UInt32($0) } ?? 2048
        return frame > 32 ? frame - 32 : 0
    }

    /// True when the driver would drop what is sent without a word: net_pcap that was only told what to receive.
    public var discardsWhatIsSent: Bool {
        isDevice(of: "net_pcap")
            && ["tx_pcap", "tx_iface", "iface"].allSatisfy { value(of: $0) == nil }
    }

    /// True when the packets come from a file: nothing is lost when nobody takes them.
    public var isFile: Bool { isDevice(of: "net_pcap") && value(of: "rx_pcap") != nil }

    /// True when every queue of the device has packets of its own, which are lost when nobody receives from it.
    public var hasOwnQueues: Bool { isDevice(of: "net_af_packet") || isDevice(of: "net_pcap") }

    /// True when the kernel shares the packets out over the device's queues, both directions of a flow to the same one.
    public var isFannedOut: Bool { isDevice(of: "net_af_packet") }

    /// `[domain:]bus:device.function` with its domain, nil when `text` is none.
    private static func pciAddress(_ text: String) -> String? {
        var parts = text.lowercased().split(separator: ":", omittingEmptySubsequences: false)
        if parts.count == 2 { parts.insert("0000", at: 0) }
        guard parts.count == 3 else { return nil }
        let device = parts[2].split(separator: ".", omittingEmptySubsequences: false)
        guard device.count == 2, isHex(parts[0], 4...8), isHex(parts[1], 2...2),
            isHex(device[0], 2...2), isHex(device[1], 1...1)
        else { return nil }
        return parts.joined(separator: ":")
    }

    private static func isHex(_ text: Substring, _ length: ClosedRange<Int>) -> Bool {
        length.contains(text.utf8.count) && text.allSatisfy { $0.isASCII && $0.isHexDigit }
    }
}
