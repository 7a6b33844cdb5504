-- SPDX-License-Identifier: BSD-2-Clause
-- A trivial callback per packet; prints the bytes of garbage per event that it left after a while.
collectgarbage "stop"
local s = mos.socket(mos.SOCK_MONITOR_STREAM)
local n, before = 0, 0
local settled = 100000 -- events until everything is compiled
s:on(mos.ON_PKT_IN, mos.HK_SND, function()
  n = n + 1
  if n == settled then before = collectgarbage "count" end
end)
mos.on_exit(function()
  print(("%.3f"):format((collectgarbage "count" - before) * 1024 / (n - settled)))
end)
