-- SPDX-License-Identifier: BSD-2-Clause
-- Who is called when an event has user-defined events below it: its own callback and theirs, as one
-- tree in the place of a callback. The engine knows the tree's slot only.
--
-- Trees are interned: flows with equal registrations share one, and where a registration leads from
-- a tree is remembered. A tree goes when the engine names its slot no more.
local abi = require "mos.abi"
local code = require "mos.tree_code"
local each = require "mos.each"
local events = require "mos.events"
local faults = require "mos.faults"
local flow = require "mos.flow"
local slots = require "mos.slots"

local api, worker, ev = abi.api, abi.worker, abi.event
local registered, subscribe_flow = api.registered, api.subscribe_flow
local hand, entries = events.hand, events.entries
local STOP_MON = abi.constant "OPT_STOP_MON"
local REMEMBERED = 64 -- registrations remembered per tree: each may be a function of its own

local trees = {
  --- base event -> how many trees hang on it: without one nobody has to look.
  live = {},
}

for number in each(events.defined) do trees.live[number] = 0 end

local functions, kinds = slots.functions, slots.kinds
local known = {}  -- description -> tree
local all = {}    -- tree -> true
local shapes = {} -- description -> shape; trees keep theirs
local shape_count = 0
local SHAPES = 1000 -- afterwards the memory of shapes starts anew
local onto = {}   -- plain slot -> what is remembered of it; below 0: of nothing, by kind

--- The tree in a slot; nil when a plain callback is.
local function tree_of(slot)
  if kinds[slot] == slots.TREE then return functions[slot] end
  return nil
end

-- MARK: Shapes: what all trees have in common in which the same events are registered

-- The events that must be judged so that those of `ids` can fire: they, the ones above them, and
-- for each that is raised by hand the filters that may raise it.
local function needed(ids)
  local marked = {}
  for _, id in ipairs(ids) do
    local entry = entries[id]
    while entry and not marked[entry.id] do
      marked[entry.id] = true
      if not entry.filter then
        for _, sibling in ipairs(events.defined[entry.parent]) do marked[sibling.id] = true end
      end
      entry = entries[entry.parent]
    end
  end
  return marked
end

