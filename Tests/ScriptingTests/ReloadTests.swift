// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Engine
import Packets
import Testing

@testable import Scripting

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
