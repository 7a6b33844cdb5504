-- SPDX-License-Identifier: BSD-2-Clause
-- Topics about what helps to write a script.
return {
  {
    name = "check", also = { "mos check", "warnings" },
    title = "mos check: what is wrong with a script, without traffic",
    body = {
      { "DESCRIPTION", [[
`mos check SCRIPT...` finds what a run might find late. The script's top level is run, without
packets; what functions do that nothing calls is worked out from their code. All that is found is
told in one go, as file:line:column: message, which editors can follow, with the line and a mark
under what is meant:

    web.lua:9:21: flow has no field "veiw"; did you mean "view"?
        9 |   local data = flow:veiw(side)
          |                     ^~~~

Exit codes: 0 nothing but warnings, 2 something found, or no such file.]] },
      { "ERRORS", [[
* names that `mos` does not have, undefined globals, globals that are assigned;
* fields and methods that a flow, side, packet, header, view, socket, timer, hash, aggregate or
  `arg` does not have, where it is certain that the value is one: the parameters of a callback, and
  what calls and fields give from there on;
* `flow.view(side)` where it must be `flow:view(side)`, `mos:now()` for `mos.now()`;
* events in quotes, events that a socket's type does not have, hooks that an event does not have,
  callbacks that are no functions, `arg` at events without one;
* options that do not exist or cannot be set, and values that they cannot have;
* filters that libpcap refuses, with the word that it names, if it names one;
* whatever the top level raises, besides.]] },
      { "WARNINGS", [[
Their message begins with `warning:`. What they are about works, but not as it looks:

* a flow as key of a table: it is a new value at each event, so nothing is found again (`flow.id`);
* a view that is kept behind its callback, where its bytes are gone;
* a function that is made at each ON_PKT_IN or ON_CONN_NEW_DATA, which LuaJIT does not compile.]] },
    },
    see = { "errors", "scripts", "speed" },
  },
  {
    name = "editor", also = { "new", "mos new", "stubs", "mos.d.lua", "luacheck", ".luarc.json" },
    title = "a script to begin with, and editors that know the names of mos",
    body = {
      { "MOS NEW", [[
`mos new NAME` writes a small monitor that works, NAME.lua, and a capture for it, NAME.pcap:

    mos new slow_servers
    mos run slow_servers.lua -r slow_servers.pcap

NAME is of letters, digits, _ and -; a folder that exists may stand before it. Nothing that is
there is overwritten. Beside them it writes, where they are not there yet:

* `mos.d.lua`: every name of mos with types and descriptions;
* `.luarc.json`, which tells lua-language-server of it, and that this is LuaJIT;
* `.luacheckrc` with the standard `mos`.]] },
      { "EDITORS", [[
Any editor with lua-language-server completes names, shows what they are, and marks wrong ones:

    mos doc --stubs > mos.d.lua

A callback's parameters have types where the function stands in the call that registers it; for
another one say so:

    ---@param flow mos.Flow
    local function slow(flow) return (flow.svr.rtt or 0) > 0.1 end

The classes are named mos.Socket, mos.Flow, mos.FlowSide (flow.cli and flow.svr), mos.Packet,
mos.EthHeader, mos.IpHeader, mos.TcpHeader, mos.UdpHeader, mos.IcmpHeader, mos.View, mos.Arg,
mos.Timer, mos.Hash, mos.Counter, mos.Gauge, mos.Histogram, mos.Topk and mos.Distinct; structures
of the shared layout ffi.mos_packet* and so on.

`mos doc --luacheck > .luacheckrc` gives luacheck the names of the table mos; what it says and what
`mos check` says, as file:line:column, can be followed by any editor.]] },
      { "NAMES", [[
`mos doc --surface` prints every public name with its kind, one a line: what changes between two
versions is a diff of two such lists.]] },
    },
    see = { "check", "start", "scripts" },
  },
}
