-- SPDX-License-Identifier: BSD-2-Clause
-- Resets connections that ask a web server for what is denied; all others pass untouched.
-- Run:    mos run examples/http_filter.lua -i in0 -i out0 --inline -- --deny=/private,^/%d+$
-- Expect: a JSON object per denied request: its client sees a reset, its server nothing of it.
-- Idea:   the packet that completes a request's first line is still in hand: it goes no further.
local denied = {} -- Lua patterns with ^, or how paths begin
for text in (mos.args.deny or "/private"):gmatch "[^,]+" do
  denied[#denied + 1] = text:find "^%^" and text or "^" .. text:gsub("%W", "%%%0")
end

local web = mos.socket(mos.SOCK_MONITOR_STREAM)
mos.bind_filter(web, { syn = "tcp dst port " .. (mos.args.port or 80) })
mos.setsockopt(web, mos.CLIBUF, 0) -- requests only
mos.register_callback(web, mos.ON_CONN_START, function(flow) flow.ctx = { skip = 0 } end)

-- The path that a server takes it for, however it is spelt.
local function plain(target)
  local path = target:gsub("^%a+://[^/]*", ""):gsub("[?#].*", "")
    :gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end)
    :gsub("/%.%f[/%z]", "/"):gsub("/+", "/")
  local dots = 1
  while dots > 0 do path, dots = path:gsub("/[^/]+/%.%.%f[/%z]/?", "/", 1) end
  return path
end

-- A request line, a header, a chunk's length, what ends them; true when it is a denied request.
local function take(flow, p, line)
  if p.chunked then
    local size = tonumber("0x" .. (line:match "^%x+" or "0"))
    p.skip, p.chunked, p.head = size > 0 and size + 2 or 0, size > 0, size == 0
  elseif not p.head then
    local method, target = line:match "^(%S+)%s+(%S+)"
    p.head, p.length, p.chunks = method ~= nil, nil, nil
    for _, pattern in ipairs(method and denied or {}) do
      if plain(target):find(pattern) then
        mos.emit("denied", { client = flow.cli.addr, method = method, target = target })
        return true
      end
    end
  elseif line == "" then
    p.head, p.chunked, p.skip = false, p.chunks, not p.chunks and p.length or 0
  else
    local name, value = line:lower():match "^([%w-]+):%s*(.-)%s*$"
    if name == "content-length" then p.length = tonumber(value:match "^%d+$")
    elseif name == "transfer-encoding" then p.chunks = value:find "chunked" ~= nil end
  end
end

mos.register_callback(web, mos.ON_CONN_NEW_DATA, function(flow, side)
  local p, data, at, deny = flow.ctx, flow:view(side) or flow:view(side), 0, false
  while at < #data do
    local line = p.skip == 0 and data:line(at + 1)
    if line == nil then break end -- not complete yet: it stays unread
    local stop = line and data:find("\n", at + 1) or at + math.min(p.skip, #data - at)
    if line then deny = take(flow, p, line) or deny else p.skip = p.skip - (stop - at) end
    at = stop
  end
  flow:consume(side, at)
  if deny then flow:reset() end
end)
