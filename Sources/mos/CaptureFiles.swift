// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Outputs

/// Captures as `-r` names them.
enum CaptureFiles {
    /// What reads the capture at `path`, `-` for standard input, or those of a directory, by worker.
    static func open(_ path: String, workers: Int) throws -> [[any PacketSource]] {
        do throws(SourceError) {
            guard path != "-", CaptureDirectory.exists(path: path) else {
                return [try CaptureFileSource.open(path: path, shares: workers)]
            }
            return try openDirectory(path, workers: workers)
        } catch {
            throw Failure(ExitStatus.input, error.description)
        }
    }

    /// The captures of a directory; says what else there was.
    private static func openDirectory(_ path: String, workers: Int) throws(SourceError)
        -> [[any PacketSource]]
    {
        let directory = try CaptureDirectory(path: path)
        let skipped = directory.skipped
        if !skipped.isEmpty {
            let more = skipped.count > 5 ? ", ..." : ""
            let names = skipped.prefix(5).joined(separator: ", ") + more
            Diagnostics.say("mos: \(path): skipped what is no capture (\(skipped.count)): \(names)")
        }
        guard !directory.captures.isEmpty else {
            throw .unreadable(
                name: path,
                reason: "holds no captures; directories in it are not looked into"
            )
        }
        return directory.captures.map { LateCapture.open(path: $0, shares: workers) }
    }
}
