-- SPDX-License-Identifier: BSD-2-Clause
-- What one-liners read from payloads: the server's name of a TLS ClientHello, the host of an HTTP
-- request, the name that a DNS message asks for. Each gives a text or nil, whatever the bytes are.
--
-- What begins like one and is not there yet asks for more: the bytes stay unread then, and the
-- function of on.new_data is called again with those that follow.
local errors = require "mos.errors"
local view = require "mos.view"
local ffi = require "ffi"

local HELLO, HEAD = 32768, 65536 -- bytes within which they must be complete
local HANDSHAKE, CLIENT_HELLO, SERVER_NAME, HOST_NAME = 22, 1, 0, 0

local data = {
  --- True once more bytes are needed.
  wants_more = false,
}

local function is_view(d)
  return type(d) == "cdata" and ffi.istype(view.type, d)
end

-- The first bytes as a string; nil for nil.
local function text_of(call, d, most)
  if d == nil then return nil end
  if type(d) == "string" then return #d > most and d:sub(1, most) or d end
  if is_view(d) then return d:sub(1, most) end
  errors.argument(call, 1, "data", d, "a view, a string or nil")
end

local function more(text, most)
  if #text < most then data.wants_more = true end
  return nil
end

local function u16(text, at)
  local a, b = text:byte(at, at + 1)
  return b and a * 256 + b
end

-- The handshake messages within the TLS records of `text`; the second result is true when the last
-- record is cut.
local function handshake(text)
  local parts, at = {}, 1
  while at + 4 <= #text do
    if text:byte(at) ~= HANDSHAKE or text:byte(at + 1) ~= 3 then break end
    local length = u16(text, at + 3)
    parts[#parts + 1] = text:sub(at + 5, at + 4 + length)
    at = at + 5 + length
  end
  return table.concat(parts), at > #text or at + 4 > #text
end

-- The name in the extension of type 0 at `at`, of a list of extensions that ends at `stop`.
local function name_in(hello, at, stop)
  while at + 3 <= stop do
    local kind, length = u16(hello, at), u16(hello, at + 2)
    if not length or at + 3 + length > stop then return nil end
    if kind == SERVER_NAME then
      local size = u16(hello, at + 7)
      if hello:byte(at + 6) ~= HOST_NAME or not size or size + 5 > length then return nil end
      return size > 0 and hello:sub(at + 9, at + 8 + size):lower() or nil
    end
    at = at + 4 + length
  end
  return nil
end

--- The name that a TLS client asks for (SNI), of the first bytes that it sends.
function data.tls_sni(d)
  local text = text_of("tls_sni", d, HELLO)
  if not text or text:byte(1) ~= HANDSHAKE or (text:byte(2) or 3) ~= 3 then return nil end
  if #text < 6 then return more(text, HELLO) end
  if text:byte(6) ~= CLIENT_HELLO then return nil end
  local hello, is_cut = handshake(text)
  local high, low = hello:byte(2), u16(hello, 3)
  local size = low and high * 65536 + low + 4
  if not size or size > #hello then
    if is_cut and (not size or size <= HELLO) then return more(text, HELLO) end
    return nil
  end
  -- Version and random, session, ciphers, compression.
  local at = 4 + 2 + 32 + 1
  for _, width in ipairs { 1, 2, 1 } do
    local length = width == 1 and hello:byte(at) or width == 2 and u16(hello, at)
    if not length then return nil end
    at = at + width + length
  end
  local length = u16(hello, at)
  if not length or at + 1 + length > size then return nil end
  return name_in(hello, at + 2, at + 1 + length)
end

--- The Host of an HTTP/1 request, of the bytes from its beginning on.
function data.http_host(d)
  local text = text_of("http_host", d, HEAD)
  if not text or not text:find "^%u+ " then
    -- Fewer bytes than a method and a blank may still become one.
    if text and #text < 12 and text:find "^%u+$" then return more(text, HEAD) end
    return nil
  end
  local line = text:match "^[^\n]*"
  if #line < #text and not line:find " HTTP/1%.%d\r?$" then return nil end
  local stop = text:find("\r?\n\r?\n")
  if not stop then return more(text, HEAD) end
  local host = text:sub(1, stop):match "\n[Hh][Oo][Ss][Tt]:[ \t]*([^\r\n]*)"
  host = host and host:gsub("[ \t]+$", "")
  return host and host ~= "" and host:lower() or nil
end

--- The name that a DNS message asks for, of the payload of a UDP packet.
function data.dns_name(d)
  local text = text_of("dns_name", d, 512)
  if not text or #text < 17 or u16(text, 5) == 0 then return nil end
  local labels, at = {}, 13
  while true do
    local length = text:byte(at)
    if not length or length > 63 then return nil end
    if length == 0 then break end
    if at + length > #text or at - 12 + length > 255 then return nil end
    labels[#labels + 1] = text:sub(at + 1, at + length)
    at = at + 1 + length
  end
  if at + 4 > #text then return nil end
  return labels[1] and table.concat(labels, "."):lower() or "."
end

return data
