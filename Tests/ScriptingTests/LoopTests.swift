// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Testing

@testable import Scripting

@Suite struct `The loop` {
    @Test func `calls the function of each event with what belongs to it`() throws {
        var error = Occurrence.data("")
        error.event = MOS_ON_ERROR
        var orphan = Occurrence.data("")
        orphan.event = MOS_ON_ORPHAN
        orphan.flow = -1
        let result = try run(
            """
            local s = mos.socket(mos.SOCK_MONITOR_STREAM, "web")
            local function show(first, side, event, arg)
              print(first, side, event, arg and arg.code, arg and arg.offset, arg and arg.length)
            end
            for _, event in ipairs { mos.ON_PKT_IN, mos.ON_ERROR, mos.ON_ORPHAN } do s:on(event, show) end
            """,
            over: [.packet, error, orphan]
        )
        #expect(
            result.printed == [
                "128.232.110.120:34855 > 66.35.250.204:80\t0\t16\tnil\tnil\tnil",
                "128.232.110.120:34855 > 66.35.250.204:80\t1\t22\tOVERRUN\t5\t9",
                "socket web (stream)\t1\t25\tnil\tnil\tnil",
            ]
        )
    }

    @Test func `serves both hooks of a state change when none is named`() throws {
        let result = try run(
            """
            local s = mos.socket(mos.SOCK_MONITOR_STREAM)
            s:on(mos.ON_TCP_STATE_CHANGE, print)
            """
        )
        let event = Int32(MOS_ON_TCP_STATE_CHANGE)
        let hooks = result.engine.subscriptions.keys.filter { $0[2] == event }.map { $0[3] }
            .sorted()
        #expect(hooks == [Int32(MOS_HK_SND), Int32(MOS_HK_RCV)])
    }

    @Test func `takes up what a callback registers on the socket before the next event`() throws {
        let result = try run(
            inPacket(
                "print 'first' s:on(mos.ON_PKT_IN, function() print 'second' s:on(mos.ON_PKT_IN, nil) end)"
            ),
            over: [.packet, .packet, .packet]
        )
        #expect(result.printed == ["first", "second"])
    }

    @Test func `calls what a flow alone has registered`() throws {
        var other = Occurrence.packet
        other.flow = 1
        let result = try run(
            inPacket(
                "print('all', flow.slot) flow:on(mos.ON_PKT_IN, function(f) print('one', f.slot) end)"
            ),
            over: [.packet, .packet, other]
        )
        #expect(result.printed == ["all\t0", "one\t0", "all\t1"])
    }

    @Test func `gives equal functions one slot, and freed slots to others`() throws {
        let engine = ScriptedEngine()
        let result = try run(
            """
            local s = mos.socket(mos.SOCK_MONITOR_STREAM)
            local function f() end
            s:on(mos.ON_PKT_IN, f)
            s:on(mos.ON_CONN_START, f)
            s:on(mos.ON_CONN_END, function() end)
            """,
            engine: engine
        )
        #expect(Set(result.engine.subscriptions.values) == [3, 4])
    }

    @Test(arguments: [1, 2, 3, 39, 41, 70])
    func `finds each of many functions`(count: Int) throws {
        let names = ["PKT_IN", "CONN_START", "TCP_STATE_CHANGE", "CONN_END"]
        var occurrences: [Occurrence] = []
        for index in 0..<count {
            var one = Occurrence.packet
            one.flow = 0
            one.event =
                [MOS_ON_PKT_IN, MOS_ON_CONN_START, MOS_ON_TCP_STATE_CHANGE, MOS_ON_CONN_END][
                    index % 4
                ]
            occurrences.append(one)
        }
        // Sockets 1... take slots, so that the tree has that many leaves; socket 0 is the one served.
        let code = """
            local s = mos.socket(mos.SOCK_MONITOR_STREAM)
            for i = 2, 20 do
              local t = mos.socket(mos.SOCK_MONITOR_STREAM)
              for _, name in ipairs { "\(names.joined(separator: "\", \""))" } do
                if i * 4 <= \(count) then t:on(mos["ON_" .. name], mos.HK_RCV, function() end) end
              end
            end
            for i, name in ipairs { "\(names.joined(separator: "\", \""))" } do
              s:on(mos["ON_" .. name], mos.HK_SND, function(flow, side, event) print(i, event) end)
            end
            """
        let expected = (0..<count).map { "\($0 % 4 + 1)\t\([16, 17, 18, 20][$0 % 4])" }
        #expect(try run(code, over: occurrences).printed == expected)
    }

    /// Handlers that a packet path has, and which must leave no garbage behind.
    static let handlers = [
        "n = n + 1",
        "n = n + flow.svr.port + flow.cli.packets + flow.duration + flow.id",
        "if flow.cli.addr == '128.232.110.120' then n = n + 1 end",
        "flow.state.n = flow.state.n + 1",
        "local p = flow:packet() if p.tcp and p.tcp:has 'P' then n = n + p.tcp.seq + #p.payload end",
        "if flow:packet().payload:find('TA') and flow:packet().payload:starts('DA') then n = n + 1 end",
        "n = n + flow:packet().payload:u16(0) + flow.svr.bytes",
    ]

    @Test(arguments: handlers)
    func `leaves no garbage behind`(handler: String) throws {
        let code = """
            mos.flow_state "uint32_t n"
            local n, before = 0, 0
            \(inPacket(handler))
            mos.on_start(function() collectgarbage() collectgarbage "stop" before = collectgarbage "count" end)
            mos.on_exit(function() print(math.floor((collectgarbage "count" - before) * 1024)) end)
            """
        let events = 20000
        let printed = try run(code, over: Array(repeating: .packet, count: events)).printed
        let bytes = try #require(printed.first.flatMap { Int($0) })
        // What the compiler itself keeps for its traces, and the events before it compiled.
        #expect(bytes < events * 10)
    }
}
