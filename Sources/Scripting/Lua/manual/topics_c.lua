-- SPDX-License-Identifier: BSD-2-Clause
-- The topic for those who come from the C API of mOS.
return {
  {
    name = "c-api", also = { "c", "mtcp", "mOS", "C API" },
    title = "for people who come from the C API of mOS: what became of each name",
    make = function(pages)
      local list = { { "DESCRIPTION", [[
Names are those of the C API without mtcp_ and MOS_. mctx is gone: a script belongs to one worker.
A socket or flow is a value, not a number. Where C has a level and a length, Lua has the value.

* A callback is `fn(flow, side, event, arg)`: the flow is what `sock` was.
* A wrong argument raises an error with the errno name. What can happen to a correct script
  returns nil, message, code. Nothing returns -1, and nothing ends the process.
* Registering again replaces, nil removes. The C library keeps the old callback in both cases.
* Everything is in the units of the stream: offsets count payload bytes from 0.

`mos doc NAME` finds every C name: `mos doc mtcp_peek`, `mos doc MOS_ON_REXMIT`, `mos doc
rmem_size`. A difference is given with its reason where it is more than a shorter name.]] } }
      for _, group in ipairs(pages.c) do
        list[#list + 1] = { group.title:upper(),
          { heads = { "C", "Lua", "difference" }, rows = group } }
      end
      list[#list + 1] = { "WHAT C DOES NOT HAVE", { defs = {
        { "ON_GAP", "C waits for ever for bytes that the capture missed" },
        { "ON_ZERO_WINDOW", "a window closed, and opened" },
        { "flow:view, flow:consume", "bytes in place instead of copies" },
        { "SOCK_MONITOR_FLOW", "UDP and ICMP flows" },
        { "flow.cli, flow.svr", "counts, round trips, repeats by kind; flow.end_reason" },
        { "CLIKEEP, SVRKEEP", "read bytes that stay, to compare repeats with" },
        { "mos.find_flow", "a flow by its ends" },
        { "mos.every", "timers that repeat, and all timers can be cancelled" },
        { "mos.emit, mos.stats", "records, and the engine's counters" },
        { "mos check", "mistakes, found without traffic" } } } }
      return list
    end,
    see = { "start", "events", "hooks", "errors" },
  },
}
