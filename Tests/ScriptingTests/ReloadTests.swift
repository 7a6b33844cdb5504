// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Engine
import Packets
import Testing

@testable import Scripting

/// Ten connections that open, say something and close, one behind the other within each step.
private var conversations: [OwnedFrame] {
    let ports = (0..<10).map { UInt16(40000 + $0) }
    var talk = Talk()
    for port in ports { talk.open(port) }
    for round in 0..<6 {
        for port in ports { talk.says("request \(round)\n", port) }
        for port in ports { talk.answers("answer \(round)\n", port) }
    }
    for port in ports { talk.closes(port) }
    return talk.frames
}

/// Everything that a script can keep: state, contexts, timers, aggregates, locals, callbacks of single flows.
private let everything = """
    mos.flow_state "uint32_t packets; double first; uint8_t bytes[4]"
    local s = mos.socket(mos.SOCK_MONITOR_STREAM, "all")
    local lines, sizes = mos.counter("lines", { "port" }), mos.histogram("sizes")
    local ports, best = mos.distinct("ports"), mos.topk("best", { "port" })
    local last = mos.gauge("last", { "port", keep = "last" })
    local seen = { connections = 0, names = {} }
    local M = {}
    function M.each_packet(f)
      f.state.packets = f.state.packets + 1
      f.state.bytes[1] = (f.state.bytes[1] + 3) % 256
    end
    function M.later(timer) mos.emit("later", { at = mos.now() }) end
    s:on(mos.ON_CONN_START, function(f)
      f.ctx = { text = "", since = mos.now(), nested = { f.cli.port } }
      f.state.first = mos.now()
      f:on(mos.ON_PKT_IN, mos.HK_SND, M.each_packet)
      seen.connections = seen.connections + 1
      seen.names[#seen.names + 1] = tostring(f)
      ports:add(f.cli.port)
      mos.settimer(3.05, M.later)
    end)
    s:on(mos.ON_CONN_NEW_DATA, function(f, side)
      local data = f:peek(side)
      f.ctx.text = f.ctx.text .. data
      lines:add(1, f.svr.port)
      sizes:add(#data)
      best:add(#data, f.cli.port)
      last:set(mos.now(), f.cli.port)
    end)
    s:on(mos.ON_CONN_END, function(f)
      mos.emit("conn", { uid = f.uid, packets = f.state.packets, first = f.state.first,
        byte = f.state.bytes[1], text = f.ctx.text, since = f.ctx.since, nested = f.ctx.nested,
        connections = seen.connections })
    end)
    mos.every(0.7, function() mos.emit("tick", { at = mos.now() }) end)
    mos.on_interval(2, function(at) mos.emit("interval", { at = at, lines = lines:value(80) }) end,
      { clear = { last } })
    mos.on_report(function()
      print(lines:value(80), sizes:count(), sizes:sum(), sizes:max(), ports:value())
      for port, sum in best:top(3) do print(port, sum) end
    end)
    mos.on_reload(function(old) seen = old.seen end)
    mos.on_exit(function() print(seen.connections, table.concat(seen.names, " ")) end)
    return M
    """

@Suite struct `Reloading a script` {
    @Test func `the script of these tests keeps something of each kind`() throws {
        let run = try ReloadRun(everything, over: conversations)
        #expect(run.outcome.errors == 0)
        #expect(run.lines.contains { $0.hasPrefix("120\t120\t") })
    }

