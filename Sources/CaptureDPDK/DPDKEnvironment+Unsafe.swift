// SPDX-License-Identifier: BSD-2-Clause
import CDPDK
import Glibc
import Synchronization

/// DPDK's environment abstraction layer: started once per process, with the first port.
enum DPDKEnvironment {
    private static let outcome = Mutex<Result<EALArguments, DPDKSetupError>?>(nil)

    /// Starts EAL unless it runs already; takes some 150 ms, most of it to load the drivers.
    ///
    /// The first call decides: EAL takes its arguments once, and cannot be tried again.
    /// The corresponding DPDK function is `rte_eal_init`.
    ///
    /// - Parameters:
    ///   - arguments: the user's words for EAL.
    ///   - shares: how many workers share the ports.
    /// - Returns: the arguments that it runs with.
    /// - Throws: why it does not run, at every call once it has failed.
    static func start(
        arguments: String,
        shares: Int = 1
    ) throws(DPDKSetupError) -> EALArguments {
        try outcome.withLock { outcome in
            let result = outcome ?? startOnce(arguments, shares)
            outcome = result
            return result
        }.get()
    }

    private static func startOnce(
        _ text: String,
        _ shares: Int
    ) -> Result<EALArguments, DPDKSetupError> {
        // What one port with the usual buffers takes, and some to spare.
        let enough = Host.isRoot && Host.freeHugePageBytes >= (64 << 20) * shares
        let arguments = EALArguments(
            user: EALArguments.split(text),
            processor: Host.processor,
            hasHugePages: enough,
            shares: shares
        )
        let code = start(arguments)
        guard code < 0 else { return .success(arguments) }
        let error = DPDKError(call: "rte_eal_init", code: code)
        return .failure(.starting(text, error, circumstances(arguments)))
    }

    private static func start(_ arguments: EALArguments) -> Int32 {
        // EAL keeps pointers into its command line: these copies are never freed.
        var words = unsafe arguments.words.map { unsafe strdup($0) }
        unsafe words.append(nil)
        return unsafe cdpdk_start_eal(Int32(words.count - 1), &words, arguments.echoesLog)
    }

    /// What is known after a refusal.
    static func circumstances(_ arguments: EALArguments) -> DPDKSetupError.Circumstances {
        DPDKSetupError.Circumstances(
            log: log(),
            isRoot: Host.isRoot,
            hasHugePages: arguments.usesHugePages
        )
    }

    private static func log() -> String {
        unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 8193) { text in
            guard let start = text.baseAddress else { return "" }
            let length = unsafe cdpdk_read_log(start, text.count)
            let bytes = unsafe text[..<length].map { UInt8(bitPattern: $0) }
            return String(decoding: bytes, as: UTF8.self)
        }
    }
}

/// The text of an errno value or of a code that DPDK returned, of either sign.
func text(ofCode code: Int32) -> String {
    unsafe cdpdk_describe_code(code).map { unsafe String(cString: $0) } ?? "unknown error"
}
