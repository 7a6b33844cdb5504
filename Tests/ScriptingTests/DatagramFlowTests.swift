// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Packets
import Testing

@testable import Scripting

/// Frames 0.1 s apart.
private func frames(_ bytes: [[UInt8]]) -> [OwnedFrame] {
    bytes.enumerated().map { index, bytes in
        OwnedFrame(
            bytes: bytes,
            wireLength: UInt32(bytes.count),
            time: Timestamp(nanoseconds: 1_700_000_000_000_000_000 + Int64(index) * 100_000_000),
            linkType: .ethernet
        )
    }
}

private func udp(
    _ source: IPAddress,
    _ destination: IPAddress,
    _ ports: (UInt16, UInt16),
    _ text: String = ""
) -> [UInt8] {
    PacketBuilder(ip: IPFields(source: source, destination: destination)).frame(
        UDPDatagram(sourcePort: ports.0, destinationPort: ports.1, payload: Array(text.utf8))
    )
}

private func icmp(
    _ source: IPAddress,
    _ destination: IPAddress,
    type: UInt8,
    code: UInt8 = 0,
    rest: UInt32 = 0,
    _ payload: [UInt8] = []
) -> [UInt8] {
    PacketBuilder(ip: IPFields(source: source, destination: destination)).frame(
        ICMPMessage(type: type, code: code, rest: rest, payload: payload)
    )
}

/// The IP packet of an Ethernet frame, as an error quotes it.
private func quote(_ frame: [UInt8]) -> [UInt8] { Array(frame.dropFirst(14).prefix(28)) }

/// A script that prints `expressions` once per packet of a flow.
private func printing(_ expressions: String) -> String {
    """
    local s = mos.socket(mos.SOCK_MONITOR_FLOW)
    s:on(mos.ON_PKT_IN, function(flow, side) print(\(expressions)) end)
    """
}

@Suite struct `A UDP or ICMP flow` {
    private let query = udp("10.0.0.1", "10.0.0.2", (40000, 53), "what?")
    private let answer = udp("10.0.0.2", "10.0.0.1", (53, 40000), "that!!")
    private let ping = icmp("10.0.0.1", "10.0.0.2", type: 8, rest: 0x0007_0001, [1, 2, 3])
    private let pong = icmp("10.0.0.2", "10.0.0.1", type: 0, rest: 0x0007_0001, [1, 2, 3])

