-- SPDX-License-Identifier: BSD-2-Clause
-- The same as records: one for each packet, and one for each end of a flow.
local datagram = require "mos.explain.datagram"
local decision = require "mos.explain.decision"
local emit = require("mos.emit").emit
local happening = require "mos.explain.happening"
local paint = require "mos.explain.paint"
local row = require "mos.explain.row"

local objects = {}

local STREAM = "explain"

local function of_flow(l)
  return { flow = l.number, proto = l.proto, client = l.client, server = l.server }
end

local function notes_of(r)
  local notes = r.ladder.is_tcp and decision.notes(r) or datagram.notes(r)
  local codes, texts = {}, {}
  for _, note in ipairs(notes) do
    texts[#texts + 1] = note.text:gsub(paint.BLANK, " ")
    if note.code then codes[#codes + 1] = note.code end
  end
  -- An empty list would be written as an object.
  return #codes > 0 and codes or nil, #texts > 0 and texts or nil
end

local copied = { "flags", "seq", "ack", "window", "raw_window", "mss", "wscale", "tsval", "tsecr",
  "sack", "offset", "rexmit_kind", "differs", "invalid", "icmp_type", "icmp_code" }

--- A packet of a flow, or what happened to the flow without one.
function objects.row(r)
  local record = of_flow(r.ladder)
  record.type = r.number and "packet" or "event"
  record.packet, record.time, record.since = r.number, r.time, r.since
  if r.from then
    record.from, record.len = happening.side(r.from), r.len
    for _, name in ipairs(copied) do record[name] = r[name] end
  end
  if r.ladder.is_tcp then
    record.client_state, record.server_state = r.ladder.cli_state, r.ladder.svr_state
  end
  record.decided, record.said = notes_of(r)
  record.events = r.events
  emit(STREAM, record)
end

--- A flow is over.
function objects.ending(l, ending)
  local record = of_flow(l)
  record.type, record.reason, record.duration = "end", ending.reason, ending.duration
  record.handshake_rtt = ending.handshake_rtt
  record.client_sent, record.server_sent = ending.client, ending.server
  emit(STREAM, record)
end

--- A packet of no flow.
function objects.stray(packet, start, about, text, code)
  emit(STREAM, { type = "packet", packet = packet.number, time = packet.ts,
    since = row.since(start, packet), len = packet.len, decided = { code }, said = { text },
    what = about })
end

return objects
