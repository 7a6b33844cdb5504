-- SPDX-License-Identifier: BSD-2-Clause
-- Pages of the calls about the packet in hand, and of sending.
return {
  {
    name = "mos.getlastpkt", forms = { "flow:packet()", "s:packet()" }, gives = "packet",
    args = { { "flow or s", "target", "the flow whose packet is in hand; of events without a flow "
      .. "the socket", valid = "flow" } },
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
      { "flow or s", "target", "the flow whose ends get it; a socket where a packet of no flow is "
        .. "in hand: whoever sent that is taken for the client", valid = "flow" },
      { "frame or fields", "packet", "a whole frame, a string or a view, from its Ethernet header "
        .. "on; or, of a TCP flow, a table of fields of a segment" },
      { "side", "side", "the side that gets it; the table's field `side` says so, too. Of a socket "
        .. "it may be left out: the server" },
    },
    result = "true.",
    raised = { { "EBADF", "neither flow nor socket, or the flow has ended" },
      { "EINVAL", "no side; a frame that is not of 14 to 65589 bytes; an unknown field, or one out "
        .. "of range; fields for a socket, or for a UDP or ICMP flow" } },
    returned = { { "EPERM", "without --inline nothing is sent; mos says so once" },
      { "ENODATA", "no port leads to that side; the flow's link layer is not known (a tunnel); of "
        .. "a socket: no packet is in hand" },
      { "ENOBUFS", "too much waits to leave with this burst" } },
    notes = [[
It leaves ahead of the packet in hand; in a timer, at once. IP and transport checksums are filled
in. The emulated stacks do not see it; what its receiver answers raises events as ever.

The fields of a segment, and what is sent where one is left out:

* `side`: the side that gets it
* `seq`: the number behind what the other side has sent so far
* `ack`: everything that `side` has sent
* `flags`: letters out of FSRPAUEC; "A"
* `window`: unscaled; the one that the other side announced last
* `ttl`: 64
* `payload`: a string or a view; none

Numbers are those that the receiver counts with, so they fit behind `flow:insert` and `flow:chomp`,
too.]],
    examples = {
      { inline = true, text = "A server's answers are held back by a window of 0, told to it in "
        .. "the client's name:", code = [[
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
mos.bind_filter(watch, { syn = "tcp dst port 25" })
watch:on(mos.ON_CONN_NEW_DATA, function(flow, side)
  flow:consume(side, #flow:view(side))
  if side == mos.SIDE_CLI then flow:send { side = mos.SIDE_SVR, window = 0 } end
end)]] },
    },
    see = { "mos.setlastpkt", "mos.reset_conn", "inline" },
  },
  {
    name = "mos.reset_conn", forms = { "flow:reset()" },
    args = { { "flow", "flow", "a TCP flow" } },
    result = "true. To ask for it twice is to ask once.",
    raised = { { "EBADF", "no flow, or one that has ended" },
      { "EINVAL", "a UDP or ICMP flow" } },
    returned = { { "EPERM", "without --inline nothing is sent; mos says so once" },
      { "ENOTCONN", "the flow is ending already" } },
    notes = [[
The packet in hand is dropped when it is of the flow. Behind it each end gets a RST with exactly the
number that it expects (RFC 5961), so that real stacks take it, and the flow ends with end_reason
"reset-by-monitor". An end that has got nothing of the connection yet gets none.]],
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
