// SPDX-License-Identifier: BSD-2-Clause
import Glibc
import Testing

@testable import Scripting

private func check(_ code: String) throws -> [String] {
    var template = Array("/tmp/mos-check-XXXXXX".utf8CString)
    let descriptor = unsafe mkstemp(&template)
    let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer { _ = unsafe unlink(path) }
    let bytes = Array(code.utf8)
    let written = unsafe write(descriptor, bytes, bytes.count)
    #expect(written == bytes.count)
    close(descriptor)
    let engine = ScriptedEngine()
    let host = try unsafe ScriptHost(api: UnsafePointer(engine.api), options: ScriptOptions())
    return try host.check(file: path).map { $0.replacing(path, with: "x.lua") }
}

@Suite struct `Checking a script` {
    @Test func `has nothing to say about one that is right`() throws {
        #expect(
            try check("#!/usr/bin/env mos\n" + inPacket("print(flow, mos.args.x, mos.source)"))
                == []
        )
    }

    @Test func `names what is wrong in functions that never run, with line and column`() throws {
        let code = """
            local s = mos.socket(mos.SOCK_MONITOR_STREAM)
            local function never() return mos.ON_CONN_STRAT + foo(1) end
              local t = function() mos.register_calback(s) end
            s:on(mos.ON_CONN_NEW_DATA, function(flow)
              counter = 1
              return tostrin(flow)
            end)
            """
        #expect(
            try check(code) == [
                "x.lua:2:35: mos has no \"ON_CONN_STRAT\"; did you mean \"mos.ON_CONN_START\"?",
                "x.lua:2:51: global \"foo\" is not defined",
                "x.lua:3:28: mos has no \"register_calback\"; did you mean \"mos.register_callback\"?",
                "x.lua:5:3: global \"counter\" is assigned; write `local counter`",
                "x.lua:6:10: global \"tostrin\" is not defined; did you mean \"tostring\"?",
            ]
        )
    }

    @Test func `finds wrong hooks in functions that never run`() throws {
        let code = """
            local s = mos.socket(mos.SOCK_MONITOR_STREAM)
            s:on(mos.ON_CONN_START, mos.HK_RCV, function(flow)
              flow:on(mos.ON_REXMIT, mos.HK_SND, print) -- flow:on(mos.ON_GAP, mos.HK_SND, print)
              mos.register_callback(flow, mos.ON_GAP, mos.HK_RCV, nil)
              print({ mos.ON_ERROR, mos.HK_SND, mos.NULL })
            end)
            """
        #expect(
            try check(code) == [
                "x.lua:3:30: mos.register_callback: argument 3 (hook) is mos.HK_SND; mos.ON_REXMIT may "
                    + "have mos.HK_RCV",
                "x.lua:4:47: mos.register_callback: argument 3 (hook) is mos.HK_RCV; mos.ON_GAP may "
                    + "have mos.NULL",
            ]
        )
    }

    @Test func `finds a wrong hook behind a bad filter`() throws {
        let code = """
            local s = mos.socket(mos.SOCK_MONITOR_STREAM)
            mos.bind_filter(s, { syn = "nonsense" })
            mos.register_callback(s, mos.ON_GAP, mos.HK_SND, print)
            s:setsockopt(mos.CLIBUF, -1)
            """
        #expect(try check(code).map { $0.split(separator: ":")[1] } == ["2", "3", "4"])
    }

    @Test(arguments: [
        ("local function f() mos.on_reload() end", "x.lua:1:24: mos.on_reload is not there yet"),
        ("local x = = 3", "x.lua:1:11: unexpected symbol near '='"),
        (
            "local s = mos.socket(mos.SOCK_MONITOR_STREAM)\n  s:bind_filter { syn = 'nonsense' }",
            "x.lua:2:3: mos.bind_filter: syntax error (EINVAL)"
        ),
        (
            "local s = mos.socket(mos.SOCK_MONITOR_STREAM)\ns:on(mos.ON_GAP, mos.HK_SND, print)",
            "x.lua:2:1: mos.register_callback: argument 3 (hook) is mos.HK_SND; mos.ON_GAP may have mos.NULL "
                + "(EINVAL)"
        ),
    ])
    func `names what the top level runs into`(code: String, message: String) throws {
        #expect(try check(code) == [message])
    }
}
