-- SPDX-License-Identifier: BSD-2-Clause
-- Pages of the calls that read a flow's bytes, and of the methods of views.
local FLOW = { "flow", "flow", "a flow of a STREAM socket" }
local SIDE = { "side", "side", "whose receive buffer: SIDE_SVR has what the client sent, SIDE_CLI "
  .. "what the server sent" }
local BAD_FLOW = { "EBADF", "`flow` is no flow, or has ended" }
local NO_BUFFER = "; the buffer is off (CLIBUF, SVRBUF); a UDP or ICMP flow"
local READER = { "ENOMEM", "no room for one more reader of this flow" }
local OVERRUN = { '"overrun"', "as `nil, \"overrun\", missed`, once after an overrun: so many "
  .. "bytes are lost; the next call goes on at the oldest byte kept" }
local GONE = { "EFAULT", "the view's time is over" }

return {
  {
    name = "mos.peek", title = "takes contiguous unread bytes as a "
      .. "string", forms = { "flow:peek(side[, max])" }, gives = "bytes",
    args = { FLOW, SIDE, { "max", "bytes", "at most so many bytes; left out: all there are" } },
    result = "The contiguous unread bytes as a string. The read offset of this socket moves behind "
      .. "them. Nothing to read is the empty string, also while that side has no stack yet.",
    raised = { BAD_FLOW, { "EINVAL", "`side` is not one of the two; `max` is no whole number "
      .. "from 0 on"
      .. NO_BUFFER } },
    returned = { OVERRUN, READER },
    notes = [[
Strings of payload are garbage for the collector: `view` and `consume` read the same bytes in
place.

Other sockets have offsets of their own. Bytes that `peek` took raise no ON_CONN_NEW_DATA.]],
    examples = {
      { capture = "web", code = [[
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
mos.bind_filter(watch, { syn = "port 40000" })
watch:on(mos.ON_CONN_NEW_DATA, function(flow, side)
  if side ~= mos.SIDE_SVR then return end
  print(flow:peek(side, 5), #flow:peek(side), #flow:peek(side))
end)]], output = [[
GET /   67      0
GET /   71      0]] },
      { capture = "web", settings = { "buffer=4096" },
        text = "A reader that is too slow on purpose: it looks at every eighth event.", code = [[
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
mos.bind_filter(watch, { syn = "port 40000" })
local events = 0
watch:on(mos.ON_CONN_NEW_DATA, function(flow, side)
  events = events + 1
  if side ~= mos.SIDE_CLI or events % 8 ~= 0 then return end
  local bytes, why, missed = flow:peek(side)
  if not bytes then
    print(why, missed)
    bytes = flow:peek(side)
  end
  print(#bytes)
end)]], output = [[
overrun 1988
4096
overrun 7488
4096]] },
    },
    see = { "mos.view", "mos.consume", "mos.ppeek", "reading", "ON_CONN_NEW_DATA" },
  },
  {
    name = "mos.view", title = "shows contiguous unread bytes in place",
      forms = { "flow:view(side)" }, gives = "data",
    args = { FLOW, SIDE },
    result = "A view of the contiguous unread bytes, in place; empty when there are none. "
      .. "Nothing moves: say with `consume` how much was read.",
    raised = { BAD_FLOW, { "EINVAL", "`side` is not one of the two" .. NO_BUFFER } },
    returned = { OVERRUN, READER },
    notes = [[
The view is valid until the callback returns or a call moves bytes. There is one view object for
each side: the next `flow:view(side)` points the same object elsewhere. The page `view` lists what
a view can do.]],
    examples = {
      { capture = "web", text = "Lines, however the segments are cut:", code = [[
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
watch:on(mos.ON_CONN_NEW_DATA, function(flow, side)
  local data, at = flow:view(side), 1
  while true do
    local line = data:line(at)
    if not line then break end            -- not complete yet: it stays unread
    if line:find "^Host:" then print(data.offset + at - 1, line) end
    at = data:find("\n", at) + 1
  end
  flow:consume(side, at - 1)
end)]], output = [[
16      Host: www.example.com
92      Host: www.example.com
23      Host: www.example.com
21      Host: www.example.com
21      Host: www.example.com
23      Host: www.example.com
22      Host: www.example.com
22      Host: www.example.com
22      Host: www.example.com]] },
    },
    see = { "view", "mos.consume", "mos.peek", "reading" },
  },
  {
    name = "mos.consume", title = "moves the read offset", forms = { "flow:consume(side, n)" },
      gives = "moved",
    args = { FLOW, SIDE, { "n", "bytes", "how many bytes were read, counted from where a view "
      .. "begins" } },
    result = "How far the read offset moved: `n`, or less where a view shows less.",
    raised = { BAD_FLOW, { "EINVAL", "`side` is not one of the two; `n` is no whole number from "
      .. "0 on"
      .. NO_BUFFER } },
    notes = [[
Views end with this call, the one that was consumed included. What is not consumed is offered
again, with what comes behind it.]],
    examples = {
      { capture = "web", text = "A request is taken when it is complete:", code = [[
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
mos.setsockopt(watch, mos.CLIBUF, 0)
watch:on(mos.ON_CONN_NEW_DATA, function(flow, side)
  local _, head = flow:view(side):find "\r\n\r\n"
  if head then print(flow, flow:consume(side, head)) end
end)]], output = [[
10.0.0.1:40000 > 10.0.0.2:80    72
10.0.0.1:40000 > 10.0.0.2:80    76
10.0.0.1:40010 > 10.0.0.2:80    79
10.0.0.1:40020 > 10.0.0.2:80    77
10.0.0.1:40030 > 10.0.0.2:80    146
10.0.0.1:40040 > 10.0.0.2:80    79
10.0.0.1:40050 > 10.0.0.2:80    78
10.0.0.1:40051 > 10.0.0.2:80    78
10.0.0.1:40052 > 10.0.0.2:80    78]] },
    },
    see = { "mos.view", "mos.peek", "reading" },
  },
  {
    name = "mos.ppeek", title = "reads anywhere in what is kept of a "
      .. "stream", forms = { "flow:ppeek(side, len, offset)" }, gives = "bytes",
    args = { FLOW, SIDE, { "len", "bytes", "at most so many bytes" },
      { "offset", "number", "the stream offset of the first one; a fraction is cut off" } },
    result = "The bytes that are kept there as a string: those behind a hole too, the packet in "
      .. "hand from its HK_RCV on. It ends with the fragment that holds `offset`, or with the "
      .. "packet in hand: ask again behind it. Nothing moves.",
    raised = { BAD_FLOW, { "EINVAL", "`side` is not one of the two; `len` is no number from 0 to "
      .. "2^31-1; `offset` is no number from 0 to 10^15" .. NO_BUFFER } },
    returned = { { "ENODATA", "that byte is not kept" } },
    notes = [[
What was read is kept only as far as CLIKEEP and SVRKEEP say; FRAGINFO_CLIBUF and FRAGINFO_SVRBUF
list what is there.]],
    examples = {
      { capture = "web", filter = "not tcp[4:4] = 1610690880",
        text = "What came ahead of a hole, made here by -f, which takes a segment out:", code = [[
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
mos.setsockopt(watch, mos.CLIBUF, 65536)
watch:on(mos.ON_PKT_IN, mos.HK_RCV, function(flow, side)
  local p = flow:packet()
  local offset, bytes = p.offset, flow:view(side)
  if p.number > 13 or #p.payload == 0 or side == mos.SIDE_SVR then return end
  print(p.number, offset, #bytes, #flow:ppeek(side, 4096, offset),
    select(3, flow:ppeek(side, 1, 300)))
end)]], output = [[
6       0       169     169     ENODATA
9       169     292     123     ENODATA
12      1740    292     1448    ENODATA
13      3188    292     1448    ENODATA]] },
    },
    see = { "FRAGINFO_CLIBUF", "CLIKEEP", "ON_REXMIT", "reading" },
  },
  {
    name = "view:find", gives = "first, last",
    args = { { "text", "text", "a plain text, no pattern" },
      { "init", "number", "the position to begin at, as in string.find" } },
    result = "The positions of its first and last byte, from 1; nil when it is not there.",
    raised = { { "EINVAL", "`text` is no string; `init` is no number" }, GONE },
    see = { "view:starts", "view:line" },
  },
  {
    name = "view:starts",
    args = { { "text", "text", "a plain text" } },
    result = "true when the bytes begin with it.",
    raised = { { "EINVAL", "`text` is no string" }, GONE },
    see = { "view:find" },
  },
  {
    name = "view:u8",
    args = { { "offset", "number", "where, from 0" } },
    result = "The byte, 0 to 255.",
    raised = { { "EINVAL", "`offset` is no number" }, { "ERANGE", "it lies outside the view" },
      GONE },
    see = { "view:u16", "view:u32", "view:u64" },
  },
  {
    name = "view:u16",
    args = { { "offset", "number", "where the first of two bytes is, from 0" } },
    result = "The number that they are in network order.",
    raised = { { "EINVAL", "`offset` is no number" }, { "ERANGE", "a byte lies outside the view" },
      GONE },
    see = { "view:u8", "view:u32" },
  },
  {
    name = "view:u32",
    args = { { "offset", "number", "where the first of four bytes is, from 0" } },
    result = "The number that they are in network order.",
    raised = { { "EINVAL", "`offset` is no number" }, { "ERANGE", "a byte lies outside the view" },
      GONE },
    see = { "view:u8", "view:u64" },
  },
  {
    name = "view:u64",
    args = { { "offset", "number", "where the first of eight bytes is, from 0" } },
    result = "The number that they are in network order, as a double: exact to 2^53.",
    raised = { { "EINVAL", "`offset` is no number" }, { "ERANGE", "a byte lies outside the view" },
      GONE },
    see = { "view:u32", "numbers" },
  },
  {
    name = "view:sub", args_text = "[i[, j]]",
    args = { { "i", "number", "the first position, from 1; below 0: from the end; left out: 1" },
      { "j", "number", "the last position; left out: -1" } },
    result = "These bytes as a string, by the rules of string.sub.",
    raised = { { "EINVAL", "`i` or `j` is no number" }, GONE },
    see = { "view:slice" },
  },
  {
    name = "view:line",
    args = { { "position", "number", "where the line begins, from 1; left out: 1" } },
    result = "The line without its end, LF or CR LF; nil while no line end is there. The next "
      .. "one begins behind `view:find(\"\\n\", position)`.",
    raised = { { "EINVAL", "`position` is no number from 1 on" }, GONE },
    see = { "view:find", "mos.view" },
  },
  {
    name = "view:slice",
    args = { { "offset", "number", "where the part begins, from 0" },
      { "len", "number", "its length; left out: to the end" } },
    result = "A view of that part, valid as long as the whole. It is a new object.",
    raised = { { "EINVAL", "`offset` or `len` is no number" },
      { "ERANGE", "the part lies outside the view" }, GONE },
    see = { "view:sub" },
  },
}
