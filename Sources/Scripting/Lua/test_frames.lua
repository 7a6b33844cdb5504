-- SPDX-License-Identifier: BSD-2-Clause
-- The bytes of frames for tests: Ethernet, VLAN tags, IPv4 and IPv6, TCP, UDP, ICMP, with right
-- checksums unless told otherwise.
local ffi = require "ffi"
local bit = require "bit"

local char, floor = string.char, math.floor
local byte_pointer = ffi.typeof "const uint8_t *"
local TCP, UDP, ICMP, ICMPV6 = 6, 17, 1, 58

local frames = {}

local function u8(n) return char(n % 256) end
local function u16(n) return char(floor(n / 256) % 256, n % 256) end
local function u32(n) return u16(floor(n / 65536)) .. u16(n % 65536) end

frames.u8, frames.u16, frames.u32 = u8, u16, u32

-- The sum of 16-bit words (RFC 1071), folded.
local function sum_of(text)
  local p, sum = ffi.cast(byte_pointer, text), 0
  for i = 0, #text - 2, 2 do sum = sum + p[i] * 256 + p[i + 1] end
  if #text % 2 == 1 then sum = sum + p[#text - 1] * 256 end
  while sum > 65535 do sum = sum % 65536 + floor(sum / 65536) end
  return sum
end

frames.sum = sum_of

--- True when a segment, datagram or message carries its right checksum; `addresses` are both.
function frames.is_right(addresses, proto, bytes)
  local pseudo = proto == ICMP and ""
    or addresses[1] .. addresses[2] .. u32(#bytes) .. u32(proto)
  return sum_of(pseudo .. bytes) == 65535
end

-- Neither right, nor what a network card would be handed, nor one that may mean "none".
local function wrong(right, offloaded)
  for _, mask in ipairs { 0x0101, 0x0202, 0x0404 } do
    local value = bit.bxor(right, mask)
    if value ~= offloaded and value ~= 0 and value ~= 65535 then return value end
  end
  return 0x5a5a
end

-- What stands in a checksum field: `mode` is nil, "bad", "none", "offloaded" or the number itself.
local function field(mode, pseudo, bytes, proto)
  if type(mode) == "number" then return mode end
  local right, offloaded = 65535 - sum_of(pseudo .. bytes), sum_of(pseudo)
  -- RFC 768: a UDP checksum of 0 is sent as all ones, since 0 means none.
  if proto == UDP and right == 0 then right = 65535 end
  if mode == "bad" then return wrong(right, offloaded) end
  if mode == "none" then return 0 end
  if mode == "offloaded" then return offloaded end
  return right
end

local function with_checksum(ends, proto, bytes, at, mode)
  local pseudo = ""
  if proto ~= ICMP then
    pseudo = ends.src .. ends.dst .. u32(#bytes) .. u32(proto)
  end
  local value = field(mode, pseudo, bytes, proto)
  return bytes:sub(1, at) .. u16(value) .. bytes:sub(at + 3)
end

local flag_bits = { F = 1, S = 2, R = 4, P = 8, A = 16, U = 32, E = 64, C = 128 }

--- The number of flags written as letters; nil and the letter when one is none.
function frames.flags(letters)
  local number = 0
  for letter in letters:gmatch "." do
    local value = flag_bits[letter:upper()]
    if not value then return nil, letter end
    number = bit.bor(number, value)
  end
  return number
end

--- The option bytes of a TCP header, padded: `o` may have mss, wscale, sack_permitted, blocks (a
--- list of two numbers each), tsval and tsecr, raw (bytes).
function frames.tcp_options(o)
  local parts = {}
  local function add(text) parts[#parts + 1] = text end
  if o.mss then add("\2\4" .. u16(o.mss)) end
  if o.sack_permitted then add "\4\2" end
  if o.tsval then add("\8\10" .. u32(o.tsval) .. u32(o.tsecr or 0)) end
  if o.wscale then add("\3\3" .. u8(o.wscale)) end
  if o.blocks and #o.blocks > 0 then
    add("\5" .. u8(2 + 8 * #o.blocks))
    for _, block in ipairs(o.blocks) do add(u32(block[1]) .. u32(block[2])) end
  end
  if o.raw then add(o.raw) end
  local text = table.concat(parts)
  return text .. ("\1"):rep(-#text % 4)
end

--- A TCP segment: ports, seq, ack, flags (a number), window, urgent, options, data, checksum.
function frames.tcp(ends, s)
  local header = u16(ends.sport) .. u16(ends.dport) .. u32(s.seq) .. u32(s.ack)
    .. u8((20 + #s.options) / 4 * 16) .. u8(s.flags) .. u16(s.window) .. "\0\0" .. u16(s.urgent)
  return TCP, with_checksum(ends, TCP, header .. s.options .. s.data, 16, s.checksum)
end

--- A UDP datagram.
function frames.udp(ends, data, checksum)
  local header = u16(ends.sport) .. u16(ends.dport) .. u16(8 + #data) .. "\0\0"
  return UDP, with_checksum(ends, UDP, header .. data, 6, checksum)
end

--- An ICMP message of the kind that fits the addresses; `rest` are the four bytes behind the
--- checksum.
function frames.icmp(ends, type, code, rest, data, checksum)
  local proto = #ends.src == 4 and ICMP or ICMPV6
  local bytes = u8(type) .. u8(code) .. "\0\0" .. rest .. data
  return proto, with_checksum(ends, proto, bytes, 2, checksum)
end

local function ipv4(ends, proto, payload, o)
  local header = "\69" .. u8(o.tos or 0) .. u16(20 + #payload) .. u16(o.id or 0) .. "\64\0"
    .. u8(o.ttl or 64) .. u8(proto) .. "\0\0" .. ends.src .. ends.dst
  local value = field(o.ip_checksum, "", header)
  return header:sub(1, 10) .. u16(value) .. header:sub(13) .. payload
end

local function ipv6(ends, proto, payload, o)
  return u32(6 * 2 ^ 28 + (o.tos or 0) * 2 ^ 20) .. u16(#payload) .. u8(proto) .. u8(o.ttl or 64)
    .. ends.src .. ends.dst .. payload
end

local MAC = { cli = "\2\0\0\0\0\1", svr = "\2\0\0\0\0\2" }

--- An Ethernet frame around the IP packet with that payload: `ends` has src and dst (4 or 16
--- bytes), sport, dport, from ("cli" or "svr") and tags; `o` may have tos, ttl, id, ip_checksum.
function frames.frame(ends, proto, payload, o)
  local is_v4 = #ends.src == 4
  local parts = { MAC[ends.from == "cli" and "svr" or "cli"], MAC[ends.from] }
  for _, tag in ipairs(ends.tags) do parts[#parts + 1] = "\129\0" .. u16(tag) end
  parts[#parts + 1] = is_v4 and "\8\0" or "\134\221"
  parts[#parts + 1] = (is_v4 and ipv4 or ipv6)(ends, proto, payload, o)
  return table.concat(parts)
end

return frames