    @Test func `starts, has packets both ways and ends`() throws {
        let code = """
            local s = mos.socket(mos.SOCK_MONITOR_FLOW)
            print(s)
            mos.flow_state "uint32_t n"
            for _, event in ipairs { "ON_CONN_START", "ON_PKT_IN", "ON_CONN_END" } do
              s:on(mos[event], function(flow, side)
                flow.state.n = flow.state.n + 1
                flow.ctx = (flow.ctx or "") .. side
                local p = flow:packet()
                print(event, flow, side, p and p.payload, flow.end_reason, flow.state.n, flow.ctx)
              end)
            end
            """
        let flow = "10.0.0.1:40000 > 10.0.0.2:53"
        #expect(
            try runEngine(code, over: frames([query, answer])) == [
                "socket 1 (flow)", "ON_PKT_IN\t\(flow)\t0\twhat?\tnil\t1\t0",
                "ON_CONN_START\t\(flow)\t0\twhat?\tnil\t2\t00",
                "ON_PKT_IN\t\(flow)\t1\tthat!!\tnil\t3\t001",
                "ON_CONN_END\t\(flow)\t0\tnil\tshutdown\t4\t0010",
            ]
        )
    }

    @Test func `has the fields of a connection that make sense`() throws {
        let code = """
            local s = mos.socket(mos.SOCK_MONITOR_FLOW)
            s:on(mos.ON_CONN_END, function(f)
              print(f.proto, f.ip_version, f.vlan, f.midstream, f.socket == s, #f.uid)
              print(("%.1f"):format(f.duration), ("%.1f"):format(f.last_time - f.start_time))
              for _, side in ipairs { f.cli, f.svr } do
                print(side, side.packets, side.bytes, side.unique_bytes, side.port, #side.addr_bytes)
                print(side.state, side.window, side.mss, side.wscale, side.isn, side.flags,
                  side.gap_bytes, side.retransmitted, side.synack, side:has "S")
              end
              print(f.icmp_type, f.icmp_code, f.icmp_id)
            end)
            """
        let none = Array(repeating: "nil", count: 9).joined(separator: "\t") + "\tfalse"
        #expect(
            try runEngine(code, over: frames([query, answer, query])) == [
                "udp\t4\tnil\tfalse\ttrue\t12", "0.2\t0.2", "10.0.0.1:40000\t2\t10\t10\t40000\t4",
                none, "10.0.0.2:53\t1\t6\t6\t53\t4", none, "nil\tnil\tnil",
            ]
        )
    }

    @Test func `of ICMP has type and code as ports, and the identifier`() throws {
        let unreachable = icmp("10.0.0.2", "10.0.0.1", type: 3, code: 1, quote(query))
        let solicitation = icmp("2001:db8::1", "2001:db8::2", type: 135)
        #expect(
            try runEngine(
                printing(
                    "side, flow, flow.proto, flow.icmp_type, flow.icmp_code, flow.icmp_id, flow.svr.port"
                ),
                over: frames([ping, pong, unreachable, solicitation])
            ) == [
                "0\t10.0.0.1:8 > 10.0.0.2:0\ticmp\t8\t0\t7\t0",
                "1\t10.0.0.1:8 > 10.0.0.2:0\ticmp\t8\t0\t7\t0",
                "0\t10.0.0.2:3 > 10.0.0.1:1\ticmp\t3\t1\tnil\t1",
                "0\t[2001:db8::1]:135 > [2001:db8::2]:0\ticmp\t135\t0\tnil\t0",
            ]
        )
    }

    /// Published results of Community ID, version 1.
    @Test func `has the Community ID of its kind, whoever spoke first`() throws {
        let packets = [
            udp("192.168.1.52", "8.8.8.8", (54585, 53)),
            udp("8.8.8.8", "192.168.1.52", (53, 54585)),
            icmp("192.168.0.89", "192.168.0.1", type: 8),
            icmp("192.168.0.1", "192.168.0.89", type: 0),
            icmp("192.168.0.89", "192.168.0.1", type: 20),
            icmp("192.168.0.89", "192.168.0.1", type: 20, code: 1),
            icmp("fe80::200:86ff:fe05:80da", "fe80::260:97ff:fe07:69ea", type: 135),
            icmp("fe80::260:97ff:fe07:69ea", "fe80::200:86ff:fe05:80da", type: 136),
            icmp("3ffe:507:0:1:260:97ff:fe07:69ea", "3ffe:507:0:1:200:86ff:fe05:80da", type: 3),
            icmp("3ffe:507:0:1:200:86ff:fe05:80da", "3ffe:507:0:1:260:97ff:fe07:69ea", type: 3),
        ]
        let expected = [
            "1:d/FP5EW3wiY1vCndhwleRRKHowQ=", "1:d/FP5EW3wiY1vCndhwleRRKHowQ=",
            "1:X0snYXpgwiv9TZtqg64sgzUn6Dk=", "1:X0snYXpgwiv9TZtqg64sgzUn6Dk=",
            "1:3o2RFccXzUgjl7zDpqmY7yJi8rI=", "1:tz/fHIDUHs19NkixVVoOZywde+I=",
            "1:dGHyGvjMfljg6Bppwm3bg0LO8TY=", "1:dGHyGvjMfljg6Bppwm3bg0LO8TY=",
            "1:NdobDX8PQNJbAyfkWxhtL2Pqp5w=", "1:/OGBt9BN1ofenrmSPWYicpij2Vc=",
        ]
        for (packet, id) in zip(packets, expected) {
            #expect(try runEngine(printing("flow.community_id"), over: frames([packet])) == [id])
        }
    }

    @Test func `has a uid of its own, also next to a connection with its ports`() throws {
        let packets = [
            query, udp("10.0.0.1", "10.0.0.2", (40000, 54)), ping,
            icmp("10.0.0.1", "10.0.0.2", type: 8, rest: 0x0008_0001),
        ]
        let uids = try runEngine(printing("flow.uid"), over: frames(packets))
        #expect(Set(uids).count == packets.count)
    }

    @Test(arguments: [
        ("flow:peek(side)", "mos.peek: a UDP or ICMP flow has no stream to read (EINVAL)"),
        ("flow:view(side)", "mos.view: a UDP or ICMP flow has no stream to read (EINVAL)"),
        ("flow:consume(side, 0)", "mos.consume: a UDP or ICMP flow has no stream to read (EINVAL)"),
        ("flow:ppeek(side, 1, 0)", "mos.ppeek: a UDP or ICMP flow has no stream to read (EINVAL)"),
        (
            "flow:setsockopt(mos.CLIBUF, 0)",
            "mos.setsockopt: a UDP or ICMP flow has no stream to read (EINVAL)"
        ),
        (
            "s:setsockopt(mos.SVRBUF, 1)",
            "mos.setsockopt: a UDP or ICMP flow has no stream to read (EINVAL)"
        ),
        (
            "flow:getsockopt(mos.INFO_CLIBUF)",
            "mos.getsockopt: a UDP or ICMP flow has no stream to read (EINVAL)"
        ),
        (
            "flow:getsockopt(mos.TCP_STATE_CLI)",
            "mos.getsockopt: a UDP or ICMP flow has no stream to read, and no state (EINVAL)"
        ),
        (
            "flow:on(mos.ON_REXMIT, print)",
            "mos.register_callback: a flow socket has no event mos.ON_REXMIT; it has mos.ON_PKT_IN, "
                + "mos.ON_CONN_START and mos.ON_CONN_END (EINVAL)"
        ),
        ("flow.cli.bites", #"flow.cli has no field "bites"; did you mean "bytes"? (EINVAL)"#),
    ])
    func `refuses what needs a stream`(call: String, message: String) throws {
        let code = """
            local s = mos.socket(mos.SOCK_MONITOR_FLOW)
            s:on(mos.ON_PKT_IN, function(flow, side)
              print((select(2, pcall(function() return \(call) end)):gsub("^.-:%d+: ", "")))
            end)
            """
        #expect(try runEngine(code, over: frames([query])) == [message])
    }

    @Test func `has callbacks and a stop of its own`() throws {
        let code = """
            local s = mos.socket(mos.SOCK_MONITOR_FLOW)
            s:bind_filter { syn = "udp port 53" }
            s:on(mos.ON_CONN_START, function(flow)
              flow:on(mos.ON_PKT_IN, mos.HK_RCV, function(f, side)
                print(f, side, f:getsockopt(mos.TIMESTAMP) == mos.now())
                if side == mos.SIDE_CLI then f:close() end
              end)
            end)
            s:on(mos.ON_CONN_END, function() print "never" end)
            """
        #expect(
            try runEngine(code, over: frames([ping, query, answer, query])) == [
                "10.0.0.1:40000 > 10.0.0.2:53\t1\ttrue", "10.0.0.1:40000 > 10.0.0.2:53\t0\ttrue",
            ]
        )
    }

    @Test func `is named by an ICMP error about it`() throws {
        let code = """
            local s = mos.socket(mos.SOCK_MONITOR_FLOW)
            s:on(mos.ON_PKT_IN, function(flow)
              local icmp = flow:packet().icmp
              if not icmp then return end
              local q = icmp.quoted
              print(flow, icmp.about, icmp.about and icmp.about.svr.packets)
              if q then print(q.proto, q.src, q.sport, q.dst, q.dport) end
            end)
            """
        let six = udp("2001:db8::1", "2001:db8::2", (40000, 53))
        let packets = [
            query, ping, icmp("10.0.0.2", "10.0.0.1", type: 3, code: 3, quote(query)),
            icmp("10.0.0.9", "10.0.0.1", type: 11, quote(ping)), six,
            icmp("2001:db8::2", "2001:db8::1", type: 1, code: 4, Array(six.dropFirst(14))),
            icmp("10.0.0.9", "10.0.0.1", type: 11, Array(quote(query).prefix(20))),
        ]
        #expect(
            try runEngine(code, over: frames(packets)) == [
                "10.0.0.1:8 > 10.0.0.2:0\tnil\tnil",
                "10.0.0.2:3 > 10.0.0.1:3\t10.0.0.1:40000 > 10.0.0.2:53\t0",
                "udp\t10.0.0.1\t40000\t10.0.0.2\t53",
                "10.0.0.9:11 > 10.0.0.1:0\t10.0.0.1:8 > 10.0.0.2:0\t0",
                "icmp\t10.0.0.1\t8\t10.0.0.2\t0",
                "[2001:db8::2]:1 > [2001:db8::1]:4\t[2001:db8::1]:40000 > [2001:db8::2]:53\t0",
                "udp\t2001:db8::1\t40000\t2001:db8::2\t53",
                "10.0.0.9:11 > 10.0.0.1:0\tnil\tnil",
                "udp\t10.0.0.1\tnil\t10.0.0.2\tnil",
            ]
        )
    }

    @Test func `of TCP is named too, by the socket that watches it`() throws {
        let builder = PacketBuilder()
        let syn = builder.frame(TCPSegment(flags: [.syn]))
        let code = """
            local raw = mos.socket(mos.SOCK_MONITOR_RAW)
            local tcp = mos.socket(mos.SOCK_MONITOR_STREAM)
            raw:on(mos.ON_PKT_IN, function(socket)
              local icmp = socket:packet().icmp
              if icmp then print(icmp.about, icmp.about.socket == tcp, icmp.about.proto) end
            end)
            """
        let error = icmp("10.0.0.2", "10.0.0.1", type: 3, code: 13, quote(syn))
        #expect(
            try runEngine(code, over: frames([syn, error]))
                == ["10.0.0.1:40000 > 10.0.0.2:80\ttrue\ttcp"]
        )
    }
}
