// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Packets

extension FuzzTarget {
    /// Any bytes as a capture file, classic, pcapng or gzip: a pipe that delivers them in pieces says what the file does.
    public static let captures = FuzzTarget("captures") { input in
        let bytes = input.array
        let file = Reading(bytes, isPipe: false)
        if let problem = file.problem { return problem }
        let pipe = Reading(bytes, isPipe: true)
        if file != pipe { return "the file is \(file), the pipe \(pipe)" }
        return nil
    } seeds: { frames in
        let some = Array(frames.prefix(6)).map { Array($0.prefix(100)) }
        let plain = [SeedFile.classic(some), SeedFile.pcapng(some)]
        return plain + plain.map(gzipStored)
    }
}

/// What reading a capture to its end came to.
private struct Reading: Equatable {
    var frames: [OwnedFrame] = []
    var error: String?
    var problem: String?

    init(_ bytes: [UInt8], isPipe: Bool) {
        // The name differs nowhere, so messages must not either.
        let descriptor = isPipe ? messages(of: bytes) : memoryFile(bytes)
        do throws(SourceError) {
            read(try CaptureFileSource(descriptor: descriptor, name: "x"))
        } catch {
            self.error = error.description
        }
        let most = bytes.count * 1100  // What deflate can make of a byte, and a little.
        let total = frames.reduce(0) { $0 + $1.bytes.count }
        if total > most { problem = "\(total) bytes of frames in \(bytes.count)" }
        if frames.contains(where: { $0.bytes.count > Int($0.wireLength) }) {
            problem = "more bytes captured than sent"
        }
    }

    private mutating func read(_ source: CaptureFileSource) {
        var burst = FrameBurst()
        // A packed file may say so often that it has nothing yet; a pipe without a writer never waits.
        for _ in 0..<100_000 {
            switch source.receive(into: &burst) {
            case .frames:
                for index in 0..<burst.count { frames.append(OwnedFrame(burst[index])) }
            case .idle: continue
            case .ended: return
            case .failed(let error):
                self.error = error.description
                return
            }
        }
        problem = "reading does not end"
    }
}

/// Small capture files, little-endian.
private enum SeedFile {
    static func classic(_ frames: [[UInt8]]) -> [UInt8] {
        var bytes = words([0xA1B2_C3D4, 0x0004_0002, 0, 0, 65535, 1])
        for frame in frames {
            bytes += words([1, 2, UInt32(frame.count), UInt32(frame.count)]) + frame
        }
        return bytes
    }

    static func pcapng(_ frames: [[UInt8]]) -> [UInt8] {
        var bytes = block(0x0A0D_0D0A, words([0x1A2B_3C4D, 1, .max, .max]))
        bytes += block(1, words([1, 65535, 0x0001_0009, 9, 0]))
        for frame in frames {
            let length = UInt32(frame.count)
            bytes += block(6, words([0, 1, 2, length, length]) + frame)
        }
        if let frame = frames.first { bytes += block(3, words([UInt32(frame.count)]) + frame) }
        return bytes
    }

    private static func block(_ type: UInt32, _ body: [UInt8]) -> [UInt8] {
        let padding = [UInt8](repeating: 0, count: (4 - body.count % 4) % 4)
        let length = words([UInt32(12 + body.count + padding.count)])
        return words([type]) + length + body + padding + length
    }

    static func words(_ numbers: [UInt32]) -> [UInt8] {
        numbers.flatMap { number in
            (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
        }
    }
}

/// `bytes` as a gzip member that stores them as they are, so that what is inside can be changed (RFC 1951, 3.2.4).
private func gzipStored(_ bytes: [UInt8]) -> [UInt8] {
    let length = UInt32(bytes.count)
    return [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 1]
        + SeedFile.words([length | ~length << 16]) + bytes
        + SeedFile.words([checksum(bytes), length])
}
