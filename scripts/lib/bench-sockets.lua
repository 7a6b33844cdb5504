-- SPDX-License-Identifier: BSD-2-Clause
-- The sockets of bench-events.lua without its callbacks.
for _ = 1, 4 do mos.socket(mos.SOCK_MONITOR_STREAM) end
