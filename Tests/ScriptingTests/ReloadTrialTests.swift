// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Testing

@testable import Scripting

@Suite struct `The trial of a reloaded script` {
    @Test func `ten errors in a row within a thousand callbacks bring the one before back`() throws
    {
        let good = """
            local s = mos.socket(mos.SOCK_MONITOR_STREAM)
            local seen, M = 0, {}
            s:on(mos.ON_CONN_START, function(f)
              f.ctx = { n = 0 }
              f:on(mos.ON_CONN_END, function(f) print("end", f.ctx.n) end)
            end)
            s:on(mos.ON_CONN_NEW_DATA, function(f, side)
              f:peek(side)
              seen = seen + 1
              f.ctx.n = f.ctx.n + 1
            end)
            mos.every(1, function() seen = seen + 0.001 end)
            mos.on_interval(1, function() end)
            mos.on_exit(function() print(seen > 110 and seen < 111) end)
            """
        let bad = good.replacing("seen = seen + 1\n", with: "f.ctx.n = f.ctx.n + nil\n")
        let frames = conversations
        let run = try ReloadRun(good, over: frames, edits: [80: bad])
        // Ten connections with 12 pieces each, of which ten pieces fell into the trial.
        #expect(run.lines.filter { $0.hasPrefix("end") }.count == 10)
        #expect(run.reports.count == 3)
        #expect(run.reports[1] == "2 failed")
        #expect(run.reports[2].hasPrefix("back from 2: kept 10 flows, 1 of 1 sockets"))
        #expect(run.outcome.errors == 10)
        #expect(run.disposed == [2])
        let counts = run.lines.filter { $0.hasPrefix("end") }.compactMap { Int($0.dropFirst(4)) }
        #expect(counts.reduce(0, +) == 110)
        #expect(run.lines.last == "true")
    }

    @Test func `an error in on_reload brings the one before back at once`() throws {
        let plain = try ReloadRun(everything, over: conversations)
        let run = try ReloadRun(
            everything,
            over: conversations,
            edits: [50: everything + "\nmos.on_reload(function() error 'no' end)"]
                .mapValues { $0.replacing("return M\n", with: "") }
        )
        #expect(run.reports.first?.hasPrefix("2 refused: error in on_reload: test:") == true)
        #expect(run.lines == plain.lines)
    }

    @Test func `old has fields of the returned table and locals, as copies`() throws {
        let first = """
            local number, text, list = 1.5, "a", { 1, 2 }
            local inner = { deep = true }
            local function helper() return inner end
            local open = io.stdout
            local M = { field = "of M", number = "M first" }
            mos.on_exit(function() return number, text, list, helper, open end)
            return M
            """
        let second = """
            mos.on_reload(function(old)
              print(old.number, old.text, #old.list, old.inner.deep, old.field, old.nothing)
              print(pcall(function() return old.open end))
            end)
            """
        let run = try ReloadRun(first, over: Talk.opened().frames, edits: [0: second])
        #expect(
            run.lines == [
                "M first\ta\t2\ttrue\tof M\tnil",
                "false\ttest:3: old.open cannot be carried over: it holds a userdata (EINVAL)",
            ]
        )
    }
}
