// SPDX-License-Identifier: BSD-2-Clause
import ArgumentParser
import Glibc
import Outputs

/// The program's commands; `run` may be left out.
struct Mos: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mos",
        abstract: "Network monitors in Lua, at line rate.",
        usage: """
            mos [run] SCRIPT... (-r FILE | -i SOURCE)... [options] [-- --name=value...]
            mos [run] SCRIPT... -i SOURCE -i SOURCE --inline[=fail-closed] [options]
            mos [run] -e CODE (-r FILE | -i SOURCE)... [options]
            mos new NAME
            mos test [PATH]... | mos bench [PATH]...
            mos explain [FILTER] -r FILE... [options]
            mos check SCRIPT... | mos events [GLOB] | mos settings
            mos generate PROFILE (FILE | -i dpdk:SPEC) [options]
            mos doc [NAME]
            """,
        version: versionText,
        subcommands: [
            Run.self, Explain.self, New.self, Check.self, Test.self, Bench.self, Generate.self,
            Doc.self, Events.self, SettingsList.self,
        ],
        defaultSubcommand: Run.self
    )
}

/// Exit codes, as the README lists them.
enum ExitStatus {
    static let fine: Int32 = 0
    static let script: Int32 = 1
    static let usage: Int32 = 2
    static let input: Int32 = 3
    static let test: Int32 = 4
    static let dropped: Int32 = 5
    static let interrupted: Int32 = 130
}

/// How a command ends other than well.
struct Failure: Error {
    let status: Int32
    let message: String?

    init(_ status: Int32, _ message: String? = nil) {
        self.status = status
        self.message = message
    }
}

/// The words of the command line: those before `--` are ours, those behind it the scripts'.
enum CommandWords {
    private static let words = CommandLine.arguments.dropFirst()
    private static let parts = words.split(
        separator: "--",
        maxSplits: 1,
        omittingEmptySubsequences: false
    )

    /// What an option alone means that may have a value; the parser knows only those that always have one, or never.
    private static let alone = ["--inline": "--inline=fail-open", "--profile": "--profile=-"]
    static let forMos = (parts.first ?? []).map { alone[$0] ?? $0 }
    static let forScripts = parts.count > 1 ? Array(parts[1]) : []
}

@main
enum Main {
    static func main() {
        do {
            var command = try Mos.parseAsRoot(CommandWords.forMos)
            try command.run()
        } catch let failure as Failure {
            if let message = failure.message { Diagnostics.say("mos: \(message)") }
            exit(failure.status)
        } catch {
            let text = Mos.fullMessage(for: error)
            guard Mos.exitCode(for: error).isSuccess else {
                Diagnostics.say(text)
                exit(ExitStatus.usage)
            }
            print(text)
        }
    }
}
