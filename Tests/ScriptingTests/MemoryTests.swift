// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Testing

@testable import Scripting

private func limited(_ mebibytes: Int) -> ScriptOptions {
    var options = ScriptOptions()
    options.memoryLimit = mebibytes << 20
    options.allowsGlobals = true
    return options
}

/// A callback of ON_PKT_IN that takes memory for the first packet, and says what is held for the second.
private func taking(_ body: String) -> String {
    "local first = true\n"
        + inPacket(
            """
            if first then
              first = false
              \(body)
            end
            collectgarbage()
            print(collectgarbage "count" < 20 * 1024)
            """
        )
}

@Suite struct `A script that takes more memory than it may` {
    @Test(arguments: [
        "local t = {} while true do t[#t + 1] = {} end",
        "local t = {} while true do t[#t + 1] = ('x'):rep(1000) .. #t end",
        "local s = 'x' while true do s = s .. s end",
        "return ('x'):rep(1e9)",
        "local ffi = require 'ffi' local t = {} while true do t[#t + 1] = ffi.new('char[?]', 1e4) end",
        "local ffi = require 'ffi' return ffi.new('char[?]', 1e9)",
        "local t = {} while true do t[#t + 1] = function() return t end end",
        "local t = {} while true do t[#t + 1] = coroutine.create(print) end",
        "local t = {} for i = 1, 1e9 do t[i] = i end",
        "local t = {} while true do pcall(function() t[#t + 1] = {} end) end",
    ])
    func `gets an error, and the run goes on with what is left`(body: String) throws {
        let result = try run(taking(body), over: [.packet, .packet], options: limited(32))
        #expect(result.printed == ["true"])
        #expect(result.outcome == ScriptHost.Outcome(errors: 1, wasStopped: false))
        let text = try #require(result.diagnostics.first)
        #expect(text.contains("test:"))
        #expect(text.contains("not enough memory (setting 'script_memory')"))
        #expect(text.contains("event ON_PKT_IN at HK_SND, SIDE_CLI, flow 128.232.110.120:34855"))
    }

    @Test func `and makes garbage only gets no error`() throws {
        let body = "for i = 1, 20000 do local x = ('y'):rep(10000) .. i end"
        let result = try run(taking(body), over: [.packet], options: limited(32))
        #expect(result.printed == ["true"])
        #expect(result.diagnostics.isEmpty)
    }

    @Test func `and keeps it ends the run`() throws {
        let code = "K = {}\n" + inPacket("while true do K[#K + 1] = {} end")
        let result = try run(
            code,
            over: Array(repeating: .packet, count: 50),
            options: limited(32)
        )
        #expect(result.outcome.wasStopped)
        #expect(result.outcome.errors >= 1)
        #expect(
            result.diagnostics.contains {
                $0.contains("of the 32 MiB that they may have (setting 'script_memory')")
            }
        )
    }

    @Test func `in a timer gets an error there`() throws {
        var fired = Occurrence.packet
        fired.seconds += 10
        let code =
            "mos.settimer(1, function() return ('x'):rep(1e9) end)\n" + inPacket("print 'packet'")
        let result = try run(code, over: [.packet, fired], options: limited(32))
        #expect(result.printed.last == "packet")
        #expect(result.outcome.wasStopped == false)
    }

    @Test func `at its top level cannot be loaded`() throws {
        let message = try #require(
            throws: ScriptError.self,
            performing: {
                _ = try run("local t = {} while true do t[#t + 1] = {} end", options: limited(32))
            }
        )
        #expect(message.description.contains("not enough memory (setting 'script_memory')"))
        #expect(message.description.contains("test"))
    }
}
