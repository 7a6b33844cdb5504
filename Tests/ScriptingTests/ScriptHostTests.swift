// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import CMosLua
import Glibc
import Testing

@testable import Scripting

@Suite struct `The script host` {
    @Test func `runs on_start, the events in order, timers and on_exit`() throws {
        var due = Occurrence.packet
        due.timer = 1
        let result = try run(
            """
            local s = mos.socket(mos.SOCK_MONITOR_STREAM)
            mos.on_start(function() print "start" end)
            mos.on_exit(function() print "exit" end)
            s:on(mos.ON_PKT_IN, function(flow, side, event)
              print(flow, side == mos.SIDE_CLI, event == mos.ON_PKT_IN)
            end)
            mos.settimer(0.5, function(timer) print(timer) end)
            """,
            over: [.packet, due]
        )
        #expect(
            result.printed == [
                "start", "128.232.110.120:34855 > 66.35.250.204:80\ttrue\ttrue",
                "timer (after 0.5 s)", "exit",
            ]
        )
        #expect(result.outcome == ScriptHost.Outcome(errors: 0, wasStopped: false))
        #expect(result.engine.timers == [0.5, 0])
    }

    @Test func `gives arguments, source, clock and counters`() throws {
        var options = ScriptOptions()
        options.arguments = ["--name=a=b", "plain", "--flag", "--empty="]
        let result = try run(
            inPacket("print(mos.args.name, mos.args[1], mos.args.flag, mos.args.empty .. '.')")
                + "\nmos.on_exit(function() print(mos.source, mos.now(), mos.stats().packets) end)",
            over: [.packet],
            options: options
        )
        #expect(result.printed == ["a=b\tplain\ttrue\t.", "trace.pcap\t1700000000\t42"])
    }

    @Test func `refuses an engine of another ABI and names both numbers`() {
        let engine = ScriptedEngine()
        unsafe engine.api.pointee.abi = 9999
        #expect(
            throws: ScriptError.scriptLibrary(
                "the script library and the engine differ in their ABI number: "
                    + "\(MOS_ABI_VERSION) here, 9999 in the engine"
            )
        ) { _ = try run("", engine: engine) }
    }

    @Test func `refuses an engine whose records have another size`() {
        let engine = ScriptedEngine()
        unsafe engine.api.pointee.size_event = 8
        let size = unsafe MemoryLayout<mos_event>.stride
        #expect(
            throws: ScriptError.scriptLibrary(
                "the script library and the engine differ in the size of an event: "
                    + "\(size) here, 8 in the engine"
            )
        ) { _ = try run("", engine: engine) }
    }

    @Test func `tells a syntax error from an error of the top level`() {
        let syntax = """
            test:1: unexpected symbol near '='
                1 | x = = 1
                  |     ^
            """
        #expect(throws: ScriptError.syntax(syntax)) { _ = try run("x = = 1") }
        let error = """
            test:2: boom
                2 | error 'boom'
                  | ^
                test:2: at top level
            """
        #expect(throws: ScriptError.script(error)) { _ = try run("local a = 1\nerror 'boom'") }
    }

    @Test func `says which file cannot be read`() throws {
        let engine = ScriptedEngine()
        let host = try unsafe ScriptHost(api: UnsafePointer(engine.api), options: ScriptOptions())
        #expect(
            throws: ScriptError.unreadable(
                path: "/nowhere.lua",
                reason: "No such file or directory"
            )
        ) { try host.load(file: "/nowhere.lua") }
    }

    @Test func `has every Lua file of the library in the binary`() throws {
        let folder =
            #filePath.replacing("Tests/ScriptingTests/ScriptHostTests.swift", with: "")
            + "Sources/Scripting/Lua"
        let directory = unsafe try #require(opendir(folder))
        defer { unsafe closedir(directory) }
        var files: Set<String> = []
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafeBytes(of: entry.pointee.d_name) {
                unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            // A definition file is for editors, no part of the library.
            if name.hasSuffix(".lua"), !name.hasSuffix(".d.lua") {
                files.insert(String(name.dropLast(4)))
            }
        }
        #expect(embeddedModules() == files)
    }

    @Test func `offers mos by require, and its own print`() throws {
        let result = try run("print(require 'mos' == mos, nil, 1.5)")
        #expect(result.printed == ["true\tnil\t1.5"])
    }

    @Test func `escapes on a terminal what could steer it`() throws {
        var options = ScriptOptions()
        options.outputIsTerminal = true
        let code = #"print("a\27[31m\tb\194\155c é")"#
        #expect(try run(code, options: options).printed == [#"a\x1b[31m"# + "\t" + #"b\x9bc é"#])
        #expect(try run(code).printed == ["a\u{1b}[31m\tb\u{9b}c é"])
    }

    @Test func `describes events by their names`() throws {
        let text = try ScriptHost.eventCatalogue(matching: "*gap")
        #expect(text.hasPrefix("ON_GAP\n  hooks  NULL\n  side   the receiving side\n"))
        #expect(try ScriptHost.eventCatalogue(matching: nil).contains("ON_TCP_STATE_CHANGE"))
        #expect(throws: ScriptError.script("no event matches \"ON_GAB\"; did you mean \"ON_GAP\"?"))
        {
            _ = try ScriptHost.eventCatalogue(matching: "ON_GAB")
        }
    }
}

private func embeddedModules() -> Set<String> {
    var names: Set<String> = []
    var index: Int32 = 0
    while let module = unsafe mos_lua_module_at(index) {
        names.insert(unsafe String(cString: module.pointee.name))
        index += 1
    }
    return names
}
