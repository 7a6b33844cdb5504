// SPDX-License-Identifier: BSD-2-Clause

/// The command line that EAL is started with: the user's words, and ahead of them what the user
/// left open.
public struct EALArguments: Equatable, Sendable {
    /// All words, the program's name first.
    public let words: [String]
    /// True when DPDK's messages go to standard error: the user asked for a log level.
    public let echoesLog: Bool
    /// True when the buffers lie in huge pages.
    public let usesHugePages: Bool

    /// Completes the user's words.
    ///
    /// - Parameters:
    ///   - user: what follows `--dpdk-args`, split by ``split(_:)``.
    ///   - processor: the number of a processor that the thread may run on.
    ///   - hasHugePages: true when there are free huge pages that the process may take.
    ///   - shares: how many workers share the ports, each with buffers of its own.
    public init(user: [String], processor: Int, hasHugePages: Bool, shares: Int = 1) {
        func gives(_ options: String...) -> Bool {
            options.contains { option in user.contains { Self.word($0, gives: option) } }
        }
        var added: [String] = []
        // One lcore: EAL would start a thread for each further one.
        if !gives("-l", "-c", "--lcores") { added += ["-l", String(processor)] }
        if !gives("--telemetry") { added.append("--no-telemetry") }
        // An address that no device has: EAL takes no hardware by itself, and a port that is asked
        // for is attached by name.
        if !gives("-a", "--allow", "-b", "--block", "--no-pci") { added += ["-a", "ffff:ff:1f.7"] }
        let layout = gives("--in-memory", "--huge-dir", "--legacy-mem", "--huge-unlink")
        usesHugePages = !gives("--no-huge") && (hasHugePages || layout)
        if usesHugePages {
            if !layout { added.append("--in-memory") }
        } else {
            if !gives("--no-huge") { added.append("--no-huge") }
            if !gives("--no-shconf") { added.append("--no-shconf") }
            // Address space; a page costs memory when it is first touched.
            if !gives("-m", "--socket-mem") { added += ["-m", String(256 * shares)] }
        }
        words = ["mos"] + added + user
        echoesLog = gives("--log-level")
    }

    /// Splits `text` at blanks; single or double quotes keep blanks.
    public static func split(_ text: String) -> [String] {
        var words: [String] = []
        var word: String?
        var quote: Character?
        for character in text {
            if character == quote {
                quote = nil
            } else if quote == nil, character == "'" || character == "\"" {
                quote = character
                word = word ?? ""
            } else if quote == nil, character.isWhitespace {
                words += word.map { [$0] } ?? []
                word = nil
            } else {
                word = (word ?? "") + String(character)
            }
        }
        return words + (word.map { [$0] } ?? [])
    }

    /// `-m 64`, `-m64`, `--socket-mem 64` and `--socket-mem=64` all give their option.
    private static func word(_ word: String, gives option: String) -> Bool {
        if option.hasPrefix("--") { return word == option || word.hasPrefix(option + "=") }
        return word.hasPrefix(option) && !word.hasPrefix("--")
    }
}
