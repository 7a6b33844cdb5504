-- SPDX-License-Identifier: BSD-2-Clause
-- The lines below a flow: how long, how much, how well, why it ended.
local paint = require "mos.explain.paint"

local summary = {}

local fields = { "packets", "bytes", "unique_bytes", "retransmitted", "rexmit_rto", "rexmit_fast",
  "rexmit_spurious", "rexmit_probe", "out_of_order", "dup_acks", "gaps", "gap_bytes",
  "zero_windows", "isn", "rtt", "rtt_min", "rtt_mean", "rtt_max", "rtt_samples", "state" }

local function side(of)
  local values = {}
  for _, name in ipairs(fields) do values[name] = of[name] end
  return values
end

--- What is known of a flow that ends now.
function summary.read(flow)
  return { reason = flow.end_reason, duration = flow.duration, client = side(flow.cli),
    server = side(flow.svr), handshake_rtt = flow.handshake_rtt }
end

local reasons = {
  fin = "fin: both ends have closed", reset = "reset: an RST ended it",
  refused = "refused: an RST answered the SYN", timeout = "timeout: it was silent for too long",
  ["handshake-timeout"] = "handshake-timeout: the handshake was never finished",
  reuse = "reuse: a new SYN took its addresses",
  evicted = "evicted: the table was full, and it was silent longest",
  shutdown = "shutdown: the capture ended", ["reset-by-monitor"] = "reset-by-monitor",
}

local function ms(seconds)
  return ("%.3f\1ms"):format(seconds * 1e3)
end

local function repeats(s)
  local kinds = {}
  for _, kind in ipairs { "rto", "fast", "spurious", "probe" } do
    local count = s["rexmit_" .. kind]
    if count > 0 then kinds[#kinds + 1] = count .. " " .. kind end
  end
  local text = s.retransmitted .. " retransmitted"
  return #kinds > 0 and text .. " (" .. table.concat(kinds, ", ") .. ")" or text
end

local function side_notes(s)
  local packets, bytes = paint.count(s.packets, "packet"), paint.count(s.bytes, "byte")
  local notes = { { text = packets .. ", " .. bytes } }
  local function add(text, style) notes[#notes + 1] = { text = text, style = style } end
  if not s.retransmitted then return notes end
  if s.unique_bytes ~= s.bytes then add(("%.0f\1of them unique"):format(s.unique_bytes)) end
  if s.retransmitted > 0 then add(repeats(s), "odd") end
  if s.out_of_order > 0 then add(s.out_of_order .. "\1out of order", "odd") end
  if s.dup_acks > 0 then add(paint.count(s.dup_acks, "duplicate ACK"), "odd") end
  if s.gaps > 0 then
    add(paint.count(s.gap_bytes, "byte") .. " lost in " .. paint.count(s.gaps, "gap"), "bad")
  end
  if s.zero_windows > 0 then add(paint.count(s.zero_windows, "zero window"), "odd") end
  if s.rtt_min then
    add(("rtt\1%.3f/%.3f/%.3f\1ms min/mean/max of\1%d"):format(s.rtt_min * 1e3,
      s.rtt_mean * 1e3, s.rtt_max * 1e3, s.rtt_samples))
  end
  return notes
end

--- The lines of what `read` gave.
function summary.lines(ending)
  local notes = {
    { text = reasons[ending.reason] or ending.reason,
      style = ending.reason == "fin" and "good" or "bad" } }
  notes[2] = { text = ("lasted\1%.6f\1s"):format(ending.duration) }
  if ending.client.state then
    notes[#notes + 1] = { text = ("client\1%s, server\1%s"):format(ending.client.state,
      ending.server.state or "-"), style = "state" }
  end
  if ending.handshake_rtt then
    notes[#notes + 1] = { text = "handshake\1" .. ms(ending.handshake_rtt) }
  end
  local lines = {}
  local function put(name, list)
    for _, line in ipairs(paint.wrap("        " .. name, 16, list)) do
      lines[#lines + 1] = line
    end
  end
  put("end     ", notes)
  put("client  ", side_notes(ending.client))
  put("server  ", side_notes(ending.server))
  return lines
end

return summary
