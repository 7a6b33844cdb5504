-- SPDX-License-Identifier: BSD-2-Clause
-- A filter asked for every connection and one for every packet; prints the bytes of garbage per event that
-- it left after a while.
collectgarbage "stop"
local streams = mos.socket(mos.SOCK_MONITOR_STREAM)
mos.bind_filter(streams, { syn = "tcp" })
local raw = mos.socket(mos.SOCK_MONITOR_RAW)
mos.bind_filter(raw, { raw = "tcp" })
local n, before = 0, 0
local settled = 100000 -- events until everything is compiled
local function count()
  n = n + 1
  if n == settled then before = collectgarbage "count" end
end
streams:on(mos.ON_PKT_IN, mos.HK_SND, count)
raw:on(mos.ON_PKT_IN, mos.NULL, count)
mos.on_exit(function()
  print(("%.3f"):format((collectgarbage "count" - before) * 1024 / (n - settled)))
end)
