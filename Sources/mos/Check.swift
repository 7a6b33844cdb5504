// SPDX-License-Identifier: BSD-2-Clause
import ArgumentParser
import Engine
import Outputs
import Scripting

/// `mos check`: what is wrong with a script, without traffic.
struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Load scripts without traffic and say what is wrong with them.",
        discussion: """
            Finds syntax errors, unknown names, fields and methods of mos, undefined globals, wrong hooks, \
            values and filters, in functions that nothing calls too, as file:line:column: message with \
            the line below it. What works but not well is a warning. Exit codes: 0 nothing found but \
            warnings, 2 something found or no such file. 'mos doc check' says more.
            """
    )

    @Argument(help: ArgumentHelp("Lua scripts.", valueName: "script"))
    var scripts: [String]

    mutating func run() throws {
        var found = false
        for script in scripts {
            for finding in try check(script) {
                print(finding)
                if !finding.isWarning { found = true }
            }
        }
        if found { throw Failure(ExitStatus.usage) }
    }

    /// Each script in an engine of its own, so that one's faults do not show in another.
    private func check(_ script: String) throws -> [Finding] {
        do {
            var settings = Settings()
            settings.maxFlows = 16
            let worker = try Worker(inputs: Inputs([]), settings: settings, seed: .fixed)
            let calls = EngineCalls(worker, writer: RecordWriter(descriptor: 2))
            var options = ScriptOptions()
            options.arguments = CommandWords.forScripts
            return try unsafe ScriptHost(api: calls.api, options: options).check(file: script)
        } catch let error as ScriptError {
            throw Failure(ExitStatus.usage, error.description)
        } catch let error as WorkerError {
            throw Failure(ExitStatus.usage, error.description)
        }
    }
}
