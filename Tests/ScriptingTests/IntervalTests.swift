// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Packets
import Testing

@testable import Scripting

@Suite struct `mos.on_interval` {
    private static let counting = """
        local raw, packets = mos.socket(mos.SOCK_MONITOR_RAW), mos.counter "packets"
        raw:on(mos.ON_PKT_IN, function() packets:count() end)

        """

    @Test func `is due at the multiples of its length since 1970`() throws {
        let code =
            Self.counting + """
                mos.on_interval(0.5, function(time)
                  print(("%.6f"):format(time), ("%.6f"):format(mos.now()), packets:value())
                end)
                mos.on_report(function() print(packets:value()) end)
                """
        // 0.3 s to 2.0 s: the packet of 1.5 s comes behind what is due then; 2.0 is its own last packet.
        let frames = ticks(18, every: 100_000_000, from: (1_700_000_000, 300_000_000))
        #expect(
            try runEngine(code, over: frames) == [
                "1700000000.500000\t1700000000.500000\t2",
                "1700000001.000000\t1700000001.000000\t7",
                "1700000001.500000\t1700000001.500000\t12",
                "1700000002.000000\t1700000002.000000\t17", "18",
            ]
        )
    }

    @Test func `begins at the first multiple behind the first packet`() throws {
        let code =
            Self.counting + "mos.on_interval(1, function(time) print(time, packets:value()) end)"
        #expect(
            try runEngine(code, over: ticks(21, every: 100_000_000)) == [
                "1700000001\t10", "1700000002\t20",
            ]
        )
    }

    @Test func `reports the last of several that the clock jumped over`() throws {
        let code =
            Self.counting + """
                mos.on_interval(0.01, function(time) print(("%.2f"):format(time), packets:value()) end)
                """
        let frames = ticks(2, every: 0) + ticks(2, every: 0, from: (1_700_003_600, 15_000_000))
        #expect(try runEngine(code, over: frames) == ["1700003600.01\t2"])
    }

    @Test func `clears what it is told to, behind the report`() throws {
        let code =
            Self.counting + """
                local sizes, all = mos.histogram("sizes", { "k" }), mos.counter "all"
                local peers = mos.distinct("peers", { "k" })
                local top = mos.topk "top"
                raw:on(mos.ON_PKT_IN, function(s)
                  local n = s:packet().number
                  packets:count() all:count() sizes:add(n, n % 2) peers:add(n, n % 2) top:count(n % 2)
                end)
                mos.on_interval(0.5, function()
                  print(packets:value(), all:value(), sizes:count(0), sizes:min(1), sizes:max(1),
                    peers:value(1), top:value(1))
                end, { clear = { packets, sizes, peers, top } })
                mos.on_report(function() print(packets:value(), all:value(), sizes:count(0)) end)
                """
        let frames = ticks(12, every: 100_000_000, from: (1_700_000_000, 50_000_000))
        #expect(
            try runEngine(code, over: frames) == [
                "5\t5\t2\t1\t5\t3\t3\t0", "5\t10\t3\t7\t9\t2\t2\t0", "2\t12\t1",
            ]
        )
    }

    @Test func `goes on when a capture is older than the one before`() throws {
        let code =
            Self.counting + "mos.on_interval(1, function(time) print(time, packets:value()) end)"
        let later = ticks(25, every: 100_000_000, from: (1_700_000_100, 0))
        let earlier = ticks(25, every: 100_000_000, from: (1_700_000_000, 300_000_000))
        // Within one capture an older packet moves no clock.
        #expect(
            try runEngine(code, over: later + earlier) == ["1700000101\t10", "1700000102\t20"]
        )
    }

    @Test func `is off after ten errors in a row, and the run goes on`() throws {
        let code = """
            local n = 0
            mos.on_interval(0.1, function() n = n + 1 error("wrong", 0) end)
            mos.on_exit(function() print(n) end)
            """
        let result = try runWorkers(code, count: 1, over: ticks(30, every: 100_000_000))
        #expect(result.errors == 10)
        #expect(result.lines == [["10"]])
    }

    @Test(arguments: [
        (
            "mos.on_interval(1, print, 3)",
            "mos.on_interval: argument 3 (options) is 3; it must be a table {clear = {aggregates}} "
                + "(EINVAL)"
        ),
        (
            "mos.on_interval(1, print, { clean = {} })",
            "mos.on_interval: there is no option \"clean\"; there is clear (EINVAL)"
        ),
        (
            "mos.on_interval(1, print, { clear = { 7 } })",
            "mos.on_interval: argument 3 (clear 1) is 7; it must be an aggregate (EINVAL)"
        ),
        (
            "mos.on_interval('1', print)",
            "mos.on_interval: argument 1 (seconds) is \"1\"; it must be a number, 0.001 to 1000000 "
                + "(EINVAL)"
        ),
    ])
    func `says what is wrong`(call: String, message: String) throws {
        let result = try run("print(select(2, pcall(function() \(call) end)))")
        #expect(result.printed == ["test:1: " + message])
    }
}
