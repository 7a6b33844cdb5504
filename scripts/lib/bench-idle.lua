-- SPDX-License-Identifier: BSD-2-Clause
-- Follows all connections and asks for nothing: the engine alone.
mos.socket(mos.SOCK_MONITOR_STREAM)
