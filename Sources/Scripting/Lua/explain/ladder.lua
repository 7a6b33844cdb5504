-- SPDX-License-Identifier: BSD-2-Clause
-- A connection as a ladder: the client on the left, the server on the right, one packet a rung.
local abi = require "mos.abi"
local decision = require "mos.explain.decision"
local datagram = require "mos.explain.datagram"
local happening = require "mos.explain.happening"
local paint = require "mos.explain.paint"

local CLI = abi.constant "SIDE_CLI"
local LEAD = 21  -- columns of number and time
local ARROW = 30 -- columns between the two ends

local ladder = { LEAD = LEAD }

--- Whether every event is shown.
ladder.shows_events = false

--- `number` and a time since some start, as the first columns of a line; a time of months loses
--- digits.
function ladder.lead(number, time)
  local text = ("%.6f"):format(time):sub(1, 11)
  return ("%7s %11s  "):format(number and ("%.0f"):format(number) or "-", text)
end

local function arrow(r)
  local text = r.flags or ""
  if r.unbelieved then text = "[" .. text .. "]" end
  local dashes = ("-"):rep(math.max(ARROW - #text - 2, 1))
  if text == "" then dashes = dashes .. "-" end
  local gap = text == "" and "" or " "
  if r.from == CLI then return text .. gap .. dashes .. ">" end
  return "<" .. dashes .. gap .. text
end

local function whole(number)
  return number and ("%.0f"):format(number) or ""
end

local function rung(r)
  local head = ladder.lead(r.number, r.since)
  local numbers = ("%11s %11s %6.0f %8s"):format(whole(r.seq), whole(r.ack), r.len,
    whole(r.window))
  local style = "dim"
  if r.invalid or r.unbelieved then style = "bad" elseif r.rexmit then style = "odd" end
  return paint.styled(head, "dim") .. paint.styled(arrow(r), style ~= "dim" and style or nil)
    .. numbers
end

-- The beginning of the payload.
local function quote_payload(notes, r, most)
  if not r.excerpt or r.excerpt == "" then return end
  local text = paint.quote(r.excerpt, most)
  if #r.excerpt < r.captured and text:sub(-3) ~= "..." then text = text .. "..." end
  notes[#notes + 1] = { text = text, style = "dim" }
end

local function add_events(lines, r)
  if not ladder.shows_events then return end
  for _, group in ipairs(happening.grouped(r)) do
    local lead = (" "):rep(LEAD) .. ("%-6s %-6s  "):format(group.hook,
      group.side)
    for _, line in ipairs(paint.wrap(lead, LEAD + 15, { { text = group.text } })) do
      lines[#lines + 1] = line
    end
  end
end

local function quiet_lines(r, notes)
  -- What ends a flow stands below it.
  if #notes == 0 and not ladder.shows_events then return {} end
  if #notes == 0 then notes = { { text = "no packet in hand", style = "dim" } } end
  return paint.wrap(ladder.lead(nil, r.since), LEAD, notes)
end

local function note_lines(lines, notes)
  if #notes == 0 then return end
  for _, line in ipairs(paint.wrap((" "):rep(LEAD), LEAD, notes)) do lines[#lines + 1] = line end
end

--- The lines of a row.
function ladder.lines(r)
  local lines
  local notes = r.ladder.is_tcp and decision.notes(r) or datagram.notes(r)
  if not r.from then
    lines = quiet_lines(r, notes)
  elseif r.ladder.is_tcp then
    lines = { rung(r) }
    quote_payload(notes, r, 40)
    note_lines(lines, notes)
  else
    quote_payload(notes, r, 28)
    lines = paint.wrap(ladder.lead(r.number, r.since) .. arrow(r) .. "  ",
      LEAD + ARROW + 2, notes)
  end
  add_events(lines, r)
  return lines
end

local function when(time)
  local micros = math.floor((time % 1) * 1e6 + 0.5)
  return os.date("!%Y-%m-%d %H:%M:%S", math.floor(time)) .. (".%06d UTC"):format(
    math.min(micros, 999999))
end

--- The lines above a flow.
function ladder.heading(l)
  local notes = { { text = ("began %s with packet\1%.0f"):format(when(l.start), l.first) } }
  if l.midstream then notes[#notes + 1] = { text = "its beginning was not captured" } end
  if l.vlan then notes[#notes + 1] = { text = "vlan\1" .. l.vlan } end
  for _, layer in ipairs(l.tunnel or {}) do
    notes[#notes + 1] = { text = ("in %s%s %s > %s"):format(layer.type,
      layer.id and " " .. layer.id or "", layer.src, layer.dst) }
  end
  local head = ("flow %d  %s "):format(l.number, l.proto)
  local ends = { { text = l.client .. paint.BLANK .. "> " .. l.server, style = "bold" } }
  local lines = paint.wrap(paint.styled(head, "bold"), #head, ends)
  for _, line in ipairs(paint.wrap("        ", 8, notes)) do lines[#lines + 1] = line end
  if l.is_tcp then
    lines[#lines + 1] = paint.styled(
      " packet        time  client                  server         seq         ack    len   "
      .. "window", "dim")
  end
  return lines
end

return ladder
