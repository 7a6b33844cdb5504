// SPDX-License-Identifier: BSD-2-Clause
import Packets

/// A capture file, classic pcap or pcapng, also packed by gzip, read in chunks; also from a pipe.
///
/// Frames point into the chunk and are never copied, so a burst ends where the next chunk must be read.
/// A pipe is read as it fills: nothing waits for a full chunk, and ``Reception/idle`` is the answer
/// while its writer is silent.
public final class CaptureFileSource: PacketSource {
    /// The file as it was named, `-` for standard input.
    public let name: String
    /// A capture waits for its reader.
    public var isLive: Bool { false }
    /// How many frames were read.
    public private(set) var statistics = SourceStatistics()

    /// The share of a regular file that was read.
    public var progress: Double? { input.progress }

    private enum Format {
        case undetermined
        case classic(ClassicCapture)
        case pcapng
    }

    private var format = Format.undetermined
    private var input: CaptureInput
    private var sections = PcapngSections()

    /// Opens the capture at `path`; `-` is standard input.
    ///
    /// - Parameter path: a file, a FIFO, a device, or `-`.
    /// - Throws: ``SourceError/unreadable(name:reason:)`` when it cannot be opened or is no capture.
    ///   What a pipe holds is not known before it is read: there the first burst fails instead.
    public convenience init(path: String) throws(SourceError) {
        try self.init(name: path, input: CaptureInput(Self.feed(path)))
    }

    private static func feed(_ path: String) throws(SourceError) -> CaptureFeed {
        guard path == "-" else { return try CaptureFeed(path: path) }
        return try CaptureFeed(standardInput: path, name: "standard input")
    }

    /// Opens the capture at `path` for several workers, each of which is shown all of it.
    ///
    /// It is read once; a reader that is far ahead waits for the slowest, until that is at its end or ``close()`` is
    /// called for it.
    ///
    /// - Parameters:
    ///   - path: a file, a FIFO, a device, or `-`.
    ///   - shares: how many workers.
    /// - Returns: a source for each.
    /// - Throws: as ``init(path:)``.
    public static func open(path: String, shares: Int) throws(SourceError) -> [CaptureFileSource] {
        if shares == 1 { return [try CaptureFileSource(path: path)] }
        let ring = ChunkRing(try feed(path), seats: shares)
        var sources: [CaptureFileSource] = []
        for seat in 0..<shares {
            sources.append(try CaptureFileSource(ring, seat: seat))
        }
        return sources
    }

    /// Reads the capture that begins at the position of an open file descriptor, which it closes at the end.
    ///
    /// - Parameters:
    ///   - descriptor: open for reading.
    ///   - name: what messages call it.
    /// - Throws: as ``init(path:)``.
    public convenience init(descriptor: Int32, name: String) throws(SourceError) {
        let feed = try CaptureFeed(descriptor: descriptor, name: name)
        try self.init(name: name, input: CaptureInput(feed))
    }

    /// One of those that share `ring`.
    convenience init(_ ring: ChunkRing, seat: Int) throws(SourceError) {
        try self.init(name: ring.feed.path, input: CaptureInput(ring, seat: seat))
    }

    private init(name: String, input: consuming CaptureInput) throws(SourceError) {
        self.name = name
        self.input = input
        try readHeaderOfFile()
    }

    /// Fills `burst` with frames that point into the chunk at hand.
    public func receive(into burst: inout FrameBurst) -> Reception {
        burst.removeAll()
        while true {
            let stop = takeRecords(into: &burst)
            if burst.count > 0 {
                statistics.received &+= UInt64(burst.count)
                return .frames
            }
            switch stop {
            case .full: continue
            case .noCapture: return .failed(noCapture)
            case .packed: if let error = unpack() { return .failed(error) }
            case .damaged(let damage): return .failed(damaged(damage))
            case .short(let needed):
                if let outcome = readOn(needed) { return outcome }
            }
        }
    }

    /// Nobody will ask it for more.
    public func close() { input.close() }

    private func takeRecords(into burst: inout FrameBurst) -> RecordStop {
        switch format {
        case .undetermined: determineFormat()
        case .classic(let capture): capture.take(from: &input, into: &burst)
        case .pcapng: sections.take(from: &input, into: &burst)
        }
    }

    /// Makes `needed` bytes likelier; an outcome when that is not possible now, or never again.
    private func readOn(_ needed: Int) -> Reception? {
        switch input.refill(toHold: needed) {
        case .more: nil
        case .nothingYet: .idle
        case .failed(let code): .failed(input.unreadable("cannot be read on: " + message(code)))
        case .damaged(let offset, let damage):
            .failed(.damaged(name: input.name, offset: offset, reason: damage.description))
        case .end where input.count == 0 && !isUndetermined: .ended
        case .end where isUndetermined && input.count < CaptureMagic.length:
            .failed(noCapture)
        case .end: .failed(damaged(.cut))
        }
    }

    private var isUndetermined: Bool {
        if case .undetermined = format { true } else { false }
    }

    private func determineFormat() -> RecordStop {
        guard input.count >= CaptureMagic.length else { return .short(CaptureMagic.length) }
        if CaptureMagic.isPcapng(input.bytes) {
            format = .pcapng
            return .full
        }
        if CaptureMagic.isGzip(input.bytes), !input.isUnpacked { return .packed }
        guard CaptureMagic.isClassic(input.bytes) else {
            return .noCapture
        }
        guard input.count >= ClassicCapture.headerLength else {
            return .short(ClassicCapture.headerLength)
        }
        switch ClassicCapture.read(header: input.bytes) {
        case .failure(let damage): return .damaged(damage)
        case .success(let capture):
            format = .classic(capture)
            input.advance(ClassicCapture.headerLength)
            return .full
        }
    }

    /// A file is refused when it is named, not when its turn comes; a pipe may still be silent.
    private func readHeaderOfFile() throws(SourceError) {
        guard input.isFile else { return }
        while isUndetermined {
            var outcome: Reception?
            switch determineFormat() {
            case .full: return
            case .noCapture: throw noCapture
            case .packed: if let error = unpack() { throw error }
            case .damaged(let damage): throw damaged(damage)
            case .short(let needed): outcome = readOn(needed)
            }
            if case .failed(let error) = outcome { throw error }
        }
    }

    /// Reads the file as gzip from now on; the error when that is not possible.
    private func unpack() -> SourceError? {
        input.unpack() ? nil : input.unreadable("cannot be unpacked: not enough memory")
    }

    private var noCapture: SourceError {
        .unreadable(name: nameOfBytes, reason: CaptureMagic.whyUnknown(input.bytes))
    }

    private func damaged(_ damage: CaptureDamage) -> SourceError {
        .damaged(name: nameOfBytes, offset: input.offset, reason: damage.description)
    }

    /// What messages call the bytes at hand, whose offsets are not those of a packed file.
    private var nameOfBytes: String { input.name + (input.isUnpacked ? " (unpacked)" : "") }
}
