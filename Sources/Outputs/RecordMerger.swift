// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Engine
/// Merges the lines of several workers into the order of the run.
///
///     worker 0   12 12 15 | 17 ...      head 12, at 17
///     worker 1   13 14 |                head 13, at 15: the lines up to 14 can be written, 15 must wait for worker 1
///
/// Every worker hands its lines over in their order and says how far it is; a line is written once no other worker can
/// still bring an earlier one. Equal keys go by the number of the worker. Only a worker behind the last packet is ever
/// made to wait, when the others are far behind: before that they hold each other together (``ChunkRing``).
public final class RecordMerger: @unchecked Sendable {
    /// A line in the bytes that come with it.
    struct Entry {
        let key: RunPosition
        let length: Int
        /// What must stand above it.
        let header: [UInt8]?
    }

    fileprivate struct Queue {
        var bytes: [UInt8] = []
        var entries: [Entry] = []
        /// What of them was written already.
        var written = 0
        var next = 0
        var position = RunPosition.start

        var head: RunPosition? { next < entries.count ? entries[next].key : nil }
        /// Nothing earlier will come from here.
        var bound: RunPosition { head ?? position }
    }

    /// Bytes of a worker that waits for the others, at the end of a run.
    static let most = 32 * 1024 * 1024

    let target: RecordTarget
    private let monitor = Monitor()
    private var queues: [Queue]
    private var out: [UInt8] = []
    private var lines = 0
    private var header: [UInt8] = []

    /// A merger of so many workers' lines.
    public init(_ target: RecordTarget, workers: Int) {
        self.target = target
        queues = Array(repeating: Queue(), count: workers)
    }

    /// Takes lines of a worker, in their order.
    func take(_ bytes: [UInt8], _ entries: [Entry], from worker: Int) {
        monitor.hold {
            queues[worker].bytes.append(contentsOf: bytes)
            queues[worker].entries.append(contentsOf: entries)
            if let last = entries.last { raise(worker, last.key) }
            drain()
            while isTooFarAhead(worker) { monitor.wait() }
        }
    }

    /// Nothing before `key` will follow from the worker.
    func advance(_ worker: Int, to key: RunPosition) {
        monitor.hold {
            raise(worker, key)
            drain()
        }
    }

    private func raise(_ worker: Int, _ key: RunPosition) {
        if queues[worker].position < key { queues[worker].position = key }
    }

    private func isTooFarAhead(_ worker: Int) -> Bool {
        let queue = queues[worker]
        return queue.bytes.count - queue.written > Self.most && queue.position.number >= .max - 1
            && !target.hasFailed
    }

    /// Writes what nobody can bring anything before.
    private func drain() {
        while let worker = next() {
            // All of its lines up to the others' bound.
            let bound = bound(without: worker)
            repeat { write(&queues[worker]) } while isWritable(worker, bound)
            if out.count >= 65536 { flush() }
        }
        flush()
        for index in queues.indices { queues[index].forget() }
        monitor.wakeAll()
    }

    /// The worker whose first line is the next one; nil when somebody may still bring an earlier one.
    private func next() -> Int? {
        var best = 0
        for worker in queues.indices.dropFirst() where queues[worker].bound < queues[best].bound {
            best = worker
        }
        // Equal bounds: the first one may still bring its line.
        return queues[best].head == nil ? nil : best
    }

    /// The smallest bound of the others, and who has it.
    private func bound(without worker: Int) -> (key: RunPosition, worker: Int) {
        var best: (key: RunPosition, worker: Int) = (.last, queues.count)
        for other in queues.indices where other != worker && queues[other].bound < best.key {
            best = (queues[other].bound, other)
        }
        return best
    }

    private func isWritable(_ worker: Int, _ bound: (key: RunPosition, worker: Int)) -> Bool {
        guard let head = queues[worker].head else { return false }
        return head < bound.key || head == bound.key && worker < bound.worker
    }

    private func write(_ queue: inout Queue) {
        let entry = queue.entries[queue.next]
        if let needed = entry.header, needed != header {
            header = needed
            out.append(contentsOf: needed)
        }
        out.append(contentsOf: queue.bytes[queue.written..<queue.written + entry.length])
        queue.written += entry.length
        queue.next += 1
        lines += 1
    }

    private func flush() {
        if lines == 0 { return }
        target.write(out, lines: lines, above: nil, below: nil)
        out.removeAll(keepingCapacity: true)
        lines = 0
    }
}

extension RecordMerger.Queue {
    /// Gives the room of lines back that were written, when that is most of it.
    fileprivate mutating func forget() {
        guard written * 2 > bytes.count else { return }
        bytes.removeFirst(written)
        entries.removeFirst(next)
        written = 0
        next = 0
    }
}
