-- SPDX-License-Identifier: BSD-2-Clause
-- Texts that identify a connection: the same for any number of workers, and across programs.
local ffi = require "ffi"
local bit = require "bit"
local abi = require "mos.abi"
local datagram = require "mos.datagram"
local digest = require "mos.digest"

local band, bxor, rshift, lshift, rol, tobit = bit.band, bit.bxor, bit.rshift, bit.lshift, bit.rol,
  bit.tobit
local floor = math.floor

local function word_of(field)
  return ffi.offsetof("struct mos_conn", field) / 4
end

local CLI_ADDR, SVR_ADDR = word_of "cli_addr", word_of "svr_addr"
local PORTS, START = word_of "cli_port", word_of "start"
local PROTO = word_of "vlan" -- with the VLAN, the IP version and the protocol
local alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

-- The low 32 bits of a product; doubles would lose them.
local function multiply(a, b)
  local low = band(a, 0xffff) * b
  local high = band(rshift(a, 16) * band(b, 0xffff), 0xffff)
  return tobit(low + lshift(high, 16))
end

-- A round of MurmurHash3 (x86, 32 bits).
local function mix(h, k)
  k = multiply(rol(multiply(k, 0xcc9e2d51), 15), 0x1b873593)
  return tobit(tobit(multiply(rol(bxor(h, k), 13), 5)) + 0xe6546b64)
end

local function finish(h)
  h = multiply(bxor(h, rshift(h, 16)), 0x85ebca6b)
  h = multiply(bxor(h, rshift(h, 13)), 0xc2b2ae35)
  return bxor(h, rshift(h, 16))
end

local function hash(words, at, seed)
  local h = seed
  for i = 0, 3 do h = mix(h, tobit(words[at + CLI_ADDR + i])) end
  for i = 0, 3 do h = mix(h, tobit(words[at + SVR_ADDR + i])) end
  h = mix(h, tobit(words[at + PORTS]))
  local proto = rshift(words[at + PROTO], 24)
  if proto ~= datagram.TCP then h = mix(h, proto) end
  h = mix(h, tobit(words[at + START]))
  h = mix(h, tobit(words[at + START + 1]))
  return finish(bxor(h, 44)) % 4294967296
end

local identity = {}

--- "C" and eleven letters and digits: 64 bits of hash over start time, addresses, ports and
--- protocol. `words[at]` is the connection's first 32-bit word.
function identity.uid(words, at)
  local high, low = hash(words, at, 0x6d6f7331), hash(words, at, 0x1b56c4e9)
  local text = {}
  for i = 11, 1, -1 do
    local rest = (high % 62) * 4294967296 + low
    high, low = floor(high / 62), floor(rest / 62)
    local digit = rest % 62 + 1
    text[i] = alphabet:sub(digit, digit)
  end
  return "C" .. table.concat(text)
end

local function be16(number)
  return string.char(rshift(number, 8), band(number, 255))
end

--- Community ID version 1 with seed 0 (github.com/corelight/community-id-spec).
function identity.community_id(words, at, c)
  local size = c.ip_version == 6 and 16 or 4
  local cli = ffi.string(words + at + CLI_ADDR, size)
  local svr = ffi.string(words + at + SVR_ADDR, size)
  local cli_port, svr_port, is_directed = datagram.community_ports(c)
  if not is_directed and (svr < cli or (svr == cli and svr_port < cli_port)) then
    cli, svr, cli_port, svr_port = svr, cli, svr_port, cli_port
  end
  local input = be16(0) .. cli .. svr .. string.char(c.proto, 0) .. be16(cli_port)
    .. be16(svr_port)
  return "1:" .. digest.base64(digest.of(abi.constant "HASH_SHA1", input))
end

return identity
