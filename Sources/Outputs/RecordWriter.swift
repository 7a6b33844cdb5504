// SPDX-License-Identifier: BSD-2-Clause
import Engine

/// Writes the records and printed lines of one worker, one a line.
///
/// Lines are collected and written together; on a terminal each at once. Several workers' go to one ``RecordTarget``, in
/// whatever order they come, or through a ``RecordMerger`` in that of the run.
public final class RecordWriter {
    /// Where lines go in the end.
    public let target: RecordTarget
    private let capacity: Int
    private let merger: RecordMerger?
    private let worker: Int
    private var buffer: [UInt8] = []
    private var buffered = 0
    /// The header above the records to come; and the one above the first that is buffered, where that is not in the
    /// buffer itself.
    private var header: [UInt8] = []
    private var above: (header: [UInt8], offset: Int)?
    private var hasRecords = false
    private var entries: [RecordMerger.Entry] = []
    /// Lines stay here until another writer absorbs them.
    private let isCollecting: Bool

    /// True when every line is written at once, because a person reads along.
    public var isTerminal: Bool { target.isTerminal }
    /// True when lines need keys.
    public var isMerged: Bool { merger != nil }
    /// Lines written to the target, lost ones included.
    public var lines: Int { target.lines + (merger == nil ? buffered : 0) }
    /// Lines that could not be written.
    public var lost: Int { target.lost }

    /// A writer to a target that may have others.
    ///
    /// - Parameters:
    ///   - target: where lines go.
    ///   - capacity: bytes collected before they are written.
    public init(_ target: RecordTarget, capacity: Int = 65536) {
        self.target = target
        self.capacity = capacity
        merger = nil
        worker = 0
        isCollecting = false
        buffer.reserveCapacity(capacity)
    }

    /// A writer that keeps its lines until another one absorbs them.
    ///
    /// - Parameter collecting: says that there is no target.
    public init(collecting: Void) {
        target = RecordTarget(descriptor: -1, name: "nothing")
        capacity = .max
        merger = nil
        worker = 0
        isCollecting = true
    }

    /// A writer whose lines are merged with those of others.
    ///
    /// - Parameters:
    ///   - merger: what merges them.
    ///   - worker: whose lines they are, counted from 0.
    ///   - capacity: bytes collected before they are handed over.
    public init(merging merger: RecordMerger, worker: Int, capacity: Int = 65536) {
        target = merger.target
        self.capacity = capacity
        self.merger = merger
        self.worker = worker
        isCollecting = false
        buffer.reserveCapacity(capacity)
    }

    /// A writer to an open descriptor, which it does not close.
    ///
    /// - Parameters:
    ///   - descriptor: the file descriptor, 1 = standard output.
    ///   - name: how messages call it.
    ///   - capacity: bytes collected before they are written.
    public convenience init(
        descriptor: Int32,
        name: String = "standard output",
        capacity: Int = 65536
    ) {
        self.init(RecordTarget(descriptor: descriptor, name: name), capacity: capacity)
    }

    /// A writer to the file at `path`, which is created or emptied.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - capacity: bytes collected before they are written.
    /// - Throws: that the file cannot be opened.
    public convenience init(path: String, capacity: Int = 65536) throws(OutputError) {
        self.init(try RecordTarget(path: path), capacity: capacity)
    }

    deinit { flush() }

    /// The lines that must stand above records from now on, as a table's column names do; written where another header
    /// stands there.
    public func setHeader(_ lines: [UInt8]) {
        let wanted = lines + [UInt8(ascii: "\n")]
        // Another version of a script asks for what stands there.
        if wanted == header { return }
        header = wanted
        guard merger == nil, hasRecords else { return }
        buffer.append(contentsOf: header)
    }

    /// Takes a line without its line end.
    public func write(line: String) {
        append(line.utf8, isRecord: false, key: RunPosition(number: 0))
    }

    /// Takes the bytes of a line without its line end.
    func append(_ bytes: some Collection<UInt8>, isRecord: Bool, key: RunPosition) {
        if buffer.count + bytes.count + 1 > capacity { flush() }
        if isRecord, !hasRecords {
            hasRecords = true
            if !header.isEmpty { above = (header, buffer.count) }
        }
        buffer.append(contentsOf: bytes)
        buffer.append(UInt8(ascii: "\n"))
        buffered += 1
        if merger != nil {
            let needed = isRecord && !header.isEmpty ? header : nil
            entries.append(RecordMerger.Entry(key: key, length: bytes.count + 1, header: needed))
        }
        if isTerminal && merger == nil || buffer.count >= capacity { flush() }
    }

    /// Takes the lines that `other` has collected, as printed ones.
    public func absorb(_ other: RecordWriter, key: RunPosition) {
        if other.buffered == 0 { return }
        // The last line end is put there again.
        append(other.buffer.dropLast(), isRecord: false, key: key)
        buffered += other.buffered - 1
        other.buffered = 0
        other.buffer = []
    }

    /// Writes what was collected: when the input is idle, and at the end.
    public func flush() {
        if buffered == 0 || isCollecting { return }
        if let merger {
            merger.take(buffer, entries, from: worker)
        } else {
            target.write(buffer, lines: buffered, above: above, below: hasRecords ? header : nil)
        }
        buffer.removeAll(keepingCapacity: true)
        entries.removeAll(keepingCapacity: true)
        buffered = 0
        above = nil
        hasRecords = false
    }

    /// Hands over what was collected and says that nothing before `key` will follow.
    public func advance(to key: RunPosition) {
        flush()
        merger?.advance(worker, to: key)
    }

    /// Nothing will follow, and what was collected is lost: for one that cannot be asked any more.
    public func abandon() { merger?.advance(worker, to: .last) }

    /// The failure that stopped writing, the first time it is asked for.
    public func takeFailure() -> OutputError? { target.takeFailure() }
}
