// SPDX-License-Identifier: BSD-2-Clause

extension DPDKSetupError {
    /// What is known when DPDK refused something.
    struct Circumstances: Equatable {
        /// All that DPDK logged, in order.
        var log: String
        /// True when the process has user id 0.
        var isRoot: Bool
        /// True when EAL was started with huge pages.
        var hasHugePages: Bool

        /// DPDK's first message: it names the cause, those that follow the consequences.
        ///
        /// That huge pages of some size are not reserved is said ahead of every failure, and is none.
        var reason: String {
            let lines = log.split(whereSeparator: \.isNewline)
            let first = lines.first { !$0.contains("No free ") && !$0.allSatisfy(\.isWhitespace) }
            return first.map { String($0.drop(while: \.isWhitespace)) } ?? ""
        }
    }

    /// Says why `rte_dev_probe` refused `specification`.
    static func attaching(
        _ specification: DPDKSpecification,
        _ error: DPDKError,
        isKernelInterface: Bool,
        _ found: Circumstances
    ) -> DPDKSetupError {
        let port = specification.text
        if found.log.contains("failed to parse device") {
            return .unknownDriver(
                port: port,
                name: specification.name,
                isKernelInterface: isKernelInterface
            )
        }
        if error.code == -outOfMemoryCode {
            return .outOfMemory(port: port, error, hasHugePages: found.hasHugePages)
        }
        // Drivers fold every errno into -1; what these log when refused is a socket or an ioctl.
        let refusal = ["not permitted", "ermission denied", "Could not open AF_PACKET socket"]
        if !found.isRoot, refusal.contains(where: found.log.contains) {
            return .notPermitted(port: port, reason: found.reason)
        }
        return .refused(port: port, error, reason: found.reason)
    }

    /// Says why a port that exists could not be set up.
    static func opening(
        _ specification: DPDKSpecification,
        _ error: DPDKError,
        _ found: Circumstances
    ) -> DPDKSetupError {
        let port = specification.text
        switch (error.call, error.code) {
        case ("rte_eth_dev_configure", -busyCode):
            return .inUse(port: port)
        case ("rte_eth_dev_info_get", -outOfRangeCode):
            return .tooManyQueues(port: port)
        case ("rte_eth_tx_queue_setup", -notSupportedCode):
            return .cannotSend(port: port)
        case ("rte_pktmbuf_pool_create", _), ("rte_ring_create_elem", _), ("calloc", _):
            return .outOfMemory(port: port, error, hasHugePages: found.hasHugePages)
        case (_, -outOfMemoryCode) where found.log.isEmpty:
            return .outOfMemory(port: port, error, hasHugePages: found.hasHugePages)
        default:
            return .refused(port: port, error, reason: found.reason)
        }
    }

    /// Says why EAL did not start with the user's `arguments`.
    static func starting(
        _ arguments: String,
        _ error: DPDKError,
        _ found: Circumstances
    ) -> DPDKSetupError {
        // EAL's own line comes first and says nothing; getopt's, which names the option, last.
        let lines = found.log.split(whereSeparator: \.isNewline).map(String.init)
        if found.log.contains("Invalid 'command line' arguments") {
            let named = lines.first { $0.contains("option") } ?? found.reason
            return .badArguments(arguments: arguments, reason: named)
        }
        return .notStarted(error, reason: found.reason)
    }

    // ENOMEM, EBUSY, ERANGE and ENOTSUP of Linux, where alone DPDK's errno values come from here.
    private static var outOfMemoryCode: Int32 { 12 }
    private static var busyCode: Int32 { 16 }
    private static var outOfRangeCode: Int32 { 34 }
    private static var notSupportedCode: Int32 { 95 }
}
