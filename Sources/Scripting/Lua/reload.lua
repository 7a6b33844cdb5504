-- SPDX-License-Identifier: BSD-2-Clause
-- One version of the scripts takes the place of another while flows go on: what the one before
-- says of itself, and what the next makes of that.
--
--   hand_over()   in the version before: plain data, as bytes
--   take_over()   in the next one, when its calls reach the engine: sockets, registrations, timers,
--                 declared state, aggregates
--   flow.ctx      follows when it is asked for: see mos.carry
local ffi = require "ffi"
local buffer = require "string.buffer"
local abi = require "mos.abi"
local aggregates = require "mos.aggregates"
local carry = require "mos.carry"
local each = require "mos.each"
local emit = require "mos.emit"
local faults = require "mos.faults"
local flow = require "mos.flow"
local former = require "mos.former"
local gather = require "mos.gather"
local intervals = require "mos.intervals"
local locals = require "mos.locals"
local registrations = require "mos.registrations"
local register = require "mos.register"
local sockets = require "mos.sockets"
local state = require "mos.state"
local timers = require "mos.timers"

local api, worker, ev = abi.api, abi.worker, abi.event
local FLOWS_OPEN = faults.place_of "flows_open"

local reload = {}

local MOST_FORMER = 4    -- versions that keep contexts one behind the other

local former_timers = {} -- numbers of the timers that the version before had set

local function must(result)
  if result < 0 then error(ffi.string(ev.message), 0) end
  return result
end

-- MARK: The version before

local function sockets_of()
  local list = {}
  for id, s in each(flow.sockets) do
    list[#list + 1] = { id = id, type = s.type, name = s.named and s.name or nil, place = s.place,
      closed = s.closed }
  end
  table.sort(list, function(a, b) return a.place < b.place end)
  return list
end

--- All that the next version can be told of this one. `wants` has "l" when it asks for locals,
--- "r" when this version has failed and the one before it comes back.
function reload.hand_over(wants)
  local returns = wants:find "r" ~= nil
  if returns then
    timers.cancel_all_but(former_timers)
  elseif carry.depth >= MOST_FORMER then
    carry.all()
  end
  former.prepare()
  return buffer.encode {
    version = gather.version, sockets = sockets_of(), timers = timers.hand_over(),
    timer_ids = timers.ids(), states = state.hand_over(), aggregates = aggregates.hand_over(),
    intervals = intervals.hand_over(), streams = emit.hand_over(),
    registrations = registrations.hand_over(), classes = former.classes(),
    skipped = gather.skipped,
    has_contexts = carry.has_any(), depth = carry.depth, locals = wants:find "l" and locals.hand_over() or nil,
    contexts = returns and carry.returned() or nil,
  }
end

-- MARK: The next version

-- Which of the former sockets each of these takes the place of: by name, those without one by their
-- place in the order of creation. mine -> theirs.
local function match_sockets(list)
  local by_name, by_place, map = {}, {}, {}
  for _, theirs in ipairs(list) do
    if not theirs.closed then
      if theirs.name then by_name[theirs.name] = theirs else by_place[theirs.place] = theirs end
    end
  end
  for id, s in each(flow.sockets) do
    local theirs = s.named and by_name[s.name]
    if not s.named then theirs = by_place[s.place] end
    if theirs and theirs.type == s.type then map[id] = theirs.id end
  end
  return map
end

