-- SPDX-License-Identifier: BSD-2-Clause
-- Digests of whole strings, and how they are written.
local ffi = require "ffi"
local bit = require "bit"
local abi = require "mos.abi"

local api = abi.api
local band, rshift = bit.band, bit.rshift
local result = ffi.new("uint8_t[64]")
local alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

local digest = {}

--- The digest of `text`, as bytes.
function digest.of(kind, text)
  local hash = api.hash_new(kind)
  api.hash_update(hash, text, #text)
  return ffi.string(result, api.hash_final(hash, result))
end

--- Ends a running hash and returns its digest, as bytes.
function digest.finish(hash)
  return ffi.string(result, api.hash_final(hash, result))
end

--- Two hexadecimal digits a byte.
function digest.hex(bytes)
  return (bytes:gsub(".", function(c) return ("%02x"):format(c:byte()) end))
end

--- RFC 4648, section 4.
function digest.base64(bytes)
  local text = {}
  for i = 1, #bytes, 3 do
    local a, b, c = bytes:byte(i, i + 2)
    local n = a * 65536 + (b or 0) * 256 + (c or 0)
    for shift = 18, 0, -6 do
      local digit = band(rshift(n, shift), 63) + 1
      text[#text + 1] = alphabet:sub(digit, digit)
    end
    if not c then text[#text] = "=" end
    if not b then text[#text - 1] = "=" end
  end
  return table.concat(text)
end

return digest
