// SPDX-License-Identifier: BSD-2-Clause
import Testing

@testable import Scripting

/// A script that emits the first line that each client says, and counts holes.
private let lines = """
    local watch, gaps = mos.socket(mos.SOCK_MONITOR_STREAM), mos.counter("gaps", { "port" })
    watch:on(mos.ON_CONN_NEW_DATA, function(flow, side)
      local data = flow:view(side)
      if side == mos.SIDE_SVR then mos.emit("line", { text = data:line(), bytes = #data }) end
      flow:consume(side, #data)
    end)
    watch:on(mos.ON_GAP, function(flow) gaps:count(flow.svr.port) end)
    watch:on(mos.ON_CONN_END, function(flow) print("end", flow.end_reason) end)
    """

@Suite struct `A test within a script` {
    @Test func `passes when everything is as expected`() throws {
        let body = """
            t.syn() t.synack() t.ack()
            t.data "one\\n"
            t.expect.records { { "line", text = "one" } }
            t.data "two\\n"
            t.svr.ack()
            t.close()
            t.expect.records("line", { { text = "two", bytes = 4 } })
            t.expect.prints { "end\\tfin" }
            t.expect.calls { ON_CONN_NEW_DATA = 2, ON_GAP = 0, [8] = 1, ["script.lua:2"] = 2 }
            t.expect.stats { packets = 9, flows = 1, tcp = t.any, retransmitted = 0 }
            t.expect.aggregate("gaps", 80, 0)
            t.expect.messages {}
            """
        #expect(try failures(body, in: lines) == [])
    }

