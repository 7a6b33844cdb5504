-- SPDX-License-Identifier: BSD-2-Clause
-- Sixteen kinds of events, each with a trivial callback of its own: fourteen of the engine's at their hooks, two of users.
local s = mos.socket(mos.SOCK_MONITOR_STREAM)
local function counter()
  local n = 0
  return function() n = n + 1 end
end
for _, event in ipairs {
  mos.ON_PKT_IN, mos.ON_CONN_START, mos.ON_TCP_STATE_CHANGE, mos.ON_CONN_END,
} do
  s:on(event, mos.HK_SND, counter())
  s:on(event, mos.HK_RCV, counter())
end
s:on(mos.ON_REXMIT, counter())
for _, event in ipairs { mos.ON_ERROR, mos.ON_GAP, mos.ON_ZERO_WINDOW, mos.ON_ORPHAN } do
  s:on(event, counter())
end
s:on(mos.ON_CONN_NEW_DATA, function(flow, side) flow:consume(side, #flow:view(side)) end)
local to_client = mos.define_event(mos.ON_CONN_NEW_DATA, function(_, side)
  return side == mos.SIDE_CLI
end)
local from_server = mos.define_event(mos.ON_CONN_START, function(flow) return flow.svr.port == 80 end)
s:on(to_client, counter())
s:on(from_server, mos.HK_RCV, counter())
