-- SPDX-License-Identifier: BSD-2-Clause
-- Starts, ends and data of connections: what most monitors ask for.
local s = mos.socket(mos.SOCK_MONITOR_STREAM)
local open, ended, bytes = 0, 0, 0
s:on(mos.ON_CONN_START, function() open = open + 1 end)
s:on(mos.ON_CONN_END, function() ended = ended + 1 end)
s:on(mos.ON_CONN_NEW_DATA, function(flow, side)
  local data = flow:view(side)
  bytes = bytes + data.size
  flow:consume(side, data.size)
end)
