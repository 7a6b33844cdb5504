-- SPDX-License-Identifier: BSD-2-Clause
-- What a subscriber (a client's address) has to pay: honest repeats are free, tunnels are not.
-- Run:    mos run examples/abacus.lua -r examples/captures/free-riding.pcap
-- Expect: an object per connection that rode free, one per subscriber: what naive counters say too.
-- Idea:   KEEP holds what was read, so a repeat with other bytes is known for what it is.
local watch, keep = mos.socket(mos.SOCK_MONITOR_STREAM), tonumber(mos.args.keep or 262144)
mos.setsockopt(watch, mos.CLIKEEP, keep)
mos.setsockopt(watch, mos.SVRKEEP, keep)
local subscribers = {}

local function account(subscriber)
  return { subscriber = subscriber, connections = 0, unique = 0, tunnelled = 0, unknown = 0,
    repeated = 0 }
end

mos.register_callback(watch, mos.ON_CONN_START, function(flow)
  flow.ctx = account(flow.cli.addr)
  flow.ctx.counted = { [mos.SIDE_CLI] = 0, [mos.SIDE_SVR] = 0 }
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
  local all = subscribers[address] or account(address)
  subscribers[address] = all
  mine.connections, mine.unique = 1, flow.cli.unique_bytes + flow.svr.unique_bytes
  for key, value in pairs(mine) do
    if type(value) == "number" then all[key] = all[key] + value end
  end
  if mine.tunnelled > 0 then
    mos.emit("free_riding", { flow = tostring(flow), tunnelled = mine.tunnelled })
  end
end)

mos.on_exit(function()
  local names = {}
  for address in pairs(subscribers) do names[#names + 1] = address end
  table.sort(names)
  for _, address in ipairs(names) do
    local all = subscribers[address]
    all.charged = all.unique + all.tunnelled + all.unknown
    all.naive, all.naive_unique = all.charged + all.repeated, all.unique
    mos.emit("subscriber", all)
  end
end)
