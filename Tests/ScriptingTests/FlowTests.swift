// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Testing

@testable import Scripting

@Suite struct `A flow value` {
    @Test func `has the fields of its connection`() throws {
        let result = try evaluate(
            "flow",
            "flow.slot, flow.id, flow.ip_version, flow.vlan, flow.midstream, flow.end_reason",
            "flow.start_time, flow.last_time, flow.duration",
            "flow:start_parts()",
            "flow:last_parts()",
            "flow.socket, flow.socket.id, flow.socket == s"
        )
        #expect(
            result == [
                "128.232.110.120:34855 > 66.35.250.204:80", "0\t100\t4\tnil\tfalse\tnil",
                "1700000000.25\t1700000002\t1.75", "1700000000\t250000000", "1700000002\t0",
                "socket 1 (stream)\t0\ttrue",
            ]
        )
    }

    @Test func `has two sides with what each end sent`() throws {
        let result = try evaluate(
            "flow.cli, flow.cli.addr, flow.cli.port, #flow.cli.addr_bytes",
            "flow.cli.state, flow.svr.state, flow.cli.packets, flow.cli.flags, flow.cli:has 'SA'",
            "flow.cli.mss, flow.svr.mss, flow.cli.wscale, flow.svr.wscale, flow.cli:has 'F'",
            "flow.cli.bytes, flow.svr.retransmitted, flow.cli.gap_bytes",
            "mos.getpeername(flow, mos.SIDE_BOTH)",
            "mos.getpeername(flow, mos.SIDE_SVR)",
            "flow:getsockopt(mos.TCP_STATE_CLI), flow:getsockopt(mos.TCP_STATE_SVR)",
            "flow:getsockopt(mos.TIMESTAMP)"
        )
        #expect(
            result == [
                "128.232.110.120:34855\t128.232.110.120\t34855\t4", "ESTABLISHED\tnil\t3\t18\ttrue",
                "nil\t1460\tnil\t7\tfalse", "0\t0\t0", "128.232.110.120\t34855\t66.35.250.204\t80",
                "66.35.250.204\t80", "ESTABLISHED\tnil", "1700000002",
            ]
        )
    }

    @Test func `counts bytes once its connection carried payload`() throws {
        var packet = Occurrence.packet
        packet.flow = 1
        let body =
            "print(flow.cli.bytes, flow.cli.unique_bytes, flow.svr.bytes, flow.svr.retransmitted)"
        #expect(try run(inPacket(body), over: [packet]).printed == ["12\t10\t0\t2"])
    }

    @Test func `writes IPv6 in brackets`() throws {
        let engine = ScriptedEngine()
        engine.useIPv6()
        let result = try evaluate("flow", "flow.cli.addr, #flow.svr.addr_bytes", engine: engine)
        #expect(result == ["[2001:db8::1]:34855 > [2001:db8::2]:80", "2001:db8::1\t16"])
    }

    @Test func `has the Community ID of the specification's example`() throws {
        // github.com/corelight/community-id-spec, baseline for tcp.pcap with seed 0.
        #expect(try evaluate("flow.community_id") == ["1:LQU9qZlK+B5F3KDmev6m5PMibrg="])
    }

    @Test func `has a uid that depends on ends and start only`() throws {
        var other = Occurrence.packet
        other.flow = 1
        let uids = try run(inPacket("print(flow.uid)"), over: [.packet, other, .packet]).printed
        #expect(uids[0] == uids[2])
        #expect(uids[0] != uids[1])
        #expect(uids.allSatisfy { $0.count == 12 && $0.hasPrefix("C") })
    }

    @Test func `equals another value of the same flow, and no other`() throws {
        var other = Occurrence.packet
        other.flow = 1
        let result = try run(
            "local first\n" + inPacket("first = first or flow print(first == flow, first == nil)"),
            over: [.packet, .packet, other]
        )
        #expect(result.printed == ["true\tfalse", "true\tfalse", "false\tfalse"])
    }

    @Test func `says so when it has ended`() throws {
        var end = Occurrence.packet
        end.ends = true
        var later = Occurrence.packet
        later.flow = 1
        let result = try run(
            """
            local kept
            \(inPacket("""
                if not kept then kept = flow return end
                print(kept)
                print(select(2, pcall(function() return kept.id end)))
                print(select(2, pcall(function() return kept.cli.port end)))
                print(select(2, pcall(function() return kept:peek(side) end)))
                print(select(2, pcall(function() kept.ctx = 1 end)))
                """))
            """,
            over: [.packet, end, later]
        )
        #expect(
            result.printed == [
                "ended flow", "test:6: flow: this flow has ended (EBADF)",
                "test:7: side: this flow has ended (EBADF)",
                "test:8: mos.peek: this flow has ended (EBADF)",
                "test:9: flow: this flow has ended (EBADF)",
            ]
        )
    }

    @Test func `keeps a context for its flow alone, until the flow is released`() throws {
        var other = Occurrence.packet
        other.flow = 1
        var release = Occurrence.packet
        release.release = true
        let result = try run(
            inPacket("local old = flow.ctx flow.ctx = (old or 0) + 1 print(flow.slot, old)"),
            over: [.packet, .packet, other, release, .packet]
        )
        #expect(result.printed == ["0\tnil", "0\t1", "1\tnil", "0\tnil"])
        let flags = unsafe result.engine.conns[0].flags
        #expect(Int(flags) & MOS_CONN_HAS_CONTEXT != 0)
    }

    @Test func `has typed state in the engine's memory`() throws {
        var other = Occurrence.packet
        other.flow = 1
        let result = try run(
            "mos.flow_state 'uint32_t n; double t0, t1; uint8_t a[3]'\n"
                + inPacket(
                    "local st = flow.state st.n = st.n + 1 st.a[2] = 300 print(st.n, st.t1, st.a[2])"
                ),
            over: [.packet, .packet, other]
        )
        #expect(result.printed == ["1\t0\t44", "2\t0\t44", "1\t0\t44"])
    }

    @Test func `more than 10,000 functions draw one warning with the line that makes them`() throws
    {
        func register(_ count: Int) throws -> [String] {
            try run(
                inPacket(
                    "for i = 1, \(count) do\nlocal f = function() return i end\n"
                        + "flow:on(mos.ON_CONN_END, f)\nend"
                ),
                over: [.packet]
            ).diagnostics
        }
        #expect(try register(9999) == [])
        #expect(
            try register(10_100) == [
                "mos.register_callback: more than 10000 sets of registrations: test:4 makes a function "
                    + "for each flow; make it once, and keep what differs in flow.ctx (said once)"
            ]
        )
    }

    @Test func `a state that was not declared is an error with the nearest name`() throws {
        let script =
            "mos.flow_state 'uint32_t count; double t0'\n"
            + inPacket(
                "print(select(2, pcall(function() return flow.state.cuont end)))\n"
                    + "print(select(2, pcall(function() flow.state.zzzzzz = 1 end)))"
            )
        #expect(
            try run(script, over: [.packet]).printed == [
                "test:4: flow.state has no \"cuont\"; did you mean \"count\"? (EINVAL)",
                "test:5: flow.state has no \"zzzzzz\" (EINVAL)",
            ]
        )
    }

    @Test func `without a declaration has no state`() throws {
        #expect(
            try evaluate("select(2, pcall(function() return flow.state end))")
                == ["test:3: flow.state: this script declared none with mos.flow_state (EINVAL)"]
        )
    }

    @Test func `gives the packet in hand, for as long as it is`() throws {
        let result = try run(
            """
            local kept
            \(inPacket("""
                if kept then print(select(2, pcall(function() return kept.len end))) return end
                local p = flow:packet()
                kept = p
                print(p.number, p.len, p.caplen, p.offset, p.ts, p.ts_nsec, p.vlan, p.invalid, p.differs)
                print(p.payload, #p.payload, p.payload.offset, p.frame:u16(12), p.bad_checksum, p.udp)
                print(p.ip.src, p.ip.dst, p.ip.ttl, p.ip.proto, p.eth.type, p.eth.src)
                print(p.tcp.sport, p.tcp.seq, p.tcp:has 'PA', p.tcp.header_len, p.tcp.mss, p.tcp.tsval)
                """))
            """,
            over: [.packet, .packet]
        )
        #expect(
            result.printed == [
                "1\t60\t58\t7\t1700000000.5\t500000000\tnil\tnil\tnil",
                "DATA\t4\t7\t0\tfalse\tnil",
                "128.232.110.120\t66.35.250.204\t64\t6\t2048\t00:00:00:00:00:00",
                "34855\t4000000000\ttrue\t20\tnil\tnil",
                "test:4: packet: this packet is gone; it is valid until its callback returns (EFAULT)",
            ]
        )
    }

    @Test func `has no packet while a timer runs`() throws {
        var due = Occurrence.packet
        due.timer = 1
        let result = try run(
            """
            local s = mos.socket(mos.SOCK_MONITOR_STREAM)
            mos.settimer(1, function() print(mos.getlastpkt(s)) end)
            """,
            over: [due]
        )
        #expect(result.printed == ["nil\tno packet is in hand\tENODATA"])
    }
}
