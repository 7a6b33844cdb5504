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
            result.diagnostics.last
                == "mos: callback test:2 is off for flow 128.232.110.120:34855 > 66.35.250.204:80 after 3 "
                + "errors in a row (said once)"
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
        #expect(result.diagnostics.last == "mos: this timer is off after 2 errors in a row")
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
