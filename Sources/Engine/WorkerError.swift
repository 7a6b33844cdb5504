// SPDX-License-Identifier: BSD-2-Clause

/// Why a worker could not be made.
public enum WorkerError: Error, CustomStringConvertible {
    /// The kernel refused the address space.
    case noMemory(flows: Int)

    /// One sentence that says what to do.
    public var description: String {
        switch self {
        case .noMemory(let flows):
            "no address space for max_flows=\(flows); choose fewer (--set max_flows=N) or raise "
                + "the limit (ulimit -v)"
        }
    }
}
