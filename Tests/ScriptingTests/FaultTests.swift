// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Testing

@testable import Scripting

private func packet(flow: Int32, seconds: UInt32 = 1_700_000_000) -> Occurrence {
    var one = Occurrence.packet
    one.flow = flow
    one.seconds = seconds
    return one
}

@Suite struct `An error in a callback` {
    @Test func `is reported with event, flow and the user's frames, and the run goes on`() throws {
        let result = try run(
            "local function inner(t) return t.x.y end\n"
                + inPacket("if flow.slot == 0 then inner {} end print 'ok'"),
            over: [.packet, packet(flow: 1)]
        )
        #expect(result.printed == ["ok"])
        #expect(
            result.diagnostics == [
                """
                mos: error in a callback: test:1: attempt to index field 'x' (a nil value)
                    1 | local function inner(t) return t.x.y end
                      |                                  ^
                    test:1: in 'inner'
                    test:4: in the function of line 3
                    event ON_PKT_IN at HK_SND, SIDE_CLI, flow 128.232.110.120:34855 > 66.35.250.204:80
                """
            ]
        )
        #expect(result.outcome == ScriptHost.Outcome(errors: 1, wasStopped: false))
    }

    @Test func `within the library points at the user's line`() throws {
        let result = try run(inData("data.u8(1)"), over: [.data("abc")])
        let first = try #require(result.diagnostics.first)
        #expect(
            first.hasPrefix(
                "mos: error in a callback: test:4: attempt to index local 'v' (a number value)\n"
                    + "    4 | data.u8(1)\n      | ^\n    hint: write data:u8(...), with a colon\n"
                    + "    test:4: "
            )
        )
    }

    @Test func `stops a strict run`() throws {
        var options = ScriptOptions()
        options.isStrict = true
        let result = try run(
            inPacket("print 'called' error 'x'"),
            over: [.packet, .packet],
            options: options
        )
        #expect(result.printed == ["called"])
        #expect(result.outcome == ScriptHost.Outcome(errors: 1, wasStopped: true))
    }

    @Test func `switches the callback off for a flow after so many in a row`() throws {
        var options = ScriptOptions()
        options.errorsInARow = 3
        let many = Array(repeating: packet(flow: 0), count: 6) + [packet(flow: 1)]
        let result = try run(
            inPacket("print(flow.slot) if flow.slot == 0 then error 'x' end"),
            over: many,
            options: options
        )
        #expect(result.printed == ["0", "0", "0", "1"])
        #expect(
            result.diagnostics.contains(
                "mos: callback test:2 is off for flow 128.232.110.120:34855 > 66.35.250.204:80 after 3 "
                    + "errors in a row (said once)"
            )
        )
    }

    @Test func `is forgotten by a success on the same flow`() throws {
        var options = ScriptOptions()
        options.errorsInARow = 3
        let result = try run(
            "local n = 0\n" + inPacket("n = n + 1 if n % 3 ~= 0 then error 'x' end"),
            over: Array(repeating: packet(flow: 0), count: 30),
            options: options
        )
        #expect(result.outcome.errors == 20)
        #expect(!result.diagnostics.contains { $0.contains("is off for flow") })
    }

    @Test func `on a hundred flows without a success pauses the callback, twice as long each time`()
        throws
    {
        // Without a flow each call counts as one of its own.
        var orphans: [Occurrence] = []
        for index in 0..<1000 {
            var one = packet(flow: -1, seconds: 1_700_000_000 + UInt32(index / 200))
            one.event = MOS_ON_ORPHAN
            one.hook = Int32(MOS_NULL)
            orphans.append(one)
        }
        let result = try run(
            """
            local s = mos.socket(mos.SOCK_MONITOR_STREAM)
            s:on(mos.ON_ORPHAN, function(socket) error "x" end)
            """,
            over: orphans
        )
        let pauses = result.diagnostics.filter { $0.contains("pauses for") }
        #expect(
            pauses == [
                "mos: callback test:2 pauses for 1 s of packet time after errors on 100 flows without a success",
                "mos: callback test:2 pauses for 2 s of packet time after errors on 100 flows without a success",
                "mos: callback test:2 pauses for 4 s of packet time after errors on 100 flows without a success",
            ]
        )
        #expect(result.outcome.errors == 300)
        #expect(result.diagnostics.last == "mos: callback test:2 missed 700 events while it paused")
    }

    @Test func `in a repeated timer ends the timer after so many in a row`() throws {
        var options = ScriptOptions()
        options.errorsInARow = 2
        var due = Occurrence.packet
        due.timer = 1
        let result = try run(
            "mos.every(1, function() print 'tick' error 'x' end)",
            over: [due, due, due],
            options: options
        )
        #expect(result.printed == ["tick", "tick"])
        #expect(result.diagnostics.contains("mos: this timer is off after 2 errors in a row"))
    }

    @Test func `that repeats is told once, and counted with its flows`() throws {
        let occurrences = (0..<12).map { packet(flow: Int32($0 % 3)) }
        let result = try run(
            inPacket("if flow.slot == 2 then error('other') end\nerror 'same'"),
            over: occurrences
        )
        let told = result.diagnostics.filter { $0.hasPrefix("mos: error in a callback") }
        #expect(told.count == 2)
        #expect(
            result.diagnostics.suffix(2) == [
                "mos: test:4: same: 8 times on 2 flows", "mos: test:3: other: 4 times on 1 flow",
            ]
        )
    }

    @Test func `of more than five kinds is counted, not shown`() throws {
        let result = try run(
            "local n = 0\n" + inPacket("n = n + 1 error('kind ' .. n)"),
            over: Array(repeating: .packet, count: 8)
        )
        #expect(result.diagnostics.filter { $0.hasPrefix("mos: error in a callback") }.count == 5)
        #expect(
            result.diagnostics.suffix(2) == [
                "mos: callback test:3: further errors are counted, not shown",
                "mos: callback test:3: 3 more errors",
            ]
        )
    }

    @Test func `that repeats in timers and at the end is told once as well`() throws {
        var due = Occurrence.packet
        due.timer = 1
        let result = try run(
            """
            mos.every(1, function() error "tick" end)
            mos.on_exit(function() error "bye" end)
            """,
            over: [due, due, due]
        )
        #expect(
            result.diagnostics == [
                """
                mos: error in a timer: test:1: tick
                    1 | mos.every(1, function() error "tick" end)
                      | ^
                    test:1: in the function of line 1
                    timer (every 1 s)
                """,
                """
                mos: error in on_exit: test:2: bye
                    2 | mos.on_exit(function() error "bye" end)
                      | ^
                    test:2: in the function of line 2
                """,
                "mos: test:1: tick: 3 times",
            ]
        )
    }

    @Test(arguments: [
        ("return flow.cli.mss > 1000", "flow.cli.mss is nil without the option"),
        (
            "local mss = flow.cli.mss\nreturn mss + 1",
            "mss is nil: flow.cli.mss is nil without the option"
        ),
        ("return 'mss ' .. flow.cli.mss", "flow.cli.mss is nil without the option"),
        ("return flow.end_reason:upper()", "flow.end_reason is nil while it lives"),
        ("local p = flow.packet(side)", "write flow:packet(...), with a colon"),
        ("local t = mos:every(1, print)", "write mos.every(...), with a dot"),
        ("flow:on('ON_GAP', print)", "write mos.ON_GAP, without quotes"),
        (
            "local word = ('x'):rep(3):match 'y'\nlocal v = tostring(flow):match 'y'\nreturn v:upper()",
            "v is nil: match gives nil where it does not find its pattern"
        ),
    ])
    func `of a common kind says what to write, or why a value was nil`(
        body: String,
        hint: String
    ) throws {
        let result = try run(inPacket(body), over: [.packet])
        let lines = try #require(result.diagnostics.first).split(separator: "\n")
        #expect(lines.contains("    hint: \(hint)"), "\(lines)")
    }

    @Test func `of compiled code is told of the flow in hand, not of what its frame has left`()
        throws
    {
        var occurrences = (0..<200).map { packet(flow: Int32(2 + $0 % 4)) }
        var over = packet(flow: 5)
        over.ends = true
        occurrences += [over, packet(flow: 0)]
        let result = try run(
            inPacket(
                "local mss = flow.slot == 0 and flow.cli.mss or flow.svr.wscale\nlocal n = mss .. ''"
            )
            .replacing("mss or flow.svr.wscale", with: "mss .. 'x' or flow.svr.wscale"),
            over: occurrences
        )
        #expect(
            try #require(result.diagnostics.first)
                .contains("hint: flow.cli.mss is nil without the option")
        )
    }

    @Test(arguments: [
        "local mss = flow.cli.mss or nil\nreturn mss + 1", "local t = {} return t.mss + 1",
        "local cli = { mss = nil } return cli.mss > 1", "error 'a nil value'",
    ])
    func `says nothing of what it does not know`(body: String) throws {
        let result = try run(inPacket(body), over: [.packet])
        #expect(try !#require(result.diagnostics.first).contains("hint:"))
    }

    @Test func `shows no character that steers a terminal, and keeps marks in their place`() throws
    {
        let result = try run(
            inPacket("local é, t = '\u{1b}[31m\t', {} return t.x.y"),
            over: [.packet]
        )
        #expect(
            try #require(result.diagnostics.first).split(separator: "\n")[1...2] == [
                "    3 | local é, t = '\\x1b[31m  ', {} return t.x.y",
                "      |                                        ^",
            ]
        )
    }

    @Test func `does not keep other callbacks from running`() throws {
        let result = try run(
            inPacket("error 'x'") + "\ns:on(mos.ON_CONN_NEW_DATA, function() print 'data' end)",
            over: [.packet, .data("a"), .packet, .data("b")]
        )
        #expect(result.printed == ["data", "data"])
        #expect(result.outcome.errors == 2)
    }
}

