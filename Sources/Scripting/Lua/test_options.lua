-- SPDX-License-Identifier: BSD-2-Clause
-- What tests may say about packets: the names of options, what they may be, addresses as text.
local ffi = require "ffi"
local each = require "mos.each"
local errors = require "mos.errors"
local suggest = require "mos.suggest"
require "mos.address" -- declares inet_ntop
require "mos.find" -- declares inet_pton

local AF_INET, AF_INET6 = 2, 10
local bytes, text_of_address = ffi.new "uint8_t[16]", ffi.new "char[48]"

local options = {}

local function is_whole(low, high)
  return function(value)
    return type(value) == "number" and value % 1 == 0 and value >= low and value <= high
  end
end

local function is_seconds(value)
  return type(value) == "number" and value >= 0 and value <= 1e6
end

local function is_text(value) return type(value) == "string" end
local function is_flag(value) return type(value) == "boolean" end
local checksums = { bad = true, none = true, offloaded = true }
local function is_checksum(value) return checksums[value] or is_whole(0, 65535)(value) end

local function is_blocks(value)
  if type(value) ~= "table" then return false end
  for _, block in ipairs(value) do
    if type(block) ~= "table" or type(block[1]) ~= "number" or type(block[2]) ~= "number" then
      return false
    end
  end
  return true
end

local function is_tags(value)
  local list = type(value) == "table" and value or { value }
  for _, tag in ipairs(list) do
    if not is_whole(0, 65535)(tag) then return false end
  end
  return #list > 0
end

-- name -> {is right, what it may be}
local u16 = { is_whole(0, 65535), "a whole number, 0 to 65535" }
local u32 = { is_whole(0, 2 ^ 32 - 1), "a whole number, 0 to 2^32-1" }
local seconds = { is_seconds, "seconds, 0 to 1000000" }
local text = { is_text, "a string" }
local flag = { is_flag, "true or false" }

local timing = { after = seconds, at = seconds }
local headers = {
  ttl = { is_whole(0, 255), "a whole number, 0 to 255" },
  tos = { is_whole(0, 255), "a whole number, 0 to 255" }, id = u16,
  checksum = { is_checksum, '"bad", "none", "offloaded" or the number itself' },
  ip_checksum = { is_checksum, '"bad" or the number itself' },
  cut = { is_whole(1, 65535), "how many bytes the capture kept, 1 to 65535" },
}
local segment = {
  seq = { is_whole(-2 ^ 31, 2 ^ 32 - 1), "a whole number" },
  ack = { is_whole(-2 ^ 31, 2 ^ 32 - 1), "a whole number" },
  absolute = flag, flags = text, window = u16, urgent = u16, data = text, mss = u16,
  wscale = { is_whole(0, 255), "a whole number, 0 to 255" },
  sack = { function(value) return is_flag(value) or is_blocks(value) end,
    "true (permitted), or a list of blocks {from, to}" },
  timestamps = { function(value)
    return is_flag(value) or type(value) == "table" and is_whole(0, 2 ^ 32 - 1)(value[1])
      and is_whole(0, 2 ^ 32 - 1)(value[2])
  end, "true, false, or {value, echo}" },
  options = text,
}
local ends = {
  client = text, server = text, vlan = { is_tags, "a number, or a list of numbers" },
}
local connection = { client_isn = u32, server_isn = u32, mss = u16, window = u16,
  wscale = segment.wscale, sack = flag, timestamps = flag }
local icmp = { type = u16, code = u16, id = u16, seq = u16 }

local function all(...)
  local known = {}
  for _, group in ipairs { ... } do
    for name, rule in each(group) do known[name] = rule end
  end
  return known
end

--- The options that each kind of call takes, by name.
options.segment = all(timing, headers, segment)
options.connection = all(ends, connection, { ttl = headers.ttl, tos = headers.tos })
options.datagram = all(timing, headers)
options.flow = all(ends, { ttl = headers.ttl, tos = headers.tos })
options.ping = all(timing, headers, icmp)
options.raw = all(timing, { cut = headers.cut,
  link = { is_whole(0, 65535), "the number of a link type" },
  from = { function(value) return value == "cli" or value == "svr" end, '"cli" or "svr"' } })

--- Raises when a function of a ladder was called as a method: its first argument is the ladder.
function options.need_dot(call, given)
  if type(given) ~= "table" or not rawget(given, "data") then return end
  if type(given.data) == "function" then
    errors.raise(("%s: call it with a dot: %s(...)"):format(call, call))
  end
end

--- Raises the error of an option that is not among the keys of `known`.
function options.unknown(call, name, known)
  local names = {}
  for other in each(known) do names[#names + 1] = other end
  table.sort(names)
  errors.raise(("%s: there is no option %s; there are %s%s"):format(call, errors.show(name),
    table.concat(names, ", "), suggest.hint(tostring(name), names)))
end

--- Raises unless `given` has only options of `known` with values that they may have; `index` is
--- its place among the arguments. Returns a table in any case.
function options.check(call, index, given, known)
  if given == nil then return {} end
  options.need_dot(call, given)
  if type(given) ~= "table" then
    errors.argument(call, index, "options", given, "a table, or left out")
  end
  for name, value in each(given) do
    local rule = known[name] or options.unknown(call, name, known)
    if not rule[1](value) then errors.argument(call, index, name, value, rule[2]) end
  end
  return given
end

--- The bytes of an address; nil when it is none.
function options.address(name)
  if ffi.C.inet_pton(AF_INET, name, bytes) == 1 then return ffi.string(bytes, 4) end
  if ffi.C.inet_pton(AF_INET6, name, bytes) == 1 then return ffi.string(bytes, 16) end
  return nil
end

local PORTS = 15000 -- of a client, before the next one comes

--- The port of the `number`th connection, from 0 on.
function options.client_port(first, number)
  return first + number % PORTS
end

--- The address of its client: 10.0.0.1, and in benches others when its ports are used up.
function options.client(number, is_v6)
  local client = math.floor(number / PORTS) % 250
  return is_v6 and ("fd00:%x::1"):format(client):gsub("fd00:0::", "fd00::")
    or ("10.%d.0.1"):format(client)
end

--- `address:port` of address bytes.
function options.name(address, port)
  local family = #address == 4 and AF_INET or AF_INET6
  local name = ffi.string(ffi.C.inet_ntop(family, address, text_of_address, 48))
  return (#address == 4 and "%s:%d" or "[%s]:%d"):format(name, port)
end

--- Address bytes and port of "10.0.0.1:80", "[fd00::1]:80", or an address alone.
function options.endpoint(call, name, value, port)
  local address, number = value:match "^%[([^%]]+)%]:(%d+)$"
  if not address then address, number = value:match "^([%d.]+):(%d+)$" end
  local found = options.address(address or value)
  number = tonumber(number) or port
  if not found or number > 65535 then
    errors.argument(call, 1, name, value,
      'an address with a port, as "10.0.0.1:40000" or "[fd00::1]:80", or without one')
  end
  return found, number
end

return options
