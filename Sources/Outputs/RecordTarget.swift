// SPDX-License-Identifier: BSD-2-Clause
import Synchronization

/// Where the lines of all workers go: a file or a descriptor, one write at a time.
///
/// The first failure is kept for the caller to report, once; from then on lines are counted as lost.
public final class RecordTarget: Sendable {
    private struct State: ~Copyable {
        let descriptor: Descriptor
        var failure: OutputError?
        var hasFailed = false
        var lines = 0
        var lost = 0
        /// The header that stands above the next record.
        var header: [UInt8] = []
    }

    private let name: String
    private let state: Mutex<State>
    /// True when every line is written at once, because a person reads along.
    public let isTerminal: Bool

    /// An open descriptor, which is not closed.
    ///
    /// - Parameters:
    ///   - descriptor: the file descriptor, 1 = standard output.
    ///   - name: how messages call it.
    public init(descriptor: Int32, name: String = "standard output") {
        let descriptor = Descriptor(borrowing: descriptor)
        self.name = name
        isTerminal = descriptor.isTerminal
        state = Mutex(State(descriptor: descriptor))
    }

    /// The file at `path`, which is created or emptied.
    ///
    /// - Parameter path: the file.
    /// - Throws: that the file cannot be opened.
    public init(path: String) throws(OutputError) {
        let descriptor = try Descriptor(creating: path)
        name = path
        isTerminal = descriptor.isTerminal
        state = Mutex(State(descriptor: descriptor))
    }

    /// Lines taken, lost ones included.
    public var lines: Int { state.withLock { $0.lines } }
    /// Lines that could not be written.
    public var lost: Int { state.withLock { $0.lost } }
    /// True once writing has failed.
    var hasFailed: Bool { state.withLock { $0.hasFailed } }

    /// The failure that stopped writing, the first time it is asked for.
    public func takeFailure() -> OutputError? {
        state.withLock { state in
            defer { state.failure = nil }
            return state.failure
        }
    }

    /// Writes whole lines.
    ///
    /// - Parameters:
    ///   - bytes: the lines.
    ///   - count: how many.
    ///   - above: the header that must stand above the first record among them, and where in `bytes` that begins; nil
    ///     when there is no record, or no header.
    ///   - below: the header that stands above the last one; nil when it has not changed.
    func write(
        _ bytes: [UInt8],
        lines count: Int,
        above: (header: [UInt8], offset: Int)?,
        below: [UInt8]?
    ) {
        state.withLock { state in
            state.lines += count
            if state.hasFailed {
                state.lost += count
                return
            }
            var bytes = bytes
            if let above, above.header != state.header {
                bytes.insert(contentsOf: above.header, at: above.offset)
            }
            let code = state.descriptor.write(bytes)
            state.header = below ?? state.header
            if code != 0 {
                state.hasFailed = true
                state.failure = OutputError(call: "write", name: name, code: code)
                // Some may have arrived; which ones nobody knows.
                state.lost += count
            }
        }
    }
}
