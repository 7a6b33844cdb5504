// SPDX-License-Identifier: BSD-2-Clause
import Packets

/// What one call of ``PacketSource/receive(into:)`` came to.
public enum Reception {
    /// The burst holds at least one frame.
    case frames
    /// The source has nothing for now; ``PacketSource/readiness`` tells how to wait for more.
    case idle
    /// The source is at its end.
    case ended
    /// The source cannot go on; what it delivered before stays valid.
    case failed(SourceError)
}

/// How whoever finds a source empty learns that it has more.
public enum Readiness: Equatable, Sendable {
    /// Nothing needs to be done: a source that says ``Reception/idle`` has waited some ten milliseconds already.
    case ownWait
    /// poll(2) tells when this descriptor can be read.
    case descriptor(Int32)
    /// It must be asked again.
    case polled
}

/// Where packets come from: a capture file, a live interface, a DPDK port, or a wrapper around one of them.
///
/// Frames stay valid until the next call. A source is used by one worker and needs no lock.
public protocol PacketSource: AnyObject {
    /// The file or interface, as the user named it.
    var name: String { get }
    /// True for interfaces, whose packets are lost when nobody takes them.
    var isLive: Bool { get }
    /// What it received and lost so far.
    var statistics: SourceStatistics { get }
    /// How much of it was read, 0 to 1; nil when nobody knows.
    var progress: Double? { get }
    /// How to wait for more when it had nothing; the same as long as it is open.
    var readiness: Readiness { get }
    /// Empties `burst` and fills it with the frames that are there, 64 at most.
    func receive(into burst: inout FrameBurst) -> Reception
    /// Nobody will ask it for more, and its last frames are done with: sources that share something go on without it.
    func close()
}

extension PacketSource {
    /// Nobody knows.
    public var progress: Double? { nil }
    /// It waits by itself, or never has to.
    public var readiness: Readiness { .ownWait }
    /// It shares nothing.
    public func close() {}
}

/// What a source received and what it lost before the engine saw it.
public struct SourceStatistics: Equatable, Sendable {
    /// Frames handed to the engine.
    public var received: UInt64 = 0
    /// Frames that the kernel or the port dropped because nobody took them in time.
    public var dropped: UInt64 = 0
    /// Frames that the interface or its driver dropped.
    public var interfaceDropped: UInt64 = 0
    /// Frames that found the ring of the worker that owns them full, and were dropped.
    public var ringDropped: UInt64 = 0
    /// Frames that were handed to the worker that owns them.
    public var handedOver: UInt64 = 0

    /// Nothing received, nothing lost.
    public init() {}
}

/// Why a source could not be opened or read on: one sentence that says what, where, and what to do.
public enum SourceError: Error, Equatable, CustomStringConvertible, Sendable {
    /// The input cannot be opened or is of no known format. The reason says what to do.
    case unreadable(name: String, reason: String)
    /// The capture ends in the middle of a record, or a record makes no sense; `offset` is where it begins in the file.
    case damaged(name: String, offset: UInt64, reason: String)
    /// The filter expression does not compile.
    case badFilter(expression: String, reason: String)

    /// The sentence.
    public var description: String {
        switch self {
        case .unreadable(let name, let reason): "\(name): \(reason)"
        case .damaged(let name, let offset, let reason):
            "\(name): \(reason) at offset \(offset); everything before it was processed"
        case .badFilter(let expression, let reason): "filter '\(expression)': \(reason)"
        }
    }
}
