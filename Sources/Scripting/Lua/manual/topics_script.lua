-- SPDX-License-Identifier: BSD-2-Clause
-- Topics about scripts: records, numbers, errors, several scripts, FFI, speed.
local record = [[
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
mos.bind_filter(watch, { syn = "portrange 40000-40019" })
watch:on(mos.ON_CONN_END, function(flow)
  mos.emit("conn", { src = flow.cli.addr, bytes = flow.svr.unique_bytes,
    path = "a\tb\255", share = 0.25, tags = { "x", "y" }, none = nil })
end)]]

return {
  {
    name = "records", also = { "output" }, title = "what mos.emit and print write, and where to",
    body = {
      { "DESCRIPTION", [[
Records and printed lines go to standard output, or to the file of `-o`, in the order in which
they were made; everything else goes to standard error. (`io.write` goes past all this and may
overtake it.)

A record is a table with string keys. Its stream's name tells records of different shapes apart;
the tsv format alone writes it.]], { defs = {
        { "--format json", "one object a line (default)" },
        { "--format text", "`key=value` in columns as wide as the stream's widest value so far" },
        { "--format tsv", "columns between tabs, under their names; \"-\" for what a record lacks, "
            .. "\"(empty)\" for the empty string" } } } },
      { "VALUES", [[
* Keys come in byte order; keys whose value is nil are left out.
* A table with keys 1 ... n is a list, the empty table an object. Tables may nest 32 deep.
  Functions, keys of two kinds and cycles raise EINVAL.
* JSON is valid UTF-8 whatever the strings hold: bytes that are none become \u00XX, control
  characters too.
* Numbers are the shortest text that reads back the same; infinities and NaN become null.
* Flows and other values with a text are written as that text, 64-bit cdata as integers.
* `print` writes bytes as they are; on a terminal control characters become \xNN.
* tsv: control characters and bytes that are no UTF-8 are \xNN, a backslash is two; lists and
  tables are JSON. New fields of a stream get columns at the end.]] },
    },
    examples = {
      { capture = "web", file = "records", code = record, output = [=[
{"bytes":18492,"path":"a\tb\u00ff","share":0.25,"src":"10.0.0.1","tags":["x","y"]}
{"bytes":140,"path":"a\tb\u00ff","share":0.25,"src":"10.0.0.1","tags":["x","y"]}]=] },
      { capture = "web", file = "records", code = record, format = "text", output = [=[
bytes=18492  path="a\tb\u00ff"  share=0.25  src=10.0.0.1  tags=["x","y"]
bytes=140    path="a\tb\u00ff"  share=0.25  src=10.0.0.1  tags=["x","y"]]=] },
      { capture = "web", file = "records", code = record, format = "tsv", output = [=[
#stream conn
#fields bytes   path    share   src     tags
18492   a\x09b\xff      0.25    10.0.0.1        ["x","y"]
140     a\x09b\xff      0.25    10.0.0.1        ["x","y"]]=] },
    },
    see = { "mos.emit" },
  },
  {
    name = "numbers", title = "counters, times and sequence numbers as Lua numbers",
    body = {
      { "DESCRIPTION", [[
A script sees Lua numbers and strings only; `ptr` of packets and views alone is a cdata.

* Counters are doubles, exact to 2^53.
* Times are seconds since 1970 as doubles, which hold about a quarter of a microsecond today.
  Where that is too coarse take two integers: `flow:start_parts()`, `flow:last_parts()`,
  `packet.ts_sec` and `packet.ts_nsec`.
* Sequence numbers and `isn` are 32-bit and wrap; stream offsets count from 0 and do not.
* `view:u64` is a double, exact to 2^53.
* TCP flags are a number, one bit each; `has "SA"` tests them by letter.]] },
    },
    examples = { { capture = "ipv6", code = [[
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
watch:on(mos.ON_CONN_END, function(flow)
  print(("%.9f"):format(flow.start_time))
  print(("%d.%09d"):format(flow:start_parts()))
end)]], output = [[
1795346611.208153009
1795346611.208153000]] } },
    see = { "packet.ts_nsec", "flow:start_parts", "view:u64" },
  },
  {
    name = "errors", title = "errors of scripts: what is said, who pauses, exit codes, errno names",
    also = { "errno", "exit codes", "EINVAL", "EBADF", "EFAULT", "ERANGE", "ENOPROTOOPT",
      "ENOTSOCK", "EOPNOTSUPP",
      "EBUSY", "EEXIST", "EPERM", "ENODATA", "ENOMEM", "ENFILE", "ENOBUFS", "ENOSPC", "ENOTCONN" },
    body = {
      { "DESCRIPTION", [[
A callback that fails costs itself, nothing else: other callbacks and the engine go on, the exit
code tells. The message has file and line, the line itself with a mark under what is meant, the
frames of your own code, the event and the flow. A line that begins with `hint:` says what to write
instead, or why a value was nil, where that is certain. Code of `-e` is quoted as well.

* An error that repeats, the same message at the same line, is shown once in full; at the end it is
  said how often it happened, and on how many flows. Of one callback five different errors are
  shown, the rest is counted. The same holds for timers, on_start, on_exit, on_interval, on_report.
* Characters that could steer a terminal are written as \\xNN.
* After `errors_in_a_row` (10) errors on one flow without a success between, the callback is off
  for that flow.
* After errors on 100 different flows without a success between, it pauses for a second of packet
  time, then two, up to 60. Every pause is said, and at the end how many events it missed. So no
  sender can blind a monitor with a few crafted packets, and none can drown it in messages.
* A timer that repeats is off after `errors_in_a_row` errors in a row.
* `--strict` ends the run at the first error.
* Errors outside callbacks (memory) collect garbage and enter the loop again.]] },
      { "ERRNO NAMES", "They stand in parentheses behind a message, or are the third value that a "
          .. "call returns.",
        { defs = {
          { "EINVAL", "an argument that cannot be right; a name that does not exist" },
          { "EBADF", "not a flow or socket, or a flow that has ended" },
          { "EFAULT", "a view or packet used after its time" },
          { "ERANGE", "bytes outside a view" },
          { "ENOPROTOOPT", "no such option, or it cannot be used that way" },
          { "ENOTSOCK", "an option of flows, used with a socket" },
          { "EEXIST", "a name in use" },
          { "EBUSY", "too late: the run has begun; a byte has arrived or passed" },
          { "EPERM", "a global assigned; what all workers know, read outside of a report; "
            .. "returned: not without --inline" },
          { "EOPNOTSUPP", "a name that a later version brings; returned: not for this kind of "
            .. "flow" },
          { "ENODATA", "returned: nothing there" },
          { "ENOTCONN", "returned: the flow is ending already" },
          { "ENOMEM, ENFILE, ENOBUFS, ENOSPC", "returned: no room" } } } },
      { "EXIT CODES", { defs = {
        { "0", "fine" },
        { "1", "a script raised an error: at its top level (nothing is run then) or in a "
          .. "function that was called" },
        { "2", "usage, a script that cannot be read or is not Lua, a bad -f or --set; mos check "
          .. "and mos doc: something found, nothing found" },
        { "3", "an input that cannot be opened or read on, a capture cut short (what was "
          .. "readable has been processed); output that cannot be written" },
        { "130", "interrupted: Ctrl-C ends the capture and runs mos.on_exit; a second one "
          .. "aborts" } } } },
    },
    examples = { { capture = "web", errors = 26, file = "bad", text = "On standard error:",
      code = [[
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
watch:on(mos.ON_CONN_NEW_DATA, function(flow, side)
  local line = flow:peek(side):match "X-Token: (%S+)"
  print(line:lower())
end)]], stderr = [[
mos: error in a callback: bad.lua:4: attempt to index local 'line' (a nil value)
    4 |   print(line:lower())
      |         ^~~~
    hint: line is nil: match gives nil where it does not find its pattern
    bad.lua:4: in the function of line 2
    event ON_CONN_NEW_DATA, SIDE_SVR, flow 10.0.0.1:40000 > 10.0.0.2:80
...]] } },
    see = { "check", "mos.on_exit", "settings errors_in_a_row", "stats.callback_errors" },
  },
  {
    name = "scripts", also = { "globals", "require" },
    title = "globals, several scripts in a run, modules",
    body = {
      { "DESCRIPTION", [[
All scripts of a run (`mos run a.lua b.lua -e CODE`) share one Lua state and one engine. Sockets
are created in the order of the scripts, so those of a.lua come first for packets from clients.
`flow.ctx` belongs to flow and socket, `flow.state` to flow and script; `mos.args` is the same for
all.

Reading a global that does not exist, or making one, is an error with the nearest name;
`--allow-globals` makes them plain Lua, and then scripts see each other's. Write `local`.

`local mos = require "mos"` gives the table that the global `mos` is. Nothing in it can be set; a
name that it does not have raises an error with the nearest one. `require` finds Lua modules as
LuaJIT does (./?.lua, LUA_PATH). A first line that begins with # is skipped.

A callback that never returns stops the run: only a second Ctrl-C ends it.]] },
    },
    examples = { { capture = "web", code = [[
print(require "mos" == mos)
local function show(_, problem) print((problem:gsub("; ", ";\n  "))) end
show(pcall(function() return mos.ON_NEW_DATA end))
show(pcall(function() counter = 1 end))]], output = [[
true
scripts.lua:3: mos has no "ON_NEW_DATA";
  did you mean "mos.ON_CONN_NEW_DATA"? (EINVAL)
scripts.lua:4: global "counter" is assigned;
  write `local counter`, or run with --allow-globals (EPERM)]] } },
    see = { "check", "errors", "mos.args", "mos.socket" },
  },
  {
    name = "ffi", title = "raw pointers, C types and the shared layout",
    body = {
      { "DESCRIPTION", [[
A script has all of LuaJIT, `ffi` and `bit` included, and may take raw pointers: `packet.ptr`,
`view.ptr`. They are valid as long as the packet or view is, and nobody checks what is done with
them. Looking at bytes with `u8` to `u32` is as fast, and checked.

The layout that engine and scripts share (Sources/CMosABI/include/mos_abi.h) is declared already:
`struct mos_packet`, `struct mos_conn` and the others are types of `ffi`.]] },
    },
    examples = { { capture = "web", code = [[
local ffi = require "ffi"
local raw = mos.socket(mos.SOCK_MONITOR_RAW)
local bytes = ffi.typeof "const uint8_t *"
local counts = ffi.new "uint32_t[256]"
raw:on(mos.ON_PKT_IN, function(s)
  local p = s:packet()
  local last = ffi.cast(bytes, p.ptr)[p.caplen - 1]
  counts[last] = counts[last] + 1
end)
mos.on_exit(function() print(counts[10], "frames end in a line feed") end)]], output = [[
33      frames end in a line feed]] } },
    see = { "packet.ptr", "view.ptr", "numbers" },
  },
  {
    name = "speed", also = { "performance" }, title = "what makes a callback fast",
    body = {
      { "DESCRIPTION", [[
LuaJIT compiles the loop that asks the engine for events together with the callbacks. An event
that nobody registered costs a bit test. What keeps callbacks in machine code and away from the
garbage collector:

* Keep what is read often in locals: `local SIDE_SVR = mos.SIDE_SVR` at the top level.
* Make no table, string or closure for each event.
* Prefer `view` to `peek`, `u32` to `sub`, `flow.state` to a table in `flow.ctx`.
* Register a function once, not a closure for each flow.
* Switch buffers off that nobody reads: CLIBUF, SVRBUF.
* Let filters decide before Lua does: `syn`, `-f`.
* End what is of no interest any more: `flow:close()`, STOP_MON, `flow:on(event, nil)`.]] },
    },
    see = { "view", "mos.flow_state", "mos.close", "mos.register_callback" },
  },
}
