-- SPDX-License-Identifier: BSD-2-Clause
-- The payload bytes of every connection, for scripts/test-inline to compare with what iperf3 says.
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
mos.register_callback(watch, mos.ON_CONN_END, function(flow)
  local cli, svr = flow.cli, flow.svr
  mos.emit("bytes", { sport = cli.port, dport = svr.port, cli = cli.unique_bytes,
    svr = svr.unique_bytes, gaps = cli.gap_bytes + svr.gap_bytes })
end)
