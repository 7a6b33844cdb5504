// SPDX-License-Identifier: BSD-2-Clause
import ArgumentParser
import Engine

/// How the engine is set, the same for every command that has one.
struct EngineOptions: ParsableArguments {
    @Flag(
        name: [.customShort("C"), .customLong("no-checksums")],
        help: "Trust all checksums, as --set checksums=off does."
    )
    var noChecksums = false

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp("Change a setting; 'mos settings' lists them.", valueName: "key=value")
    )
    var assignments: [String] = []

    /// The settings after what these say.
    ///
    /// - Throws: which of them is wrong, and how.
    func settings() throws -> Settings {
        var settings = Settings()
        for assignment in assignments {
            guard let equals = assignment.firstIndex(of: "=") else {
                throw Failure(
                    ExitStatus.usage,
                    "--set takes key=value, not '\(assignment)'; see 'mos settings'"
                )
            }
            let key = String(assignment[..<equals])
            try settings.assign(key, String(assignment[assignment.index(after: equals)...]))
        }
        if noChecksums { settings.checksums = .off }
        return settings
    }
}

extension Settings {
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