    @Test func `says where, what was expected and what came`() throws {
        let body = """
            t.handshake()
            t.data "one\\n"
            t.data "two\\n"
            t.data "three\\n"
            t.expect.records { { text = "one" }, { text = "2" }, { text = "three" }, { text = "4" } }
            t.expect.calls { ON_GAP = 1 }
            t.expect.stats { packets = 7 }
            t.expect.aggregate("gaps", 80, 2)
            t.expect.prints {}
            """
        let came = try failures(body, in: lines)
        #expect(
            came == [
                """
                script.lua:14: t.expect.records: expected 4 records, came 3 records (- expected, + came)
                    1   { "line", bytes = 4, text = "one" }
                  - 2   { text = "2" }
                  + 2   { "line", bytes = 4, text = "two" }
                        text: expected "2", came "two"
                    3   { "line", bytes = 6, text = "three" }
                  - 4   { text = "4" }
                """,
                "script.lua:15: t.expect.calls:\n    ON_GAP: expected 1, came 0",
                "script.lua:16: t.expect.stats:\n    packets: expected 7, came 6",
                "script.lua:17: t.expect.aggregate: \"gaps\": expected 2, came 0",
                """
                script.lua:18: t.expect.prints: expected 0 lines, came 1 line (- expected, + came)
                  + 1   "end\\tshutdown"
                """,
            ]
        )
    }

    @Test func `looks at expectations in their place, behind the last packet at the end`() throws {
        let body = """
            t.handshake()
            t.expect.prints {}
            t.check(function() print "aside" assert(mos.stats().packets == 3) end)
            print "aside"
            t.fin()
            t.check(function() assert(mos.stats().packets == 4, "not at the end") end)
            t.expect.prints {}
            t.svr.rst()
            t.expect.prints { "end\\treset" }
            """
        #expect(try failures(body, in: lines) == [])
    }

    @Test func `knows nothing of the test before it`() throws {
        let code = """
            local count = 0
            local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
            watch:on(mos.ON_CONN_START, function() count = count + 1 print(count) end)
            for i = 1, 3 do
              mos.test("test " .. i, function(t)
                t.syn()
                t.expect.prints { "1" }
                t.expect.stats { flows = 1 }
              end)
            end
            """
        let results = try recipeResults(code)
        #expect(results.map(\.name) == ["test 1", "test 2", "test 3"])
        #expect(results.flatMap(\.result.failures) == [])
    }

    @Test func `fails when the script raises an error that nobody expects`() throws {
        let code = """
            local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
            watch:on(mos.ON_CONN_START, function() error "boom" end)
            """
        let came = try failures("t.syn()", in: code)
        #expect(came.count == 1)
        #expect(came.first?.hasPrefix("error in a callback: script.lua:2: boom\n") == true)
        #expect(came.first?.contains("event ON_CONN_START at HK_SND") == true)
        #expect(try failures("t.syn() t.expect.error 'boom'", in: code) == [])
        #expect(try failures("t.syn() t.expect.errors(1)", in: code) == [])
        // More than are shown.
        let many = "for _ = 1, 8 do t.conn().syn() end"
        #expect(try failures(many + " t.expect.errors(8)", in: code) == [])
        let hidden = try failures(many, in: code)
        #expect(hidden.count == 2)
        #expect(hidden.last == "7 more errors, which are not shown")
        let other = try failures("t.syn() t.expect.error 'bang'", in: code)
        #expect(other.count == 2)
        #expect(other.first?.contains("no error with \"bang\" came") == true)
    }

    @Test func `fails where its body raises an error, with the frames of the user`() throws {
        let came = try failures("local function inner() error 'no' end\ninner()")
        #expect(came.count == 1)
        #expect(came.first?.hasPrefix("script.lua:3: no\n") == true)
        #expect(came.first?.contains("script.lua:4: ") == true)
        #expect(came.first?.contains("mos/") == false)
    }

    @Test(arguments: [
        ("t.syn { sequence = 1 }", "t.syn: there is no option \"sequence\""),
        ("t.data('x', { afte = 1 })", "did you mean \"after\""),
        ("t:syn()", "t.syn: call it with a dot: t.syn(...)"),
        ("t.svr:data 'x'", "t.data: call it with a dot"), ("t:gap(3)", "t.gap: call it with a dot"),
        ("t.data(7)", "t.data: argument 1 (data) is 7; it must be a string"),
        ("t.data('x', { flags = 'XY' })", "argument 2 (flags)"),
        ("t.conn { client = 'nowhere' }", "t.conn: argument 1 (client) is \"nowhere\""),
        ("t.conn { client = '10.0.0.1', server = 'fd00::1' }", "of different IP versions"),
        ("t.gap(0)", "t.gap: argument 1 (length) is 0"),
        ("t.rexmit()", "this end has sent nothing that could be repeated"),
        ("t.dat 'x'", "t has no \"dat\"; did you mean \"data\"?"),
        ("t.expect.record {}", "t.expect has no \"record\""),
        ("t.expect.stats { flow = 1 }", "there is no counter \"flow\"; did you mean \"flows\"?"),
        ("t.expect.records { path = 'x' }", "it must be a list, as in { { name = value } }"),
        ("t.expect.aggregate('nothing', 1)", "there is no aggregate \"nothing\""),
        ("t.hex 'abc'", "pairs of hexadecimal digits"),
        ("t.wait(-1)", "seconds, 0 to 1000000"),
        ("t.data(('x'):rep(70000))", "do not fit into one packet"),
    ])
    func `explains a mistake in its body`(body: String, message: String) throws {
        let came = try failures(body)
        #expect(came.count == 1)
        #expect(came.first?.contains(message) == true, "\(came)")
    }

    @Test(arguments: [
        ("{ captur = 'x' }", "there is no option \"captur\""),
        ("{ settings = { kep = 1 } }", "unknown setting 'kep', did you mean 'keep'?"),
        ("{ settings = { gap_packets = 'x' } }", "setting 'gap.packets' is a number"),
        ("{ inline = 'yes' }", "argument 2 (inline) is \"yes\""),
        ("{ capture = 'nosuch.pcap' }", "nosuch.pcap: no such file"),
        ("{ filter = 'tcp' }", "a filter has a meaning only with a capture"),
        ("{ expect = { recrds = {} } }", "expect has no \"recrds\"; did you mean \"records\"?"),
    ])
    func `explains a mistake in its options`(options: String, message: String) throws {
        let came = try failures("", options: options)
        #expect(came.count == 1)
        #expect(came.first?.contains(message) == true, "\(came)")
    }

    @Test func `has settings and arguments of its own`() throws {
        let code = """
            local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
            print(mos.args.name, mos.args.flag, mos.args[1])
            watch:on(mos.ON_CONN_NEW_DATA, function() end)
            """
        let options = """
            { args = { "first", name = "value", flag = true }, settings = { ["max_flows"] = 1,
              time_wait = 100, gap_packets = 5 }, expect = { stats = { flows_refused = 1 } } }
            """
        let body = """
            t.syn()
            t.conn().syn()
            t.expect.stats { table_full = 1 }
            """
        let came = try failures(
            body.replacing("table_full", with: "flows"),
            in: code,
            options: options.replacing(", expect = { stats = { flows_refused = 1 } }", with: "")
        )
        #expect(came == [])
    }

    @Test func `may look at globals, flows and upvalues with plain Lua`() throws {
        let body = """
            t.handshake()
            t.check(function()
              local flow = mos.find_flow("10.0.0.1", 40000, "10.0.0.2", 80)
              assert(flow.cli.state == "ESTABLISHED", flow.cli.state)
            end)
            t.ack()
            t.check(function() assert(false, "as said") end)
            """
        let came = try failures(body, in: lines)
        #expect(came.count == 1)
        #expect(came.first?.hasPrefix("script.lua:16: as said") == true, "\(came)")
    }

    @Test func `lists handlers that it did not reach`() throws {
        let code = lines + "\nmos.test('it', function(t) t.handshake() t.data 'x' end)\n"
        var suite = RecipeTestSuite(file: "script.lua")
        for (name, result) in try recipeResults(code) { suite.results.append((name, 1, result)) }
        #expect(suite.unreached.count == 1)
        #expect(suite.unreached.first?.hasSuffix("script.lua:7 ON_GAP") == true)
    }

    @Test func `counts functions of single flows and of user-defined events`() throws {
        let code = """
            local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
            local big = mos.define_event(mos.ON_PKT_IN, function(flow)
              return #flow:packet().payload > 3
            end)
            local on_big = mos.name("on_big", function() end)
            watch:on(big, mos.HK_SND, on_big)
            watch:on(mos.ON_CONN_START, function(flow)
              flow:on(mos.ON_PKT_IN, mos.HK_RCV, function() end)
            end)
            """
        let body = """
            t.handshake()
            t.data "large"
            t.data "no"
            t.expect.calls { [on_big] = 1, on_big = 1, [5] = 1, [8] = 5, ON_CONN_START = 1 }
            """
        #expect(try failures(body, in: code) == [])
    }

    @Test func `sees what leaves inline`() throws {
        let code = """
            local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
            watch:on(mos.ON_CONN_NEW_DATA, function(flow, side)
              local data = flow:view(side)
              if data:starts "drop" then flow:drop() else flow:overwrite(mos.TCP_PAYLOAD, 0, "X") end
              flow:consume(side, #data)
            end)
            """
        let body = """
            t.handshake()
            t.data "drop this"
            t.svr.data "abc"
            t.expect.calls { ON_CONN_NEW_DATA = 2 }
            t.ack()
            t.expect.sent("cli", { { flags = "SA" }, { data = "Xbc", seq = 1, ack = 10,
              bad_checksum = t.absent, src = "10.0.0.2:80" } })
            t.expect.sent { { to = "svr", flags = "S" }, { flags = "A" }, { flags = "A", ack = 4 } }
            """
        #expect(try failures(body, in: code, options: "{ inline = true }") == [])
    }

    @Test func `tests the script beside it`() throws {
        let results = try recipeResults(
            "mos.test('it', function(t) t.handshake() t.data 'x\\n' t.expect.records { { text = 'x' } } end)",
            file: "lines_test.lua",
            others: ["lines.lua": lines]
        )
        #expect(results.count == 1)
        #expect(results.flatMap(\.result.failures) == [])
    }

    @Test func `costs nothing but the call in every other run`() throws {
        let code = """
            mos.test("never", function() print "a body ran" end)
            mos.bench("never", function() print "a body ran" end)
            for name in pairs(package.loaded) do
              if name:find "^mos%.test_" then print(name) end
            end
            """
        #expect(try runEngine(code, over: Talk.opened().frames) == [])
    }

    @Test func `has a name of its own in its file`() throws {
        #expect(throws: ScriptError.self) {
            try recipeResults("mos.test('a', function() end)\nmos.test('a', function() end)")
        }
    }
}

