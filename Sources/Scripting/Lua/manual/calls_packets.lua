-- SPDX-License-Identifier: BSD-2-Clause
-- Pages of the calls about the packet in hand, and of sending.
return {
  {
    name = "mos.getlastpkt", forms = { "flow:packet()", "s:packet()" }, gives = "packet",
    args = { { "flow or "
      .. "s", "target", "the flow whose packet is in hand; of events without a flow the "
        .. "socket", valid = "flow" } },
    result = "The packet in hand. The page `packet` lists its fields.",
    raised = { { "EBADF", "neither flow nor socket, or the flow has ended" } },
    returned = { { "ENODATA", "no packet is in hand: timers, time-outs, the end of the run; or "
      .. "it is another flow's" } },
    notes = "It is valid until the callback returns; then its fields raise EFAULT. It is one "
      .. "object that is used again: keep numbers and strings, not the packet.",
    examples = {
      { capture = "resets", code = [[
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
watch:on(mos.ON_CONN_END, function(flow)
  local packet, why, code = flow:packet()
  print(flow.end_reason, packet and packet.number, why, code)
end)
mos.on_exit(function() print(watch:packet()) end)]], output = [[
refused 2       nil     nil
reset   8       nil     nil
reset   30      nil     nil
nil     no packet is in hand    ENODATA]] },
    },
    see = { "packet", "mos.setlastpkt" },
  },
  {
    name = "mos.sendpkt", title = "inline: sends a packet of one's own",
    forms = { "flow:send(frame or fields[, side])", "s:send(frame[, side])" },
    args = {
      { "flow or "
        .. "s", "target", "the flow whose ends get it; a socket where a packet of no flow is in "
          .. "hand: whoever sent that is taken for the client", valid = "flow" },
      { "frame or "
        .. "fields", "packet", "a whole frame, a string or a view; or, of a flow, a table of "
          .. "fields of a TCP segment: `side`, `seq`, `ack`, `flags` (letters, as \"PA\"), "
          .. "`window`, `ttl`, `payload`. Those left out are filled in from the flow" },
      { "side", "side", "the side that gets it; a table's field `side` says so, too. Of a socket "
        .. "it may be left out" },
    },
    result = "true.",
    raised = { { "EBADF", "neither flow nor socket, or the flow has ended" },
      { "EINVAL", "a frame or field that cannot be right, no side, fields for a socket" } },
    returned = { { "EPERM", "without --inline nothing is sent" },
      { "ENODATA", "the flow's link layer is not known" } },
    notes = [[
It leaves ahead of the packet in hand; in a timer, at once. Checksums are filled in. The emulated
stacks do not see it: the ends' answers do raise events. Numbers of a table count as the receiver
counts, so they need not know what `insert` and `chomp` changed.]],
    examples = {
      { inline = true, text = "A word to the client ahead of the server's first one:", code = [[
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
mos.bind_filter(watch, { syn = "tcp dst port 25" })
watch:on(mos.ON_PKT_IN, mos.HK_SND, function(flow, side)
  if side ~= mos.SIDE_SVR or #flow:packet().payload == 0 then return end
  flow:send { side = mos.SIDE_CLI, flags = "A", window = 0 }
end)]] },
    },
    see = { "mos.setlastpkt", "mos.reset_conn", "inline" },
  },
  {
    name = "mos.reset_conn", forms = { "flow:reset()" },
    args = { { "flow", "flow", "a TCP flow" } },
    result = "true.",
    raised = { { "EBADF", "no flow, or one that has ended" } },
    returned = { { "EPERM", "without --inline nothing is sent" },
      { "EOPNOTSUPP", "a UDP or ICMP flow" } },
    notes = [[
The packet in hand is dropped. Each end gets a RST with exactly the number that it expects (RFC
5961), so that real stacks take it. The flow ends after this packet, with end_reason
"reset-by-monitor".]],
    examples = {
      { inline = true, code = [[
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
watch:on(mos.ON_CONN_NEW_DATA, function(flow, side)
  local data = flow:view(side)
  if side == mos.SIDE_SVR and data:starts "CONNECT " then flow:reset() end
  flow:consume(side, #data)
end)]] },
    },
    see = { "flow:drop", "flow.end_reason", "inline" },
  },
}
