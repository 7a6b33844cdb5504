// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Testing

@testable import Scripting

/// The text of a profile of `code` over `occurrences`.
private func profile(_ code: String, over occurrences: [Occurrence]) throws -> [String] {
    var options = ScriptOptions()
    options.isProfiled = true
    let engine = ScriptedEngine()
    let host = try unsafe ScriptHost(api: UnsafePointer(engine.api), options: options)
    try host.load(code: code, name: "test")
    engine.occurrences = occurrences
    _ = try host.run()
    _ = try host.report()
    return try host.profile(of: [host.profileShare()]).split(separator: "\n").map(String.init)
}

/// The numbers of the row that ends with `name`: calls, bytes, errors.
private func row(_ name: String, _ lines: [String]) throws -> [String] {
    let line = try #require(lines.first { $0.hasSuffix("  " + name) }, "no row \(name)")
    // share %, calls, mean and its unit, 99 % in and its unit, bytes, errors
    let words = line.split(separator: " ").map(String.init)
    return [words[2], words[7], words[8]]
}

@Suite struct `A profile` {
    @Test(arguments: [1, 63, 64, 65, 1000, 20_000])
    func `counts calls exactly, however many are timed`(count: Int) throws {
        let lines = try profile(
            inPacket("local x = side"),
            over: Array(repeating: .packet, count: count)
        )
        #expect(try row("test:2 ON_PKT_IN", lines)[0] == "\(count)")
        #expect(try row("test:2 ON_PKT_IN", lines)[2] == "-")
    }

    @Test func `counts errors, and what each call allocates`() throws {
        let lines = try profile(
            "local n, kept = 0\n"
                + inPacket(
                    """
                    n = n + 1
                    kept = ('x'):rep(100000) .. n
                    if n % 5 == 0 then error 'five' end
                    """
                ),
            over: (0..<40).map { index in
                var one = Occurrence.packet
                one.flow = Int32(index % 4)
                return one
            }
        )
        let numbers = try row("test:3 ON_PKT_IN", lines)
        #expect(numbers[0] == "40")
        #expect(numbers[2] == "8")
        // A hundred thousand, and where the same text is not at hand any more that, too.
        let bytes = try #require(Double(numbers[1].hasSuffix("K") ? numbers[1].dropLast() : "0"))
        #expect((95...300).contains(bytes))
    }

    @Test func `tells functions apart by where they are, and names their events`() throws {
        let code = """
            local s = mos.socket(mos.SOCK_MONITOR_STREAM)
            local function make()
              return function() end
            end
            s:on(mos.ON_PKT_IN, make())
            s:on(mos.ON_CONN_NEW_DATA, make())
            local event = mos.define_event(mos.ON_PKT_IN, function() return true end)
            s:on(event, function() end)
            """
        let lines = try profile(code, over: [.packet, .data("abc"), .packet])
        #expect(try row("test:3 ON_PKT_IN, ON_CONN_NEW_DATA", lines)[0] == "3")
        #expect(try row("test:7 ON_PKT_IN", lines)[0] == "2")
        #expect(try row("test:8 ON_PKT_IN", lines)[0] == "2")
    }

    @Test func `names what LuaJIT does not compile, and what to write instead`() throws {
        let code = """
            local s = mos.socket(mos.SOCK_MONITOR_STREAM)
            s:on(mos.ON_PKT_IN, function(flow)
              local f = function() return flow end
            end)
            s:on(mos.ON_CONN_NEW_DATA, function()
              local x = ("abc"):gsub("b", "c")
            end)
            """
        let lines = try profile(
            code,
            over: (0..<4000).map { $0 % 2 == 0 ? .packet : .data("abc") }
        )
        let text = lines.joined(separator: "\n")
        #expect(
            text.contains("  test:3: a closure is made each time: interpreted (NYI: bytecode FNEW)")
        )
        #expect(text.contains("make the function once, outside of the callback"))
        #expect(text.contains("  test:6: a function in C is called that is not compiled"))
        #expect(!text.contains("mos: everything that ran often was compiled"))
    }

    @Test func `says so when everything was compiled`() throws {
        let lines = try profile(
            "local n = 0\n" + inPacket("n = n + side"),
            over: Array(repeating: .packet, count: 4000)
        )
        #expect(lines.contains("mos: everything that ran often was compiled"))
    }

    @Test func `of several workers is one`() throws {
        var options = ScriptOptions()
        options.isProfiled = true
        let engine = ScriptedEngine()
        let host = try unsafe ScriptHost(api: UnsafePointer(engine.api), options: options)
        let share = "row\ta.lua:1\t10\t10\t1000\t50\t1\t1\t40:10"
        let runs = ["run\t4000\t3000\t1\n" + share, "run\t4000\t1000\t2\n" + share]
        let lines = try host.profile(of: runs).split(separator: "\n").map(String.init)
        #expect(
            lines == [
                "mos: profile of 4 us on 2 workers: scripts 25.0 %, engine 25.0 %, waiting 50.0 %",
                "     share        calls      mean   99 % in   bytes  errors  function",
                "    25.0 %           20    100 ns     35 ns       5       2  a.lua:1 ON_PKT_IN",
                "mos: everything that ran often was compiled", "mos: garbage collector: 3 cycles",
            ]
        )
    }
}