-- Makes the engine's sockets those of this version. Returns mine -> theirs by the numbers that hold
-- from now on.
local function claim(list, returns)
  local map, numbers, kept = match_sockets(list), {}, {}
  local order = {}
  for _, s in each(flow.sockets) do order[#order + 1] = s end
  table.sort(order, function(a, b) return a.place < b.place end)
  for _, s in ipairs(order) do
    -- A version that comes back has the numbers that it had.
    local wanted = returns and s.id or map[s.id] or -1
    local id = must(api.reload_socket(worker, s.type, wanted))
    numbers[s.id] = id
    if map[s.id] then kept[id] = map[s.id] end
  end
  if not returns then
    register.renumber(numbers)
    flow.renumber(numbers)
  end
  for _, s in ipairs(order) do
    sockets.restore(s)
    if s.closed then must(api.close_socket(worker, s.id)) end
  end
  return kept
end

local function finish_registrations(data, kept, returns)
  local map, count, lines = registrations.translate(data.registrations, kept)
  must(api.reload_finish(worker, map, count, returns and 1 or 0))
  local lost, flows, index = {}, {}, 0
  while api.reload_lost(worker, index) == 1 do
    local line = lines[ev.value[0]] or "a function"
    if not flows[line] then lost[#lost + 1] = line end
    flows[line] = (flows[line] or 0) + ev.value[1]
    index = index + 1
  end
  table.sort(lost, function(a, b) return flows[a] > flows[b] end)
  for i, line in ipairs(lost) do lost[i] = ("%s (of %d flows)"):format(line, flows[line]) end
  return lost
end

local function count_of(map)
  local count = 0
  for _ in each(map) do count = count + 1 end
  return count
end

local report -- what was kept and lost, as lines

local function say(text, ...)
  report[#report + 1] = text:format(...)
end

local function some(list)
  local shown = {}
  for i = 1, math.min(#list, 5) do shown[i] = list[i] end
  return table.concat(shown, ", ") .. (#list > 5 and (", and %d more"):format(#list - 5) or "")
end

local data -- what the other version said

local MOST_SOCKETS = abi.constant "MAX_SOCKETS"

--- Reads what the version before said. Raises when this one cannot take over; nothing has changed
--- then.
function reload.prepare(text)
  data = buffer.decode(text)
  local room = MOST_SOCKETS - #data.sockets
  local unmatched = count_of(flow.sockets) - count_of(match_sockets(data.sockets))
  if unmatched > room then
    error(("this version makes %d sockets that are not the ones before, and there is room for %d; "
      .. "give sockets names (mos.socket(type, name)), or start anew"):format(unmatched, room), 0)
  end
end

--- Takes over from the version that `prepare` was told of; `mode` has "r" when this one comes back.
--- Returns what was kept and what was lost, a line each.
function reload.take_over(mode)
  local returns = mode:find "r" ~= nil
  report = {}
  gather.version = returns and gather.version or data.version + 1
  must(api.reload_begin(worker))
  api.set_carrying(worker, 0)
  local kept = claim(data.sockets, returns)
  local lost = finish_registrations(data, kept, returns)
  say("kept %d flows, %d of %d sockets", api.counters[FLOWS_OPEN], count_of(kept), #data.sockets)
  if #lost > 0 then say("lost callbacks of flows, which have no name: %s", some(lost)) end
  local goes_on, ended = 0, {}
  if returns then
    intervals.rearm()
  else
    former_timers = data.timer_ids
    goes_on, ended = timers.take_over(data.timers)
  end
  if goes_on > 0 then say("kept %d timers", goes_on) end
  if #ended > 0 then say("lost timers, whose functions have no name: %s", some(ended)) end
  local copied, gone = state.take_over(data.states)
  if copied > 0 then say("flow.state: copied %d fields", copied) end
  if #gone > 0 then say("flow.state: lost %s", some(gone)) end
  for _, theirs in ipairs(data.aggregates) do
    if theirs.made then gather.adopt(theirs.id, theirs.made) end
  end
  for name, count in each(data.skipped) do gather.skipped[name] = count end
  local aggregates_kept, dropped = aggregates.take_over(data.aggregates)
  if aggregates_kept > 0 then say("kept %d aggregates", aggregates_kept) end
  if #dropped > 0 then say("lost aggregates: %s", some(dropped)) end
  intervals.take_over(data.intervals)
  emit.take_over(data.streams)
  if returns then
    carry.take_back(data.contexts, data.classes)
  else
    if data.has_contexts then
      carry.begin(kept, data.classes, data.depth)
      say "flow.ctx follows"
    end
    faults.begin_trial()
  end
  return table.concat(report, "\n")
end

--- Calls the functions of mos.on_reload. Raises what they raise.
function reload.tell()
  locals.take_over(data.locals)
  data = nil
end

--- This version stands: what the one before has left behind goes. True when it still has contexts.
function reload.accept()
  faults.end_trial()
  timers.cancel_unknown(former_timers)
  former_timers = {}
  api.reload_accept(worker)
  if flow.carried[0] == 0 then return false end
  api.set_carrying(worker, 1)
  return true
end

return reload
