// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Engine
import Outputs
import Packets
import Testing

@testable import Scripting

/// Random calls for each packet, by the worker whose turn it is.
private func randomCalls(seed: UInt64, interval: String) -> String {
    """
    setfenv(1, mos.short)
    local seed, state = \(seed % 1_000_003), 1
    local function random(n)
      state = (state * 16807) % 2147483647
      return state % n
    end
    on.raw(function(p)
      state = (seed + p.number * 7919) % 2147483646 + 1
      random(2) random(2)
      if random(1000003) % mos.workers ~= mos.worker then return end
      state = (seed * 31 + p.number * 104729) % 2147483646 + 1
      for _ = 1, 3 do random(2) end
      for _ = 1, 1 + random(4) do
        local v, key = random(20001) / 7000, random(5) > 0 and "k" .. random(40) or nil
        local which = random(30)
        count("count", key) sum("sum", v, key, which % 2 == 0) avg("avg" .. which % 3, v, key)
        min("min", v) max("max", -v, key) hist("hist" .. which % 2, v * 1e3, which % 3)
        thist("thist", v / 1e3) lhist("lhist", v, 0, 3, 0.5, key) topk("topk", which, key)
        distinct("distinct", which, key)
        -- Most workers never come to it.
        if p.number == 700 then count("rare", v) end
      end
    end)
    top(7)
    \(interval)
    """
}

@Suite struct `One-liners in several workers` {
    @Test(arguments: [
        "", "on.interval(0.5)",
        "on.interval(0.7, function() show() clear('sum', 'topk', 'hist1', 'avg1') end)",
    ])
    func `show what one would show`(interval: String) throws {
        let seed = UInt64.random(in: 1...1_000_000)
        print("seed \(seed)")
        let code = randomCalls(seed: seed, interval: interval)
        let frames = ticks(1500, every: 1_700_001)
        let alone = try runWorkers(code, count: 1, over: frames)
        #expect(alone.errors == 0)
        #expect(alone.lines[0].count > 100)
        for count in 2...4 {
            let together = try runWorkers(code, count: count, over: frames)
            #expect(together.errors == 0)
            #expect(together.lines[0] == alone.lines[0], "seed \(seed), \(count) workers")
            #expect(together.lines.dropFirst().allSatisfy { $0.isEmpty })
        }
    }

    @Test func `say when they call a name in different ways`() throws {
        let code = """
            setfenv(1, mos.short)
            on.start(function() if mos.worker == 0 then count("x", 1) else hist("x", 1) end count "y" end)
            """
        let run = try runWorkers(code, count: 2, over: ticks(3, every: 1))
        #expect(run.errors == 1)
        #expect(run.lines[0].contains("y: 2"))
    }
}

@Suite struct `What one-liners count` {
    @Test func `is what a plain computation gives`() throws {
        let seed = UInt64.random(in: 1...1_000_000_000)
        print("seed \(seed)")
        var generator = SplitMix(seed: seed)
        var values: [(key: Int, value: Double)] = []
        for _ in 0..<400 {
            let value = Double(Int64(bitPattern: generator.next() % 2_000_001) - 1_000_000) / 64
            values.append((Int(generator.next() % 5), value))
        }
        let calls = values.map { "f(\($0.key), \($0.value))" }.joined(separator: " ")
        let code = """
            local function f(k, v)
              avg("avg", v, k) min("min", v, k) max("max", v, k) sum("sum", v, k) count("count", k)
              lhist("lhist", v, -10000, 10000, 2500, k) distinct("distinct", v, k)
            end
            on.start(function() \(calls) end)
            """
        let lines = try oneLiner(code, format: "json").output
        #expect(lines.count > 30)
        for key in Set(values.map(\.key)) {
            let own = values.filter { $0.key == key }.map(\.value)
            let total = own.reduce(0, +)  // of multiples of 1/64: exact
            for (kind, wanted) in [
                ("min", own.min() ?? 0), ("max", own.max() ?? 0), ("sum", total),
                ("avg", total / Double(own.count)), ("count", Double(own.count)),
                ("distinct", Double(Set(own).count)),
            ] {
                let row = lines.first { $0.contains("\"key\":\(key),\"kind\":\"\(kind)\"") } ?? ""
                let value = row.split(separator: "\"value\":").last.flatMap {
                    Double($0.dropLast())
                }
                #expect(value == wanted, "seed \(seed): \(row), not \(wanted)")
            }
            for step in 0..<8 {
                let from = -10000 + step * 2500
                let wanted = own.filter { $0 >= Double(from) && $0 < Double(from + 2500) }.count
                let row = lines.first {
                    $0.contains("\"from\":\(from),\"key\":\(key),\"kind\":\"lhist\"")
                }
                let count = row.flatMap { Int($0.dropFirst(9).prefix { $0.isNumber }) } ?? 0
                #expect(count == wanted, "seed \(seed): \(row ?? "none"), from \(from)")
            }
        }
    }
}
