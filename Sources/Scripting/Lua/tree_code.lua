-- SPDX-License-Identifier: BSD-2-Clause
-- The function that hands an event to a tree of user-defined events: everything constant, one
-- protected call per user function. The tree, a list of its callbacks, is the argument, so that
-- trees of one shape share the function and its machine code.
--
-- With a few filters the nodes stand one behind the other, and a false filter jumps behind its
-- subtree. LuaJIT compiles each way through that, and with many filters there are too many ways:
-- those trees are walked by a loop over the numbers of nodes, with an if-tree as in mos.loop, that
-- has two ways for each node.
local ffi = require "ffi"
local abi = require "mos.abi"
local boot = require "mos.boot"
local events = require "mos.events"
local faults = require "mos.faults"
local flow = require "mos.flow"
local slots = require "mos.slots"

local STRAIGHT = 3 -- filters up to which the nodes stand one behind the other
local BLOCK = 128  -- nodes in one function of the loop, for jumps reach so far only
local ROOT, BRANCH, WAYS = 200, 40, 200 -- what is compiled ahead, see mos.loop

local calls = {
  [slots.FLOW] = "xpcall(FN, describe, setmetatable({ ev.flow, ev.generation, ev.socket }, Flow), "
    .. "ev.side, ID)",
  [slots.SOCKET] = "xpcall(FN, describe, sockets[ev.socket], ev.side, ID)",
}
calls[slots.ARG] = calls[slots.FLOW]:gsub("ID", "ID, arg")

local texts = {
  callback = "local ok, e = CALL if not ok and failed(tree, NODE, e) then STOP end",
  filter = "local ok, r = CALL if not ok and failed(tree, NODE, r) then STOP end "
    .. "if not (ok and r) then SKIP end",
  raised = "if raised[INDEX] ~= hand.turn then SKIP end",
}
local counting = {
  callback = "if not paused(SLOT) then local ok, e = CALL "
    .. "if ok then succeeded(SLOT) elseif failed(tree, NODE, e) then STOP end end",
  filter = "local ok, r if not paused(SLOT) then ok, r = CALL "
    .. "if ok then succeeded(SLOT) elseif failed(tree, NODE, r) then STOP end end "
    .. "if not (ok and r) then SKIP end",
  raised = texts.raised,
}

local profile = boot.profile

local function fill(text, parts)
  return (text:gsub("%f[%u](%u%u+)%f[%U]", parts))
end

-- The call of a node's function; without an argument of its own an event has that of its base.
local function call_of(shape, number, node)
  local text = calls[shape.kind]
  if node.arg ~= nil then
    text = calls[shape.kind == slots.SOCKET and slots.SOCKET or slots.FLOW]
      :gsub("ID", ("ID, args[%d]"):format(number))
  end
  return fill(text, {
    FN = node.what == "filter" and ("filters[%d]"):format(number)
      or ("tree[%d]"):format(node.place),
    ID = node.id and tostring(node.id) or "ev.event",
  })
end

-- The text of one node; `go(n)` is what goes on with node n, 0 = behind the last.
local function node_text(shape, number, go)
  local node = shape.nodes[number]
  local parts = { NODE = tostring(number), STOP = go(0), SKIP = node.skip and go(node.skip) }
  if node.what == "raised" then
    parts.INDEX = tostring(node.id - events.FIRST)
    return fill(texts.raised, parts)
  end
  parts.CALL = call_of(shape, number, node)
  parts.SLOT = node.number and tostring(node.number) or ("tree.slots[%d]"):format(node.place)
  local text = (faults.counting and counting or texts)[node.what]
  if profile then
    local call = parts.CALL
    text = text:gsub("(%l*) ?(ok, %l) = CALL", function(start, results)
      local timed = profile.text(results, call, ("id(%s)"):format(parts.SLOT))
      return start == "local" and ("local %s %s"):format(results, timed) or start .. " " .. timed
    end)
  end
  text = fill(text, parts)
  if not shape.raises then return text end
  return ("hand.own, hand.parent = %s, %d %s"):format(
    node.id or "ev.event", node.what == "filter" and node.parent or 0, text)
end

local check = "if hand.changes ~= seen then if changed(tree, %s) then %s end "
  .. "seen = hand.changes end\n"

