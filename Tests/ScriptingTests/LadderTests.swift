// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Capture
import Engine
import Glibc
import Outputs
import Packets
import Testing

@testable import Scripting

/// The frames of a test with that body.
private func frames(_ body: String) throws -> [OwnedFrame] {
    var settings = Settings()
    settings.maxFlows = 16
    let worker = try Worker(inputs: Inputs([]), settings: settings, seed: .fixed)
    let calls = EngineCalls(worker, writer: try RecordWriter(path: "/dev/null"))
    var options = ScriptOptions()
    options.tests = .init()
    let host = try unsafe ScriptHost(api: calls.api, options: options)
    _ = try host.callForTest("begin_test")
    try host.load(code: "mos.test('it', function(t)\n\(body)\nend)", name: "test")
    let steps = Ladder.Step.read(try host.callForTest("prepare_test", "1"))
    let failures = RecipeTestResult(
        String(decoding: try host.callForTest("finish_test"), as: UTF8.self)
    ).failures
    #expect(failures == [])
    return steps.compactMap { if case .frame(_, let frame) = $0 { frame } else { nil } }
}

/// Frames as the engine's own decoder reads them, which believes no wrong checksum: "1 SA 0,1 'x'".
///
/// Milliseconds, flags, numbers from the ISNs, payload.
private func decoded(_ frames: [OwnedFrame]) -> [String] {
    frames.map { frame in
        ByteView.of(frame.bytes) { bytes in
            var packet = mos_packet()
            let result = PacketDecoder(checksums: .strict).decode(
                Frame(
                    bytes: bytes,
                    wireLength: frame.wireLength,
                    time: frame.time,
                    linkType: frame.linkType
                ),
                into: &packet
            )
            let time = (frame.time.nanoseconds - 1_700_000_000_000_000_000) / 1_000_000
            let payload = String(
                decoding: bytes.slice(Int(packet.payload), Int(packet.payload_len)).array,
                as: UTF8.self
            )
            guard result.kind == .tcp else {
                return "\(time) \(result.kind) \(result.checksum) '\(payload)'"
            }
            let isClient = packet.dport < packet.sport
            let flags = zip("FSRPAUEC", 0..<8).filter { packet.tcp_flags >> $0.1 & 1 != 0 }
                .map { String($0.0) }.joined()
            let seq = packet.seq &- (isClient ? 1000 : 5000)
            let ack = packet.ack &- (isClient ? 5000 : 1000)
            var text = "\(time) \(flags) \(seq)"
            if flags.contains("A") { text += ",\(ack)" }
            if !payload.isEmpty { text += " '\(payload)'" }
            return result.checksum == .good ? text : text + " \(result.checksum)"
        }
    }
}

