// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Engine
import Outputs
import Packets
import Testing

@testable import Scripting

/// What a one-liner over a capture of the examples writes.
func oneLiner(_ code: String, over capture: String = "web", format: String = "") throws
    -> ManualRun
{
    let format = format.isEmpty ? "" : "format=\(format)\0"
    return try runManual(ManualRecord("file=-e\0capture=\(capture)\0\(format)code=\(code)\0"))
}

/// The only diagnostic of a one-liner that fails at its top level or in a callback.
private func failure(_ code: String, over capture: String = "web") -> String {
    do {
        return try oneLiner(code, over: capture).diagnostics.first ?? "no error"
    } catch {
        return "\(error)"
    }
}

@Suite struct `A one-liner` {
    @Test func `shows tables, the largest first, and numbers without keys on a line`() throws {
        let run = try oneLiner(
            """
            on.raw("tcp", function(p)
              count "packets" sum("bytes", p.len) count("port", p.tcp.dport) min("least", p.len)
              avg("size", p.len, p.ip.src, p.tcp.has and true)
            end) top(3)
            """
        )
        #expect(
            run.output == [
                "bytes: 30156", "least: 66", "packets: 103", "port:", "  80     55", "  40000  18",
                "  40040   6", "  ... 6 more", "size:",
                "  10.0.0.2  true  535.021  (count 48, total 25681)",
                "  10.0.0.1  true  81.3636  (count 55, total 4475)",
            ]
        )
        #expect(run.errors == 0 && run.diagnostics == [])
    }

    @Test func `draws times in steps that people read and bytes in powers of two`() throws {
        let run = try oneLiner(
            """
            on.start(function()
              for _, v in ipairs { 0, 0.0001, 0.00015, 0.0002, 1.5, 60 } do thist("t", v, "k") end
              for _, v in ipairs { -1, 0, 1, 1023, 1024, 2 ^ 20 - 1, 2 ^ 70, 0.25 } do hist("h", v) end
              for _, v in ipairs { -1, 0, 5, 9, 10, 100 } do lhist("l", v, 0, 30, 10) end
            end)
            """
        )
        func buckets(_ name: String) -> [String] {
            let start = run.output.firstIndex { $0.hasPrefix(name + ":") } ?? 0
            return run.output[(start + 1)...].prefix {
                $0.hasPrefix("[") || $0.hasPrefix("(") || $0.hasPrefix("  ")
            }
            .filter { !$0.contains("   0 |") && !$0.hasPrefix("  ") }
            .map { String($0.prefix { $0 != "|" }).split(separator: " ").joined(separator: " ") }
        }
        #expect(
            buckets("t") == [
                "[0, 1 us) 1", "[100 us, 200 us) 2", "[200 us, 500 us) 1", "[1 s, 2 s) 1",
                "[50 s, 100 s) 1",
            ]
        )
        #expect(
            buckets("h") == [
                "(..., 0) 1", "[0] 1", "[250m, 500m) 1", "[1, 2) 1", "[512, 1K) 1", "[1K, 2K) 1",
                "[512K, 1M) 1", "[4E, ...) 1",
            ]
        )
        #expect(buckets("l") == ["(..., 0) 1", "[0, 10) 3", "[10, 20) 1", "[30, ...) 1"])
    }

    @Test func `passes over what is nil, and says how often`() throws {
        let run = try oneLiner(
            """
            on.conn_end(function(f) count("none", f.vlan) thist("t", f.icmp_id)
              count("some", f.cli.port == 40000 and "x" or nil, 1) end)
            """
        )
        #expect(
            run.output == [
                "none:", "  (8 without a value)", "some:", "  x  1  1", "  (7 without a value)",
                "t:",
                "  (8 without a value)",
            ]
        )
        #expect(run.errors == 0)
    }

    @Test(arguments: [
        ("on.con_end(print)", "-e:1: on has no \"con_end\"; did you mean \"on.conn_end\"?"),
        ("on.ON_CONN_END(print)", "did you mean \"on.conn_end\"?"),
        ("on.udp.rexmit(print)", "on.udp has no \"rexmit\""),
        ("conn_end(print)", "\"conn_end\" is not defined; did you mean on.conn_end?"),
        ("cuont('x')", "\"cuont\" is not defined; did you mean \"count\"?"),
        ("n = 1", "global \"n\" is assigned; write `local n`"),
        ("on.conn_end('tcp prt 1', print)", "can't parse filter expression"),
        ("on.conn_end()", "on.conn_end: argument 1 (fn) is nil; it must be a function"),
        ("on.conn_end(true, print)", "argument 1 (filter or hook) is true"),
        ("on.conn_end(HK_RCV, 'port 80', 5)", "argument 3 (fn) is 5"),
        ("on.gap(HK_SND, print)", "argument 3 (hook) is mos.HK_SND"),
        ("on.interval(0)", "on.interval: argument 1 (seconds) is 0"),
        ("on(print)", "on: it is not called; on.conn_end("),
        ("count()", "count: argument 1 (name) is nil"),
        ("sum('x')", "sum: it takes (name, value[, key...])"),
        ("sum('x', 'y')", "sum: argument 2 (value) is \"y\"; it must be a finite number"),
        ("avg('x', 0/0)", "must be a finite number"),
        ("count('x', {})", "count: argument 2 (key) is a table"),
        ("count('x', 1) count('x', {})", "count: argument 2 (key) is a table"),
        (
            "count('x', 1) count('x', 1, 2)",
            "count: \"x\" has 1 key where it was called first (-e:1), and 2 keys here"
        ),
        ("count('x', 1)\ncount('x')", "-e:2: count: \"x\" has 1 key"),
        ("count('x')\nhist('x', 1)", "-e:2: hist: \"x\" is a count already (-e:1)"),
        ("lhist('x', 1, 9, 3, 1)", "lhist: from, to and step are 9, 3 and 1"),
        ("lhist('x', 1, 0, 3, 1) lhist('x', 1, 0, 4, 1)", "from, to and step of \"x\" differ"),
        ("lhist('x', 1, 0, 3)", "lhist: it takes (name, value, from, to, step[, key...])"),
        (
            "topk('x', -1, 'k')",
            "topk: argument 2 (value) is -1; it must be a finite number, 0 or more"
        ),
        ("show()", "show: what all workers know is there in functions of on.interval"),
        ("each('x')", "each: it is for functions of on.interval and on.report"),
        ("each()", "each: argument 1 (name) is nil"),
        ("top(0)", "top: argument 1 (n) is 0"),
        ("tls_sni(5)", "tls_sni: argument 1 (data) is 5"),
        (
            "for i = 1, 300 do count('n' .. i) end",
            "there are 256 aggregates; what differs from packet to packet is a key"
        ),
        ("on.conn_end = print", "what happens is given to it in a call"),
    ])
    func `says what is wrong, and where`(code: String, message: String) {
        #expect(failure(code).contains(message), "\(failure(code))")
    }

    @Test func `calls every function that is given to the same event`() throws {
        let run = try oneLiner(
            """
            for i = 1, 3 do on.conn_end(function() count("calls", i) end) end
            on.conn_end("port 40000", function() count("calls", "one") end)
            on.conn_end(HK_RCV, function(f, side) count("side", side == SIDE_SVR) end)
            """
        )
        #expect(
            run.output == [
                "calls:", "  1    8", "  2    8", "  3    8", "  one  1", "side:", "  true  8",
            ]
        )
    }

    @Test func `reads bytes only where it wants them`() throws {
        let sockets = """
            on.report(function()
              for id = 0, 3 do
                local s = require("mos.flow").sockets[id]
                print(s and mos.getsockopt(s, mos.CLIBUF) .. " " .. mos.getsockopt(s, mos.SVRBUF))
              end
            end)
            """
        let run = try oneLiner(
            "on.conn_end(function() end) on.new_data('port 80', function() end)" + sockets
        )
        #expect(run.output == ["0 0", "1048576 1048576", "nil", "nil"])
    }

    @Test func `gives the same bytes to every function, and reads on whatever they do`() throws {
        let run = try oneLiner(
            """
            local all = 0
            on.new_data(function(f, side, event, data) sum("first", #data) end)
            on.new_data(function(f, side, event, data)
              sum("second", #data) f:consume(side, 3)
            end)
            on.new_data("port 40000", function(f, side, event, data) count("once", #data > 0) f:close() end)
            on.conn_end(function(f) sum("bytes", f.cli.unique_bytes + f.svr.unique_bytes) end)
            """
        )
        #expect(run.errors == 0, "\(run.diagnostics)")
        #expect(
            run.output == [
                "bytes: 23230", "first: 23230", "once:", "  true  1", "second: 23230",
            ]
        )
    }

    @Test func `gives packets, bytes and arguments to its functions`() throws {
        let run = try oneLiner(
            """
            on.raw("udp dst port 53", function(p, side) count("raw", p.udp.dport, side == NULL) end)
            on.udp(function(f) count("udp", f:packet().udp.dport) end)
            on.udp.conn_start("port 54", function(f) count("started", f.svr.port) end)
            on.icmp.conn_end(function(f) count("icmp", f.proto, f.packets) end)
            on.orphan(function(p) count("orphan", p.ip.proto) end)
            """,
            over: "datagrams"
        )
        #expect(run.errors == 0, "\(run.diagnostics)")
        #expect(run.output.contains("  53  true  4"))
        #expect(run.output.contains("started:"))
    }

    @Test func `writes rows as records when it is asked to`() throws {
        let code =
            "on.conn_end(function(f) count('c', f.svr.port) avg('a', f.bytes) hist('h', 3, 'k') count('n', f.vlan) end)"
        #expect(
            try oneLiner(code, format: "json").output == [
                #"{"count":8,"kind":"avg","name":"a","sum":23230,"value":2903.75}"#,
                #"{"key":80,"kind":"count","name":"c","value":8}"#,
                #"{"count":8,"from":2,"key":"k","kind":"hist","name":"h","to":4}"#,
                #"{"kind":"skipped","name":"n","value":8}"#,
            ]
        )
        let tsv = try oneLiner(code, format: "tsv").output
        #expect(tsv.count == 12 && tsv[2].hasPrefix("8 "))
    }

    @Test func `shows and clears at intervals what came since`() throws {
        let run = try oneLiner(
            """
            on.conn_start(function() count("cleared") count("kept") end)
            on.interval(0.01, function(t)
              show() clear("cleared") clear "never"
            end)
            """
        )
        let cleared = run.output.filter { $0.hasPrefix("cleared: ") }.compactMap {
            Int($0.dropFirst(9))
        }
        let kept = run.output.filter { $0.hasPrefix("kept: ") }.compactMap { Int($0.dropFirst(6)) }
        #expect(cleared.reduce(0, +) == 8 && cleared.count > 2)
        #expect(kept.last == 8 && kept == kept.sorted() && kept.count == cleared.count)
        #expect(run.diagnostics == ["mos: clear: nothing is called \"never\""])
    }

    @Test func `leaves out at the end what on.report has shown`() throws {
        let run = try oneLiner(
            "on.conn_end(function(f) count 'a' count 'b' count 'c' end) on.report(function() show 'a' clear 'b' end)"
        )
        #expect(run.output == ["a: 8", "c: 8"])
    }

    @Test func `reads in on.report what was counted`() throws {
        let run = try oneLiner(
            """
            on.conn_end(function(f)
              sum("bytes", f.bytes, f.svr.port, f.cli.port) avg("a", f.bytes) hist("h", f.bytes)
            end)
            on.report(function()
              for to, from, n in each "bytes" do if n > 4000 then print(to, from, n) end end
              for n, count, total in each "a" do print(n, count, total) end
              for count in each "h" do print(count) end
              for _ in each "none" do print "never" end
              clear()
            end)
            """
        )
        #expect(run.output.suffix(2) == ["2903.75 8       23230", "8"])
        #expect(run.output.first?.hasPrefix("80      40000   ") == true)
        #expect(run.diagnostics == ["mos: each: nothing is called \"none\""])
    }

    @Test func `shows keys on one line each, whatever they are`() throws {
        let run = try oneLiner(
            #"on.start(function() count("k", "a\nb\27[31m\tc") count("k", "") count("k", 0.5) count("k", false) end)"#
        )
        #expect(
            run.output == [
                "k:", "  false                1", "  0.5                  1",
                #"  ""                   1"#, #"  a\x0ab\x1b[31m\x09c  1"#,
            ]
        )
    }

    @Test func `keeps the others when there is no room for a key`() throws {
        let run = try oneLiner(
            """
            on.start(function()
              for i = 1, 100001 do count("k", i) end
              for i = 1, 250000 do topk("t", i == 7 and 1e6 or 1, i) end
              topk("t", 5, 7)
            end) top(1)
            """
        )
        #expect(run.output.contains("  7  1000005"))
        #expect(run.output.contains("  ... 99999 more"))
        #expect(
            run.diagnostics == [
                "mos: count k: there are 100000 keys, values of others are not taken in; topk keeps those that count most (said once)"
            ]
        )
    }

    @Test func `has the names of one-liners in a script that asks for them`() throws {
        let script = "setfenv(1, mos.short)\non.conn_end(function(f) count('x', f.svr.port) end)"
        let run = try runManual(ManualRecord("file=x\0capture=web\0code=\(script)\0"))
        #expect(run.output == ["x:", "  80  8"])
        let plain = try? runManual(ManualRecord("file=x\0capture=web\0code=on.conn_end(print)\0"))
        #expect(plain == nil)
    }
}
