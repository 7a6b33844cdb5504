// SPDX-License-Identifier: BSD-2-Clause
import Packets
import Testing

@testable import Engine
@testable import Scripting

/// Cases T49 and T63 with events of scripts: registered on single flows, removed and stopped on the way.
@Suite struct `On a flow, events of one's own` {
    /// What every script here begins with: events of ON_PKT_IN that fire always, and callbacks that say their name.
    private let prelude = """
        local s = mos.socket(mos.SOCK_MONITOR_STREAM)
        local IN, SND, RCV = mos.ON_PKT_IN, mos.HK_SND, mos.HK_RCV
        local function yes() return true end
        local u1 = mos.define_event(IN, yes)
        local u2 = mos.define_event(u1, yes, 2)
        local u3 = mos.define_event(IN, yes, 3)
        local function say(name, fn)
          return function(flow, side, id, arg)
            print(name, flow:packet().number, flow.cli.port)
            if fn then fn(flow, side, id, arg) end
          end
        end

        """

    @Test func `T49 count for that flow alone and at once, for the later hook too`() throws {
        let code =
            prelude + """
                local cb = say "u1"
                s:on(mos.ON_CONN_START, SND, function(flow)
                  if flow.cli.port == 40001 then
                    flow:on(u1, RCV, cb)
                    flow:on(u2, SND, say "u2")
                  end
                end)
                """
        #expect(
            try runEngine(code, over: Talk.opened(40000, 40001)) == [
                "u1\t4\t40001", "u2\t5\t40001", "u1\t5\t40001", "u2\t6\t40001", "u1\t6\t40001",
            ]
        )
    }

    @Test func `T49 join and leave the callback of their base`() throws {
        let code =
            prelude + """
                local base, u = say "base", say "u1"
                s:on(IN, base)
                local steps = {
                  function(flow) flow:on(u1, u) end,
                  function(flow) flow:on(IN, nil) end,
                  function(flow) flow:on(IN, say "other") end,
                  function(flow) flow:on(u1, nil) end,
                  function(flow) flow:on(u3, say "u3") flow:on(IN, nil) flow:on(u3, nil) end,
                }
                s:on(IN, RCV, function(flow) local step = steps[flow:packet().number] if step then step(flow) end end)
                """
        var talk = Talk.opened()
        for _ in 1...4 { talk.says("x") }
        #expect(
            try runEngine(code, over: talk) == [
                "base\t1\t40000", "base\t2\t40000", "u1\t2\t40000", "u1\t3\t40000",
                "other\t4\t40000", "u1\t4\t40000", "other\t5\t40000",
            ]
        )
    }

    @Test func `T48 a callback that is removed on the way is not called any more`() throws {
        let code =
            prelude + """
                local c3 = say "u3"
                s:on(IN, say("base", function(flow)
                  if flow:packet().number == 2 then flow:on(u1, nil) end
                end))
                s:on(u1, say "u1")
                s:on(u2, say("u2", function(flow)
                  if flow:packet().number == 1 then flow:on(u3, nil) end
                  if flow:packet().number == 2 then flow:on(u3, c3) end
                end))
                s:on(u3, say "first u3")
                """
        #expect(
            try runEngine(code, over: Talk.opened()) == [
                "base\t1\t40000", "u1\t1\t40000", "u2\t1\t40000", "base\t2\t40000",
                // What is registered on the way counts from the next event on.
                "u2\t2\t40000", "base\t3\t40000", "u2\t3\t40000", "u3\t3\t40000",
            ]
        )
    }

    @Test func `T48 removed by a filter, replaced by a callback`() throws {
        let code =
            prelude + """
                local v = mos.define_event(IN, function(flow)
                  if flow:packet().number == 2 then flow:on(u1, nil) end
                  return true
                end)
                local w = mos.define_event(v, function(flow)
                  if flow:packet().number == 3 then flow:on(v, nil) flow:on(IN, nil) end
                  return true
                end)
                s:on(IN, say "base")
                s:on(u1, say("u1", function(flow) flow:on(v, say "new v") end))
                s:on(v, say "v")
                s:on(w, say "w")
                """
        #expect(
            try runEngine(code, over: Talk.opened()) == [
                "base\t1\t40000", "u1\t1\t40000", "w\t1\t40000",
                "base\t2\t40000", "u1\t2\t40000", "w\t2\t40000",
                "base\t3\t40000", "new v\t3\t40000", "w\t3\t40000",
            ]
        )
    }

    @Test(arguments: [
        ("flow:setsockopt(mos.STOP_MON, mos.SIDE_BOTH)", []),
        ("flow:close()", []), ("s:close()", []),
        ("flow:setsockopt(mos.STOP_MON, mos.SIDE_CLI)", ["base\t2\t40000", "u3\t2\t40000"]),
        (
            "flow:setsockopt(mos.STOP_MON, mos.SIDE_SVR)",
            ["u3\t1\t40000", "base\t3\t40000", "u3\t3\t40000"]
        ),
    ])
    func `T63 stopping on the way skips the rest`(stop: String, rest: [String]) throws {
        let filter = """
            s:on(IN, say "base")
            s:on(mos.define_event(IN, function(flow) if flow:packet().number == 1 then \(stop) end end), print)
            s:on(mos.define_event(IN, yes, 4), say "u3")
            """
        let callback = """
            s:on(IN, say("base", function(flow) if flow:packet().number == 1 then \(stop) end end))
            s:on(mos.define_event(IN, yes, 4), say "u3")
            """
        for body in [filter, callback] {
            #expect(
                try runEngine(prelude + body, over: Talk.opened()) == ["base\t1\t40000"] + rest
            )
        }
    }

    @Test func `T63 closing a RAW socket on the way skips its rest, and no other's`() throws {
        let code = """
            local a, b = mos.socket(mos.SOCK_MONITOR_RAW), mos.socket(mos.SOCK_MONITOR_RAW)
            local u = mos.define_event(mos.ON_PKT_IN, function(s)
              print("filter", s, s:packet().number)
              if s == a and s:packet().number == 2 then a:close() end
              return true
            end)
            a:on(u, function(s) print("u", s) end)
            b:on(u, function(s) print("u", s) end)
            """
        var talk = Talk()
        talk.open()
        #expect(
            try runEngine(code, over: talk) == [
                "filter\tsocket 1 (raw)\t1", "u\tsocket 1 (raw)",
                "filter\tsocket 2 (raw)\t1", "u\tsocket 2 (raw)",
                "filter\tsocket 1 (raw)\t2", "filter\tsocket 2 (raw)\t2", "u\tsocket 2 (raw)",
                "filter\tsocket 2 (raw)\t3", "u\tsocket 2 (raw)",
            ]
        )
    }

    @Test func `T49 flows with equal ones share a set and a tree, whatever the order`() throws {
        let code =
            prelude + """
                local a, b, c = function() end, function() end, function() end
                s:on(mos.ON_CONN_START, function(flow)
                  if flow.cli.port % 2 == 0 then
                    flow:on(u1, a) flow:on(IN, b) flow:on(u3, c)
                  else
                    flow:on(u3, c) flow:on(u1, a) flow:on(IN, b)
                  end
                end)
                local before
                mos.settimer(1, function() collectgarbage() before = collectgarbage "count" end)
                mos.on_exit(function()
                  collectgarbage()
                  print(collectgarbage "count" - before < 64)
                end)
                """
        var talk = Talk()
        for port in 0..<2000 as Range<UInt16> { talk.syn(40000 + port) }
        var sets = 0
        let lines = try runEngine(code, over: talk) { worker in sets = worker.sets.count }
        #expect(lines == ["true"])
        // The start, four on the way, the one that all came to, and it without the flows that are over.
        #expect(sets == 6)
    }

    @Test func `T49 functions made for each flow go with the flow`() throws {
        let code =
            prelude + """
                local alive = setmetatable({}, { __mode = "k" })
                local function made(flow)
                  local fn = function() return flow end
                  alive[fn] = true
                  return fn
                end
                s:on(mos.ON_CONN_START, function(flow)
                  flow:on(u1, made(flow))
                  flow:on(IN, RCV, made(flow))
                  flow:on(u3, RCV, made(flow))
                end)
                local most = 0
                local function count()
                  collectgarbage()
                  local n = 0
                  for _ in pairs(alive) do n = n + 1 end
                  return n
                end
                mos.every(20, function() most = math.max(most, count()) end)
                mos.on_exit(function() print(most > 500, most < 6000) end)
                """
        var talk = Talk()
        for flow in 0..<3000 as Range<UInt16> {
            talk.syn(40000 + flow)
            talk.resets(40000 + flow)
        }
        #expect(try runEngine(code, over: talk) == ["true\ttrue"])
    }
}