local function straight(shape)
  local lines = {}
  local function go(number) return number == 0 and "goto over" or "goto n" .. number end
  for number in ipairs(shape.nodes) do
    lines[#lines + 1] = ("::n%d:: "):format(number)
    if number > 1 then lines[#lines + 1] = check:format(number, go(0)) end
    lines[#lines + 1] = ("do %s end\n"):format(node_text(shape, number, go))
  end
  lines[#lines + 1] = "::over::\n"
  return "", table.concat(lines)
end

local function go_back(number) return "do return " .. number .. " end" end

-- An if-tree over the numbers from `from` to `to`, with `leaf(number)` at each.
local function tree_text(from, to, leaf)
  if from == to then return leaf(from) end
  local middle = math.floor((from + to) / 2) + 1
  return ("if at < %d then %s else %s end"):format(
    middle, tree_text(from, middle - 1, leaf), tree_text(middle, to, leaf))
end

local function looped(shape)
  local count, blocks = #shape.nodes, {}
  local function leaf(number)
    if number == 0 then return "do return rehearsed() end" end
    return ("if hand.quiet ~= 0 then return rehearsed() end do %s end do return %d end\n"):format(
      node_text(shape, number, go_back), number < count and number + 1 or 0)
  end
  -- Number 0 stands for those below it, which are no nodes.
  for from = 0, count, BLOCK do
    blocks[#blocks + 1] = ("local function block%d(tree, at)\n%s\nend\n"):format(
      from / BLOCK, tree_text(from, math.min(from + BLOCK - 1, count), leaf))
  end
  local function pick(from, to)
    if from == to then return ("at = block%d(tree, at)"):format(from) end
    local middle = math.floor((from + to) / 2) + 1
    return ("if at < %d then %s else %s end"):format(
      middle * BLOCK, pick(from, middle - 1), pick(middle, to))
  end
  return table.concat(blocks), ("local at = 1 if hand.quiet ~= 0 then at = -1 end\n"
    .. "while at ~= 0 do\n%s%s\nend\n"):format(check:format("at", "break"), pick(0, #blocks - 1))
end

local source = [[
local ev, xpcall, describe, setmetatable, Flow, sockets, arg, hand, raised, filters, args, failed,
  changed, paused, succeeded, rehearsed, profiled, begin, finish, id = ...
BLOCKS
return function(tree)
  local seen = hand.changes
  TURN
  NODES
  CLEAR
  if hand.left ~= 0 then
    hand.left = 0
    return true
  end
  return false
end
]]

ffi.cdef "struct mos_plan { int32_t at, steps[?]; };"

-- Compiles the loop, and then its ways, without calling anybody.
local function rehearse(run, steps, count)
  local ways = math.min(count, WAYS)
  local plan = ffi.new("struct mos_plan", ROOT + BRANCH * ways + 1)
  for i = 0, ROOT + BRANCH * ways - 1 do
    plan.steps[i] = i < ROOT and -1 or math.floor((i - ROOT) / BRANCH) + 1
  end
  steps.plan = plan
  events.hand.quiet = 1
  run {}
  events.hand.quiet = 0
  steps.plan = nil
end

local code = {
  --- The last argument of base events that have one, as mos.loop makes it.
  arg = nil,
}

--- The function that hands the event in hand to a tree of that shape; true when the loop must be
--- left. `failed(tree, node, message)` is told of errors, true = nobody else is called;
--- `changed(tree, node)` of registrations that changed before that node, true = it did the rest.
function code.generate(shape, failed, changed)
  local filters, args, choices, turns = {}, {}, 0, false
  for number, node in ipairs(shape.nodes) do
    filters[number], args[number] = node.filter, node.arg
    if node.skip then choices = choices + 1 end
    turns = turns or node.what == "raised"
  end
  local is_straight = choices <= STRAIGHT
  local blocks, nodes = (is_straight and straight or looped)(shape)
  local text = fill(source, {
    BLOCKS = blocks, NODES = nodes, TURN = turns and "hand.turn = hand.turn + 1" or "",
    CLEAR = shape.raises and "hand.own, hand.parent = 0, 0" or "",
  })
  local steps = {}
  local function rehearsed()
    local plan = steps.plan
    local at = plan.at
    plan.at = at + 1
    return plan.steps[at]
  end
  local chunk = assert(loadstring(text, "=mos/tree (generated)"))
  local run = chunk(abi.event, xpcall, faults.describe, setmetatable, flow.Flow, flow.sockets,
    code.arg, events.hand, events.raised, filters, args, failed, changed, faults.paused,
    faults.succeeded, rehearsed, unpack(profile and profile.parts or {}))
  if not is_straight then rehearse(run, steps, #shape.nodes) end
  return run
end

return code