    @Test(arguments: [1, 64])
    func `counters and records are those of a run without edits`(burst: Int) throws {
        let frames = conversations
        let plain = try ReloadRun(everything, over: frames, burst: burst)
        #expect(plain.lines.count > 30)
        let edits = [
            17: everything, 60: everything + "\n-- edited", 100: everything, 163: everything,
        ]
        let edited = try ReloadRun(everything, over: frames, edits: edits, burst: burst)
        #expect(edited.lines == plain.lines)
        #expect(edited.outcome == plain.outcome)
        #expect(edited.reports.count == 4)
        for report in edited.reports { #expect(!report.contains("lost")) }
    }

    @Test(arguments: ScriptOptions.Format.allCases)
    func `records have the columns and the widths that they had`(format: ScriptOptions.Format)
        throws
    {
        var options = ScriptOptions()
        options.format = format
        let frames = conversations
        let plain = try ReloadRun(everything, over: frames, options: options)
        let edits = [40: everything, 90: everything, 150: everything]
        let edited = try ReloadRun(everything, over: frames, edits: edits, options: options)
        #expect(edited.lines == plain.lines)
    }

    @Test func `a version that does not load leaves the other alone`() throws {
        let frames = conversations
        let plain = try ReloadRun(everything, over: frames)
        let edited = try ReloadRun(
            everything,
            over: frames,
            edits: [
                20: "x = = 1", 40: "mos.sockett()",
                60: "mos.socket(mos.SOCK_MONITOR_STREAM):bind_filter{syn='tcp prt 80'} error('no')",
            ]
        )
        #expect(edited.lines == plain.lines)
        #expect(edited.reports.count == 3)
        #expect(edited.reports.allSatisfy { $0.hasPrefix("not loaded: test:1: ") })
    }

    @Test func `what a version that does not stay prints at its top level is not seen`() throws {
        let version = "print 'loaded' mos.on_exit(function() print 'over' end)"
        let run = try ReloadRun(
            version,
            over: conversations,
            edits: [3: "print 'not seen' error 'no'", 5: version]
        )
        #expect(run.lines == ["loaded", "loaded", "over"])
    }

    @Test func `callbacks that are registered no more are gone, new ones come`() throws {
        let first = """
            local s = mos.socket(mos.SOCK_MONITOR_STREAM)
            s:on(mos.ON_CONN_NEW_DATA, function(f, side) print("data", f:peek(side)) end)
            s:on(mos.ON_CONN_END, function(f) print "end" end)
            """
        let second = """
            local s = mos.socket(mos.SOCK_MONITOR_STREAM)
            s:on(mos.ON_TCP_STATE_CHANGE, function(f, side) print("state", f.cli.state) end)
            """
        var talk = Talk.opened()
        talk.says("a")
        talk.says("b")
        talk.closes()
        let run = try ReloadRun(first, over: talk.frames, edits: [3: second])
        #expect(run.lines.first == "data\ta")
        #expect(run.lines.dropFirst().allSatisfy { $0.hasPrefix("state") })
        #expect(run.lines.count > 3)
        // And back: what was not read in between is not news.
        let both = try ReloadRun(first, over: talk.frames, edits: [3: second, 4: first])
        #expect(both.lines == ["data\ta", "end"])
    }

    @Test func `a socket that reads only now reads flows that are there`() throws {
        let first = """
            local s = mos.socket(mos.SOCK_MONITOR_STREAM, "s")
            s:setsockopt(mos.SVRBUF, 0) s:setsockopt(mos.CLIBUF, 0)
            s:on(mos.ON_CONN_START, function(f) print(f) end)
            """
        let second = """
            local s = mos.socket(mos.SOCK_MONITOR_STREAM, "s")
            s:on(mos.ON_CONN_NEW_DATA, function(f, side) print(f:peek(side)) end)
            """
        var talk = Talk.opened()
        talk.says("a")
        talk.says("b")
        talk.answers("c")
        let run = try ReloadRun(first, over: talk.frames, edits: [3: second])
        #expect(run.lines == ["10.0.0.1:40000 > 10.0.0.2:80", "b", "c"])
    }

    @Test func `sockets are matched by name, else by the order of their making`() throws {
        let first = """
            local a = mos.socket(mos.SOCK_MONITOR_STREAM, "a")
            local b = mos.socket(mos.SOCK_MONITOR_STREAM)
            a:on(mos.ON_CONN_START, function(f) f.ctx = "of a" end)
            b:on(mos.ON_CONN_START, function(f) f.ctx = "of b" end)
            """
        let second = """
            local new = mos.socket(mos.SOCK_MONITOR_STREAM, "new")
            local b = mos.socket(mos.SOCK_MONITOR_STREAM)
            local a = mos.socket(mos.SOCK_MONITOR_STREAM, "a")
            new:on(mos.ON_CONN_END, function(f) print("new", f.ctx) end)
            a:on(mos.ON_CONN_END, function(f) print("a", f.ctx, f.socket.name) end)
            b:on(mos.ON_CONN_END, function(f) print("b", f.ctx, f.socket.name) end)
            """
        var talk = Talk.opened(40000)
        talk.open(40001)
        talk.resets(40000)
        talk.resets(40001)
        let run = try ReloadRun(first, over: talk.frames, edits: [2: second])
        // The new socket sees flows that start from now on.
        #expect(
            run.lines == [
                "a\tof a\ta", "b\tof b\t2", "a\tnil\ta", "b\tnil\t2", "new\tnil",
            ]
        )
    }

