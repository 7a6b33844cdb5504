// SPDX-License-Identifier: BSD-2-Clause
import ArgumentParser
import Engine
import Scripting

/// `mos events`: what scripts can register for.
struct Events: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the events with hooks, sides and meaning."
    )

    @Argument(help: ArgumentHelp("Which ones, with * and ? as in a shell.", valueName: "glob"))
    var glob: String?

    mutating func run() throws {
        do {
            print(try ScriptHost.eventCatalogue(matching: glob))
        } catch {
            throw Failure(ExitStatus.usage, error.description)
        }
    }
}

/// `mos settings`: what `--set` changes.
struct SettingsList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "settings",
        abstract: "List the settings with default and unit."
    )

    mutating func run() {
        let keyWidth = Settings.all.map(\.key.count).max() ?? 0
        let valueWidth = Settings.all.map(\.value.count).max() ?? 0
        let unitWidth = Settings.all.map(\.unit.count).max() ?? 0
        for entry in Settings.all {
            print(
                pad(entry.key, keyWidth),
                pad(entry.value, valueWidth),
                pad(entry.unit, unitWidth),
                entry.meaning,
                separator: "  "
            )
        }
    }

    private func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
