// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Packets
import Testing

@testable import Scripting

/// A conversation of 10.0.0.1:40000 with 10.0.0.2:80, as frames 0.1 s apart.
private struct Ladder {
    var frames: [OwnedFrame] = []
    var client: UInt32 = 1000
    var server: UInt32 = 5000
    var tunnels: [BuiltTunnel] = []
    var options: [TCPOption] = []

    mutating func add(fromClient: Bool, _ flags: TCPFlags, _ text: String = "", seq: UInt32? = nil)
    {
        let client = PacketBuilder(tunnels: tunnels)
        let builder = fromClient ? client : client.reversed
        var segment = TCPSegment(
            seq: seq ?? (fromClient ? self.client : server),
            ack: fromClient ? server : self.client,
            flags: flags,
            options: options,
            payload: Array(text.utf8)
        )
        if !fromClient { segment = segment.reversed }
        if flags == [.syn] { segment.ack = 0 }
        let time = Timestamp(
            nanoseconds: 1_700_000_000_000_000_000 + Int64(frames.count) * 100_000_000
        )
        let bytes = builder.frame(segment)
        frames.append(
            OwnedFrame(
                bytes: bytes,
                wireLength: UInt32(bytes.count),
                time: time,
                linkType: .ethernet
            )
        )
        guard seq == nil else { return }
        let length =
            UInt32(text.utf8.count) + (flags.contains(.syn) || flags.contains(.fin) ? 1 : 0)
        if fromClient { self.client += length } else { server += length }
    }

    /// The three segments that open it.
    static var opened: Ladder {
        var ladder = Ladder()
        ladder.add(fromClient: true, [.syn])
        ladder.add(fromClient: false, [.syn, .ack])
        ladder.add(fromClient: true, [.ack])
        return ladder
    }
}

private func run(_ code: String, over ladder: Ladder) throws -> [String] {
    try runEngine(code, over: ladder.frames)
}

