-- SPDX-License-Identifier: BSD-2-Clause
-- How the sending of one end of a connection went: fields of flow.cli and flow.svr.
local bit = require "bit"
local abi = require "mos.abi"

local exts = abi.exts
local band = bit.band

local ZERO_WINDOW = abi.constant "STREAM_ZERO_WINDOW"
local ISS, INFERRED = abi.constant "KNOWN_ISS", abi.constant "KNOWN_INFERRED"
local ECN = abi.constant "KNOWN_ECN"

local health = {}

--- The fields that read() knows.
health.fields = {}
for _, name in ipairs { "rtt", "ecn", "gap_bytes", "gaps", "retransmitted", "rexmit_rto",
  "rexmit_fast", "rexmit_spurious", "rexmit_probe", "out_of_order", "dup_acks", "sack_blocks",
  "zero_windows", "zero_window_time", "rtt_min", "rtt_mean", "rtt_max", "rtt_samples",
  "in_flight_max", "ce", "ece", "first_byte", "idle_max" } do
  health.fields[name] = true
end

-- Seconds; nil while nothing was measured.
local function measured(microseconds)
  if microseconds ~= 0 then return microseconds / 1e6 end
  return nil
end

-- A window that is closed still was so up to the connection's last packet. Times are modulo 2^32.
local function zero_window_time(c, s, h)
  local micros = h.zero_window_time
  if band(s.flags, ZERO_WINDOW) ~= 0 then
    local last = c.last.sec * 1e6 + (c.last.nsec - c.last.nsec % 1000) / 1000
    local open = (last - h.zero_window_since) % 4294967296
    if open < 2147483648 then micros = micros + open end
  end
  return micros / 1e6
end

--- True when both SYNs were captured and spoke for ECN; nil when one was not captured.
function health.negotiated_ecn(c)
  if band(c.cli.known, ISS + INFERRED) ~= ISS or band(c.svr.known, ISS + INFERRED) ~= ISS then
    return nil
  end
  return band(c.cli.known, c.svr.known, ECN) ~= 0
end

--- The field `key` of one end of the connection `c`; which = 0 for the client.
function health.read(c, which, key)
  if key == "rtt" then
    if which == 0 then return measured(c.cli_rtt) end
    return measured(c.svr_rtt)
  elseif key == "ecn" then
    local known
    if which == 0 then known = c.cli.known else known = c.svr.known end
    if band(known, ISS + INFERRED) ~= ISS then return nil end
    return band(known, ECN) ~= 0
  end
  local ext = c.ext
  if ext < 0 then
    if key == "rtt_min" or key == "rtt_mean" or key == "rtt_max" or key == "first_byte" then
      return nil
    end
    return 0
  end
  local s, h
  if which == 0 then s, h = exts[ext].cli, exts[ext].cli_health
  else s, h = exts[ext].svr, exts[ext].svr_health end
  if key == "retransmitted" then return h.retransmitted
  elseif key == "out_of_order" then return h.out_of_order
  elseif key == "gap_bytes" then return h.gap_bytes
  elseif key == "gaps" then return h.gap_count
  elseif key == "rexmit_rto" then return h.rexmit_rto
  elseif key == "rexmit_fast" then return h.rexmit_fast
  elseif key == "rexmit_spurious" then return h.rexmit_spurious
  elseif key == "rexmit_probe" then return h.rexmit_probe
  elseif key == "dup_acks" then return h.dup_acks
  elseif key == "sack_blocks" then return h.sack_blocks
  elseif key == "zero_windows" then return h.zero_windows
  elseif key == "zero_window_time" then return zero_window_time(c, s, h)
  elseif key == "in_flight_max" then return s.in_flight
  elseif key == "ce" then return h.ecn_ce
  elseif key == "ece" then return h.ecn_ece
  elseif key == "idle_max" then return h.idle / 1e3
  elseif key == "first_byte" then return measured(h.first_byte)
  elseif key == "rtt_samples" then return h.rtt_count
  end
  if h.rtt_count == 0 then return nil end
  if key == "rtt_min" then return h.rtt_min / 1e6
  elseif key == "rtt_max" then return h.rtt_max / 1e6
  end
  return h.rtt_sum / h.rtt_count / 1e6
end

return health
