-- SPDX-License-Identifier: BSD-2-Clause
-- Addresses as text. An address is written once and kept, so that reading it again makes no
-- garbage.
local ffi = require "ffi"
local bit = require "bit"

ffi.cdef "const char *inet_ntop(int family, const void *address, char *text, uint32_t size);"

local band, rshift = bit.band, bit.rshift
local ffi_string = ffi.string
local AF_INET6 = 10
local LIMIT = 100000 -- addresses kept; then the memory starts anew

local v4, v4_count = {}, 0
local v6, v6_count = {}, 0
local buffer = ffi.new("char[48]")

local function write_v4(word)
  local text = ("%d.%d.%d.%d"):format(
    band(word, 255), band(rshift(word, 8), 255), band(rshift(word, 16), 255), rshift(word, 24))
  if v4_count >= LIMIT then v4, v4_count = {}, 0 end
  v4[word], v4_count = text, v4_count + 1
  return text
end

local function write_v6(bytes)
  local text = ffi_string(ffi.C.inet_ntop(AF_INET6, bytes, buffer, 48))
  if v6_count >= LIMIT then v6, v6_count = {}, 0 end
  v6[bytes], v6_count = text, v6_count + 1
  return text
end

local address = {}

--- The text of the address at `words[at]` (uint32_t in memory order), of IP version `version`.
function address.text(words, at, version)
  if version == 6 then
    local bytes = ffi_string(words + at, 16)
    return v6[bytes] or write_v6(bytes)
  end
  local word = words[at]
  return v4[word] or write_v4(word)
end

--- Its bytes in network order: 4 or 16.
function address.bytes(words, at, version)
  return ffi_string(words + at, version == 6 and 16 or 4)
end

--- `address:port`, an IPv6 address in brackets.
function address.endpoint(text, port, version)
  if version == 6 then return "[" .. text .. "]:" .. port end
  return text .. ":" .. port
end

return address
