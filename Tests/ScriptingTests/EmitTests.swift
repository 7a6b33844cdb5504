// SPDX-License-Identifier: BSD-2-Clause
import Testing

@testable import Scripting

private func emitted(_ record: String, format: ScriptOptions.Format = .json) throws -> [String] {
    var options = ScriptOptions()
    options.format = format
    return try run("mos.emit('test', \(record))", options: options).records
}

@Suite struct `A record` {
    @Test(arguments: [
        ("{}", "{}"),
        ("{b = 1, a = 2, B = 3, [''] = 4}", #"{"":4,"B":3,"a":2,"b":1}"#),
        (
            "{n = 0, m = -0, big = 2^53 - 1, huge = 2^60}",
            #"{"big":9007199254740991,"huge":1.152921504606847e+18,"m":0,"n":0}"#
        ),
        (
            "{a = 0.1, b = 1/3, c = 1e-7, d = 1700000000.123456, e = 5e-324}",
            #"{"a":0.1,"b":0.3333333333333333,"c":1e-07,"d":1700000000.123456,"e":4.94065645841247e-324}"#
        ),
        ("{a = 0/0, b = 1/0, c = -1/0}", #"{"a":null,"b":null,"c":null}"#),
        ("{t = true, f = false}", #"{"f":false,"t":true}"#),
        (
            "{list = {1, 'x', {}}, object = {k = {v = {}}}}",
            #"{"list":[1,"x",{}],"object":{"k":{"v":{}}}}"#
        ),
        (#"{s = 'a"\\\b\f\n\r\t\0\127/'}"#, #"{"s":"a\"\\\b\f\n\r\t\u0000\u007f/"}"#),
        ("{s = 'é€😀'}", #"{"s":"é€😀"}"#),
        (#"{s = '\200x\195'}"#, #"{"s":"\u00c8x\u00c3"}"#),
        (
            #"{overlong = '\192\175', surrogate = '\237\160\128', high = '\244\144\128\128'}"#,
            #"{"high":"\u00f4\u0090\u0080\u0080","overlong":"\u00c0\u00af","surrogate":"\u00ed\u00a0\u0080"}"#
        ),
        (#"{c1 = '\194\155'}"#, #"{"c1":"\u009b"}"#),
        ("{a = 5LL, b = 18446744073709551615ULL}", #"{"a":5,"b":18446744073709551615}"#),
    ])
    func `is JSON with sorted keys`(record: String, json: String) throws {
        #expect(try emitted(record) == [json])
    }

    @Test(arguments: [
        ("{f = print}", "f is a function, which no record can hold"),
        ("{a = {b = {c = print}}}", "a.b.c is a function, which no record can hold"),
        ("{1, 2}", "the record has the key 1; the keys of a record are strings"),
        ("{a = {1, nil, 3}}", "a mixes keys: a list must have 1 ... n without holes"),
        ("{a = {1, x = 2}}", "a mixes keys: strings and numbers"),
        ("{a = {[true] = 1}}", "a has the key true; keys are strings, or 1 ... n in a list"),
        ("(function() local t = {} t.a = t return t end)()", "a contains itself"),
        (
            "(function() local t = {} for i = 1, 99 do t = {k = t} end return t end)()",
            String(repeating: "k.", count: 31) + "k is deeper than 32 tables"
        ),
    ])
    func `that cannot be written is an error that names the field`(record: String, problem: String)
        throws
    {
        let message = "test:1: mos.emit: \(problem) (EINVAL)"
        let error = #expect(throws: ScriptError.self) { _ = try emitted(record) }
        let lines = try #require(error).description.split(separator: "\n")
        #expect(lines.first == message[...] && lines.last == "    test:1: at top level")
    }

    @Test func `writes a flow as its text`() throws {
        let result = try run(
            inPacket("mos.emit('x', {flow = flow, cli = flow.cli})"),
            over: [.packet]
        )
        #expect(
            result.records == [
                #"{"cli":"128.232.110.120:34855","flow":"128.232.110.120:34855 > 66.35.250.204:80"}"#
            ]
        )
    }

    @Test func `is sorted again when the keys of its stream change`() throws {
        let result = try run(
            "mos.emit('x', {b=1, a=2}) mos.emit('x', {b=3, a=4}) mos.emit('x', {c=5, a=6}) mos.emit('x', {a=7})"
        )
        #expect(
            result.records == [
                #"{"a":2,"b":1}"#, #"{"a":4,"b":3}"#, #"{"a":6,"c":5}"#, #"{"a":7}"#,
            ]
        )
    }

    @Test func `is text in columns that grow with their values`() throws {
        var options = ScriptOptions()
        options.format = .text
        let result = try run(
            "for _, n in ipairs {1, 1000, 2} do mos.emit('x', {n=n, s='a b', t='plain', u={1}}) end",
            options: options
        )
        #expect(
            result.records == [
                #"n=1  s="a b"  t=plain  u=[1]"#, #"n=1000  s="a b"  t=plain  u=[1]"#,
                #"n=2     s="a b"  t=plain  u=[1]"#,
            ]
        )
    }

    private func tabbed(_ script: String) throws -> [String] {
        var options = ScriptOptions()
        options.format = .tsv
        return try run(script, options: options).records.flatMap {
            $0.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        }
    }

    @Test func `is a line between tabs under the names of its columns`() throws {
        #expect(
            try tabbed("for n = 1, 2 do mos.emit('x', {n=n, s='a b', B=true, u={1,'y'}}) end") == [
                "#stream\tx", "#fields\tB\tn\ts\tu", "true\t1\ta b\t[1,\"y\"]",
                "true\t2\ta b\t[1,\"y\"]",
            ]
        )
    }

    @Test func `gets columns for new fields at the end, and a dash for those it lacks`() throws {
        #expect(
            try tabbed(
                "mos.emit('x', {b=1, c=2}) mos.emit('x', {c=3, d=4, a=5}) mos.emit('x', {b=6})"
            ) == [
                "#stream\tx", "#fields\tb\tc", "1\t2", "#stream\tx", "#fields\tb\tc\ta\td",
                "-\t3\t5\t4", "6\t-\t-\t-",
            ]
        )
    }

    @Test func `stands under its own columns when streams take turns`() throws {
        #expect(
            try tabbed("for n = 1, 2 do mos.emit('x', {a=n}) mos.emit('y', {b=n}) end") == [
                "#stream\tx", "#fields\ta", "1", "#stream\ty", "#fields\tb", "1", "#stream\tx",
                "#fields\ta", "2", "#stream\ty", "#fields\tb", "2",
            ]
        )
    }

    @Test func `that is refused leaves no trace in the columns`() throws {
        let script = """
            mos.emit('x', {a=1})
            pcall(mos.emit, 'y', {b=print})
            pcall(mos.emit, 'x', {a=2, c=print})
            mos.emit('x', {a=3})
            """
        #expect(try tabbed(script) == ["#stream\tx", "#fields\ta", "1", "3"])
    }

    @Test func `that would need more than 1000 columns begins a new table`() throws {
        let lines = try tabbed("for n = 1, 1002 do mos.emit('x', {['k' .. n]=n}) end")
        #expect(lines.allSatisfy { $0.split(separator: "\t").count <= 1001 })
        #expect(
            lines.suffix(5) == [
                "#fields\tk1001", "1001", "#stream\tx", "#fields\tk1001\tk1002", "-\t1002",
            ]
        )
    }

    @Test(arguments: [
        ("''", "(empty)"), ("'-'", #"\x2d"#), ("'(empty)'", #"\x28empty)"#),
        (#"'a\tb\nc\\d\r\0'"#, #"a\x09b\x0ac\\d\x0d\x00"#), ("'#a\\tb'", #"\x23a\x09b"#),
        ("'é€😀'", "é€😀"), (#"'\200x\194\155\127'"#, #"\xc8x\xc2\x9b\x7f"#),
        ("{'a\\tb'}", #"["a\\tb"]"#), ("{}", "{}"), ("0/0", "-"), ("1/0", "-"), ("0.1", "0.1"),
        ("5LL", "5"), ("18446744073709551615ULL", "18446744073709551615"), ("false", "false"),
        ("'-1'", "-1"), ("'a-'", "a-"),
    ])
    func `has fields that no tab, line end or mark can break`(value: String, field: String) throws {
        #expect(try tabbed("mos.emit('x', {v=\(value)})").last == field)
    }

    @Test func `of tsv writes a flow as its text`() throws {
        var options = ScriptOptions()
        options.format = .tsv
        let result = try run(
            inPacket("mos.emit('x', {flow = flow})"),
            over: [.packet],
            options: options
        )
        #expect(
            result.records.last == "128.232.110.120:34855 > 66.35.250.204:80"
        )
    }
}
