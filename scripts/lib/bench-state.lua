-- SPDX-License-Identifier: BSD-2-Clause
-- A callback per packet that counts in the flow's own memory.
mos.flow_state "uint32_t packets[2]"
local s = mos.socket(mos.SOCK_MONITOR_STREAM)
s:on(mos.ON_PKT_IN, function(flow, side)
  local n = flow.state.packets
  n[side] = n[side] + 1
end)
