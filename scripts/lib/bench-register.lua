-- SPDX-License-Identifier: BSD-2-Clause
-- Three callbacks a flow: registered on the socket, or with `-- --on=flow` the same three on each
-- flow when it starts.
local s = mos.socket(mos.SOCK_MONITOR_STREAM)
local n = 0
local function count() n = n + 1 end
local function last() n = n + 2 end

local function register(target)
  target:on(mos.ON_TCP_STATE_CHANGE, mos.HK_RCV, count)
  target:on(mos.ON_REXMIT, count)
  target:on(mos.ON_CONN_END, last)
end

if mos.args.on == "flow" then
  s:on(mos.ON_CONN_START, register)
else
  register(s)
  s:on(mos.ON_CONN_START, function() end)
end
mos.on_exit(function() print(n) end)