    @Test func `a flow's own callback goes on when its function has a name, else it is lost`()
        throws
    {
        func version(_ text: String) -> String {
            """
            local s = mos.socket(mos.SOCK_MONITOR_STREAM)
            local M = {}
            function M.field(f) print("\(text) field") end
            local named = mos.name("named", function(f) print("\(text) named") end)
            local function bare(f) print("\(text) bare") end
            s:on(mos.ON_CONN_START, function(f)
              f:on(mos.ON_PKT_IN, mos.HK_SND, f.cli.port == 40000 and M.field
                or f.cli.port == 40001 and named or bare)
            end)
            return M
            """
        }
        var talk = Talk()
        for port in 40000...40002 { talk.syn(UInt16(port)) }
        for port in 40000...40002 { talk.says("x", UInt16(port)) }
        let run = try ReloadRun(version("old"), over: talk.frames, edits: [2: version("new")])
        #expect(run.lines == ["new field", "new named"])
        #expect(
            run.reports == [
                "2: kept 3 flows, 1 of 1 sockets; lost callbacks of flows, which have no name: "
                    + "test:5 (of 1 flows)"
            ]
        )
    }

    @Test func `state whose layout changed is copied field by field`() throws {
        let first = """
            mos.flow_state "uint16_t n; double t; uint8_t gone; uint32_t list[3]"
            local s = mos.socket(mos.SOCK_MONITOR_STREAM)
            s:on(mos.ON_CONN_START, function(f)
              f.state.n, f.state.t, f.state.gone = 513, 2.5, 7
              for i = 0, 2 do f.state.list[i] = 10 + i end
            end)
            """
        let second = """
            mos.flow_state "double fresh; uint32_t list[2]; uint8_t n; float t"
            local s = mos.socket(mos.SOCK_MONITOR_STREAM)
            s:on(mos.ON_CONN_END, function(f)
              print(f.state.fresh, f.state.list[0], f.state.list[1], f.state.n, f.state.t)
            end)
            """
        var talk = Talk.opened(40000, 40001)
        talk.resets(40001)
        talk.resets(40000)
        let run = try ReloadRun(first, over: talk.frames, edits: [5: second])
        #expect(run.lines == ["0\t10\t11\t1\t2.5", "0\t10\t11\t1\t2.5"])
        #expect(run.reports[0].contains("flow.state: copied 3 fields; flow.state: lost gone"))
    }

    @Test func `contexts follow, with named metatables, and what cannot is told`() throws {
        let version = """
            local Parser = {}
            Parser.__index = Parser
            function Parser:name() return "parser of " .. self.what end
            local s = mos.socket(mos.SOCK_MONITOR_STREAM)
            s:on(mos.ON_CONN_START, function(f)
              local port = f.cli.port
              if port == 40000 then f.ctx = setmetatable({ what = "x" }, Parser)
              elseif port == 40001 then f.ctx = { f = f, list = { 1, { 2 } } }
              elseif port == 40002 then f.ctx = { function() end }
              elseif port == 40003 then f.ctx = false
              else f.ctx = setmetatable({}, { __index = {} }) end
            end)
            s:on(mos.ON_CONN_END, function(f)
              local c = f.ctx
              if f.cli.port == 40000 then print(c:name())
              elseif f.cli.port == 40001 then print(c.f == f, c.list[2][1], tostring(c.f))
              else print(f.cli.port, c) end
            end)
            return { Parser = Parser }
            """
        var talk = Talk()
        for port in 40000...40004 { talk.open(UInt16(port)) }
        for port in 40000...40004 { talk.resets(UInt16(port)) }
        let run = try ReloadRun(version, over: talk.frames, edits: [14: version])
        #expect(
            run.lines == [
                "parser of x", "true\t2\t10.0.0.1:40001 > 10.0.0.2:80", "40002\tnil",
                "40003\tfalse",
                "40004\tnil",
            ]
        )
    }

    @Test func `a context that was replaced, taken away or whose flow ended is not the old one`()
        throws
    {
        let version = """
            local s = mos.socket(mos.SOCK_MONITOR_STREAM)
            s:on(mos.ON_CONN_START, function(f) f.ctx = "old " .. f.cli.port end)
            s:on(mos.ON_CONN_NEW_DATA, function(f, side)
              local data = f:peek(side)
              if data == "set" then f.ctx = "new" elseif data == "clear" then f.ctx = nil end
              print(f.ctx)
            end)
            """
        let second = version.replacing("f.ctx = \"old \" .. f.cli.port", with: "print(f.ctx)")
        var talk = Talk()
        for port in 40000...40002 { talk.open(UInt16(port)) }
        talk.says("set", 40000)
        talk.says("clear", 40001)
        talk.says("look", 40000)
        talk.says("look", 40001)
        talk.says("look", 40002)
        talk.resets(40002)
        talk.open(40003)
        talk.says("look", 40003)
        let run = try ReloadRun(version, over: talk.frames, edits: [8: second])
        #expect(run.lines == ["new", "nil", "new", "nil", "old 40002", "nil", "nil"])
    }

    @Test func `after the trial contexts come between bursts, then the former version goes`() throws
    {
        let version = """
            local s = mos.socket(mos.SOCK_MONITOR_STREAM)
            s:on(mos.ON_CONN_START, function(f) f.ctx = { port = f.cli.port } end)
            s:on(mos.ON_PKT_IN, mos.HK_SND, function() end)
            s:on(mos.ON_CONN_END, function(f) print(f.ctx.port) end)
            """
        var talk = Talk()
        for port in 40000..<40400 { talk.open(UInt16(port)) }
        for _ in 0..<1200 { talk.says("x") }
        for port in 40000..<40400 { talk.resets(UInt16(port)) }
        let run = try ReloadRun(version, over: talk.frames, edits: [1199: version])
        #expect(run.lines == (40000..<40400).map { "\($0)" })
        #expect(run.reports.last == "2 passed")
        #expect(run.disposed == [1])
    }

    @Test func `contexts come through versions that never asked for them`() throws {
        func version(_ text: String) -> String {
            """
            local s = mos.socket(mos.SOCK_MONITOR_STREAM)
            s:on(mos.ON_CONN_START, function(f) f.ctx = { "\(text)", f.cli.port } end)
            s:on(mos.ON_CONN_NEW_DATA, function(f, side)
              if f:peek(side) == "clear" then f.ctx = nil else print(f.ctx and f.ctx[1]) end
            end)
            s:on(mos.ON_CONN_END, function(f) print(f.ctx and f.ctx[1], f.cli.port) end)
            """
        }
        var talk = Talk()
        for port in 40000...40003 { talk.open(UInt16(port)) }
        talk.says("look", 40000)
        talk.says("clear", 40001)
        talk.says("look", 40001)
        for port in 40000...40003 { talk.resets(UInt16(port)) }
        var edits: [Int: String] = [:]
        for place in 11...18 { edits[place] = version("new") }
        let run = try ReloadRun(version("old"), over: talk.frames, edits: edits)
        #expect(
            run.lines == ["old", "nil", "old\t40000", "nil\t40001", "old\t40002", "old\t40003"]
        )
    }

    @Test func `ten errors in a row within a thousand callbacks bring the one before back`() throws
    {
        let good = """
            local s = mos.socket(mos.SOCK_MONITOR_STREAM)
            local seen, M = 0, {}
            s:on(mos.ON_CONN_START, function(f)
              f.ctx = { n = 0 }
              f:on(mos.ON_CONN_END, function(f) print("end", f.ctx.n) end)
            end)
            s:on(mos.ON_CONN_NEW_DATA, function(f, side)
              f:peek(side)
              seen = seen + 1
              f.ctx.n = f.ctx.n + 1
            end)
            mos.every(1, function() seen = seen + 0.001 end)
            mos.on_interval(1, function() end)
            mos.on_exit(function() print(seen > 110 and seen < 111) end)
            """
        let bad = good.replacing("seen = seen + 1\n", with: "f.ctx.n = f.ctx.n + nil\n")
        let frames = conversations
        let run = try ReloadRun(good, over: frames, edits: [80: bad])
        // Ten connections with 12 pieces each, of which ten pieces fell into the trial.
        #expect(run.lines.filter { $0.hasPrefix("end") }.count == 10)
        #expect(run.reports.count == 3)
        #expect(run.reports[1] == "2 failed")
        #expect(run.reports[2].hasPrefix("back from 2: kept 10 flows, 1 of 1 sockets"))
        #expect(run.outcome.errors == 10)
        #expect(run.disposed == [2])
        let counts = run.lines.filter { $0.hasPrefix("end") }.compactMap { Int($0.dropFirst(4)) }
        #expect(counts.reduce(0, +) == 110)
        #expect(run.lines.last == "true")
    }

    @Test func `an error in on_reload brings the one before back at once`() throws {
        let plain = try ReloadRun(everything, over: conversations)
        let run = try ReloadRun(
            everything,
            over: conversations,
            edits: [50: everything + "\nmos.on_reload(function() error 'no' end)"]
                .mapValues { $0.replacing("return M\n", with: "") }
        )
        #expect(run.reports.first?.hasPrefix("2 refused: error in on_reload: test:") == true)
        #expect(run.lines == plain.lines)
    }

    @Test func `old has fields of the returned table and locals, as copies`() throws {
        let first = """
            local number, text, list = 1.5, "a", { 1, 2 }
            local inner = { deep = true }
            local function helper() return inner end
            local open = io.stdout
            local M = { field = "of M", number = "M first" }
            mos.on_exit(function() return number, text, list, helper, open end)
            return M
            """
        let second = """
            mos.on_reload(function(old)
              print(old.number, old.text, #old.list, old.inner.deep, old.field, old.nothing)
              print(pcall(function() return old.open end))
            end)
            """
        let run = try ReloadRun(first, over: Talk.opened().frames, edits: [0: second])
        #expect(
            run.lines == [
                "M first\ta\t2\ttrue\tof M\tnil",
                "false\ttest:3: old.open cannot be carried over: it holds a userdata (EINVAL)",
            ]
        )
    }

    @Test func `user-defined events of single flows go on by the names of their functions`() throws
    {
        let version = """
            local s = mos.socket(mos.SOCK_MONITOR_STREAM)
            local M = {}
            function M.is_client(f, side) return side == mos.SIDE_CLI end
            function M.tell(f, side, event) print("tell", f.cli.port) end
            local other = mos.define_event(mos.ON_PKT_IN, function() return false end)
            local from_client = mos.define_event(mos.ON_PKT_IN, M.is_client)
            s:on(mos.ON_PKT_IN, mos.HK_SND, function(f) print("base") end)
            s:on(mos.ON_CONN_START, function(f) f:on(from_client, mos.HK_SND, M.tell) end)
            return M
            """
        let second = version.replacing(
            "local other = mos.define_event(mos.ON_PKT_IN, function() return false end)\n",
            with: ""
        ).replacing("\"base\"", with: "\"new base\"")
        var talk = Talk()
        talk.syn()
        talk.says("x")
        talk.says("y")
        let run = try ReloadRun(version, over: talk.frames, edits: [1: second])
        #expect(run.lines == ["base", "base", "tell\t40000", "new base", "tell\t40000"])
        #expect(!run.reports[0].contains("lost"))
    }

    @Test func `a hundred edits leave nothing behind`() throws {
        let frames = conversations
        let plain = try ReloadRun(everything, over: frames)
        var edits: [Int: String] = [:]
        for place in 20..<120 { edits[place] = everything }
        let run = try ReloadRun(everything, over: frames, edits: edits)
        #expect(run.lines == plain.lines)
        #expect(run.disposed == Array(1..<run.disposed.count + 1))
        // Four may still keep contexts.
        #expect(run.disposed.count >= 95)
    }
}
