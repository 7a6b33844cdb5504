-- SPDX-License-Identifier: BSD-2-Clause
-- Takes a header out of HTTP requests and puts another in, while the connection goes on.
-- Run:    mos run examples/strip_header.lua -i in0 -i out0 --inline -- --header=X-Tracking
-- Expect: at the end how many headers went, came (--insert="Via: 1.1 mos") and were left alone.
-- Idea:   lines are found in the stream, and edited in the packet in hand if it holds all of them.
local strip = (mos.args.header or "X-Tracking"):lower()
local insert = (mos.args.insert or "Via: 1.1 mos") .. "\r\n"
local count = mos.counter("headers", { "fate" })

local web = mos.socket(mos.SOCK_MONITOR_STREAM)
mos.bind_filter(web, { syn = "tcp dst port " .. (mos.args.port or 80) })
mos.setsockopt(web, mos.CLIBUF, 0) -- requests only
mos.register_callback(web, mos.ON_CONN_START, function(flow) flow.ctx = { skip = 0 } end)

-- Takes out `length` bytes at a stream offset, or puts text in, if the packet in hand has them all.
local function edit(flow, p, offset, length, text)
  local at = offset - p.first + p.moved
  local here = offset >= p.first and offset + length <= p.last
  local done = here and (text and flow:insert(at, text) or not text and flow:chomp(at, length))
  local kind = not done and "left_alone" or text and "inserted" or "stripped"
  count:count(kind)
  if done then p.moved = p.moved + (text and #text or -length) end
end

-- A request line, a header, a chunk's length, what ends them: [first, stop) of the stream.
local function take(flow, p, line, first, stop)
  if p.chunked then
    local size = tonumber("0x" .. (line:match "^%x+" or "0"))
    p.skip, p.chunked, p.head = size > 0 and size + 2 or 0, size > 0, size == 0
  elseif not p.head then
    p.head, p.length, p.chunks = line:find "HTTP/1" ~= nil, nil, nil
    if p.head then edit(flow, p, stop, 0, insert) end
  elseif line == "" then
    p.head, p.chunked, p.skip = false, p.chunks, not p.chunks and p.length or 0
  else
    local name, value = line:lower():match "^([%w-]+):%s*(.-)%s*$"
    if name == strip then edit(flow, p, first, stop - first)
    elseif name == "content-length" then p.length = tonumber(value:match "^%d+$")
    elseif name == "transfer-encoding" then p.chunks = value:find "chunked" ~= nil end
  end
end

mos.register_callback(web, mos.ON_CONN_NEW_DATA, function(flow, side)
  local p, data, at, packet = flow.ctx, flow:view(side) or flow:view(side), 0, flow:packet()
  p.first, p.moved = packet and packet.offset or math.huge, 0
  p.last = packet and p.first + #packet.payload
  while at < #data do
    local line = p.skip == 0 and data:line(at + 1)
    if line == nil then break end -- not complete yet: it stays unread
    local stop = line and data:find("\n", at + 1) or at + math.min(p.skip, #data - at)
    if line then take(flow, p, line, data.offset + at, data.offset + stop)
    else p.skip = p.skip - (stop - at) end
    at = stop
  end
  flow:consume(side, at)
end)

mos.on_report(function()
  mos.emit("headers", { stripped = count:value "stripped", inserted = count:value "inserted",
    left_alone = count:value "left_alone" }) end)
