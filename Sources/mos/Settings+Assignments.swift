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
            try assign(key, String(assignment[assignment.index(after: equals)...]))
        }
        if trustsChecksums { checksums = .off }
    }

    /// Changes one of them.
    ///
    /// - Throws: that there is none of that name, or that the value is wrong.
    mutating func assign(_ key: String, _ value: String) throws {
        do {
            try set(key, to: value)
        } catch {
            throw Failure(ExitStatus.usage, error.description)
        }
    }
}
