// SPDX-License-Identifier: BSD-2-Clause
import Testing

@testable import Scripting

private func look(_ text: String, _ expressions: String...) throws -> [String] {
    let lines = expressions.map { "print(\($0))" }.joined(separator: "\n")
    return try run(inData(lines), over: [.data(text)]).printed
}

@Suite struct `A view` {
    @Test func `reads numbers in network order at offsets from 0`() throws {
        #expect(
            try look(
                "\u{1}\u{2}\u{3}\u{4}\u{5}\u{6}\u{7}\u{8}",
                "#data, data.offset",
                "data:u8(0), data:u8(7)",
                "data:u16(0), data:u16(6)",
                "data:u32(4)",
                "data:u64(0) == 0x01020304 * 2^32 + 0x05060708"
            )
                == ["8\t100", "1\t8", "258\t1800", "84281096", "true"]
        )
    }

    @Test(arguments: [
        ("data:u8(4)", "view:u8: offset 4 with 1 bytes lies outside the view's 4 bytes"),
        ("data:u16(3)", "view:u16: offset 3 with 2 bytes lies outside the view's 4 bytes"),
        ("data:u32(1)", "view:u32: offset 1 with 4 bytes lies outside the view's 4 bytes"),
        ("data:u64(0)", "view:u64: offset 0 with 8 bytes lies outside the view's 4 bytes"),
        ("data:u8(-1)", "view:u8: offset -1 with 1 bytes lies outside the view's 4 bytes"),
        ("data:u8(0/0)", "view:u8: offset nan with 1 bytes lies outside the view's 4 bytes"),
        (
            "data:u8(2^40)",
            "view:u8: offset 1099511627776 with 1 bytes lies outside the view's 4 bytes"
        ),
        ("data:slice(2, 3)", "view:slice: offset 2 with 3 bytes lies outside the view's 4 bytes"),
        ("data:slice(5)", "view:slice: offset 5 with -1 bytes lies outside the view's 4 bytes"),
    ])
    func `never reads outside its bytes`(expression: String, message: String) throws {
        #expect(
            try look("abcd", "select(2, pcall(function() return \(expression) end))")
                == ["test:4: \(message) (ERANGE)"]
        )
    }

    @Test(
        arguments: [
            (1, nil), (2, 3), (-3, nil), (-3, -2), (0, nil), (3, 2), (1, 99), (-99, 2), (5, nil),
            (7, 9),
        ] as [(Int, Int?)]
    )
    func `cuts strings as string.sub does`(first: Int, last: Int?) throws {
        let range = "\(first), \(last.map(String.init) ?? "nil")"
        let result = try look(
            "abcd",
            "data:sub(\(range)) == ('abcd'):sub(\(range.replacing(", nil", with: "")))"
        )
        #expect(result == ["true"])
    }

    @Test func `finds plain texts as string.find does`() throws {
        let result = try look(
            "a.b.c",
            "data:find('.')",
            "data:find('.', 3)",
            "data:find('.', -1)",
            "data:find('x')",
            "data:find('b.c')",
            "data:find('')",
            "data:find('c', 6)",
            "data:starts('a.')",
            "data:starts('.')",
            "data:starts('a.b.c.')"
        )
        #expect(
            result == [
                "2\t2", "4\t4", "nil", "nil", "3\t5", "1\t0", "nil", "true", "false", "false",
            ]
        )
    }

    @Test func `gives lines without their ends`() throws {
        let result = try look(
            "one\r\ntwo\n\r\nrest",
            "data:line()",
            "data:line(6)",
            "data:line(10)",
            "data:line(12)",
            "data:line(99)"
        )
        #expect(result == ["one", "two", "", "nil", "nil"])
    }

    @Test func `has slices that keep their place in the stream`() throws {
        #expect(
            try look("abcdef", "data:slice(2, 3), data:slice(2, 3).offset, #data:slice(6)")
                == ["cde\t102\t0"]
        )
    }

    @Test func `is gone after a call that moves bytes`() throws {
        let code = inData(
            "flow:consume(side, 2) print(select(2, pcall(function() return data:u8(0) end)))"
        )
        let result = try run(code, over: [.data("abcd")])
        #expect(
            result.printed == [
                "test:4: view: its bytes are gone; a view is valid until its callback returns or a call "
                    + "moves them (EFAULT)"
            ]
        )
        #expect(result.engine.consumed == [2])
    }

    @Test func `is gone when its callback has returned`() throws {
        let code =
            "local kept\n"
            + inData("kept = data") + "\ns:on(mos.ON_PKT_IN, function() print(pcall(function() "
            + "return #kept end)) end)"
        let result = try run(code, over: [.data("abcd"), .packet])
        #expect(
            result.printed == [
                "false\ttest:7: view: its bytes are gone; a view is valid until its callback returns or "
                    + "a call moves them (EFAULT)"
            ]
        )
    }

    @Test func `is not made after an overrun, which is told once`() throws {
        let engine = ScriptedEngine()
        engine.missed = 17
        let code = inData("print(data) data = flow:view(side) print(data)")
            .replacing("local data = ", with: "local data, why, missed = ")
            .replacing("print(data) data", with: "print(data, why, missed) data")
        #expect(
            try run(code, over: [.data("abc")], engine: engine).printed == [
                "nil\toverrun\t17", "abc",
            ]
        )
    }

    @Test func `peek gives strings and moves the offset behind them`() throws {
        let result = try run(
            inData("print(flow:peek(side, 3), flow:peek(side), flow:ppeek(side, 2, 0))"),
            over: [.data("abcdef")]
        )
        #expect(result.printed == ["abc\tabcdef\tab"])
        #expect(result.engine.consumed == [3, 6])
    }

    @Test func `feeds a hash`() throws {
        #expect(
            try look(
                "abc",
                "mos.hash 'sha256':update(data):hex()",
                "mos.hash 'sha1':update('a'):update('bc'):hex()",
                "mos.hash 'md5':hex()"
            )
                == [
                    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
                    "a9993e364706816aba3e25717850c26c9cd0d89d", "d41d8cd98f00b204e9800998ecf8427e",
                ]
        )
    }
}
