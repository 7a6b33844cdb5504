// SPDX-License-Identifier: BSD-2-Clause
import Testing

@testable import Scripting

@Suite struct `An example of the manual` {
    @Test func `stands on most pages`() throws {
        #expect(try ManualData.shared.get().examples.count > 80)
    }

    @Test(arguments: ManualData.sharedExamples)
    func `prints what its page says`(example: ManualRecord) throws {
        if !example["test"].isEmpty {
            let lines = try runRecipeTests(example.one("code"), file: example.one("file") + ".lua")
            expect(lines, example.one("output"))
            return
        }
        let run = try runManual(example, inline: example["inline"].isEmpty ? nil : .failOpen)
        #expect(String(run.errors) == example.one("errors"), "\(run.diagnostics)")
        // What an inline example changes leaves; few of them print.
        if example["inline"].isEmpty || !example.one("output").isEmpty {
            expect(run.output, example.one("output"))
        }
        if example["stderr"].isEmpty {
            #expect(run.diagnostics == [])
        } else {
            expect(run.diagnostics, example.one("stderr"))
        }
    }

    /// The lines, of which "..." at the end of the page's stands for those behind.
    private func expect(_ lines: [String], _ text: String) {
        var wanted = text.split(separator: "\n").map(String.init)
        guard wanted.last == "..." else {
            #expect(lines == wanted)
            return
        }
        wanted.removeLast()
        #expect(Array(lines.prefix(wanted.count)) == wanted)
        #expect(lines.count > wanted.count)
    }
}

/// How a call of each kind of argument is made right, and wrong.
private let samples: [String: (right: String, wrong: String?)] = [
    "flow": ("flow", "3"), "side": ("mos.SIDE_SVR", "'x'"),
    "bytes": ("1", "'x'"),
    "seconds": ("1", "'x'"), "number": ("1", "'x'"), "text": ("'x'", "{}"),
    "fn": ("print", "7"), "socket": ("s", "3"), "target": ("s", "3"), "table": ("{}", "7"),
    "event": ("mos.ON_PKT_IN", "'x'"), "hook": ("mos.HK_SND", "'x'"),
    "option": ("mos.CLIBUF", "'x'"), "any": ("1", nil), "bytestring": ("'x'", "{}"),
    "packet": ("'x'", "7"), "region": ("mos.TCP_PAYLOAD", "'x'"),
    "flags": ("mos.UPDATE_IP_CHKSUM", "'x'"),
]

/// What stands in front of a method's name.
private let receivers: [String: String] = [
    "flow.cli": "flow.cli", "packet.tcp": "flow:packet().tcp", "view": "flow:packet().payload",
    "hash": "mos.hash('md5')", "timer": "mos.settimer(1, print)", "flow": "flow", "socket": "s",
    "counter": "counter", "gauge": "gauge", "histogram": "histogram", "topk": "topk",
    "distinct": "distinct",
]

/// A call with one argument of a wrong type, and what its page says of it.
private struct WrongCall: Sendable, CustomTestStringConvertible {
    let page: String
    let place: Int
    let code: String
    let raised: [String]

    var testDescription: String { code }

    /// All of those that can be made from what the pages say of arguments.
    static func all(of page: ManualRecord) -> [WrongCall] {
        let arguments = page["argument"].map { text in
            text.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        }
        var callee = page.one("name")
        if let receiver = receivers[page.one("on")], let colon = callee.lastIndex(of: ":") {
            callee = receiver + callee[colon...]
        }
        return arguments.indices.compactMap { place in
            guard let sample = samples[arguments[place][1]], let wrong = sample.wrong else {
                return nil
            }
            let values = arguments.indices.map { other in
                if other == place { return wrong }
                let right = arguments[other][2]
                return right.isEmpty ? samples[arguments[other][1]]?.right ?? "nil" : right
            }
            return WrongCall(
                page: page.one("name"),
                place: place + 1,
                code: "\(callee)(\(values.joined(separator: ", ")))",
                raised: page["raised"]
            )
        }
    }
}

@Suite struct `A wrong argument of a call in the manual` {
    @Test func `raises the error that its page names, and says which argument it is`() throws {
        let pages = try ManualData.shared.get().pages.filter { $0.one("kind") == "call" }
        for page in pages where !page["step"].isEmpty && !page["argument"].isEmpty {
            print("skipped: wrong arguments of \(page.one("name")), which is not there yet")
        }
        let calls = pages.filter { $0["step"].isEmpty }.flatMap(WrongCall.all(of:))
        #expect(calls.count > 50)
        let said = try messages(of: calls)
        #expect(said.count == calls.count)
        for (call, message) in zip(calls, said) {
            #expect(message.contains(": argument \(call.place) ("), "\(call.code): \(message)")
            let code = message.split(separator: "(").last?.dropLast() ?? ""
            #expect(call.raised.contains(String(code)), "\(call.code): \(message)")
        }
    }

    /// What each call raises in a callback of ON_PKT_IN, with `flow`, `side` and `s`.
    private func messages(of calls: [WrongCall]) throws -> [String] {
        let lines = calls.map { "try(function() return \($0.code) end)" }
        let code = """
            local s = mos.socket(mos.SOCK_MONITOR_STREAM)
            local counter, gauge = mos.counter("c", { "k" }), mos.gauge("g", { "k" })
            local histogram, topk = mos.histogram("h", { "k" }), mos.topk("t", { "k" })
            local distinct = mos.distinct("d", { "k" })
            local function try(call)
              local ok, message = pcall(call)
              print(ok and "no error" or message)
            end
            s:on(mos.ON_PKT_IN, mos.HK_RCV, function(flow, side)
            \(lines.joined(separator: "\n"))
            s:close()
            end)
            """
        let example = ManualRecord("file=wrong\0capture=web\0")
        // Not inline, some calls have no effect and look at no argument.
        return try runManual(example, code: code, inline: .failOpen).output
    }
}
