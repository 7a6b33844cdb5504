// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Packets
import Testing

@testable import Scripting

/// Random calls for each packet, made by the worker whose turn the packet is; all that can be read of what they made.
private func randomCalls(seed: UInt64) -> String {
    """
    local seed = \(seed % 1_000_003)
    local sums = mos.counter("sums", { "a", "b" })
    local total = mos.counter "total"
    local last = mos.gauge("last", { "a", keep = "last" })
    local most, least = mos.gauge("most", { "a", keep = "max" }), mos.gauge("least", { keep = "min" })
    local open = mos.gauge("open", { "a" })
    local times = mos.histogram("times", { "a" })
    local steps = mos.histogram("steps", { "a", linear = { -1, 1, 0.1 } })
    local bounds = mos.histogram("bounds", { bounds = { -0.5, 0, 0.25, 3, 4, 10, 1000 } })
    local top = mos.topk("top", { "a", "b" })
    local few, many = mos.distinct("few", { "a" }), mos.distinct("many", { error = 0.05 })
    local recent, recent_values = mos.counter "recent", mos.distinct "recent_values"

    local state
    local function random(n)
      state = (state * 16807) % 2147483647
      return state % n
    end
    local strings = {}
    for i = 0, 99 do strings[i] = "key " .. i end
    local function key()
      local kind = random(4)
      if kind == 0 then return random(2) == 0 end
      if kind == 1 then return strings[random(20)] end
      return random(10) - 5
    end

    local raw = mos.socket(mos.SOCK_MONITOR_RAW)
    raw:on(mos.ON_PKT_IN, function(s)
      local number = s:packet().number
      state = (seed + number * 7919) % 2147483646 + 1
      random(2) random(2)
      if random(1000003) % mos.workers ~= mos.worker then return end
      -- From here on nothing may depend on the worker.
      state = (seed * 31 + number * 104729) % 2147483646 + 1
      for _ = 1, 3 do random(2) end
      for _ = 1, 1 + random(4) do
        local a, b = key(), key()
        local fraction = (random(20001) - 10000) / 1000 / 3
        sums:add(random(2) == 0 and fraction or random(1e6), a, b)
        total:count()
        last:set(fraction, a)
        most:set(fraction, a) least:set(fraction)
        open:add(random(3) - 1, a)
        times:add(random(5) == 0 and fraction or random(1e6) / 7e5, a)
        steps:add(fraction, a)
        bounds:add(fraction)
        top:add(random(100), a, b)
        few:add(random(150), a)
        many:add(number * 10 + random(4))
        recent:count() recent_values:add(random(100))
      end
    end)

    local function text(...)
      local list = { ... }
      for i = 1, select("#", ...) do
        list[i] = type(list[i]) == "number" and ("%.17g"):format(list[i]) or tostring(list[i])
      end
      print(table.concat(list, " ", 1, select("#", ...)))
    end
    local function all(name, each)
      local rows = 0
      for a, b, c, d in each do
        rows = rows + 1
        text(name, a, b, c, d)
      end
      text(name, rows, "rows")
    end
    local function show()
      text("total", total:value(), least:value(), many:value(), bounds:sum())
      for _, x in ipairs { sums, last, most, open, top, few } do
        all(tostring(x), x:each())
        all("top " .. tostring(x), x:top(7))
      end
      for _, x in ipairs { times, steps } do
        for a, n in x:each() do
          text(tostring(x), a, n, x:sum(a), x:min(a), x:max(a), x:avg(a), x:quantile(0, a),
            x:quantile(0.1, a), x:quantile(0.5, a), x:quantile(0.99, a), x:quantile(1, a))
          all("bucket", x:buckets(a))
        end
      end
      all("bounds", bounds:buckets())
    end
    mos.on_interval(0.5, function(time)
      text("interval", time, mos.now(), recent:value(), recent_values:value(), total:value())
    end, { clear = { recent, recent_values } })
    mos.on_interval(1, function() show() end)
    mos.on_report(show)
    """
}

@Suite struct `What several workers aggregate` {
    @Test(arguments: [1, 2, UInt64.random(in: 3...1_000_000)])
    func `is what one would have`(seed: UInt64) throws {
        print("seed \(seed)")
        let frames = ticks(1500, every: 1_700_001)
        let alone = try runWorkers(randomCalls(seed: seed), count: 1, over: frames)
        #expect(alone.errors == 0)
        #expect(alone.lines[0].count > 1000)
        #expect(alone.lines[0].filter { $0.hasPrefix("interval") }.count == 5)
        for count in 2...5 {
            let together = try runWorkers(randomCalls(seed: seed), count: count, over: frames)
            #expect(together.errors == 0)
            let difference = zip(together.lines[0], alone.lines[0]).first { $0 != $1 }
            #expect(difference == nil, "seed \(seed), \(count) workers")
            #expect(together.lines[0].count == alone.lines[0].count)
            #expect(together.lines.dropFirst().allSatisfy { $0.isEmpty })
        }
    }

    @Test func `is counted once where intervals are left out and clocks differ`() throws {
        let code = """
            local raw, all = mos.socket(mos.SOCK_MONITOR_RAW), 0
            local seen, total = mos.counter "seen", mos.counter "total"
            raw:on(mos.ON_PKT_IN, function() seen:count() total:count() end)
            mos.on_interval(0.1, function(time)
              all = all + seen:value()
              if total:value() ~= all then print(time, total:value(), all) end
            end, { clear = { seen } })
            mos.on_report(function() print(total:value(), all + seen:value()) end)
            """
        // Worker 1 has pauses of many intervals, worker 0 others; worker 2 sees nothing.
        let run = try runWorkers(code, count: 3, over: ticks(1000, every: 7_000_000)) {
            worker,
            place in worker == (place / 97 % 3 == 0 ? 0 : 1)
        }
        #expect(run.errors == 0)
        #expect(run.lines[0].last == "1000\t1000")
    }

    @Test func `has the counters of all`() throws {
        let code = """
            mos.on_interval(1, function() print(mos.stats().packets) end)
            mos.on_report(function() print(mos.stats().packets) end)
            """
        let run = try runWorkers(code, count: 3, over: ticks(25, every: 100_000_000)) {
            worker,
            place in place == 24 || place == 20 || place == 10 || place % 3 == worker
        }
        // Each of the three packets that move all clocks counts in each worker.
        #expect(run.lines[0].last == "31")
    }

    @Test func `must be declared alike`() throws {
        let code = """
            mos.counter("c", mos.worker == 1 and { "other" } or { "label" })
            mos.on_report(function() print "never" end)
            """
        #expect(throws: ScriptError.self) {
            _ = try runWorkers(code, count: 2, over: ticks(2, every: 1))
        }
    }

    @Test func `lets the script know which worker it is in`() throws {
        let run = try runWorkers("print(mos.worker, mos.workers)", count: 3, over: [])
        #expect(run.lines == [["0\t3"], ["1\t3"], ["2\t3"]])
    }
}
