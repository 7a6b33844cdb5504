-- SPDX-License-Identifier: BSD-2-Clause
-- A netstat for flows: who talks to whom, in which TCP states, refreshed once a second.
-- Run:    mos run examples/midstat.lua -r examples/captures/web.pcap [-- --interval=0.5]
-- Expect: a table per second of packet time with open connections, and one at the end.
-- Idea:   three events keep the table, buffers are off, a timer prints; each worker shows its own.
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
mos.setsockopt(watch, mos.CLIBUF, 0) -- states only: nothing is reassembled for us
mos.setsockopt(watch, mos.SVRBUF, 0)

local open, count, seen = {}, 0, 0

mos.register_callback(watch, mos.ON_CONN_START, function(flow)
  open[flow.id] = { name = tostring(flow), cli = flow.cli.state, svr = flow.svr.state }
  count, seen = count + 1, seen + 1
end)

mos.register_callback(watch, mos.ON_TCP_STATE_CHANGE, function(flow)
  local row = open[flow.id]
  if row then row.cli, row.svr = flow.cli.state, flow.svr.state end
end)

mos.register_callback(watch, mos.ON_CONN_END, function(flow)
  if open[flow.id] then open[flow.id], count = nil, count - 1 end
end)

local function show(title)
  print(("%s: %d open, %d seen"):format(title, count, seen))
  local ids = {}
  for id in pairs(open) do ids[#ids + 1] = id end
  table.sort(ids)
  for _, id in ipairs(ids) do
    local row = open[id]
    print(("  %-48s %-12s %s"):format(row.name, row.cli or "-", row.svr or "-"))
  end
end

mos.every(tonumber(mos.args.interval) or 1, function()
  show(("%.3f"):format(mos.now()))
end)

mos.on_exit(function() show "end" end)
