-- SPDX-License-Identifier: BSD-2-Clause
-- The packets of a test, in order, and what is looked at between them. The body of a test says all
-- of it; only then is it run through the engine.
local ffi = require "ffi"
local buffer = require "string.buffer"
local connection = require "mos.test_connection"
local datagrams = require "mos.test_datagrams"
local errors = require "mos.errors"
local frames = require "mos.test_frames"
local options = require "mos.test_options"

local START = 1700000000 -- seconds since 1970 of the first packet
local STEP = 0.001       -- seconds between packets
local FRAMES, BYTES = 200000, 256 * 2 ^ 20 -- a body that loops for ever comes to an end
local ETHERNET = 1
local FRAME, BREAK = 1, 2

-- What the host program reads.
ffi.cdef [[struct mos_test_step {
  int32_t kind, port, link, length; /* 1 = a frame, its bytes behind this; 2 = a look */
  uint32_t wire, sec, nsec, pad;
};]]
local step_type = ffi.typeof "struct mos_test_step"

local Ladder = {}
Ladder.__index = Ladder

local ladder = {}

--- A ladder without packets, which will be `step` seconds apart; `most` is how many it takes.
function ladder.new(step, most)
  return setmetatable({
    step = step or STEP, most = most or FRAMES, steps = buffer.new(), frames = 0, bytes = 0,
    --- Expectations: of each break, those that wait for a place, those for the end.
    breaks = {}, pending = {}, last = {},
    --- Connections with their ISNs.
    list = {}, connections = 0, flows = 0,
    nanoseconds = 0, wait = 0,
  }, Ladder)
end

-- Nanoseconds from the start at which the next packet comes, with its options.
local function time_of(self, o)
  if o.at then return math.floor(o.at * 1e9 + 0.5) end
  local after = o.after or (self.frames == 0 and 0 or self.step)
  return self.nanoseconds + math.floor((after + self.wait) * 1e9 + 0.5)
end

--- Packet time of the next packet in milliseconds, for TCP's timestamps.
function Ladder:milliseconds(o)
  return math.floor(time_of(self, o) / 1e6)
end

local function put(self, kind, port, link, bytes, wire, time)
  self.steps:putcdata(step_type(kind, port, link, #bytes, wire, START + math.floor(time / 1e9),
    time % 1e9, 0), ffi.sizeof(step_type))
  self.steps:put(bytes)
end

-- What was expected above stands between the packets.
local function close_break(self)
  if #self.pending == 0 then return end
  self.breaks[#self.breaks + 1] = self.pending
  self.pending = {}
  put(self, BREAK, 0, 0, "", 0, 0)
end

--- A frame of `bytes` that arrives from "cli" or "svr".
function Ladder:add(call, bytes, from, link, o)
  if self.sealed then
    errors.raise(call .. ": the packets of this test come from a capture, or it has begun")
  end
  self.frames, self.bytes = self.frames + 1, self.bytes + #bytes
  if self.frames > self.most or self.bytes > BYTES then
    errors.raise(("%s: there are at most %d packets, of %d MiB together"):format(
      call, self.most, BYTES / 2 ^ 20), "ENOSPC")
  end
  close_break(self)
  local time = time_of(self, self.frames == 1 and { at = o.at, after = o.after or 0 } or o)
  self.nanoseconds, self.wait = math.max(self.nanoseconds, time), 0
  local kept = o.cut and bytes:sub(1, o.cut) or bytes
  put(self, FRAME, from == "svr" and 1 or 0, link, kept, #bytes, time)
end

--- An Ethernet frame around an IP packet.
function Ladder:ip(call, ends, proto, payload, all, o)
  if #payload > 65535 - 20 then
    errors.raise(("%s: %d bytes do not fit into an IP packet"):format(call, #payload))
  end
  self:add(call, frames.frame(ends, proto, payload, { tos = o.tos or all.tos, id = o.id,
    ttl = o.ttl or all.ttl, ip_checksum = o.ip_checksum }), ends.from, ETHERNET, o)
end

--- The ISNs of whoever sends from `src` to `dst` (`address:port`), and of the other end; 0, 0 when
--- no connection of the test is between them.
function Ladder:isn_of(src, dst)
  for _, conn in ipairs(self.list) do
    if conn.names[1] == src and conn.names[2] == dst then return conn.isns[1], conn.isns[2] end
    if conn.names[2] == src and conn.names[1] == dst then return conn.isns[2], conn.isns[1] end
  end
  return 0, 0
end

--- Something to look at when the packets so far are done with: `look()`.
function Ladder:later(look)
  self.pending[#self.pending + 1] = look
end

--- No more packets. The steps as bytes; what is pending is for the end of the run.
function Ladder:seal()
  self.sealed = true
  return self.steps:tostring()
end

local function bytes_of(call, text)
  if type(text) ~= "string" then errors.argument(call, 1, "bytes", text, "a string") end
  return text
end

--- What a test's body can say about packets, in `t`.
function ladder.bind(self, t)
  local function connect(o, target)
    self.connections = self.connections + 1
    return connection.new(self, o, self.connections - 1, target)
  end

  connect(nil, t)

  function t.conn(o) return connect(o, {}) end

  function t.udp(o)
    self.flows = self.flows + 1
    return datagrams.udp(self, o, self.flows - 1)
  end

  function t.icmp(o) return datagrams.icmp(self, o) end

  function t.raw(bytes, o)
    o = options.check("t.raw", 2, o, options.raw)
    self:add("t.raw", bytes_of("t.raw", bytes), o.from or "cli", o.link or ETHERNET, o)
  end

  function t.hex(text)
    local digits = bytes_of("t.hex", text):gsub("%s+", "")
    if #digits % 2 == 1 or digits:find "%X" then
      errors.argument("t.hex", 1, "text", text, "pairs of hexadecimal digits")
    end
    return (digits:gsub("%x%x", function(pair) return string.char(tonumber(pair, 16)) end))
  end

  function t.wait(seconds)
    if type(seconds) ~= "number" or not (seconds >= 0 and seconds <= 1e6) then
      errors.argument("t.wait", 1, "seconds", seconds, "seconds, 0 to 1000000")
    end
    self.wait = self.wait + seconds
  end
end

return ladder
