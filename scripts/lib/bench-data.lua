-- SPDX-License-Identifier: BSD-2-Clause
-- Looks at the first bytes of everything that becomes readable, and consumes it; prints the
-- bytes of garbage per event that it left after a while.
collectgarbage "stop"
local s = mos.socket(mos.SOCK_MONITOR_STREAM)
local n, gets, before = 0, 0, 0
local settled = 100000 -- events until everything is compiled
s:on(mos.ON_CONN_NEW_DATA, function(flow, side)
  local data = flow:view(side)
  if data.size >= 4 and data:u32(0) == 0x47455420 then gets = gets + 1 end
  flow:consume(side, data.size)
  n = n + 1
  if n == settled then before = collectgarbage "count" end
end)
mos.on_exit(function()
  print(("%.3f"):format((collectgarbage "count" - before) * 1024 / (n - settled)))
end)
