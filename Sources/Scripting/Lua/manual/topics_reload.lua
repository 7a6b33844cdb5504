-- SPDX-License-Identifier: BSD-2-Clause
-- The topic about reloading.
return { {
  name = "reload", also = { "watch", "--watch", "SIGUSR2" },
  title = "change a script while it runs, without losing flows",
  body = {
    { "DESCRIPTION", [[
With `--watch` the scripts are loaded again whenever one of their files, or a file that they
`require`, is written; `kill -USR2` does it once, with `--watch` or without. The new version's top
level runs in a state of its own beside the one that runs. When that fails its message appears, and
nothing else has changed. Else every worker changes to it between two packets.]] },
    { "WHAT STAYS", { defs = {
      { "flows", "with their streams, what waits in their receive buffers, and their statistics" },
      { "sockets", "matched by name, else by the order of their making; a new one sees the flows "
        .. "that start from then on" },
      { "callbacks", "what a flow had from its socket it has from the socket as it is now; what "
        .. "was registered on the flow alone goes on when the function has a name" },
      { "timers", "those of the top level in the place of their former selves, when seconds are "
        .. "the same; others when their function has a name" },
      { "flow.state", "field by field: names that both declare are copied" },
      { "flow.ctx", "strings, numbers, booleans, tables of these, flows, and tables whose "
        .. "metatable has a name; on first use, and some between bursts" },
      { "aggregates", "with the same kind, name, labels and options" } } }, [[
A function has a name when it is a field of the table that the script returns, or by `mos.name`.
What is lost is told: closures without a name, contexts with a function in them.]] },
    { "WHAT BEGINS ANEW", [[
Locals of the script do; `mos.on_reload` can carry them over. `mos.on_start` is not called again,
nor `mos.on_exit` for the version that goes.]] },
    { "WHEN IT FAILS", [[
A version of which a callback fails 10 times in a row within its first 1000 callbacks, or that
raises an error in `mos.on_reload`, goes again, in all workers, and the one before comes back, its
locals as they were. A version that is saved meanwhile makes the one that runs the one to come
back to.]] },
  },
  examples = { { capture = "web", code = [[
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
local seen = 0
local M = {}
function M.first_bytes(flow, side)           -- a field: it has a name
  print(flow, flow:peek(side, 16))
  flow:close()
end
watch:on(mos.ON_CONN_START, function(flow)
  seen = seen + 1
  flow:on(mos.ON_CONN_NEW_DATA, M.first_bytes)
end)
mos.on_reload(function(old) seen = old.seen end)
return M]], output = "...", text = "With `-i eth0 --watch` in the place of `-r`, edit it while it runs." } },
  see = { "mos.on_reload", "mos.name", "flow.ctx", "flow.state" },
} }
