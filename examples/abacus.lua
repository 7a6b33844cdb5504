-- SPDX-License-Identifier: BSD-2-Clause
-- What a subscriber (a client's address) has to pay: honest repeats are free, tunnels are not.
-- Run:    mos run examples/abacus.lua -r examples/captures/free-riding.pcap
-- Expect: an object per connection that rode free, one per subscriber: what naive counters say too.
-- Idea:   KEEP holds what was read, so a repeat with other bytes is known for what it is.
local watch, keep = mos.socket(mos.SOCK_MONITOR_STREAM), tonumber(mos.args.keep or 262144)
mos.setsockopt(watch, mos.CLIKEEP, keep)
mos.setsockopt(watch, mos.SVRKEEP, keep)
local account = mos.counter("account", { "subscriber", "item" })
local kinds = { "unique", "tunnelled", "unknown", "repeated" }

mos.register_callback(watch, mos.ON_CONN_START, function(flow)
  flow.ctx = { tunnelled = 0, unknown = 0, repeated = 0,
    counted = { [mos.SIDE_CLI] = 0, [mos.SIDE_SVR] = 0 } }
end)

mos.register_callback(watch, mos.ON_CONN_NEW_DATA, function(flow, side)
  flow:consume(side, #(flow:view(side) or flow:view(side))) -- read, and kept
end)

-- A repeat of what is no longer kept could hold anything: it is charged.
mos.register_callback(watch, mos.ON_REXMIT, function(flow, side)
  local sender, mine = side == mos.SIDE_SVR and flow.cli or flow.svr, flow.ctx
  local differs, all = flow:packet().differs, sender.bytes - sender.unique_bytes
  local kind = differs and "tunnelled" or differs == nil and "unknown" or "repeated"
  mine[kind], mine.counted[side] = mine[kind] + all - mine.counted[side], all
end)

mos.register_callback(watch, mos.ON_CONN_END, function(flow)
  local mine, address = flow.ctx, flow.cli.addr
  mine.unique = flow.cli.unique_bytes + flow.svr.unique_bytes
  account:count(address, "connections")
  for _, kind in ipairs(kinds) do account:add(mine[kind], address, kind) end
  if mine.tunnelled > 0 then
    mos.emit("free_riding", { flow = tostring(flow), tunnelled = mine.tunnelled })
  end
end)

mos.on_report(function()
  for address, item, connections in account:each() do
    if item == "connections" then
      local all = { subscriber = address, connections = connections }
      for _, kind in ipairs(kinds) do all[kind] = account:value(address, kind) end
      all.charged = all.unique + all.tunnelled + all.unknown
      all.naive, all.naive_unique = all.charged + all.repeated, all.unique
      mos.emit("subscriber", all)
    end
  end
end)
