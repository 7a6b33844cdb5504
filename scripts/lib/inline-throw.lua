-- SPDX-License-Identifier: BSD-2-Clause
-- A script that fails in every callback that it can have.
local function throw() error "on purpose" end
local stream, flows = mos.socket(mos.SOCK_MONITOR_STREAM), mos.socket(mos.SOCK_MONITOR_FLOW)
for _, event in ipairs { mos.ON_CONN_START, mos.ON_TCP_STATE_CHANGE, mos.ON_REXMIT, mos.ON_CONN_END,
  mos.ON_CONN_NEW_DATA, mos.ON_ERROR, mos.ON_GAP, mos.ON_ZERO_WINDOW, mos.ON_ORPHAN } do
  stream:on(event, throw)
end
for _, hook in ipairs { mos.HK_SND, mos.HK_RCV } do
  stream:on(mos.ON_PKT_IN, hook, throw)
  flows:on(mos.ON_PKT_IN, hook, throw)
end
mos.every(0.1, throw)