@Suite struct `A script over the engine` {
    @Test func `sees a handshake, data in order and the end`() throws {
        var ladder = Ladder.opened
        ladder.add(fromClient: true, [.ack, .psh], "BBBB", seq: 1005)
        ladder.add(fromClient: true, [.ack, .psh], "AAAA")
        ladder.add(fromClient: false, [.ack, .psh], "ok")
        ladder.client += 4
        ladder.add(fromClient: true, [.fin, .ack])
        ladder.add(fromClient: false, [.fin, .ack])
        ladder.add(fromClient: true, [.ack])
        let code = """
            local s = mos.socket(mos.SOCK_MONITOR_STREAM)
            s:bind_filter { syn = "tcp dst port 80" }
            s:on(mos.ON_CONN_START, function(flow, side)
              print("start", flow, side, flow.cli.state, flow.svr.state)
            end)
            s:on(mos.ON_CONN_NEW_DATA, function(flow, side)
              local fragments = flow:getsockopt(mos.FRAGINFO_SVRBUF)
              print("data", side, flow:view(side).offset, flow:peek(side), #fragments)
            end)
            s:on(mos.ON_CONN_END, function(flow)
              print("end", flow.end_reason, flow.cli.bytes, flow.svr.unique_bytes, flow.cli.out_of_order)
            end)
            """
        #expect(
            try run(code, over: ladder) == [
                "start\t10.0.0.1:40000 > 10.0.0.2:80\t0\tSYN_SENT\tnil",
                "data\t1\t0\tAAAABBBB\t1", "data\t0\t0\tok\t0", "end\tfin\t8\t2\t1",
            ]
        )
    }

    @Test func `sees the tunnels of a flow and of a packet, and SACK blocks`() throws {
        var ladder = Ladder()
        let outer = IPFields(source: "2001:db8::1", destination: "2001:db8::2")
        ladder.tunnels = [BuiltTunnel(.gre()), BuiltTunnel(.vxlanGPE(42), ip: outer)]
        ladder.add(fromClient: true, [.syn])
        ladder.options = [.sack([SACKBlock(0xFFFF_FFFE, 1), SACKBlock(5, 9)])]
        ladder.add(fromClient: false, [.syn, .ack])
        ladder.tunnels = []
        ladder.options = [.sackPermitted]
        ladder.add(fromClient: true, [.ack])
        let code = """
            local function show(list)
              if not list then return nil end
              local out = {}
              for i, t in ipairs(list) do
                out[i] = ("%s %s>%s %s"):format(t.type, t.src, t.dst, tostring(t.id))
              end
              return table.concat(out, ", ")
            end
            local s = mos.socket(mos.SOCK_MONITOR_STREAM)
            s:on(mos.ON_PKT_IN, function(flow)
              local p = flow:packet()
              print(p.number, p.reassembled, show(p.tunnel))
              for _, block in ipairs(p.tcp.sack or {}) do print(block[1], block[2]) end
            end)
            s:on(mos.ON_CONN_END, function(flow) print(show(flow.tunnel)) end)
            """
        #expect(
            try run(code, over: ladder) == [
                "1\tfalse\tgre 192.0.2.1>192.0.2.2 nil, vxlan-gpe 2001:db8::1>2001:db8::2 42",
                "2\tfalse\tgre 192.0.2.2>192.0.2.1 nil, vxlan-gpe 2001:db8::2>2001:db8::1 42",
                "4294967294\t1", "5\t9", "3\tfalse\tnil",
                "gre 192.0.2.1>192.0.2.2 nil, vxlan-gpe 2001:db8::1>2001:db8::2 42",
            ]
        )
    }

    @Test func `keeps context and state per flow and counts what it was told`() throws {
        var ladder = Ladder.opened
        ladder.add(fromClient: true, [.ack, .psh], "GET / HTTP/1.1\r\n\r\n")
        let code = """
            mos.flow_state "uint32_t packets"
            local s = mos.socket(mos.SOCK_MONITOR_STREAM)
            s:on(mos.ON_PKT_IN, function(flow, side)
              flow.state.packets = flow.state.packets + 1
              flow.ctx = (flow.ctx or "") .. flow:packet().number
            end)
            s:on(mos.ON_CONN_END, function(flow)
              mos.emit("conn", {packets = flow.state.packets, seen = flow.ctx, why = flow.end_reason,
                took = flow.duration, source = mos.source:match "[^/]*$"})
            end)
            """
        #expect(
            try run(code, over: ladder) == [
                #"{"packets":4,"seen":"1234","source":"in.pcap","took":0.3,"why":"shutdown"}"#
            ]
        )
    }

    @Test func `registers, removes and stops on one flow at once`() throws {
        var ladder = Ladder.opened
        for text in ["a", "b", "c", "d"] { ladder.add(fromClient: true, [.ack, .psh], text) }
        let code = """
            local s = mos.socket(mos.SOCK_MONITOR_STREAM)
            s:on(mos.ON_CONN_START, function(flow)
              flow:on(mos.ON_CONN_NEW_DATA, function(f, side)
                local text = f:peek(side)
                print(text)
                if text == "b" then f:close() end
              end)
            end)
            s:on(mos.ON_CONN_END, function() print "never" end)
            """
        #expect(try run(code, over: ladder) == ["a", "b"])
    }

    @Test func `has timers in packet time and a closing word`() throws {
        var ladder = Ladder.opened
        ladder.add(fromClient: true, [.ack, .psh], "x")
        let code = """
            local zero
            local s = mos.socket(mos.SOCK_MONITOR_RAW)
            s:on(mos.ON_PKT_IN, function(socket)
              zero = zero or mos.now()
              print(socket:packet().number)
            end)
            mos.every(0.1, function(timer)
              print(("tick %.2f"):format(mos.now() - zero))
              if mos.now() - zero > 0.15 then timer:cancel() end
            end)
            mos.on_exit(function() print("end", mos.stats().packets) end)
            """
        let lines = try run(code, over: ladder)
        #expect(lines == ["1", "tick 0.10", "2", "tick 0.20", "3", "4", "end\t4"])
    }

    @Test func `sees orphans through their filter`() throws {
        var ladder = Ladder()
        ladder.add(fromClient: true, [.ack, .psh], "lost")
        let code = """
            local s = mos.socket(mos.SOCK_MONITOR_STREAM)
            s:bind_filter { orphan = "tcp port 80" }
            local t = mos.socket(mos.SOCK_MONITOR_STREAM)
            t:bind_filter { orphan = "udp" }
            for _, socket in ipairs { s, t } do
              socket:on(mos.ON_ORPHAN, function(one, side)
                local p = one:packet()
                print(one, side == mos.NULL, p.ip.src, p.tcp.dport, p.payload)
              end)
            end
            """
        #expect(try run(code, over: ladder) == ["socket 1 (stream)\ttrue\t10.0.0.1\t80\tlost"])
    }
}
