-- SPDX-License-Identifier: BSD-2-Clause
-- `mos new`: a script to begin with, and what editors want to find beside it.
local schema = require "mos.schema"

local recipe = {}

local script = [[
-- NAME: each TCP connection as a record, and at the end how many there were.
--
-- Over the capture beside this file:       mos run NAME.lua -r NAME.pcap
-- Live, until Ctrl-C:                      sudo mos run NAME.lua -i eth0
-- What is wrong with it, without traffic:  mos check NAME.lua
TEST_LINE--
-- Expect a line of JSON for each connection,
--   {"client":"10.46.42.186:39000","client_bytes":287,"end":"fin",...}
-- and behind them "27 connections". `mos doc` has all that a script can use.

local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
mos.bind_filter(watch, { syn = "tcp" }) -- which ones: any libpcap expression, as "tcp port 443"

local connections = 0

watch:on(mos.ON_CONN_END, function(flow)
  connections = connections + 1
  mos.emit("connections", {
    client = tostring(flow.cli), client_bytes = flow.cli.bytes,
    server = tostring(flow.svr), server_bytes = flow.svr.bytes,
    seconds = flow.duration, ["end"] = flow.end_reason,
  })
end)

mos.on_exit(function() print(connections .. " connections") end)
]]

local test_line = "-- The test at its end:                     mos test NAME.lua\n"

local test = [[

mos.test("tells what both ends sent", function(t)
  t.syn() t.synack() t.ack()
  t.data "hello"
  t.svr.data "hello yourself"
  t.fin() t.svr.fin() t.ack()
  t.expect.records { { client_bytes = 5, server_bytes = 14, ["end"] = "fin" } }
end)
]]

--- The script, for a name.
function recipe.script(name)
  local has_tests = schema.find_public "test" ~= nil
  local text = has_tests and script .. test or script
  local parts = { TEST_LINE = has_tests and test_line or "" }
  return (text:gsub("TEST_LINE", parts):gsub("NAME", (name:gsub("%%", "%%%%"))))
end

--- The settings of lua-language-server for a folder with mos.d.lua in it.
function recipe.luarc()
  return [[
{
  "runtime.version": "LuaJIT",
  "workspace.library": ["mos.d.lua"],
  "diagnostics.globals": ["mos"]
}
]]
end

return recipe
