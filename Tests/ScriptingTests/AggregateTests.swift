// SPDX-License-Identifier: BSD-2-Clause
import Engine
import Testing

@testable import Scripting

/// What `declare` and then `body`, in a report, print.
private func report(_ declare: String, _ body: String) throws -> [String] {
    let result = try run("\(declare)\nmos.on_report(function()\n\(body)\nend)")
    #expect(result.outcome.errors == 0, "\(result.diagnostics)")
    return result.printed
}

@Suite struct `An aggregate` {
    @Test func `is read by key, and by value with the key where values are alike`() throws {
        let printed = try report(
            """
            local c = mos.counter("c", { "a", "b" })
            c:add(5, "x", 2) c:add(5, "x", 10) c:count("x", 2) c:add(6, true, "z") c:add(1, false, "")
            c:add(6, -1, "z") c:add(6, "2", "z")
            """,
            """
            for a, b, n in c:each() do print(a, b, n) end
            for a, b, n in c:top(4) do print("top", a, b, n) end
            print(c:value("x", 2), c:value("x", "2"), c:value("y", 2), c:top(0)())
            """
        )
        #expect(
            printed == [
                "false\t\t1", "true\tz\t6", "-1\tz\t6", "2\tz\t6", "x\t2\t6", "x\t10\t5",
                "top\ttrue\tz\t6", "top\t-1\tz\t6", "top\t2\tz\t6", "top\tx\t2\t6", "6\t0\t0\tnil",
            ]
        )
    }

    @Test func `has up to eight labels`() throws {
        for count in 0...8 {
            let labels = (0..<count).map { "'l\($0)'" }.joined(separator: ", ")
            let key = (0..<count).map { ", \($0)" }.joined()
            let declare = """
                local c = mos.counter("c", { \(labels) }) local d = mos.distinct("d", { \(labels) })
                for _ = 1, 200 do c:add(2\(key)) d:add("v"\(key)) end
                """
            let values = try report(
                declare,
                "for \(String(repeating: "_, ", count: count))n in c:each() do print(n) end for \(String(repeating: "_, ", count: count))n in d:top(9) do print(n) end"
            )
            #expect(values == ["400", "1"], "\(count)")
        }
    }

    @Test func `sums whole numbers exactly and fractions in any order`() throws {
        let printed = try report(
            """
            local c, h = mos.counter("c", { "k" }), mos.histogram("h", { "k" })
            c:add(2^53 - 2, 1) c:count(1)
            local list = {}
            for i = 1, 2000 do list[i] = (i * 7919 % 2003) / 7 * 10 ^ (i % 7) end
            for i = 1, 2000 do c:add(list[i], 2) h:add(list[i], 2) end
            for i = 2000, 1, -1 do c:add(list[i], 3) h:add(list[i], 3) end
            for _ = 1, 10 do c:add(0.1, 4) end
            c:add(1e16, 5) c:add(1, 5) c:add(-1e16, 5)
            """,
            """
            print(c:value(1) == 2^53 - 1, c:value(2) == c:value(3), h:sum(2) == c:value(2), h:sum(3) == c:value(3))
            print(c:value(4) == 1, c:value(5))
            """
        )
        #expect(printed == ["true\ttrue\ttrue\ttrue", "true\t1"])
    }

    @Test func `of gauges keeps what it is told to`() throws {
        let printed = try report(
            """
            local g, least = mos.gauge "g", mos.gauge("least", { keep = "min" })
            local most, last = mos.gauge("most", { keep = "max" }), mos.gauge("last", { "k", keep = "last" })
            g:set(4) g:add(-6)
            for _, v in ipairs { 3, -7, 5, 1 } do least:set(v) most:set(v) last:set(v, "x") end
            print(pcall(most.add, most, 1))
            """,
            "print(g:value(), least:value(), most:value(), last:value 'x', last:value 'y')"
        )
        #expect(printed[0].contains("this gauge keeps the max of the values that are set"))
        #expect(printed[1] == "-2\t-7\t5\t1\tnil")
    }

    @Test func `takes no more keys than it may, says so once and counts what it refuses`() throws {
        let code = """
            local c = mos.counter("c", { "k", keys = 3 })
            for i = 1, 10 do c:count(i) c:count(i) end
            mos.on_report(function()
              for k, n in c:each() do print(k, n) end
              print(mos.stats().aggregate_keys_refused)
            end)
            """
        #expect(try runEngine(code, over: []) == ["1\t2", "2\t2", "3\t2", "14"])
        let said = try run(code).diagnostics
        #expect(
            said == [
                "mos: counter c: there are 3 keys, values of others are not taken in; keys = ... allows "
                    + "more (said once)"
            ]
        )
    }

    @Test func `of the keys that count most drops small ones, within the error that it tells`()
        throws
    {
        let printed = try report(
            """
            local t, exact, state = mos.topk("t", { "k", keys = 200 }), {}, 4711
            for i = 1, 60000 do
              state = (state * 16807) % 2147483647
              local u = state / 2147483647
              local k = math.floor(1000 ^ u ^ 2 * (1 + state % 7))
              exact[k] = (exact[k] or 0) + k % 3 + 1
              t:add(k % 3 + 1, k)
            end
            """,
            """
            local wrong, seen, most = 0, {}, t:error()
            for k, n, lacks in t:each() do
              seen[k] = true
              if n > exact[k] or n + lacks < exact[k] or lacks > most then wrong = wrong + 1 end
            end
            for k, n in pairs(exact) do
              if not seen[k] and n > most then wrong = wrong + 1 end
              local value, lacks = t:value(k)
              if value > n or value + lacks < n then wrong = wrong + 1 end
            end
            local best, best_count = nil, 0
            for k, n in pairs(exact) do if n > best_count then best, best_count = k, n end end
            print(wrong, most > 0, best == t:top(1)())
            """
        )
        #expect(printed == ["0\ttrue\ttrue"])
    }

    @Test func `of histograms knows quantiles within 4 percent`() throws {
        let printed = try report(
            """
            local h, list, state = mos.histogram "h", {}, 12345
            for i = 1, 20000 do
              state = (state * 16807) % 2147483647
              list[i] = 10 ^ (state / 2147483647 * 24 - 9)
              h:add(list[i])
            end
            table.sort(list)
            """,
            """
            local worst = 0
            for q = 0.001, 0.999, 0.001 do
              local true_value = list[math.max(1, math.ceil(q * #list))]
              worst = math.max(worst, math.abs(h:quantile(q) / true_value - 1))
            end
            print(worst < 0.04, h:quantile(0) == list[1], h:quantile(1) == list[#list], h:count())
            local total, before = 0, -math.huge
            for lower, upper, n in h:buckets() do
              if lower < before or upper <= lower then print("edges", lower, upper) end
              before, total = upper, total + n
            end
            print(total)
            """
        )
        #expect(printed == ["true\ttrue\ttrue\t20000", "20000"])
    }

    @Test func `of histograms puts each value into the bucket whose edges hold it`() throws {
        let printed = try report(
            """
            local all = { log = mos.histogram "log", linear = mos.histogram("linear", { linear = { -1, 1, 0.1 } }),
              bounds = mos.histogram("bounds", { bounds = { -3, 0, 0.1, 7, 100 } }),
              none = mos.histogram("none", { bounds = {} }) }
            local values = { -1e300, -3, -1, -0.1, 0, -0.0, 1e-300, 2^-34, 0.1, 0.3, 0.7, 0.9999999, 1, 7, 8, 100,
              2^62, 1e300 }
            local wrong = {}
            """,
            """
            local sets = {}
            for name, h in pairs(all) do
              for _, v in ipairs(values) do
                h:own()
                local before = {}
                for lower, upper, n in h:buckets() do before[lower .. "_" .. upper] = n end
                h:add(v)
                for lower, upper, n in h:buckets() do
                  if n ~= (before[lower .. "_" .. upper] or 0) then
                    if not (lower <= v and (v < upper or v == lower)) then print(name, v, lower, upper) end
                  end
                end
              end
              sets[name] = h:count()
            end
            print(sets.log, sets.linear, sets.bounds, sets.none, all.none:avg() ~= nil, all.log:min())
            print(all.none:quantile(0.5) ~= nil, all.none:buckets()())
            """
        )
        #expect(printed == ["18\t18\t18\t18\ttrue\t-1e+300", "true\t-inf\tinf\t18"])
    }

    @Test func `without values has nothing to tell`() throws {
        let printed = try report(
            """
            local h, d, g, t = mos.histogram "h", mos.distinct "d", mos.gauge "g", mos.topk "t"
            """,
            """
            print(h:count(), h:sum(), h:min(), h:max(), h:avg(), h:quantile(0.5), h:buckets()())
            print(d:value(), g:value(), t:value "x")
            print(t:top(3)(), g:each()(), d:each()())
            """
        )
        #expect(printed == ["0\t0\tnil\tnil\tnil\tnil\tnil", "0\tnil\t0\t0", "nil\tnil\t0"])
    }

    /// Calls with a wrong argument, and what they say.
    static let mistakes = [
        (
            "c:add('1', 'k')",
            "counter:add: argument 1 (n) is \"1\"; it must be a finite number (EINVAL)"
        ),
        (
            "c:add(1/0, 'k')",
            "counter:add: argument 1 (n) is inf; it must be a finite number (EINVAL)"
        ),
        ("h:add(0/0)", "histogram:add: argument 1 (v) is nan; it must be a finite number (EINVAL)"),
        (
            "c:add(1)",
            "counter:add: argument 2 (host) is nil; it must be a string, a number or a boolean (EINVAL)"
        ),
        (
            "c:count({})",
            "counter:count: argument 1 (host) is a table; it must be a string, a number or a boolean (EINVAL)"
        ),
        (
            "c:count(0/0)",
            "counter:count: argument 1 (host) is nan; it must be a string, a number or a boolean (EINVAL)"
        ),
        (
            "c:count('k', 2)",
            "counter:count: argument 2 (key) is 2; it must be left out: the labels are host (EINVAL)"
        ),
        (
            "h:add(1, 2)",
            "histogram:add: argument 2 (key) is 2; it must be left out: this one has no labels (EINVAL)"
        ),
        (
            "c.add(1, 'k')",
            "counter:add: argument 0 (self) is 1; it must be the counter that it belongs to (call it with "
                + "a colon) (EBADF)"
        ),
        (
            "t:add(-1, 'k')",
            "topk:add: argument 1 (n) is -1; it must be a finite number, 0 or more (EINVAL)"
        ),
        (
            "h:own():quantile(2)",
            "histogram:quantile: argument 1 (q) is 2; it must be a share, 0 to 1 (EINVAL)"
        ),
        (
            "c:value 'k'",
            "counter:value: what all workers know can be read in mos.on_report and mos.on_interval; own() "
                + "reads what this worker knows (EPERM)"
        ),
        ("c:valu()", "counter has no field \"valu\"; did you mean \"value\"? (EINVAL)"),
        (
            "mos.counter('c')",
            "mos.counter: there is a counter named \"c\" already (EEXIST)"
        ),
        (
            "mos.counter('n', { keyz = 1 })",
            "mos.counter: there is no option \"keyz\"; there are help, keys; did you mean \"keys\"? (EINVAL)"
        ),
        (
            "mos.counter('n', { keys = 0 })",
            "mos.counter: argument 2 (keys) is 0; it must be a whole number, 1 to 10000000 (EINVAL)"
        ),
        ("mos.counter('n', { 'a', 'a' })", "mos.counter: the label \"a\" is there twice (EINVAL)"),
        (
            "mos.counter('n', { 'a b' })",
            "mos.counter: argument 2 (label 1) is \"a b\"; it must be a name of letters, digits and _ (EINVAL)"
        ),
        (
            "mos.histogram('n', { bounds = { 2, 1 } })",
            "mos.histogram: argument 2 (bounds) is a table; it must be a list of at most 4096 numbers, each "
                + "larger than the one before (EINVAL)"
        ),
        (
            "mos.distinct('n', { precision = 3 })",
            "mos.distinct: argument 2 (precision) is 3; it must be a whole number, 6 to 18 (EINVAL)"
        ),
    ]

    @Test(arguments: mistakes)
    func `says what is wrong with a call`(call: String, message: String) throws {
        let code = """
            local c, h, t = mos.counter("c", { "host" }), mos.histogram "h", mos.topk "t"
            print(select(2, pcall(function() local x = \(call) return x end)))
            """
        #expect(try run(code).printed == ["test:2: " + message])
    }

    /// Calls that a packet path has, for keys that are there.
    static let writers = [
        "local c = mos.counter 'c'|c:count()",
        "local c = mos.counter('c', { 'k', 'l' })|c:add(i, i % 50, 'x')",
        "local c = mos.counter('c', { 'k' })|c:add(i / 3, names[i % 8])",
        "local g = mos.gauge('g', { 'k' })|g:set(i, i % 50)",
        "local g = mos.gauge('g', { 'k', keep = 'last' })|g:set(i, i % 50)",
        "local h = mos.histogram('h', { 'k' })|h:add(i % 100 + 0.5, i % 50)",
        "local h = mos.histogram('h', { bounds = { 10, 20, 50 } })|h:add(i % 100)",
        "local h = mos.histogram('h', { linear = { 0, 100, 5 } })|h:add(i % 100)",
        "local t = mos.topk('t', { 'k' })|t:count(i % 50)",
        "local d = mos.distinct('d', { 'k' })|d:add(names[i % 8], i % 50) d:add(i, 'many')",
    ]

    @Test(arguments: writers)
    func `leaves no garbage behind for keys that are there`(writer: String) throws {
        let parts = writer.split(separator: "|")
        let code = """
            local names, i, before = {}, 0, 0
            for n = 0, 7 do names[n] = "name" .. n end
            \(parts[0])
            \(inPacket("i = i + 1 if i == 2000 then collectgarbage() collectgarbage 'stop' before = collectgarbage 'count' end \(parts[1])"))
            mos.on_exit(function() print(math.floor((collectgarbage "count" - before) * 1024)) end)
            """
        let events = 42000
        let printed = try run(code, over: Array(repeating: .packet, count: events)).printed
        let bytes = try #require(printed.first.flatMap { Int($0) })
        // What the compiler itself keeps for its traces.
        #expect(bytes < events * 2)
    }
}
