-- SPDX-License-Identifier: BSD-2-Clause
-- Eight trivial callbacks per packet, four sockets at two hooks.
local n = 0
local function count() n = n + 1 end
for _ = 1, 4 do
  local s = mos.socket(mos.SOCK_MONITOR_STREAM)
  s:on(mos.ON_PKT_IN, mos.HK_SND, count)
  s:on(mos.ON_PKT_IN, mos.HK_RCV, count)
end
