// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Engine
import Outputs
import Packets
import Testing

@testable import Scripting

/// A TLS record with a ClientHello that asks for `name`, with `padding` bytes of an extension before it.
private func clientHello(_ name: String, padding: Int = 0) -> [UInt8] {
    func sized(_ bytes: [UInt8], _ width: Int) -> [UInt8] {
        (0..<width).reversed().map { UInt8(bytes.count >> (8 * $0) & 255) } + bytes
    }
    let host = Array(name.utf8)
    let serverName = [0, 0] + sized(sized([0] + sized(host, 2), 2), 2)
    let extensions = [0x12, 0x34] + sized([UInt8](repeating: 7, count: padding), 2) + serverName
    let random = [UInt8](repeating: 9, count: 32)
    let body: [UInt8] =
        [3, 3] + random + sized([1, 2, 3], 1) + sized([0x13, 1, 0x13, 2], 2) + sized([0], 1)
        + sized(extensions, 2)
    return [22, 3, 1] + sized([1] + sized(body, 3), 2)
}

/// `bytes` as a Lua string.
private func luaText(_ bytes: [UInt8]) -> String {
    "\"" + bytes.map { "\\\(String(1000 + Int($0)).dropFirst())" }.joined() + "\""
}

/// What the function `name` gives for each of `texts`.
private func given(_ name: String, _ texts: [[UInt8]]) throws -> [String] {
    let calls = texts.map { "print(\(name)(\(luaText($0))))" }.joined(separator: "\n")
    return try oneLiner("on.start(function()\n\(calls)\nend)").output
}

@Suite struct `A name in a payload` {
    @Test func `of a TLS client is found, over several records too`() throws {
        let hello = clientHello("WWW.Example.com", padding: 300)
        let message = Array(hello[5...])
        let split =
            [22, 3, 1, 0, 100] + message[..<100] + [22, 3, 1, UInt8((message.count - 100) >> 8)]
            + [UInt8((message.count - 100) & 255)] + message[100...]
        #expect(
            try given(
                "tls_sni",
                [hello, split, hello + [20, 3, 3, 0, 1, 1], Array("GET / ".utf8), []]
            )
                == ["www.example.com", "www.example.com", "www.example.com", "nil", "nil"]
        )
    }

    @Test func `is waited for when it comes in pieces`() throws {
        var talk = Talk.opened(40000, 40001)
        let head = "GET / HTTP/1.1\r\nUser-Agent: x\r\nHost: Www.Example.com \r\nAccept: a\r\n\r\n"
        for character in head { talk.says(String(character)) }
        talk.answers("HTTP/1.1 200 OK\r\n\r\n")
        let hello = clientHello("a.b", padding: 20)
        let texts = hello.map { String(decoding: [$0], as: UTF8.self) }
        #expect(hello.allSatisfy { $0 < 128 } && texts.count == hello.count)
        for text in texts { talk.says(text, 40001) }
        let lines = try runEngine(
            """
            setfenv(1, mos.short)
            on.new_data(function(f, side, event, data)
              if side == SIDE_SVR then
                count("host", http_host(data), f.cli.port)
                count("sni", tls_sni(data), f.cli.port)
              end
            end)
            """,
            over: talk
        )
        #expect(lines.contains("  www.example.com  40000  1") && lines.contains("  a.b  40001  1"))
        #expect(lines.filter { $0.hasSuffix("  1") }.count == 2)
    }

    @Test func `of HTTP and DNS is found where it is, and nothing where it is not`() throws {
        let hosts = [
            "POST /x HTTP/1.0\nhost:\t[::1]:80\n\n", "GET / HTTP/1.1\r\nX: Host: no\r\n\r\n",
            "GET it\r\n\r\n", "\r\n",
        ]
        #expect(
            try given("http_host", hosts.map { Array($0.utf8) }) == [
                "[::1]:80", "nil", "nil", "nil",
            ]
        )
        let header: [UInt8] = [1, 2, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]
        let name: [UInt8] = [3, 87, 119, 119, 2, 100, 101, 0, 0, 1, 0, 1]
        let loop: [UInt8] = [0xc0, 12, 0, 1, 0, 1]
        #expect(
            try given(
                "dns_name",
                [
                    header + name, header + [0, 0, 1, 0, 1], header + loop,
                    Array((header + name).dropLast()),
                ]
            )
                == ["www.de", ".", "nil", "nil"]
        )
    }

    @Test func `cannot be found in noise, and noise does no harm`() throws {
        let seed = UInt64.random(in: 1...1_000_000_000)
        print("seed \(seed)")
        var generator = SplitMix(seed: seed)
        let right = clientHello("example.com", padding: 5)
        var texts: [[UInt8]] = []
        for round in 0..<300 {
            var bytes =
                round % 2 == 0
                ? right : (0..<60).map { _ in UInt8.random(in: 0...255, using: &generator) }
            for _ in 0..<Int.random(in: 0...4, using: &generator) {
                let place = Int.random(in: 0..<bytes.count, using: &generator)
                bytes[place] = UInt8.random(in: 0...255, using: &generator)
            }
            texts.append(Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &generator))))
        }
        for name in ["tls_sni", "http_host", "dns_name"] {
            #expect(try given(name, texts).count >= texts.count, "seed \(seed)")
        }
    }
}
