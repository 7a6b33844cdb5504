-- SPDX-License-Identifier: BSD-2-Clause
-- HTTP/1 requests with their status, from reassembled bytes, however the segments are cut.
-- Run:    mos run examples/http_requests.lua -r examples/captures/web.pcap
-- Expect: one JSON object per answered request: host, method, path, status.
-- Idea:   take lines as they become complete, skip bodies by their length, match in order.
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)

watch:on(mos.ON_CONN_START, function(flow)
  flow.ctx = { asked = {}, [mos.SIDE_SVR] = { skip = 0 }, [mos.SIDE_CLI] = { skip = 0 } }
end)

-- A head is complete. What follows it: `skip` bytes, or chunks, or the next head.
local function headed(p, head, asked)
  if head.method then
    asked[#asked + 1] = head
  elseif head.status >= 200 then -- 100 Continue: the answer is still to come
    local request = table.remove(asked, 1) or { method = "?", path = "?" }
    mos.emit("http", { host = request.host or "?", method = request.method,
      path = request.path, status = head.status })
    if request.method == "HEAD" or head.status == 204 or head.status == 304 then return end
    if not head.chunked then head.length = head.length or math.huge end -- until it closes
  end
  p.chunked, p.skip = head.chunked, head.length or 0
end

local function take(flow, p, line)
  local head = p.head
  if p.chunked then
    local size = tonumber(line:match "^%x+" or "0", 16)
    p.skip, p.chunked = size + 2, size > 0
  elseif not head then
    local method, path = line:match "^(%u+) (%S+) HTTP/1"
    local status = line:match "^HTTP/1%.%d (%d%d%d)"
    p.head = (method or status) and { method = method, path = path, status = tonumber(status) }
  elseif line == "" then
    p.head = headed(p, head, flow.ctx.asked) -- nil: the next line is no header
  else
    local name, value = line:lower():match "^([%w-]+):%s*(.-)%s*$"
    if name == "host" then head.host = value
    elseif name == "content-length" then head.length = tonumber(value)
    elseif name == "transfer-encoding" then head.chunked = value == "chunked" end
  end
end

mos.register_callback(watch, mos.ON_CONN_NEW_DATA, function(flow, side)
  -- The second view comes after an overrun: a line longer than the buffer.
  local p, data, at = flow.ctx[side], flow:view(side) or flow:view(side), 0
  while at < #data do
    if p.skip > 0 then
      local n = math.min(p.skip, #data - at)
      p.skip, at = p.skip - n, at + n
    else
      local line = data:line(at + 1)
      if not line then break end
      at = data:find("\n", at + 1)
      take(flow, p, line)
    end
  end
  flow:consume(side, at)
end)
