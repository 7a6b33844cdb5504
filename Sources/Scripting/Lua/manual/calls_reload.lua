-- SPDX-License-Identifier: BSD-2-Clause
-- Calls that matter when a script is loaded again.
local name = {
  name = "mos.name", gives = "fn",
  args = { { "name", "text", "any text" },
    { "fn", "any", "a function, or a table that is a metatable" } },
  result = "The function, or the table: so that it can be named where it is made.",
  raised = { { "EINVAL", "`name` is no text, or empty; `fn` is neither a function nor a table" },
    { "EEXIST", "something else has that name" } },
  notes = [[
After a reload the function with the same name takes its place wherever single flows or timers have
it, and tables in `flow.ctx` get the metatable with the same name. Functions and tables that are
fields of the table which the script returns have names already.]],
  examples = { { capture = "web", code = [[
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
local on_end = mos.name("on_end", function(flow) print(flow.svr.packets) end)
watch:on(mos.ON_CONN_START, function(flow) flow:on(mos.ON_CONN_END, on_end) end)]],
    output = "...", } },
  see = { "reload", "mos.on_reload" },
}

local on_reload = {
  name = "mos.on_reload",
  args = { { "fn", "fn", "called as `fn(old)`" } },
  result = "Nothing. Several functions run in the order of their calls.",
  raised = { { "EINVAL", "`fn` is no function" }, { "EBUSY", "the run has begun" } },
  notes = [[
It runs in each worker when this version has taken the place of another: after that, sockets,
timers, `flow.state` and aggregates are there, and no packet has been seen. `old.name` is what the
field `name` of the table that the former version returned holds, else the local `name` that one of
its functions uses. It is a copy. Reading one that cannot be copied, because a function is in it
for example, is an error; `old.name` is nil where there was none. An error in `fn` brings the
former version back.]],
  examples = { { capture = "web", code = [[
local seen = { flows = 0 }
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
watch:on(mos.ON_CONN_START, function() seen.flows = seen.flows + 1 end)
mos.on_reload(function(old) seen = old.seen or seen end)
mos.on_exit(function() print(seen.flows) end)]], output = "8" } },
  see = { "reload", "mos.name", "mos.on_start", "mos.on_exit" },
}

return { name, on_reload }