/// What the scripts below begin with: events of ON_PKT_IN at HK_SND, and callbacks that fail on flow 0.
private let prelude = """
    local s = mos.socket(mos.SOCK_MONITOR_STREAM)
    local IN, SND = mos.ON_PKT_IN, mos.HK_SND
    local function yes() return true end
    local function say(name, fails)
      return function(flow) if fails and flow.slot == 0 then error(name) end print(name, flow.slot) end
    end

    """

@Suite struct `An error in an event of one's own` {
    private func run(
        _ body: String,
        over occurrences: [Occurrence] = [.packet],
        inARow: Int = 10
    ) throws -> ScriptRun {
        var options = ScriptOptions()
        options.errorsInARow = inARow
        return try ScriptingTests.run(prelude + body, over: occurrences, options: options)
    }

    @Test func `of a filter counts as false, of a callback is its own; both are told of`() throws {
        let result = try run(
            """
            local bad = mos.define_event(IN, function(flow) return flow.slot.x end)
            local u = mos.define_event(IN, yes)
            s:on(IN, say("base", true))
            s:on(bad, print)
            s:on(u, say("u", true))
            s:on(mos.define_event(u, yes), say "below")
            """
        )
        #expect(result.printed == ["below\t0"])
        #expect(result.outcome == ScriptHost.Outcome(errors: 3, wasStopped: false))
        #expect(
            result.diagnostics == [
                """
                mos: error in a callback: test:5: base
                    5 |   return function(flow) if fails and flow.slot == 0 then error(name) end print(name, flow....
                      |   ^
                    test:5: in the function of line 5
                    event ON_PKT_IN at HK_SND, SIDE_CLI, flow 128.232.110.120:34855 > 66.35.250.204:80
                """,
                """
                mos: error in a callback: test:7: attempt to index field 'slot' (a number value)
                    7 | local bad = mos.define_event(IN, function(flow) return flow.slot.x end)
                      |                                                             ^~~~
                    test:7: in the function of line 7
                    event 10001 on ON_PKT_IN at HK_SND, SIDE_CLI, flow 128.232.110.120:34855 > \
                66.35.250.204:80
                """,
                """
                mos: error in a callback: test:5: u
                    5 |   return function(flow) if fails and flow.slot == 0 then error(name) end print(name, flow....
                      |   ^
                    test:5: in the function of line 5
                    event 10002 on ON_PKT_IN at HK_SND, SIDE_CLI, flow 128.232.110.120:34855 > \
                66.35.250.204:80
                """,
            ]
        )
    }

    @Test func `switches that callback alone off, for that flow`() throws {
        let result = try run(
            """
            local u, v = mos.define_event(IN, yes), mos.define_event(IN, yes, 2)
            s:on(IN, say "base")
            s:on(u, say("u", true))
            s:on(v, say "v")
            """,
            over: Array(repeating: packet(flow: 0), count: 4) + [packet(flow: 1)],
            inARow: 3
        )
        let flow0 = ["base\t0", "v\t0"]
        #expect(result.printed == flow0 + flow0 + flow0 + flow0 + ["base\t1", "u\t1", "v\t1"])
        #expect(result.outcome.errors == 3)
        #expect(
            result.diagnostics.contains(
                "mos: callback test:5 is off for flow 128.232.110.120:34855 > 66.35.250.204:80 after 3 "
                    + "errors in a row (said once)"
            )
        )
    }

    @Test func `switches off the base's callback alone`() throws {
        let result = try run(
            """
            s:on(IN, say("base", true))
            s:on(mos.define_event(IN, yes), say "u")
            """,
            over: Array(repeating: packet(flow: 0), count: 3) + [packet(flow: 1)],
            inARow: 2
        )
        #expect(result.printed == ["u\t0", "u\t0", "u\t0", "base\t1", "u\t1"])
        #expect(result.outcome.errors == 2)
    }

    @Test func `of a filter switches off all that hangs on it`() throws {
        let result = try run(
            """
            local bad = mos.define_event(IN, function(flow) return flow.slot > 0 or error "bad" end)
            s:on(bad, say "bad")
            s:on(mos.define_event(bad, yes), say "below")
            s:on(mos.define_event(IN, yes), say "other")
            """,
            over: Array(repeating: packet(flow: 0), count: 4) + [packet(flow: 1)],
            inARow: 2
        )
        let others = Array(repeating: "other\t0", count: 4)
        #expect(result.printed == others + ["bad\t1", "below\t1", "other\t1"])
        #expect(result.outcome.errors == 2)
    }

    @Test func `is forgotten by a success, counted for each callback`() throws {
        let result = try run(
            """
            local n = 0
            s:on(mos.define_event(IN, yes), function() n = n + 1 if n % 3 ~= 0 then error "x" end end)
            s:on(mos.define_event(IN, yes, 2), function() if n % 3 == 0 then error "y" end end)
            """,
            over: Array(repeating: packet(flow: 0), count: 30),
            inARow: 3
        )
        #expect(result.outcome.errors == 30)
        #expect(!result.diagnostics.contains { $0.contains("is off for flow") })
    }

    @Test func `on a hundred flows pauses the filter, and nothing else`() throws {
        var orphans: [Occurrence] = []
        for index in 0..<400 {
            var one = packet(flow: -1, seconds: 1_700_000_000 + UInt32(index / 200))
            one.event = MOS_ON_ORPHAN
            one.hook = Int32(MOS_NULL)
            orphans.append(one)
        }
        let result = try run(
            """
            local n, m = 0, 0
            s:on(mos.define_event(mos.ON_ORPHAN, function() error "x" end), function() n = n + 1 end)
            s:on(mos.define_event(mos.ON_ORPHAN, yes), function() m = m + 1 end)
            mos.on_exit(function() print(n, m) end)
            """,
            over: orphans
        )
        #expect(result.printed == ["0\t400"])
        #expect(result.outcome.errors == 200)
        #expect(result.diagnostics.last == "mos: callback test:8 missed 200 events while it paused")
    }

    @Test func `stops a strict run on the spot`() throws {
        var options = ScriptOptions()
        options.isStrict = true
        let result = try ScriptingTests.run(
            prelude + """
                s:on(IN, say "base")
                s:on(mos.define_event(IN, function() error "x" end), say "never")
                s:on(mos.define_event(IN, yes), say "never")
                """,
            over: [.packet, .packet],
            options: options
        )
        #expect(result.printed == ["base\t0"])
        #expect(result.outcome == ScriptHost.Outcome(errors: 1, wasStopped: true))
    }
}
