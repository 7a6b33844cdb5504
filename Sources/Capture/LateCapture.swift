// SPDX-License-Identifier: BSD-2-Clause
import Packets

/// A capture file that is opened when its turn comes and closed at its end, so that any number of them can wait.
public final class LateCapture: PacketSource {
    /// The path of the file.
    public let name: String
    /// A capture waits for its reader.
    public var isLive: Bool { false }
    /// How many frames were read.
    public private(set) var statistics = SourceStatistics()
    /// The share of the file that was read: none before its turn.
    public var progress: Double? { source?.progress ?? (isOver ? 1 : 0) }

    private var source: CaptureFileSource?
    private var isOver = false
    private var error: SourceError?

    /// A capture at `path`, which nobody has looked at yet.
    public init(path: String) { name = path }

    /// Fills `burst` with frames that point into the chunk at hand.
    public func receive(into burst: inout FrameBurst) -> Reception {
        burst.removeAll()
        if let error { return .failed(error) }
        if isOver { return .ended }
        let reception = readOn(&burst)
        switch reception {
        case .frames, .idle: break
        case .ended: close()
        case .failed(let why):
            error = why
            close()
        }
        return reception
    }

    private func readOn(_ burst: inout FrameBurst) -> Reception {
        if source == nil {
            do throws(SourceError) {
                source = try CaptureFileSource(path: name)
            } catch {
                return .failed(error)
            }
        }
        guard let source else { return .ended }
        let reception = source.receive(into: &burst)
        statistics = source.statistics
        return reception
    }

    private func close() {
        source = nil
        isOver = true
    }
}
