-- SPDX-License-Identifier: BSD-2-Clause
-- Topics: what scripts may cost, and what they do.
return {
  {
    name = "runaway", also = { "watchdog", "memory" },
    title = "scripts that do not end, or take all memory",
    body = {
      { "TIME", [[
While a callback runs, no packet is read. One that takes longer than `runaway` (live 1 second, on
captures as long as it likes; --runaway=SECONDS, --runaway=off) ends the run: mos says which
callback, where it was, for which event and flow, writes the records that are due, and ends with
exit code 1. That holds for callbacks, timers and filters of user-defined events. What runs apart
from packets (the top level, on_start, on_exit, on_report) may take ten times as long.

* Processor time counts, and time in which the script waits in a call of its own, as in
  io.read or os.execute; those are said to be blocked. At the top level, in on_start, on_exit and
  on_report such waiting does not count.
* Waiting for packets, for whoever reads the records and for other workers does not count, nor
  time in which others had the processor, in which the process was stopped or the machine slept.
* The line is exact in interpreted code. In compiled code it is the line where the loop begins.
* Inline and fail-open, packets pass without the scripts from then on, until Ctrl-C.]] },
      { "MEMORY", [[
The scripts of a worker may hold `script_memory`: tables, strings, closures, and what ffi.new
makes; not what C functions allocate. Beyond that "not enough memory" is raised in whatever runs,
and treated as any error: reported, counted, and the run goes on with what the callback held
collected. When nothing can be collected, because the script itself keeps it, the run ends as at
the first error under --strict. Halfway to the limit the garbage collector begins to work
ahead.]] },
    },
    examples = { { capture = "web", file = "big", settings = { "script_memory=32MiB" }, filter =
      "port 40000", errors = 10, text = "On standard error:", code = [[
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
watch:on(mos.ON_PKT_IN, mos.HK_SND, function()
  return ("x"):rep(1e9)
end)]], stderr = [[
mos: error in a callback: callback big.lua:2: not enough memory (setting 'script_memory')
    event ON_PKT_IN at HK_SND, SIDE_CLI, flow 10.0.0.1:40000 > 10.0.0.2:80
...]] } },
    see = { "settings runaway", "settings script_memory", "errors", "speed" },
  },
  {
    name = "profile", also = { "--profile", "cost" },
    title = "what callbacks cost, and what LuaJIT does not compile",
    body = {
      { "DESCRIPTION", [[
`mos run SCRIPT --profile` says at the end, on standard error, where the time went;
`--profile=FILE` writes it to a file. Measuring costs a few nanoseconds for each call, and nothing
without --profile.

    mos: profile of 5.4 s on 1 worker: scripts 54.5 %, engine 44.2 %, waiting 1.3 %
         share      calls     mean  99 % in  bytes errors  function
        52.6 %     102503  27.7 us  71.5 us    306      -  x.lua:6 ON_CONN_NEW_DATA
         0.6 %     200000   156 ns   470 ns      0      -  x.lua:3 ON_PKT_IN
    mos: not compiled:
      x.lua:8: string.gsub is not compiled: compiled code is left and entered again
          | local line = data:gsub("[aeiou]", "x")
    mos: garbage collector: 7 cycles]] },
      { "THE TABLE", { defs = {
        { "scripts, engine, waiting", "shares of the run: callbacks and timers; the engine and "
          .. "what hands events out; waiting for packets, files or other workers" },
        { "share", "of the run, of all workers together" },
        { "calls", "counted exactly" },
        { "mean, 99 % in", "of one call; the first 64 are timed, then one of some 64" },
        { "bytes", "that one call allocates, by the same samples. 0 is best: garbage must be "
          .. "collected" },
        { "errors", "that it raised" },
        { "function", "where it is defined, and the events that it was timed in; filters of "
          .. "user-defined events, timers and intervals are functions, too. Functions made at one "
          .. "place are one" } } } },
      { "NOT COMPILED", [[
LuaJIT makes machine code of what runs often. What it cannot compile it interprets, 5 to 50 times
slower; the list has the line, the reason (in parentheses as LuaJIT gives it), and what to write
instead. "Compiled code is left and entered again" is the milder kind: only the call itself is
slow. What runs rarely may stay as it is: look at the shares first.]] },
    },
    see = { "speed", "mos.stats", "runaway" },
  },
}