@Suite struct `A golden file` {
    private let code =
        lines + """

            mos.test("two lines", function(t)
              t.handshake()
              t.data "one\\n"
              t.data "two\\n"
              t.expect.golden()
            end)
            """

    @Test func `is missing, written, equal, and different`() throws {
        let folder = try ScriptFolder(["script.lua": code])
        var tests = RecipeTests(file: folder.path + "/script.lua")
        let test = try #require(try tests.list().first)
        let missing = tests.run(test).failures
        #expect(missing.count == 1)
        #expect(missing.first?.contains("mos test --update writes it") == true)
        tests.mode.updatesGolden = true
        #expect(tests.run(test).wroteGolden)
        let golden = "script.golden/two-lines.jsonl"
        let text = """
            {"bytes":4,"text":"one"}
            {"bytes":4,"text":"two"}
            end\tshutdown

            """
        #expect(try folder.read(golden) == text)
        #expect(!tests.run(test).wroteGolden)
        tests.mode.updatesGolden = false
        #expect(tests.run(test).failures == [])
        try folder.write(golden, text.replacing("two", with: "2"))
        let different = tests.run(test).failures
        #expect(different.count == 1)
        #expect(
            different.first?.contains("  - 2   \"{\\\"bytes\\\":4,\\\"text\\\":\\\"2\\\"}\"")
                == true
        )
    }
}

