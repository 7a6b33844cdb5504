// SPDX-License-Identifier: BSD-2-Clause
import Engine

extension Settings {
    /// The settings after what `--set` says, and `-C`.
    ///
    /// - Throws: which of them is wrong, and how.
    init(assignments: [String], trustsChecksums: Bool) throws {
        self.init()
        for assignment in assignments {
            guard let equals = assignment.firstIndex(of: "=") else {
                throw Failure(
                    ExitStatus.usage,
                    "--set takes key=value, not '\(assignment)'; see 'mos settings'"
                )
            }
            let key = String(assignment[..<equals])
            let value = String(assignment[assignment.index(after: equals)...])
            do {
                try set(key, to: value)
            } catch {
                throw Failure(ExitStatus.usage, error.description)
            }
        }
        if trustsChecksums { checksums = .off }
    }
}
