// SPDX-License-Identifier: BSD-2-Clause
import ArgumentParser
import Scripting

/// `mos doc`: the reference of what scripts can use.
struct Doc: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print reference pages of calls, events, options, fields, settings and counters.",
        discussion: """
            Without a name: what there is. A name is found as scripts write it, or as the C API does: peek, \
            flow:peek, ON_GAP, rtt, 'settings gap.packets', mtcp_peek, a topic like c-api; with * and ? all \
            that match. Exit codes: 0 found, 2 nothing has that name.
            """
    )

    @Argument(help: ArgumentHelp("What to look up.", valueName: "name"))
    var name: [String] = []

    @Flag(help: "Print the whole reference as one Markdown text.")
    var markdown = false

    @Flag(help: "Print all names, one a line.")
    var names = false

    @Flag(help: "Print the definitions of all names for editors (lua-language-server): mos.d.lua.")
    var stubs = false

    @Flag(help: "Print a .luacheckrc with the standard 'mos'.")
    var luacheck = false

    @Flag(help: "Print every public name with its kind, one a line.")
    var surface = false

    /// What is asked for as a whole, if anything.
    private var wholes: [Manual.Whole] {
        let asked: [(Bool, Manual.Whole)] = [
            (markdown, .markdown), (names, .names), (stubs, .stubs), (luacheck, .luacheck),
            (surface, .surface),
        ]
        return asked.filter(\.0).map(\.1)
    }

    func validate() throws {
        if wholes.count + (name.isEmpty ? 0 : 1) > 1 {
            throw ValidationError(
                "Give a name, or one of --markdown, --names, --stubs, --luacheck, --surface."
            )
        }
    }

    mutating func run() throws {
        do {
            let manual = try Manual()
            guard name.isEmpty else {
                let page = try manual.page(name.joined(separator: " "))
                guard page.isFound else { throw Failure(ExitStatus.usage, page.text) }
                print(page.text)
                return
            }
            let text = try manual.whole(wholes.first ?? .contents)
            print(text, terminator: text.hasSuffix("\n") ? "" : "\n")
        } catch let error as ScriptError {
            throw Failure(ExitStatus.script, error.description)
        }
    }
}
