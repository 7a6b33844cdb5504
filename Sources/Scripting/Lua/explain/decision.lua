-- SPDX-License-Identifier: BSD-2-Clause
-- What the reconstruction decided about a row, as notes {code, text, style}: codes are for
-- programs, texts for people. All of it is said from what the engine counted and handed out.
local abi = require "mos.abi"
local happening = require "mos.explain.happening"
local paint = require "mos.explain.paint"

local CLI = abi.constant "SIDE_CLI"

local decision = {}

local function add(notes, code, style, text, ...)
  if select("#", ...) > 0 then text = text:format(...) end
  notes[#notes + 1] = { code = code, style = style, text = text }
end

local kinds = {
  rto = "by the retransmission timer", fast = "asked for by duplicate ACKs or SACK",
  spurious = "all of it was acknowledged before", probe = "a tail-loss probe",
}

local function bytes(count)
  return paint.count(count, "byte")
end

-- MARK: Segments that TCP would refuse

local refusals = {}

function refusals.rst(r)
  local receiver = r.from == CLI and r.ladder.svr_state or r.from ~= CLI and r.ladder.cli_state
  if receiver == "SYN_SENT" then return "RST refused: it does not acknowledge the SYN" end
  return ("RST refused: it is %.0f, the next number is %.0f (RFC 5961)"):format(
    r.seq, (r.before.next + 1) % 4294967296)
end

function refusals.syn()
  return "SYN refused: the connection is established, it may be forged (RFC 5961)"
end

function refusals.window(r)
  if r.start + r.len <= 0 then
    return "refused: data before the beginning of the stream"
  end
  return ("refused: data far beyond the window, %.0f is next"):format(r.before.next)
end

function refusals.paws(r)
  return ("refused: timestamp %.0f is older than %.0f (PAWS, RFC 7323)"):format(
    r.tsval or 0, r.before.tsval or 0)
end

function refusals.ack(r)
  if r.is_syn then return "refused: it acknowledges a SYN that nobody sent" end
  return "refused: it acknowledges what was never sent, or is older than any window (RFC 5961)"
end

function refusals.flags()
  return "refused: neither SYN, RST nor ACK is set"
end

-- MARK: Payload

local function note_repeat(notes, r, fresh)
  local old = r.len - fresh
  if r.len == 0 or r.is_syn then
    add(notes, "repeat", "odd", "repeated %s%s", r.is_syn and "SYN" or r.is_fin and "FIN" or "",
      r.rexmit_kind and ": " .. kinds[r.rexmit_kind] or "")
    return
  end
  local why = r.rexmit_kind and ", " .. kinds[r.rexmit_kind] or ""
  if fresh > 0 then
    add(notes, "partly-new", "odd", "partly new: %s seen before%s", bytes(old), why)
  else
    add(notes, "repeat", "odd", "repeats %s%s", bytes(old), why)
  end
  if r.late then add(notes, "late", "odd", "late: they were given up as a gap, and stay out") end
  if r.differs then
    add(notes, "differs", "bad", "OTHER BYTES than before")
  elseif r.differs == false then
    add(notes, "same", nil, "the same bytes")
  elseif not r.late and r.captured == r.len then
    add(notes, "not-compared", nil, "the old bytes are not kept: not compared")
  end
end

local function note_fresh(notes, r, fresh)
  local before, after = r.before, r.after
  local finish = r.start + r.len
  if after.out_of_order > before.out_of_order and after.next <= r.start then
    if r.pool_full then
      add(notes, "not-kept", "bad", "out of order, and buffer_pool is full: not kept")
      return
    end
    add(notes, "out-of-order", "odd", "out of order: %s at %.0f wait, %.0f is next", bytes(fresh),
      r.start, after.next)
    return
  end
  add(notes, "in-order", "good", "in order: %s at %.0f", bytes(fresh),
    math.max(r.start, math.min(before.next, finish)))
  if after.next > finish then
    add(notes, "fills-hole", "good", "the hole is filled: %s more can be read",
      bytes(after.next - finish))
  end
end

local function note_payload(notes, r)
  local fresh = r.after.unique - r.before.unique
  if r.keepalive then
    local what = r.to_closed_window and "window-probe" or "keep-alive"
    add(notes, what, nil, r.to_closed_window and "probe of a closed window, nothing new"
      or "keep-alive, nothing new")
    return
  end
  if r.rexmit then note_repeat(notes, r, fresh) end
  if r.len == 0 then return end
  if r.to_closed_window then
    add(notes, "window-probe", "odd", "sent to a closed window")
  end
  if r.is_syn then
    add(notes, "syn-data", nil, "data in the SYN waits for the SYN-ACK to cover it")
  elseif fresh > 0 then
    note_fresh(notes, r, fresh)
  elseif not r.rexmit and not r.is_rst then
    if r.after.fin and r.start >= r.after.fin then
      add(notes, "behind-fin", "bad", "behind the FIN: does not count")
    elseif not r.truncated then
      add(notes, "before-stream", "odd",
        "before the first byte of the stream that was captured: no part of it")
    end
  end
  if r.captured < r.len then
    add(notes, "cut", "bad", "%s of it were not captured", bytes(r.len - r.captured))
  end
end

-- MARK: The rest of the header

local function note_control(notes, r)
  if r.has_new_isn then
    add(notes, "new-isn", "odd", "another ISN: the server has started anew")
  end
  if r.is_rst then
    add(notes, "reset", "bad", "resets the connection")
  elseif r.is_fin and r.after.fin and r.after.next < r.after.fin then
    add(notes, "fin-waits", "odd", "the FIN waits for %s before it",
      bytes(r.after.fin - r.after.next))
  end
end

local function note_acknowledgement(notes, r)
  if r.dup_acks > 0 then add(notes, "duplicate-ack", "odd", "duplicate ACK") end
  if not r.missing or r.missing == 0 then return end
  if r.opposite.packets > 0 then
    add(notes, "acknowledges-missing", "odd", "acknowledges %s that were not captured",
      bytes(r.missing))
  elseif not r.ladder.is_one_way then
    r.ladder.is_one_way = true
    add(notes, "one-way", "odd", "acknowledges bytes of an end that was not captured")
  end
end

local function note_options(notes, r)
  local list = {}
  if r.is_syn then
    if r.mss then list[#list + 1] = "mss\1" .. r.mss end
    if r.wscale then list[#list + 1] = "wscale\1" .. r.wscale end
    if r.sack_permitted then list[#list + 1] = "sack\1ok" end
    if r.tsval then list[#list + 1] = "timestamps" end
  end
  for _, block in ipairs(r.sack or {}) do
    list[#list + 1] = ("sack\1%.0f-%.0f"):format(block[1], block[2])
  end
  if r.urgent then list[#list + 1] = "urgent " .. r.urgent end
  if #list > 0 then add(notes, nil, nil, table.concat(list, ", ")) end
  if r.congested then add(notes, "congestion", "odd", "met congestion (CE)") end
  if r.offloaded then
    add(notes, "offloaded", nil, "offloaded\1checksum")
  end
  if r.reassembled then add(notes, "reassembled", nil, "put together from IP fragments") end
end

-- MARK: What events told

local function note_events(notes, r)
  local had_gap = false
  for _, event in ipairs(r.events) do
    if event.name == "ON_GAP" then
      had_gap = true
      add(notes, "gap", "bad", "GAP in the %s's buffer: %s at %.0f given up, %s", event.side,
        bytes(event.length), event.offset, happening.gap_reasons[event.reason])
    elseif event.name == "ON_ERROR" and event.code ~= "WINDOW" and event.code ~= "PAWS" then
      add(notes, "error", "bad", "%s: %s at %.0f", event.code, bytes(event.length), event.offset)
    elseif event.name == "ON_ZERO_WINDOW" then
      if event.duration then
        add(notes, "window-open", "odd", "opens its window again after %.6f s", event.duration)
      else
        add(notes, "window-closed", "odd", "closes its window")
      end
    elseif event.name == "ON_CONN_NEW_DATA" and event.length
      and (had_gap or not r.number or r.len == 0)
    then
      add(notes, "new-data", "good", "%s at %.0f can be read by the %s", bytes(event.length),
        event.offset, event.side)
    end
  end
end

local function note_states(notes, r)
  if not r.moved then return end
  add(notes, nil, "state", "client\1%s, server\1%s", r.cli_state or "-", r.svr_state or "-")
end

local function judge_segment(notes, r)
  if r.invalid then
    add(notes, "refused-" .. r.invalid, "bad", refusals[r.invalid](r))
    return
  end
  note_payload(notes, r)
  note_control(notes, r)
  note_acknowledgement(notes, r)
end

--- The notes of a row of a connection.
function decision.notes(r)
  local notes = {}
  if r.unbelieved then
    add(notes, "bad-checksum", "bad", "wrong checksum: not believed, no event")
  elseif r.after then
    note_states(notes, r)
    judge_segment(notes, r)
  else
    note_states(notes, r)
  end
  note_events(notes, r)
  if r.flags then note_options(notes, r) end
  return notes
end

return decision