@Suite struct `What tests came to` {
    private var suites: [RecipeTestSuite] {
        var suite = RecipeTestSuite(file: "a & b.lua")
        suite.results.append(("passes # 1", 3, RecipeTestResult()))
        suite.results.append(
            ("fails <\"&\u{1}>", 9, RecipeTestResult(failure: "a.lua:9: bad\n  - \"x\" < 1"))
        )
        var broken = RecipeTestSuite(file: "broken.lua")
        broken.problem = "broken.lua:1: no"
        return [suite, broken]
    }

    @Test func `is told in TAP`() {
        let text = """
            TAP version 13
            1..3
            ok 1 - a & b.lua: passes \\# 1
            not ok 2 - a & b.lua: fails <"&\u{1}>
              ---
              message: |
                a.lua:9: bad
                  - "x" < 1
              ...
            not ok 3 - broken.lua: loading
              ---
              message: |
                broken.lua:1: no
              ...

            """
        #expect(TAPReport.text(suites) == text)
    }

    @Test func `is told as JUnit's XML, escaped`() {
        let text = """
            <?xml version="1.0" encoding="UTF-8"?>
            <testsuites tests="3" failures="2">
              <testsuite name="a &amp; b.lua" tests="2" failures="1">
                <testcase classname="a &amp; b.lua" name="passes # 1" file="a &amp; b.lua" line="3"/>
                <testcase classname="a &amp; b.lua" name="fails &lt;&quot;&amp;\u{FFFD}&gt;" file="a &amp; b.lua" line="9">
                  <failure message="a.lua:9: bad">a.lua:9: bad
              - &quot;x&quot; &lt; 1</failure>
                </testcase>
              </testsuite>
              <testsuite name="broken.lua" tests="1" failures="1">
                <testcase classname="broken.lua" name="loading" file="broken.lua" line="1">
                  <failure message="broken.lua:1: no">broken.lua:1: no</failure>
                </testcase>
              </testsuite>
            </testsuites>

            """
        #expect(JUnitReport.text(suites) == text)
    }
}

@Suite struct `A bench within a script` {
    @Test func `counts packets, callbacks and garbage of what its body makes`() throws {
        let code = """
            local watch, kept = mos.socket(mos.SOCK_MONITOR_STREAM), nil
            watch:on(mos.ON_CONN_START, function() kept = {} end)
            mos.bench("connections", { packets = 1000 }, function(b)
              b.handshake()
              b.close()
            end)
            """
        let folder = try ScriptFolder(["bench.lua": code])
        let tests = RecipeTests(file: folder.path + "/bench.lua")
        let bench = try #require(try tests.benches().first)
        let result = try tests.measure(bench, rounds: 2, packets: nil) { _ in [] }
        // Six packets a connection, of which the first fifth is not measured.
        #expect(result.packets == 802)
        #expect((133...134).contains(result.callbacks))
        #expect(result.garbage >= 32 * Double(result.callbacks))
        #expect(result.rounds.count == 2)
        #expect(result.failure == nil)
    }

    @Test func `tells that the script fails`() throws {
        let code = """
            local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
            watch:on(mos.ON_CONN_START, function() error "boom" end)
            mos.bench("it", { packets = 100 }, function(b) b.syn() end)
            """
        let folder = try ScriptFolder(["bench.lua": code])
        let tests = RecipeTests(file: folder.path + "/bench.lua")
        let bench = try #require(try tests.benches().first)
        let result = try tests.measure(bench, rounds: 1, packets: nil) { _ in [] }
        #expect(result.failure?.contains("boom") == true)
    }
}
