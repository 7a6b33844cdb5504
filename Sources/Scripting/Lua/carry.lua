-- SPDX-License-Identifier: BSD-2-Clause
-- flow.ctx across a reload. The version before keeps its values; this one asks for each when it is
-- needed, and between bursts for some more, until all are here.
local ffi = require "ffi"
local abi = require "mos.abi"
local each = require "mos.each"
local flow = require "mos.flow"
local former = require "mos.former"
local output = require "mos.output"

local api, worker, ev = abi.api, abi.worker, abi.event
local contexts, carried = flow.contexts, flow.carried
local SLICE, IDLE_SLICE = 16, 256 -- contexts behind one burst; while no packets come

local carry = {
  --- How many versions before this one still keep contexts.
  depth = 0,
}

local sockets, numbers = {}, {} -- this version's socket -> the former one's, and back
local decode                    -- bytes of the former version -> value
local cleared = {}              -- slots whose context was set to nil here, by socket
local lost, reason = 0, nil

local function note_loss(why)
  lost = lost + 1
  reason = reason or why
end

-- A context that this version has no longer to ask for.
local function put(socket, slot, bytes)
  local kept, gone = contexts[socket], cleared[socket]
  if not kept or kept[slot] ~= nil or gone and gone[slot] then return end
  kept[slot] = decode(bytes)
end

-- What the former version keeps for a flow; nil when it keeps nothing.
local function ask(socket, slot)
  local theirs, gone = sockets[socket], cleared[socket]
  if not theirs or gone and gone[slot] then return nil end
  local result = api.former_context(worker, theirs, slot)
  if result == 0 then return nil end
  if result > 0 then return decode(ffi.string(ev.data, result)) end
  -- Said once for this flow: it is not asked for again.
  carry.clear(socket, slot)
  note_loss(ffi.string(ev.message))
  return nil
end

--- The context of a flow as the former version keeps it, from now on here; nil when it keeps none.
function carry.fetch(socket, slot)
  local value = ask(socket, slot)
  contexts[socket][slot] = value
  return value
end

--- The script set the context of a flow to nil: the former version's value is not to come back.
function carry.clear(socket, slot)
  cleared[socket] = cleared[socket] or {}
  cleared[socket][slot] = true
end

--- The flow in that slot is gone.
function carry.forget(slot)
  for _, gone in each(cleared) do gone[slot] = nil end
  api.forget_former(worker, slot)
end

flow.carry = carry

--- Contexts are to come from the former version: `map` is its number of each socket, `depth` how
--- many versions before that one it asks itself.
function carry.begin(map, classes, depth)
  sockets, numbers, cleared, carry.depth = map, {}, {}, depth + 1
  for mine, theirs in each(map) do numbers[theirs] = mine end
  decode = former.decoder(classes)
  lost, reason = 0, nil
  carried[0] = 1
end

local function finish()
  carried[0], carry.depth = 0, 0
  api.set_carrying(worker, 0)
  cleared = {}
  if lost > 0 then
    output.diagnose(("mos: reload: flow.ctx of %d flows is lost: %s"):format(lost, reason))
  end
end

--- Takes over some more; true when that was all.
function carry.slice(is_idle)
  if carried[0] == 0 then return true end
  local result = api.former_contexts(worker, is_idle and IDLE_SLICE or SLICE)
  if result <= 0 then
    finish()
    return true
  end
  local list = require("string.buffer").decode(ffi.string(ev.data, result))
  for i = 1, #list, 3 do
    local socket = numbers[list[i]]
    if list[i + 2] == false then
      if socket then note_loss(list.reason) end
    elseif socket then
      put(socket, list[i + 1], list[i + 2])
    end
  end
  return false
end

--- Takes over all that is left, before another version comes.
function carry.all()
  while not carry.slice(true) do end
end

-- MARK: The former version's side

local giving = { socket = nil, slot = nil }

--- What is kept for a flow, as bytes; nil without anything; nil and why when it cannot be carried.
function carry.give(socket, slot)
  local kept = contexts[socket]
  local value = kept and kept[slot]
  -- Not kept here: `next_context` is under way in these tables.
  if value == nil and carried[0] ~= 0 then value = ask(socket, slot) end
  if value == nil then return nil end
  return former.encode(value)
end

-- The next context, in whatever order: socket, slot, value.
local function next_context()
  while true do
    if giving.socket == nil then
      giving.socket = next(contexts, giving.last)
      if giving.socket == nil then return nil end
      giving.last, giving.slot = giving.socket, nil
    end
    local slot, value = next(contexts[giving.socket], giving.slot)
    if slot ~= nil then
      giving.slot = slot
      return giving.socket, slot, value
    end
    giving.socket = nil
  end
end

--- Up to `most` contexts as one text: socket, slot, bytes or false for each. They are kept here no
--- more. Nil when that was all.
function carry.give_some(most)
  local list = {}
  for _ = 1, most do
    local socket, slot, value = next_context()
    -- What this version has not got yet comes first from the one before it.
    while not socket and carried[0] ~= 0 do
      carry.slice()
      giving.last = nil
      socket, slot, value = next_context()
    end
    if not socket then break end
    local bytes, why = former.encode(value)
    local count = #list
    list[count + 1], list[count + 2], list[count + 3] = socket, slot, bytes or false
    list.reason = list.reason or why
    contexts[socket][slot] = nil
  end
  if #list == 0 then return nil end
  return require("string.buffer").encode(list)
end

--- The flow in that slot is gone, or another version keeps its context.
function carry.drop(slot)
  for _, kept in each(contexts) do kept[slot] = nil end
  if carried[0] ~= 0 then carry.forget(slot) end
end

-- MARK: Back to the former version

--- All contexts that this version has or has set to nil, for the one before.
function carry.returned()
  local list = {}
  for socket, kept in each(contexts) do
    for slot, value in each(kept) do
      list[#list + 1] = { sockets[socket] or -1, slot, (former.encode(value)) }
    end
  end
  for socket, gone in each(cleared) do
    for slot in each(gone) do list[#list + 1] = { sockets[socket] or -1, slot } end
  end
  return list
end

--- Takes back what `returned` of a version that has failed gave.
function carry.take_back(list, classes)
  local read = former.decoder(classes)
  for _, entry in ipairs(list) do
    local kept = contexts[entry[1]]
    if kept then kept[entry[2]] = entry[3] and read(entry[3]) or nil end
  end
end

--- True when there is anything to be given.
function carry.has_any()
  if carried[0] ~= 0 then return true end
  for _, kept in each(contexts) do
    if next(kept) ~= nil then return true end
  end
  return false
end

return carry
