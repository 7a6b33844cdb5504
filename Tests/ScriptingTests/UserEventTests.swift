// SPDX-License-Identifier: BSD-2-Clause
import Packets
import Testing

@testable import Scripting

/// Cases T45 to T48: events that scripts define on others, and those that they raise.
@Suite struct `An event of one's own` {
    private var syn: Talk {
        var talk = Talk()
        talk.syn()
        return talk
    }

    @Test
    func `T45 fires behind its base when its filter is true, each filter once, parents first`()
        throws
    {
        let code = """
            local s = mos.socket(mos.SOCK_MONITOR_STREAM)
            local function filter(name, result)
              return function(flow, side, id, arg)
                print(name, flow, side == mos.SIDE_CLI, id, arg)
                return result
              end
            end
            local function callback(name)
              return function(flow, side, id, arg) print(name, flow.cli.port, id, arg) end
            end
            local u1 = mos.define_event(mos.ON_PKT_IN, filter("f1", true))
            local u2 = mos.define_event(u1, filter("f2", true), "extra")
            local u3 = mos.define_event(u1, filter("f3", false))
            local u4 = mos.define_event(u3, filter("never", true))
            local u5 = mos.define_event(mos.ON_PKT_IN, filter("f5", nil), 5)
            for i, u in ipairs { u5, u4, u3, u2, u1, mos.ON_PKT_IN } do
              mos.register_callback(s, u, mos.HK_SND, callback("c" .. 6 - i))
            end
            """
        #expect(
            try runEngine(code, over: syn) == [
                "c0\t40000\t16\tnil",
                "f1\t10.0.0.1:40000 > 10.0.0.2:80\ttrue\t10001\tnil", "c1\t40000\t10001\tnil",
                "f2\t10.0.0.1:40000 > 10.0.0.2:80\ttrue\t10002\textra",
                "c2\t40000\t10002\textra",
                "f3\t10.0.0.1:40000 > 10.0.0.2:80\ttrue\t10003\tnil",
                "f5\t10.0.0.1:40000 > 10.0.0.2:80\ttrue\t10005\t5",
            ]
        )
    }

    @Test func `T45 filters run only where somebody registered what they decide`() throws {
        let code = """
            local s = mos.socket(mos.SOCK_MONITOR_STREAM)
            local a = mos.define_event(mos.ON_PKT_IN, function() print "a" return true end)
            local b = mos.define_event(a, function() print "b" return true end)
            local c = mos.define_event(a, function() print "c" return true end)
            local d = mos.define_event(mos.ON_PKT_IN, function() print "d" return true end)
            s:on(c, function() print "C" end)
            """
        #expect(try runEngine(code, over: syn) == ["a", "c", "C"])
    }

    @Test func `T45 the same base, filter and argument are the same event`() throws {
        let code = """
            local function f() end
            local t, on = {}, mos.ON_PKT_IN
            local u = mos.define_event(on, f)
            print(u == mos.define_event(on, f), u == mos.define_event(on, f, t),
              mos.define_event(on, f, t) == mos.define_event(on, f, t),
              u == mos.define_event(on, function() end), u == mos.define_event(u, f),
              u == mos.define_event(mos.ON_REXMIT, f), mos.alloc_event(u) == mos.alloc_event(u))
            """
        #expect(try runEngine(code, over: syn) == ["true\tfalse\ttrue\tfalse\tfalse\tfalse\tfalse"])
    }

    @Test func `T45 trees may be as deep and as broad as there are events`() throws {
        let code = """
            local s = mos.socket(mos.SOCK_MONITOR_STREAM)
            local calls, order = 0, true
            local u = mos.ON_PKT_IN
            for i = 1, 2000 do
              u = mos.define_event(u, function() return true end)
              if i % 100 == 0 then
                s:on(u, function() calls = calls + 1 order = order and calls == i / 100 end)
              end
            end
            local chain = calls
            for i = 1, 2096 do
              u = mos.define_event(mos.ON_CONN_START, function() calls = calls + 1 end, i)
              if i % 131 == 0 then s:on(u, mos.HK_RCV, print) end
            end
            print(mos.define_event(mos.ON_CONN_START, print))
            print(mos.alloc_event(u))
            mos.on_exit(function() print(calls, order) end)
            """
        #expect(
            try runEngine(code, over: syn) == [
                "nil\tthere are 4096 user-defined events already\tENOSPC",
                "nil\tthere are 4096 user-defined events already\tENOSPC", "36\ttrue",
            ]
        )
    }

    @Test func `T46 one that is raised runs once, behind its parent and what is defined on that`()
        throws
    {
        let code = """
            local s = mos.socket(mos.SOCK_MONITOR_STREAM)
            local first, second, third
            local u = mos.define_event(mos.ON_PKT_IN, function(flow, side)
              mos.raise_event(first)
              mos.raise_event(first)
              return side == mos.SIDE_CLI
            end)
            first, second = mos.alloc_event(u), mos.alloc_event(u)
            local on_first = mos.define_event(first, function() print "filter of first" return true end)
            local v = mos.define_event(u, function() print(mos.raise_event(third)) return true end)
            third = mos.alloc_event(u)
            local function show(name, fn)
              return function(flow, side, id, arg) print(name, id, arg) if fn then fn() end end
            end
            s:on(third, show "third")
            s:on(second, show "second")
            s:on(first, show "first")
            s:on(on_first, show "on first")
            s:on(u, show("u", function() mos.raise_event(second) end))
            s:on(v, show "v")
            """
        var talk = syn
        talk.answers("never")
        #expect(
            try runEngine(code, over: talk) == [
                "u\t10001\tnil", "true", "v\t10005\tnil", "first\t10002\tnil", "filter of first",
                "on first\t10004\tnil", "second\t10003\tnil", "third\t10006\tnil",
            ]
        )
    }

    @Test func `T46 one filter tells many events apart, though nobody asked for its own`() throws {
        let code = """
            local s = mos.socket(mos.SOCK_MONITOR_STREAM)
            local raised = {}
            mos.define_event(mos.ON_CONN_NEW_DATA, function(flow, side)
              local text = flow:peek(side)
              for word, id in pairs(raised) do
                if text:find(word, 1, true) then mos.raise_event(id) end
              end
            end)
            for _, word in ipairs { "GET", "Host", "Cookie" } do
              raised[word] = mos.alloc_event(mos.ON_CONN_NEW_DATA)
              s:on(raised[word], function(flow, side, id) print(word, id == raised[word]) end)
            end
            """
        var talk = Talk.opened()
        talk.says("GET / Cookie")
        talk.says("Host")
        #expect(try runEngine(code, over: talk) == ["GET\ttrue", "Cookie\ttrue", "Host\ttrue"])
    }

    @Test func `T46 what is raised in one turn, or elsewhere, does not come in the next`() throws {
        let code = """
            local s = mos.socket(mos.SOCK_MONITOR_STREAM)
            local other = mos.socket(mos.SOCK_MONITOR_STREAM)
            local n = 0
            local a = mos.alloc_event(mos.ON_PKT_IN)
            local b = mos.alloc_event(a)
            local c = mos.alloc_event(mos.ON_CONN_START)
            local function try(id) return (select(2, pcall(mos.raise_event, id))) end
            s:on(mos.ON_PKT_IN, function()
              n = n + 1
              if n == 1 then print(try(a), (tostring(try(b)):gsub("^.-event ", "event "))) end
            end)
            s:on(a, function() print("a", n, try(b), try(c) == true, try(a) == true) end)
            s:on(b, function() print("b", n) end)
            -- A plain callback of the parent may raise it, though nobody is there to hear.
            other:on(mos.ON_PKT_IN, function() print("other", try(a), try(b) == true) end)
            s:on(mos.ON_CONN_START, function() print("start", try(a) == true, try(c)) end)
            mos.settimer(0.05, function() print("timer", try(a) == true, try(c) == true) end)
            mos.on_exit(function() print("exit", try(a) == true) end)
            """
        var talk = syn
        talk.frame(PacketBuilder().frame(UDPDatagram()))
        #expect(
            try runEngine(code, over: talk) == [
                "true\tevent 10002 may be raised by the filter of its parent, event 10001 (on "
                    + "mos.ON_PKT_IN), by filters defined on that and by its callbacks, while they run "
                    + "(EINVAL)",
                "a\t1\ttrue\tfalse\tfalse", "b\t1", "start\tfalse\ttrue", "other\ttrue\tfalse",
                "timer\tfalse\tfalse", "exit\tfalse",
            ]
        )
    }

    @Test func `T47 on NEW_DATA the filter sees the bytes, the callback comes behind`() throws {
        let code = """
            local s = mos.socket(mos.SOCK_MONITOR_STREAM)
            local get = mos.define_event(mos.ON_CONN_NEW_DATA, function(flow, side)
              return flow:ppeek(side, 3, flow:view(side).offset) == "GET"
            end)
            s:on(mos.ON_CONN_NEW_DATA, function(flow, side) print("data", #flow:view(side)) end)
            s:on(get, mos.NULL, function(flow, side) print("get", flow:peek(side)) end)
            print(select(2, pcall(s.on, s, get, mos.HK_RCV, print)))
            """
        var talk = Talk.opened()
        talk.says("GET /")
        talk.says("none")
        #expect(
            try runEngine(code, over: talk) == [
                "test:7: mos.register_callback: argument 3 (hook) is mos.HK_RCV; event 10001 (on "
                    + "mos.ON_CONN_NEW_DATA) may have mos.NULL (EINVAL)",
                "data\t5", "get\tGET /", "data\t4",
            ]
        )
    }

    @Test func `gets what its base gets: ON_ERROR and ON_GAP their argument, orphans the socket`()
        throws
    {
        let code = """
            local s = mos.socket(mos.SOCK_MONITOR_STREAM)
            local raw = mos.socket(mos.SOCK_MONITOR_RAW)
            local function big(flow, side, id, arg) return arg.length > 2 end
            local function yes() return true end
            s:on(mos.define_event(mos.ON_GAP, big), function(flow, side, id, arg)
              print("gap", id, arg.offset, arg.length)
            end)
            s:on(mos.define_event(mos.ON_GAP, yes, "own"), function(flow, side, id, arg) print(id, arg) end)
            local function show(socket, side, id, arg)
              print(socket, side == mos.NULL, id, arg, socket:packet().number)
            end
            s:on(mos.define_event(mos.ON_ORPHAN, yes), show)
            raw:on(mos.define_event(mos.ON_ORPHAN, yes), show)
            raw:on(mos.define_event(mos.ON_PKT_IN, function(socket)
              return socket:packet().udp ~= nil
            end, 7), show)
            """
        var talk = Talk.opened()
        talk.frame(PacketBuilder().frame(UDPDatagram()))
        // Bytes that the server acknowledges, but that were not captured: given up at the end.
        talk.answers("x")
        var ahead = TCPSegment(seq: 1005, ack: 5002, flags: [.ack], payload: [1])
        ahead.sourcePort = 40000
        talk.frame(PacketBuilder().frame(ahead))
        #expect(
            try runEngine(code, over: talk) == [
                "socket 2 (raw)\ttrue\t10004\t7\t4",
                "socket 1 (stream)\ttrue\t10003\tnil\t4", "socket 2 (raw)\ttrue\t10003\tnil\t4",
                "gap\t10001\t0\t4", "10002\town",
            ]
        )
    }

    @Test func `works on UDP flows, and has all hooks of its base`() throws {
        let code = """
            local s = mos.socket(mos.SOCK_MONITOR_FLOW)
            local u = mos.define_event(mos.ON_PKT_IN, function(flow, side) return side == mos.SIDE_SVR end)
            s:on(u, mos.HK_RCV, function(flow, side, id) print(flow, side, id) end)
            local t = mos.socket(mos.SOCK_MONITOR_STREAM)
            local moved = mos.define_event(mos.ON_TCP_STATE_CHANGE, function() return true end)
            t:on(moved, function(flow, side) print(flow.cli.state, flow.svr.state) end)
            """
        var talk = syn
        talk.frame(PacketBuilder().frame(UDPDatagram()))
        #expect(
            try runEngine(code, over: talk) == [
                "SYN_SENT\tnil", "SYN_SENT\tSYN_RCVD", "10.0.0.1:40000 > 10.0.0.2:53\t1\t10001",
            ]
        )
    }

    @Test func `T48 another callback takes the place of one, nil removes it`() throws {
        let code = """
            local s = mos.socket(mos.SOCK_MONITOR_STREAM)
            local u = mos.define_event(mos.ON_PKT_IN, function() print "filter" return true end)
            local v = mos.define_event(u, function() return true end)
            s:on(u, function() print "never" end)
            s:on(u, function() print "u" end)
            s:on(v, function() print "v" end)
            s:on(mos.ON_PKT_IN, function() print "never" end)
            s:on(mos.ON_PKT_IN, function() print "base" end)
            s:on(mos.ON_CONN_START, function(flow)
              local n = flow:packet().number
              if n == 1 then s:on(mos.ON_PKT_IN, nil) end
              if n == 2 then s:on(u, nil) end
              if n == 3 then s:on(v, nil) end
            end)
            """
        var talk = syn
        for port in [40001, 40002, 40003] as [UInt16] { talk.syn(port) }
        #expect(
            try runEngine(code, over: talk) == [
                "base", "filter", "u", "v", "filter", "u", "v", "filter", "v",
            ]
        )
    }
}
