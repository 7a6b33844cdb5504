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

    func validate() throws {
        if (markdown || names) && !name.isEmpty || markdown && names {
            throw ValidationError("Give a name, or --markdown, or --names.")
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
            print(try manual.whole(markdown ? .markdown : names ? .names : .contents))
        } catch let error as ScriptError {
            throw Failure(ExitStatus.script, error.description)
        }
    }
}