-- What is defined on an event, then what is raised behind that.
local function below(event)
  local list = {}
  for _, entry in ipairs(events.defined[event]) do list[#list + 1] = entry end
  for _, entry in ipairs(events.allocated[event]) do list[#list + 1] = entry end
  return list
end

-- The tree's nodes in the order in which they are looked at; `skip` is the node behind a subtree,
-- 0 behind the last. Without recursion: trees may be deep.
local function nodes_of(shape, is_registered)
  local nodes, places = {}, 0
  local function callback(id)
    places = places + 1
    nodes[#nodes + 1] = { what = "callback", id = id, arg = id and entries[id].arg, place = places }
  end
  if shape.has_base then callback(nil) end
  local stack = { { list = below(shape.root), at = 0 } }
  while #stack > 0 do
    local level = stack[#stack]
    level.at = level.at + 1
    local entry = level.list[level.at]
    if not entry then
      if level.node then level.node.skip = #nodes + 1 end
      stack[#stack] = nil
    elseif shape.needs[entry.id] then
      local node = { what = entry.filter and "filter" or "raised", id = entry.id, arg = entry.arg,
        parent = entry.parent, filter = entry.filter, number = entry.number }
      nodes[#nodes + 1] = node
      if is_registered[entry.id] then callback(entry.id) end
      stack[#stack + 1] = { list = below(entry.id), at = 0, node = node }
    end
  end
  for _, node in ipairs(nodes) do
    if node.skip and node.skip > #nodes then node.skip = 0 end
  end
  return nodes
end

local failed, changed

local function shape_of(tree)
  local key = ("%d %d %s %s"):format(
    tree.kind, tree.root, tostring(tree.base ~= nil), table.concat(tree.ids, " "))
  local shape = shapes[key]
  if shape then return shape end
  shape = { kind = tree.kind, root = tree.root, has_base = tree.base ~= nil,
    needs = needed(tree.ids), raises = events.raises[tree.root] }
  shape.nodes = nodes_of(shape, tree.slot_of)
  shape.run = code.generate(shape, failed, changed)
  if shape_count >= SHAPES then shapes, shape_count = {}, 0 end
  shapes[key], shape_count = shape, shape_count + 1
  return shape
end

-- Generates the tree's function, and puts its callbacks in the order of its nodes.
local function prepare(tree)
  local shape = shape_of(tree)
  tree.shape, tree.slots = shape, {}
  for _, node in ipairs(shape.nodes) do
    if node.what == "callback" then
      local slot = tree.base
      if node.id then slot = tree.slot_of[node.id] end
      tree[node.place], tree.slots[node.place] = functions[slot], slot
    end
  end
  tree.run = shape.run
end

local function run_first(tree)
  prepare(tree)
  return tree.run(tree)
end

-- Every tree's function is generated anew when it is needed next.
local function regenerate()
  shapes, shape_count = {}, 0
  for tree in each(all) do tree.run = run_first end
end

faults.on_counting(regenerate)

-- A new event changes trees in which another may be raised: by its filter, or in its turn.
events.on_new(function(entry)
  if events.raises[entry.root] then regenerate() end
end)

-- MARK: Trees

slots.on_free(function(slot, tree, kind)
  onto[slot] = nil
  if kind ~= slots.TREE then return end
  known[tree.key] = nil
  all[tree] = nil
  tree.slot = nil
  trees.live[tree.root] = trees.live[tree.root] - 1
  if tree.base then slots.drop(tree.base) end
  for _, id in ipairs(tree.ids) do slots.drop(tree.slot_of[id]) end
end)

-- The tree of these callbacks: `held` are the slots of the events `ids`, which are sorted.
local function intern(kind, root, base, ids, held)
  local parts = { kind, root, base or 0 }
  for i, id in ipairs(ids) do
    parts[#parts + 1] = id
    parts[#parts + 1] = held[i]
  end
  local key = table.concat(parts, " ")
  local tree = known[key]
  if tree then
    if base then slots.drop(base) end
    for _, slot in ipairs(held) do slots.drop(slot) end
    return tree, false
  end
  tree = { key = key, kind = kind, root = root, base = base, ids = ids, slot_of = {},
    run = run_first, memory = nil }
  for i, id in ipairs(ids) do tree.slot_of[id] = held[i] end
  known[key] = tree
  all[tree] = true
  trees.live[root] = trees.live[root] + 1
  tree.slot = slots.take(tree, slots.TREE)
  return tree, true
end

-- The tree with `fn` (nil = nobody) at event `id` in the place of whoever was there, and whether it
-- is new; when no user-defined event is left nil, false, and the function of the base event.
local function derive(from, plain, kind, id, fn)
  local root = entries[id] and entries[id].root or id
  local base, ids, held = plain, {}, {}
  if from then
    base = from.base and functions[from.base]
    for _, other in ipairs(from.ids) do
      if other ~= id then ids[#ids + 1] = other end
    end
  end
  if id == root then
    base = fn
  elseif fn then
    ids[#ids + 1] = id
    for i = #ids, 2, -1 do
      if ids[i - 1] < id then break end
      ids[i], ids[i - 1] = ids[i - 1], id
    end
  end
  if #ids == 0 then return nil, false, base end
  for i, other in ipairs(ids) do
    held[i] = slots.hold(other == id and fn or functions[from.slot_of[other]])
  end
  return intern(kind, root, base and slots.hold(base), ids, held)
end

-- Where registrations lead: from a tree, from a plain callback's slot, from nothing.
local function memory_of(from, slot, kind)
  local owner, key = onto, slot ~= 0 and slot or -kind
  if from then owner, key = from, "memory" end
  local memory = owner[key]
  if not memory or memory.count >= REMEMBERED then
    memory = { count = 0, by = {} }
    owner[key] = memory
  end
  return memory
end

local function remember(memory, id, fn, tree)
  local by = memory.by[id]
  if not by then
    by = {}
    memory.by[id] = by
  end
  by[fn] = tree
  memory.count = memory.count + 1
end

--- The slot to be registered at a base event when `fn` (nil removes) is registered at `id`, which
--- is that event or one below it; `slot` is registered now. The second result is true for a slot
--- that must be given back when it is not registered after all.
function trees.change(slot, kind, id, fn)
  local from = tree_of(slot)
  local memory = memory_of(from, slot, kind)
  local by = memory.by[id]
  local tree = by and by[fn or false]
  if tree and tree.slot then return tree.slot, false end
  local is_new, base
  tree, is_new, base = derive(from, not from and functions[slot] or nil, kind, id, fn)
  if tree then
    remember(memory, id, fn or false, tree)
    return tree.slot, is_new
  end
  if not base then return 0, false end
  return slots.take(base, kind)
end

-- MARK: While a tree is handed out

-- What is registered now for what is in hand; nil when nobody of the tree is to be called any more.
local function present(tree)
  if flow.sockets[ev.socket].closed then return nil end
  if ev.flow >= 0 then
    if api.get_option(worker, ev.socket, ev.flow, ev.generation, STOP_MON, 0) < 1 then
      return nil
    end
    local stopped = ev.value[0]
    if stopped == 3 or stopped == ev.side + 1 then return nil end
  end
  local slot = registered(worker, ev.socket, ev.flow, ev.generation, ev.event, ev.hook)
  local now = slot > 0 and tree_of(slot) or nil
  if now and now ~= tree and now.run == run_first then prepare(now) end
  return now
end

-- True when a node of `tree` is one of `now` as well. What was not there when the event was handed
-- out is for the next one.
local function remains(now, tree, node)
  if node.what ~= "callback" then return now.shape.needs[node.id] end
  if node.id then return now.slot_of[node.id] == tree.slot_of[node.id] end
  return now.base == tree.base
end

local function argument(tree, node)
  if node.arg ~= nil then return node.arg end
  return tree.kind == slots.ARG and code.arg or nil
end

-- Calls a node's function; true when the way goes on below it.
local function visit(tree, number, node)
  if node.what == "raised" then
    return events.raised[node.id - events.FIRST] == hand.turn
  end
  local slot = node.number or tree.slots[node.place]
  if faults.counting and faults.paused(slot) then return false end
  hand.own, hand.parent = node.id or ev.event, node.what == "filter" and node.parent or 0
  local first = tree.kind == slots.SOCKET and flow.sockets[ev.socket]
    or setmetatable({ ev.flow, ev.generation, ev.socket }, flow.Flow)
  local ok, result = xpcall(functions[slot], faults.describe, first, ev.side, node.id or ev.event,
    argument(tree, node))
  if ok then
    if faults.counting then faults.succeeded(slot) end
    return node.what == "callback" or result
  end
  failed(tree, number, result)
  return false
end

-- Registrations changed on the way: the rest of the tree from node `number` on, for those who are
-- still registered. True when this was all.
function changed(tree, number)
  local seen, now = hand.changes, present(tree)
  if now == tree then return false end
  local nodes = tree.shape.nodes
  while now and number ~= 0 and number <= #nodes and not faults.stopped do
    local node = nodes[number]
    local way = remains(now, tree, node) and visit(tree, number, node)
    if node.what == "callback" or way then number = number + 1 else number = node.skip end
    if hand.changes ~= seen then seen, now = hand.changes, present(tree) end
  end
  return true
end

-- Takes an event, or with a filter all events below it, off the flow in hand. True when it had any.
local function switch_off(tree, node)
  local slot = registered(worker, ev.socket, ev.flow, ev.generation, ev.event, ev.hook)
  if slot <= 0 then return false end
  local before = slot
  if node.what == "filter" then
    for _, id in ipairs(tree.ids) do
      local entry = entries[id]
      while entry and entry.id ~= node.id do entry = entries[entry.parent] end
      if entry then slot = trees.change(slot, tree.kind, id, nil) end
    end
  else
    slot = trees.change(slot, tree.kind, node.id or ev.event, nil)
  end
  if slot == before then return false end
  hand.changes = hand.changes + 1
  return subscribe_flow(
    worker, ev.socket, ev.flow, ev.generation, ev.event, ev.hook, slot) >= 0
end

-- A node's function raised an error. True when nobody else is to be called.
function failed(tree, number, message)
  local node = tree.shape.nodes[number]
  local off = function() return switch_off(tree, node) end
  local slot = node.number or tree.slots[node.place]
  if faults.failed(slot, message, node.id, off) then hand.left = 1 end
  return faults.stopped
end

--- Nothing of a tree is in hand: after an error outside the callbacks.
function trees.reset()
  hand.own, hand.parent, hand.left, hand.quiet = 0, 0, 0, 0
end

return trees
