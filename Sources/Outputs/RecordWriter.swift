// SPDX-License-Identifier: BSD-2-Clause

/// Writes records and printed lines, one a line, to a file or a descriptor.
///
/// Lines are collected and written together; on a terminal each at once. The first failure is kept for the
/// caller to report, once; from then on lines are counted as lost.
public final class RecordWriter {
    private let descriptor: Descriptor
    private let name: String
    private let capacity: Int
    private var buffer: [UInt8] = []
    private var buffered = 0
    private var failure: OutputError?
    private var hasFailed = false

    /// True when every line is written at once, because a person reads along.
    public let isTerminal: Bool
    /// Lines taken, lost ones included.
    public private(set) var lines = 0
    /// Lines that could not be written.
    public private(set) var lost = 0

    /// A writer to an open descriptor, which it does not close.
    ///
    /// - Parameters:
    ///   - descriptor: the file descriptor, 1 = standard output.
    ///   - name: how messages call it.
    ///   - capacity: bytes collected before they are written.
    public init(descriptor: Int32, name: String = "standard output", capacity: Int = 65536) {
        self.descriptor = Descriptor(borrowing: descriptor)
        self.name = name
        self.capacity = capacity
        isTerminal = self.descriptor.isTerminal
        buffer.reserveCapacity(capacity)
    }

    /// A writer to the file at `path`, which is created or emptied.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - capacity: bytes collected before they are written.
    /// - Throws: that the file cannot be opened.
    public init(path: String, capacity: Int = 65536) throws(OutputError) {
        descriptor = try Descriptor(creating: path)
        name = path
        self.capacity = capacity
        isTerminal = descriptor.isTerminal
        buffer.reserveCapacity(capacity)
    }

    deinit { flush() }

    /// Takes a line without its line end.
    public func write(line: String) {
        append(line.utf8)
    }

    /// Takes the bytes of a line without its line end.
    func append(_ bytes: some Collection<UInt8>) {
        lines += 1
        if hasFailed {
            lost += 1
            return
        }
        if buffer.count + bytes.count + 1 > capacity { flush() }
        buffer.append(contentsOf: bytes)
        buffer.append(UInt8(ascii: "\n"))
        buffered += 1
        if isTerminal || buffer.count >= capacity { flush() }
    }

    /// Writes what was collected: when the input is idle, and at the end.
    public func flush() {
        if buffered == 0 { return }
        if hasFailed {
            lost += buffered
        } else {
            let code = descriptor.write(buffer)
            if code != 0 {
                hasFailed = true
                failure = OutputError(call: "write", name: name, code: code)
                // Some may have arrived; which ones nobody knows.
                lost += buffered
            }
        }
        buffer.removeAll(keepingCapacity: true)
        buffered = 0
    }

    /// The failure that stopped writing, the first time it is asked for.
    public func takeFailure() -> OutputError? {
        defer { failure = nil }
        return failure
    }
}