@Suite struct `Packets of a test` {
    @Test func `have sequence numbers that follow by themselves`() throws {
        let body = """
            t.syn() t.synack() t.ack()
            t.data "hello"
            t.svr.ack()
            t.gap(10)
            t.data "later"
            t.svr.ack()
            t.rexmit()
            t.rexmit { data = "other" }
            t.svr.data("abc", { mss = 2 })
            t.fin() t.svr.fin() t.ack()
            """
        #expect(
            decoded(try frames(body)) == [
                "0 S 0", "1 SA 0,1", "2 A 1,1", "3 PA 1,1 'hello'", "4 A 1,6",
                "5 PA 16,1 'later'", "6 A 1,21", "7 PA 16,1 'later'", "8 PA 16,1 'other'",
                "9 A 1,21 'ab'", "10 PA 3,21 'c'", "11 FA 21,4", "12 FA 4,22", "13 A 22,5",
            ]
        )
    }

    @Test func `may have any number, time and flag`() throws {
        let body = """
            t.handshake()
            t.data("world", { seq = 7, after = 0.5 })
            t.data("hello ", { seq = 1 })
            t.data "!"
            t.data("?", { seq = 1001, ack = 5001, absolute = true, at = 2 })
            t.segment { flags = "FPU", seq = 100, urgent = 3, data = "x" }
            t.wait(1)
            t.svr.rst()
            t.conn().svr.rst()
            """
        #expect(
            decoded(try frames(body)) == [
                "0 S 0", "1 SA 0,1", "2 A 1,1", "502 PA 7,1 'world'", "503 PA 1,1 'hello '",
                "504 PA 12,1 '!'", "2000 PA 1,1 '?'", "2001 FPU 100 'x'", "3002 RA 1,102",
                // Who refuses has no numbers of its own: 0 on the wire.
                "3003 RA \(UInt32(0) &- 5000),1",
            ]
        )
    }

    @Test func `have the checksums that are asked for`() throws {
        let body = """
            t.data "right"
            t.data("wrong", { checksum = "bad" })
            t.data("offloaded", { checksum = "offloaded" })
            t.udp().data("none", { checksum = "none" })
            t.udp { client = "fd00::1" }.data "odd"
            t.icmp().data "ping"
            t.icmp { client = "fd00::1" }.svr.data "pong"
            t.data("header", { ip_checksum = "bad" })
            """
        let came = decoded(try frames(body))
        #expect(came[0] == "0 PA 1,1 'right'")
        #expect(came[1].hasSuffix(" malformed bad 'wrong'") || came[1].hasSuffix("bad"))
        #expect(came[2].hasSuffix("bad"))
        #expect(came[3].contains("udp"))
        #expect(came[4] == "4 udp good 'odd'")
        #expect(came[5].hasPrefix("5 icmp good"))
        #expect(came[6].hasPrefix("6 icmp good"))
        #expect(came[7].contains("malformed"))
    }

    @Test func `are cut, tagged, raw, and of other links`() throws {
        let body = """
            t.conn { vlan = { 5, 7 }, client = "10.0.0.9:1234" }.syn()
            t.data("hello", { cut = 50 })
            t.raw(t.hex "45 00 00 14", { link = 101, from = "svr" })
            """
        let came = try frames(body)
        #expect(Array(came[0].bytes[12..<20]) == [0x81, 0, 0, 5, 0x81, 0, 0, 7])
        #expect(came[1].bytes.count == 50 && came[1].wireLength == 59)
        #expect(came[2].bytes == [0x45, 0, 0, 20] && came[2].linkType.rawValue == 101)
    }

    @Test func `are those that the engine sees, whatever stands in a ladder`() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SplitMix64(seed: seed)
        var body = "t.handshake()\n"
        var count = 3
        for _ in 0..<300 {
            let side = random.below(2) == 0 ? "t" : "t.svr"
            switch random.below(6) {
            case 0: body += "\(side).ack()\n"
            case 1: body += "\(side).data(('x'):rep(\(1 + random.below(1400))))\n"
            case 2: body += "\(side).data('y', { seq = \(random.below(5000)) })\n"
            case 3: body += "\(side).segment { flags = 'A', timestamps = true, window = 7 }\n"
            case 4: body += "t.udp().data(('z'):rep(\(random.below(1400))))\n"
            default: body += "\(side).data('o', { sack = { { 1, 5 }, { 9, 12 } }, mss = 9 })\n"
            }
            count += 1
        }
        let came = decoded(try frames(body))
        #expect(came.count == count, "seed \(seed)")
        let wrong = came.filter { $0.contains("bad") || $0.contains("malformed") }
        #expect(wrong == [], "seed \(seed)")
    }

    @Test func `are what tshark takes them for`() throws {
        guard unsafe access("/usr/bin/tshark", X_OK) == 0 else {
            print("skipped: there is no /usr/bin/tshark to compare with")
            return
        }
        let body = """
            local c = t.conn { client = "[fd00::7]:1234", server = "[fd00::8]:443", vlan = 9,
              mss = 1400, wscale = 7, sack = true, timestamps = true, ttl = 33, client_isn = 1,
              server_isn = 4294967295 }
            c.syn()
            c.synack()
            c.data("hello", { window = 500 })
            c.svr.ack { sack = { { 2, 6 } } }
            t.udp().data "question"
            t.icmp().data "ping"
            t.data("x", { checksum = "bad" })
            """
        let folder = try ScriptFolder([:])
        let capture = try CaptureWriter(path: folder.path + "/x.pcap", linkType: .ethernet)
        for frame in try frames(body) { try capture.write(frame) }
        try capture.close()
        let fields = [
            "vlan.id", "ipv6.hlim", "tcp.srcport", "tcp.flags.str", "tcp.seq_raw", "tcp.ack_raw",
            "tcp.options.mss_val", "tcp.options.wscale.shift", "tcp.options.timestamp.tsval",
            "tcp.options.sack_le", "tcp.options.sack_re", "tcp.window_size_value", "udp.length",
            "icmp.type", "tcp.checksum.status", "udp.checksum.status", "icmp.checksum.status",
        ]
        let command =
            "tshark -r \(folder.path)/x.pcap -o tcp.check_checksum:TRUE -o udp.check_checksum:TRUE "
            + "-T fields -E separator=/s -E quote=n "
            + fields.map { "-e \($0)" }.joined(separator: " ")
            + " 2>/dev/null | sed 's/ /;/g' > \(folder.path)/out"
        #expect(unsafe system(command) == 0)
        let came = try folder.read("out").split(separator: "\n").map {
            $0.replacing("\u{00B7}", with: "")
        }
        #expect(
            came == [
                "9;33;1234;S;1;0;1400;7;1;;;65535;;;1;;",
                "9;33;443;AS;4294967295;2;1400;7;0;;;65535;;;1;;",
                "9;33;1234;AP;2;0;;;3;;;500;;;1;;",
                // tshark counts the blocks from the ISN, too.
                "9;33;443;A;0;7;;;2;2;6;65535;;;1;;",
                ";;;;;;;;;;;;16;;;1;", ";;;;;;;;;;;;;8;;;1",
                ";;40000;AP;1001;5001;;;;;;65535;;;0;;",
            ]
        )
    }
}
