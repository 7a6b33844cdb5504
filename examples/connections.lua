-- SPDX-License-Identifier: BSD-2-Clause
-- One JSON object per finished TCP connection, and one with the packet counts of the capture.
-- Run:    mos run examples/connections.lua -r examples/captures/web.pcap
-- Expect: addresses, times, packets, bytes, the SHA-256 of both reassembled streams, gaps, flags.
-- Idea:   count while packets pass, hash bytes as they become readable, report at CONN_END.
local conns = mos.socket(mos.SOCK_MONITOR_STREAM)

mos.register_callback(conns, mos.ON_CONN_START, function(flow)
  flow.ctx = { [mos.SIDE_CLI] = mos.hash "sha256", [mos.SIDE_SVR] = mos.hash "sha256",
    pcap = mos.source }
end)

-- `side` is who received: the server's buffer holds what the client sent.
mos.register_callback(conns, mos.ON_CONN_NEW_DATA, function(flow, side)
  local data = flow:view(side) or flow:view(side) -- nil comes once, after an overrun
  flow.ctx[side]:update(data)
  flow:consume(side, #data)
end)

local function exact(sec, nsec) return ("%d.%09d"):format(sec, nsec) end

mos.register_callback(conns, mos.ON_CONN_END, function(flow)
  local cli, svr, ctx = flow.cli, flow.svr, flow.ctx
  mos.emit("conn", {
    pcap = ctx.pcap, uid = flow.uid, community_id = flow.community_id,
    src = cli.addr, sport = cli.port, dst = svr.addr, dport = svr.port,
    ip_version = flow.ip_version, vlan = flow.vlan, end_reason = flow.end_reason,
    ts_start = exact(flow:start_parts()), ts_end = exact(flow:last_parts()),
    orig_pkts = cli.packets, resp_pkts = svr.packets,
    orig_bytes = cli.unique_bytes, resp_bytes = svr.unique_bytes,
    orig_sha256 = ctx[mos.SIDE_SVR]:hex(), resp_sha256 = ctx[mos.SIDE_CLI]:hex(),
    gap_bytes_orig = cli.gap_bytes, gap_bytes_resp = svr.gap_bytes,
    orig_retrans = cli.retransmitted, resp_retrans = svr.retransmitted,
    syn = cli:has "S", synack = svr.synack, rst = cli:has "R" or svr:has "R",
    fin_orig = cli:has "F", fin_resp = svr:has "F",
  })
end)

mos.on_report(function()
  local n = mos.stats() -- of all workers
  mos.emit("capture", {
    type = "capture", pcap = mos.source, packets = n.packets, ipv4 = n.ipv4, ipv6 = n.ipv6,
    tcp = n.tcp, udp = n.udp, icmp = n.icmp,
    -- nil where checksums are not verified (-C)
    bad_tcp_checksum = n.bad_tcp_checksum and n.bad_tcp_checksum + n.offloaded_tcp,
    bad_ip_checksum = n.bad_ip_checksum and n.bad_ip_checksum + n.offloaded_ip,
  })
end)
