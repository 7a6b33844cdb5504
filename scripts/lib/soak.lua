-- What scripts/soak asks of the engine under attack: the conversations that are not the attack's,
-- and how much memory the process has at ten points of packet time.
local ATTACK = 9999
local flows, fin, bytes, gaps = 0, 0, 0, 0

local function memory()
  for line in io.lines("/proc/self/status") do
    local size = line:match("^VmRSS:%s+(%d+)")
    if size then return tonumber(size) end
  end
  return 0
end

local socket = mos.socket(mos.SOCK_MONITOR_STREAM)
socket:on(mos.ON_CONN_NEW_DATA, function(flow, side)
  -- The attack's bytes are left unread: buffers have to bear them.
  if flow.svr.port ~= ATTACK then flow:consume(side, #flow:view(side)) end
end)
socket:on(mos.ON_CONN_END, mos.HK_RCV, function(flow)
  if flow.svr.port == ATTACK then return end
  flows = flows + 1
  if flow.end_reason == "fin" then fin = fin + 1 end
  bytes = bytes + flow.cli.unique_bytes + flow.svr.unique_bytes
  gaps = gaps + flow.cli.gap_bytes + flow.svr.gap_bytes
end)

local samples = {}
mos.every(tonumber(mos.args.interval), function() samples[#samples + 1] = memory() end)

mos.on_exit(function()
  local stats = mos.stats()
  samples[#samples + 1] = memory()
  mos.emit("soak", {
    flows = flows, fin = fin, bytes = bytes, gaps = gaps, memory = samples,
    packets = stats.packets, refused = stats.flows_refused, evicted = stats.flows_evicted,
    limit = stats.buffer_limit, pool = stats.buffer_pool_full, overruns = stats.overruns,
  })
end)
