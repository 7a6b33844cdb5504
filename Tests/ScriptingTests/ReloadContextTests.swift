// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Testing

@testable import Scripting

@Suite struct `Contexts of flows across a reload` {
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
}
