-- SPDX-License-Identifier: BSD-2-Clause
-- What fired, at which hook, in the order in which the engine handed it out.
local abi = require "mos.abi"
local paint = require "mos.explain.paint"

local CLI = abi.constant "SIDE_CLI"

local happening = {}

--- Why bytes will not come, by `arg.reason` of ON_GAP.
happening.gap_reasons = {
  missed = "the other end has them, the capture has not",
  cut = "the capture cut the packet",
  limit = "no more room in the buffer behind the hole",
  pool = "buffer_pool is full",
  ["end"] = "the connection is over",
}

--- The name of a side.
function happening.side(side)
  return side == CLI and "client" or "server"
end

--- Keeps an event. `arg` is what the callback got as its last argument.
function happening.note(row, flow, name, hook, side, arg)
  local event = { name = name, hook = hook, side = happening.side(side) }
  if name == "ON_TCP_STATE_CHANGE" then
    row.cli_state, row.svr_state = flow.cli.state, flow.svr.state
    row.moved = true
    event.client, event.server = row.cli_state, row.svr_state
  elseif name == "ON_ERROR" then
    event.code, event.offset, event.length = arg.code, arg.offset, arg.length
  elseif name == "ON_GAP" then
    event.reason, event.offset, event.length = arg.reason, arg.offset, arg.length
  elseif name == "ON_ZERO_WINDOW" then
    event.duration = arg.duration
  elseif name == "ON_REXMIT" then
    local packet = flow:packet()
    event.kind, event.differs = packet.rexmit_kind, packet.differs
    event.late = packet.late or nil
  elseif name == "ON_CONN_NEW_DATA" then
    -- All of it is read, so that what comes later is offered apart.
    local data = flow:view(side)
    if data then
      event.offset, event.length = data.offset, #data
      flow:consume(side, #data)
    end
  elseif name == "ON_CONN_END" then
    event.reason = flow.end_reason
  end
  row.events[#row.events + 1] = event
  return event
end

local function detail(event)
  local name = event.name
  if name == "ON_TCP_STATE_CHANGE" then
    return (" (%s, %s)"):format(event.client or "-", event.server or "-")
  elseif name == "ON_CONN_NEW_DATA" then
    return (" %d bytes at %.0f"):format(event.length or 0, event.offset or 0)
  elseif name == "ON_GAP" then
    return (" %.0f bytes at %.0f, %s"):format(event.length, event.offset, event.reason)
  elseif name == "ON_ERROR" then
    return (" %s %.0f bytes at %.0f"):format(event.code, event.length, event.offset)
  elseif name == "ON_ZERO_WINDOW" then
    return event.duration and (" open again after %.6f s"):format(event.duration) or " closed"
  elseif name == "ON_REXMIT" then
    local text = event.kind and " " .. event.kind or ""
    if event.differs ~= nil then text = text .. (event.differs and " differs" or " same") end
    return text .. (event.late and " late" or "")
  elseif name == "ON_CONN_END" then
    return " " .. event.reason
  end
  return ""
end

--- The events of a row, those of one hook and side that follow each other in one entry:
--- {hook, side, text}.
function happening.grouped(row)
  local groups = {}
  for _, event in ipairs(row.events) do
    local last = groups[#groups]
    local text = paint.together(event.name .. detail(event))
    if last and last.hook == event.hook and last.side == event.side then
      last.text = last.text .. ", " .. text
    else
      groups[#groups + 1] = { hook = event.hook, side = event.side, text = text }
    end
  end
  return groups
end

return happening
