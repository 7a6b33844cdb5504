-- SPDX-License-Identifier: BSD-2-Clause
-- Callbacks of single flows across a reload. The engine keeps callback slots; here is said which
-- function stands behind each, and which one of the next version takes its place: the one with the
-- same name, or the one that is registered where that was registered on a socket.
local ffi = require "ffi"
local each = require "mos.each"
local events = require "mos.events"
local names = require "mos.names"
local register = require "mos.register"
local slots = require "mos.slots"
local trees = require "mos.trees"

local registrations = {}

local function where(fn)
  local info = debug.getinfo(fn, "S")
  return ("%s:%d"):format(info.short_src, info.linedefined)
end

-- MARK: The version before

-- Functions that are registered on sockets: function -> {socket, event, hook}.
local function places_on_sockets()
  local places = {}
  for id, of_socket in each(register.registered) do
    for event, hooks in each(of_socket) do
      for hook, slot in each(hooks) do
        local fn = slots.functions[slot]
        if fn then places[fn] = { id, event, hook } end
      end
    end
  end
  return places
end

local function describe(fn, places)
  return { name = names.of[fn], place = places[fn], where = where(fn) }
end

-- A user-defined event: its base, its filter's name, and which of its siblings it is.
local function describe_events()
  local list, counts = {}, {}
  for i, entry in ipairs(events.list) do
    local family = ("%d %s"):format(entry.parent, entry.filter and "defined" or "allocated")
    counts[family] = (counts[family] or 0) + 1
    list[i] = { id = entry.id, parent = entry.parent, is_defined = entry.filter ~= nil,
      turn = counts[family], name = entry.filter and names.of[entry.filter] or nil }
  end
  return list
end

local function describe_tree(tree, places)
  local part = { root = tree.root, kind = tree.kind, ids = {} }
  if tree.base then part.base = describe(slots.functions[tree.base], places) end
  for i, id in ipairs(tree.ids) do
    part.ids[i] = { id = id, fn = describe(slots.functions[tree.slot_of[id]], places) }
  end
  return part
end

--- What stands behind each callback slot.
function registrations.hand_over()
  local places, list = places_on_sockets(), {}
  for slot, fn in each(slots.functions) do
    local kind = slots.kinds[slot]
    local part
    if kind == slots.TREE then
      part = describe_tree(fn, places)
    elseif kind == slots.FLOW or kind == slots.ARG then
      part = describe(fn, places)
      part.kind = kind
    end
    if part then
      part.slot = slot
      list[#list + 1] = part
    end
  end
  table.sort(list, function(a, b) return a.slot < b.slot end)
  return { slots = list, events = describe_events() }
end

-- MARK: The next version

local function family_of(parent, is_defined)
  local own, turn = {}, 0
  for _, entry in ipairs(events.list) do
    if entry.parent == parent and (entry.filter ~= nil) == is_defined then
      turn = turn + 1
      own[turn] = entry
    end
  end
  return own
end

-- theirs -> mine, of events: by the name of the filter, else by the turn among the siblings.
local function match_events(list)
  local map = {}
  for _, theirs in ipairs(list) do
    local parent = map[theirs.parent] or not events.entries[theirs.parent] and theirs.parent
    local family = parent and family_of(parent, theirs.is_defined) or {}
    local found = family[theirs.turn]
    if theirs.name then
      found = nil
      for _, entry in ipairs(family) do
        if names.of[entry.filter] == theirs.name then found = entry end
      end
    elseif found and found.filter and names.of[found.filter] then
      found = nil
    end
    map[theirs.id] = found and found.id
  end
  return map
end

local function find_function(part, numbers)
  local fn = part.name and names.by_name[part.name]
  if type(fn) == "function" then return fn end
  local place = part.place
  local of_socket = place and numbers[place[1]] and register.registered[numbers[place[1]]]
  local slot = of_socket and of_socket[place[2]] and of_socket[place[2]][place[3]]
  local found = slot and slots.functions[slot]
  -- A tree there has the socket's own callback as its base.
  if slot and slots.kinds[slot] == slots.TREE then
    found = found.base and slots.functions[found.base] or nil
  end
  return found
end

-- The slot of a tree of these callbacks, 0 when none of them is there any more.
local function tree_of(part, numbers, map_of_events)
  local slot, is_new = 0, false
  local function add(event, fn)
    if not (event and fn) then return end
    local before, was_new = slot, is_new
    slot, is_new = trees.change(slot, part.kind, event, fn)
    if was_new and before ~= slot then slots.release(before) end
  end
  if part.base then add(part.root, find_function(part.base, numbers)) end
  for _, entry in ipairs(part.ids) do
    add(map_of_events[entry.id], find_function(entry.fn, numbers))
  end
  return slot
end

--- Which callback slot of this version comes in the place of each of the former one: an array for
--- the engine, its length, and where the functions of slots without one are. `kept` are the former
--- numbers of sockets.
function registrations.translate(data, kept)
  local numbers, highest, lines = {}, 0, {}
  for mine, theirs in each(kept) do numbers[theirs] = mine end
  for _, part in ipairs(data.slots) do highest = math.max(highest, part.slot) end
  local map, map_of_events = ffi.new("int32_t[?]", highest + 1), match_events(data.events)
  for _, part in ipairs(data.slots) do
    if part.ids then
      map[part.slot] = tree_of(part, numbers, map_of_events)
      lines[part.slot] = "user-defined events"
    else
      local fn = find_function(part, numbers)
      if fn then map[part.slot] = slots.take(fn, part.kind) end
      lines[part.slot] = part.where
    end
  end
  return map, highest + 1, lines
end

return registrations
