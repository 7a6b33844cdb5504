// SPDX-License-Identifier: BSD-2-Clause
import Glibc
import Testing

@testable import Scripting

private func findings(_ code: String) throws -> [Finding] {
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
    return try host.check(file: path).map { finding in
        var one = finding
        one.message = one.message.replacing(path, with: "x.lua")
        return one
    }
}

private func check(_ code: String) throws -> [String] { try findings(code).map(\.message) }

/// Socket `s`, and a callback of ON_CONN_NEW_DATA with that body from line 3 on.
private func checkData(_ body: String) throws -> [String] {
    try check(
        """
        local s = mos.socket(mos.SOCK_MONITOR_STREAM)
        s:on(mos.ON_CONN_NEW_DATA, function(flow, side, event, arg)
        \(body)
        end)
        """
    )
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
        ("local x = = 3", "x.lua:1:11: unexpected symbol near '='"),
        (
            "local s = mos.socket(mos.SOCK_MONITOR_STREAM)\n  s:bind_filter { syn = 'nonsense' }",
            "x.lua:2:5: mos.bind_filter: syntax error (EINVAL)"
        ),
        (
            "local s = mos.socket(mos.SOCK_MONITOR_STREAM)\ns:on(mos.ON_GAP, mos.HK_SND, print)",
            "x.lua:2:22: mos.register_callback: argument 3 (hook) is mos.HK_SND; mos.ON_GAP may have mos.NULL "
                + "(EINVAL)"
        ),
    ])
    func `names what the top level runs into`(code: String, message: String) throws {
        #expect(try check(code) == [message])
    }

    @Test(arguments: [
        ("flow:veiw(side)", "x.lua:3:6: flow has no field \"veiw\"; did you mean \"view\"?"),
        ("print(flow.cli.rt)", "x.lua:3:16: flow.cli has no field \"rt\"; did you mean \"rtt\"?"),
        (
            "local p = flow:packet() print(p.tcp.sq)",
            "x.lua:3:37: packet.tcp has no field \"sq\"; did you mean \"seq\"?"
        ),
        (
            "local v = flow:view(side) print(v:strats 'a')",
            "x.lua:3:35: view has no field \"strats\"; did you mean \"starts\"?"
        ),
        ("flow.view(side)", "x.lua:3:6: flow.view is called with a dot; write flow:view(...)"),
        ("mos:now()", "x.lua:3:5: mos:now is called with a colon; write mos.now(...)"),
        ("flow.end_reason = 1", "x.lua:3:6: flow.end_reason cannot be set"),
        (
            "print(arg.code)",
            "x.lua:3:11: ON_CONN_NEW_DATA has no arg: its callback takes (flow, side, event)"
        ),
        (
            "flow:on('ON_GAP', print)",
            "x.lua:3:6: mos.register_callback: argument 2 (event) is \"ON_GAP\"; write mos.ON_GAP, without quotes"
        ),
        (
            "flow:on(mos.HK_SND, print)",
            "x.lua:3:13: mos.register_callback: argument 2 (event) is mos.HK_SND, which is no event"
        ),
        (
            "flow:on(mos.ON_GAP, 'f')",
            "x.lua:3:6: mos.register_callback: argument 3 (fn) is \"f\"; it must be a function, or nil to remove the callback"
        ),
        (
            "flow:setsockopt(mos.CLIBUF, -4)",
            "x.lua:3:6: mos.setsockopt: argument 3 (value) is -4; it must be a number of bytes, 0 to 1073741824 (EINVAL)"
        ),
        (
            "flow:setsockopt('CLIBUF', 4)",
            "x.lua:3:6: mos.setsockopt: argument 2 (option) is \"CLIBUF\"; write mos.CLIBUF, without quotes"
        ),
        (
            "flow:setsockopt(mos.TIMESTAMP, 4)",
            "x.lua:3:21: mos.setsockopt: mos.TIMESTAMP can only be read"
        ),
        ("s:bind_filter { syn = 'nonsense' }", "x.lua:3:3: mos.bind_filter: syntax error (EINVAL)"),
        (
            "local r = mos.socket(mos.SOCK_MONITOR_RAW) r:on(mos.ON_GAP, print)",
            "x.lua:3:53: mos.register_callback: a raw socket has no mos.ON_GAP; it has mos.ON_PKT_IN and mos.ON_ORPHAN"
        ),
        (
            "mos.every(1, function(t) t:cancle() end)",
            "x.lua:3:28: timer has no field \"cancle\"; did you mean \"cancel\"?"
        ),
        (
            "flow:on(mos.ON_GAP, function(f, _, _, a) print(a.len, f.clii) end)",
            "x.lua:3:50: arg has no field \"len\""
        ),
    ])
    func `knows what callbacks are handed`(line: String, message: String) throws {
        #expect(
            try checkData("if side == 0 then return end " + line).first { _ in true }
                .map { shift($0, by: -29) } == message
        )
    }

    /// A message with its column moved.
    private func shift(_ message: String, by columns: Int) -> String {
        var parts = message.split(separator: ":", maxSplits: 3, omittingEmptySubsequences: false)
            .map(String.init)
        guard parts.count == 4, let column = Int(parts[2]) else { return message }
        parts[2] = String(column + columns)
        return parts.joined(separator: ":")
    }

    @Test func `says nothing of what may be something else`() throws {
        #expect(
            try checkData(
                """
                local x = flow
                if side == 0 then x = {} end
                print(x.anything, flow.state.n, mos.args.deep)
                local p = side == 1 and flow:packet() or { tcp = { sq = 1 } }
                print(p.tcp.sq)
                local f = flow.view
                f(flow, side)
                """
            ) == []
        )
    }

    @Test(arguments: [
        (
            "local t = {} t[flow] = 1",
            "x.lua:3:15: warning: a flow is a new value at each event and no key of a table; take flow.id"
        ),
        (
            "flow.ctx = flow:view(side)",
            "x.lua:3:6: warning: a view is valid until its callback returns; keep tostring(view), or a part of it by view:sub(i, j)"
        ),
        (
            "local f = function() end return f",
            "x.lua:3:11: warning: this makes a function at each ON_CONN_NEW_DATA; make it once, outside of the callback"
        ),
    ])
    func `warns of what works but not well`(line: String, message: String) throws {
        #expect(try checkData(line) == [message])
    }

    @Test func `tells warnings from errors, and marks the word under the script's line`() throws {
        let found = try findings(
            "local s = mos.socket(mos.SOCK_MONITOR_STREAM)\n"
                + "s:on(mos.ON_PKT_IN, function(flow) local t = {} t[flow] = flow.cly end)"
        )
        #expect(found.map(\.isWarning) == [true, false])
        #expect(
            found[1].excerpt == """
                    2 | s:on(mos.ON_PKT_IN, function(flow) local t = {} t[flow] = flow.cly end)
                      |                                                                ^~~
                """
        )
    }

    @Test func `reads functions with many constants, numbers of all kinds and tables`() throws {
        let code = """
            local t = { 1, 2.5, -7, 1e300, "x", true, a = { b = 3 }, [4] = 2^53, c = "d", n = -0.5 }
            local big, negative, wide = 123456789012, -2147483648, 0xffffffff
            for i, v in ipairs(t) do print(i, v, big, negative, wide, 5LL, 3i) end
            for k in pairs(t) do if k then goto on end print(k) ::on:: end
            while #t < 3 do t[#t + 1] = 1 end
            repeat local q = #t until q > 1
            return (function(...) return select("#", ...), mos.nwo() end)(t)
            """
        #expect(
            try check(code)[0].hasPrefix(
                "x.lua:7:52: mos has no \"nwo\"; did you mean \"mos.now\"?"
            )
        )
    }

    @Test func `finds nothing wrong in the examples of the manual but in those about errors`()
        throws
    {
        let examples = ManualData.sharedExamples.filter {
            $0.one("errors") == "0" && $0.one("page") != "scripts" && $0.one("file") != "-e"
        }
        #expect(examples.count > 100)
        for example in examples {
            let found = try findings(example.one("code")).filter { !$0.isWarning }
            #expect(found.isEmpty, "\(example.one("page")): \(found.map(\.message))")
        }
    }
}
