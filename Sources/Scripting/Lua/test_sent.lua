-- SPDX-License-Identifier: BSD-2-Clause
-- What left in an inline test, frame by frame, as tables that expectations can be written for.
local bit = require "bit"
local frames = require "mos.test_frames"
local options = require "mos.test_options"

local names = { [1] = "icmp", [6] = "tcp", [17] = "udp", [58] = "icmp" }
local letters = { "F", "S", "R", "P", "A", "U", "E", "C" }

local sent = {
  --- In the order in which they left: {to, proto, src, dst, ...}.
  list = {},
}

local function number(bytes, at, count)
  local value = 0
  for i = at, at + count - 1 do value = value * 256 + (bytes:byte(i + 1) or 0) end
  return value
end

local function endpoint(bytes, port)
  local name = options.name(bytes, port or 0)
  return port and name or (name:gsub(":0$", ""):gsub("^%[(.*)%]$", "%1"))
end

local function flags_of(value)
  local found = {}
  -- As tcpdump writes them: what is special first.
  for i, letter in ipairs(letters) do
    if bit.band(value, 2 ^ (i - 1)) ~= 0 then found[#found + 1] = letter end
  end
  return table.concat(found)
end

-- Numbers count from the ISNs of the test's connection between those ends, where there is one.
local function add_tcp(frame, bytes, at, last, isn_of)
  local isn, other = isn_of(frame.src, frame.dst)
  frame.seq = (number(bytes, at + 4, 4) - isn) % 2 ^ 32
  frame.flags = flags_of(bytes:byte(at + 14) or 0)
  local ack = number(bytes, at + 8, 4)
  frame.ack = frame.flags:find "A" and (ack - other) % 2 ^ 32 or nil
  frame.window = number(bytes, at + 14, 2)
  frame.data = bytes:sub(at + math.floor((bytes:byte(at + 13) or 80) / 16) * 4 + 1, last)
end

local function add_transport(frame, bytes, proto, at, last, addresses, isn_of)
  frame.proto = names[proto] or tostring(proto)
  local has_ports = proto == 6 or proto == 17
  frame.src = endpoint(addresses[1], has_ports and number(bytes, at, 2) or nil)
  frame.dst = endpoint(addresses[2], has_ports and number(bytes, at + 2, 2) or nil)
  if proto == 6 then
    add_tcp(frame, bytes, at, last, isn_of)
  else
    frame.data = bytes:sub(at + 9, last)
  end
  if proto == 17 and number(bytes, at + 6, 2) == 0 then return end
  if names[proto] and not frames.is_right(addresses, proto, bytes:sub(at + 1, last)) then
    frame.bad_checksum = true
  end
end

local function add_ip(frame, bytes, at, isn_of)
  local version = math.floor((bytes:byte(at + 1) or 0) / 16)
  if version == 4 then
    local header = bytes:byte(at + 1) % 16 * 4
    frame.ttl = bytes:byte(at + 9)
    if frames.sum(bytes:sub(at + 1, at + header)) ~= 65535 then frame.bad_ip_checksum = true end
    add_transport(frame, bytes, bytes:byte(at + 10), at + header, at + number(bytes, at + 2, 2),
      { bytes:sub(at + 13, at + 16), bytes:sub(at + 17, at + 20) }, isn_of)
  elseif version == 6 then
    frame.ttl = bytes:byte(at + 8)
    add_transport(frame, bytes, bytes:byte(at + 7), at + 40, at + 40 + number(bytes, at + 4, 2),
      { bytes:sub(at + 9, at + 24), bytes:sub(at + 25, at + 40) }, isn_of)
  end
end

local function read_frame(to, bytes, isn_of)
  local frame, at = { to = to, len = #bytes }, 12
  while number(bytes, at, 2) == 0x8100 or number(bytes, at, 2) == 0x88a8 do
    frame.vlan = number(bytes, at + 2, 2) % 4096
    at = at + 4
  end
  local kind = number(bytes, at, 2)
  if #bytes >= at + 22 and (kind == 0x0800 or kind == 0x86dd) then
    add_ip(frame, bytes, at + 2, isn_of)
  end
  return frame
end

--- Takes what left: for each frame the port (0 the client's), its length, both four bytes in
--- network order, and its bytes. isn_of(src, dst) gives two ISNs.
function sent.read(bytes, isn_of)
  local at = 0
  while at + 8 <= #bytes do
    local length = number(bytes, at + 4, 4)
    local to = number(bytes, at, 4) == 0 and "cli" or "svr"
    sent.list[#sent.list + 1] = read_frame(to, bytes:sub(at + 9, at + 8 + length), isn_of)
    at = at + 8 + length
  end
end

return sent
