-- SPDX-License-Identifier: BSD-2-Clause
-- What the registers of a script's functions hold, as far as that is certain: which are flows,
-- packets, calls and constants of mos.
--
-- A value is a text: "c:flow" an object of that class, with the socket's type behind it where known
-- ("c:socket:SOCK_MONITOR_RAW"); "m:flow.view" a method, "m:mos.socket" a call; "k:ON_GAP" a
-- constant; "s:..." and "n:..." a string and a number; "p:3" function 3 of the chunk; "t:3:1" its
-- table constant 1; "g:print" a global; "nil:ON_GAP" the argument that the event does not have;
-- "number" a number. What may be several has none.
local classes = require "mos.classes"

local infer = {}

--- Class of a value, and the type of its socket where that is known.
function infer.class(value)
  if not value then return nil end
  local class, rest = value:match "^c:(%l%w*):?(.*)$"
  return class, rest ~= "" and rest or nil
end

local constants = {}
for _, section in ipairs { "events", "constants", "options" } do
  for _, row in ipairs(require("mos.schema")[section]) do constants[row.name] = true end
end

-- What `value.<name>` is.
local function member(value, name)
  local class, socket = infer.class(value)
  if not class then return nil end
  local row = classes.row(class, name)
  if not row then return nil end
  if class == "mos" and constants[name] then return "k:" .. name end
  if row.args then return ("m:%s.%s"):format(class, name) end
  local of = classes.of_field(class, name)
  if of == "socket" and socket then return "c:socket:" .. socket end
  return of and "c:" .. of or row.type == "number" and not row.null and "number" or nil
end

local compares = {}
for op in ("ISLT ISGE ISLE ISGT ISEQV ISNEV ISEQS ISNES ISEQN ISNEN ISEQP ISNEP ISTC ISFC IST ISF")
  :gmatch "%S+" do compares[op] = true end

local no_result = {}
for op in ("USETV USETS USETN USETP UCLO GSET TSETV TSETS TSETB TSETM TSETR RETM RET RET0 RET1 "
  .. "JMP LOOP ILOOP JLOOP ITERL IITERL ISNEXT ISTYPE ISNUM"):gmatch "%S+" do
  no_result[op] = true
end
for op in pairs(compares) do no_result[op] = op ~= "ISTC" and op ~= "ISFC" end

local jumps = { JMP = true, UCLO = true, ISNEXT = true }
local loops = { FORI = true, FORL = true, IFORL = true, ITERL = true, IITERL = true }
local ends = { RETM = true, RET = true, RET0 = true, RET1 = true, CALLT = true, CALLMT = true }

local function successors(ins, pc)
  if compares[ins.op] then return pc + 1, pc + 2 end
  if ends[ins.op] then return nil end
  local target = pc + 1 + ins.d - 0x8000
  if jumps[ins.op] then return target end
  if loops[ins.op] then return pc + 1, target end
  return pc + 1
end

local primitive = { [0] = "nil", "false", "true" }

-- What a call of that value gives first.
local function result_of(value, state, first)
  local class, name = (value or ""):match "^m:(%w+)%.([%w_]+)$"
  if not class then
    return value == "g:require" and state[first] == "s:mos" and "c:mos" or nil
  end
  if class == "mos" and name == "socket" then
    local kind = (state[first] or ""):match "^k:(SOCK_MONITOR_%u+)$"
    return kind and "c:socket:" .. kind or "c:socket"
  end
  local of = classes.of_result(class, name)
  return of and "c:" .. of
end

local function clear(state, from)
  for register in pairs(state) do
    if register >= from then state[register] = nil end
  end
end

local sets = {}

function sets.MOV(state, ins) return state[ins.d] end
function sets.GGET(_, ins, proto)
  local name = proto.objects[ins.d].string
  return name == "mos" and "c:mos" or "g:" .. name
end
function sets.TGETS(state, ins, proto) return member(state[ins.b], proto.objects[ins.c].string) end
function sets.KSTR(_, ins, proto) return "s:" .. proto.objects[ins.d].string end
function sets.KSHORT(_, ins) return "n:" .. (ins.d < 0x8000 and ins.d or ins.d - 0x10000) end
function sets.KNUM(_, ins, proto) return "n:" .. proto.numbers[ins.d] end
function sets.KPRI(_, ins) return primitive[ins.d] end
function sets.FNEW(_, ins, proto) return "p:" .. proto.objects[ins.d].proto.id end
function sets.TDUP(_, ins, proto) return ("t:%d:%d"):format(proto.id, ins.d) end
function sets.UGET(_, ins, proto) return proto.known[ins.d] end

-- The state behind an instruction.
local function step(state, ins, proto, arguments)
  local op = ins.op
  if op:find "^CALL" then
    local result = result_of(state[ins.a], state, ins.a + arguments)
    clear(state, ins.a)
    state[ins.a] = result
  elseif op == "VARG" or op:find "^FOR" or op:find "^JFOR" or op:find "^IFOR" then
    clear(state, ins.a)
  elseif op == "ITERC" or op == "ITERN" then
    clear(state, ins.a)
  elseif op == "KNIL" then
    for register = ins.a, ins.d do state[register] = "nil" end
  elseif not no_result[op] then
    local set = sets[op]
    state[ins.a] = set and set(state, ins, proto) or nil
  end
  for register in pairs(proto.changing) do state[register] = nil end
end

local function copy(state)
  local other = {}
  for register, value in pairs(state) do other[register] = value end
  return other
end

-- Makes `into` what both say; true when that changed it.
local function meet(into, state)
  local has_changed = false
  for register, value in pairs(into) do
    if state[register] ~= value then
      into[register] = nil
      has_changed = true
    end
  end
  return has_changed
end

-- Locals that a function within sets behind our back.
local function changing_of(proto)
  local registers = {}
  for _, child in ipairs(proto.children) do
    for _, upvalue in pairs(child.upvalues) do
      if upvalue.is_local and not upvalue.is_constant then registers[upvalue.index] = true end
    end
  end
  return registers
end

--- Calls visit(proto, pc, instruction, state) for each instruction of a function that can be
--- reached; `proto.takes` are what its parameters hold, `proto.known` its upvalues.
function infer.walk(proto, arguments, visit)
  proto.changing = proto.changing or changing_of(proto)
  local first = copy(proto.takes or {})
  for register in pairs(proto.changing) do first[register] = nil end
  local states, work = { first }, { 1 }
  local function go(pc, state)
    if not pc or not proto.code[pc] then return end
    if not states[pc] then
      states[pc] = copy(state)
    elseif not meet(states[pc], state) then
      return
    end
    work[#work + 1] = pc
  end
  while work[1] do
    local pc = table.remove(work)
    local state, ins = copy(states[pc]), proto.code[pc]
    step(state, ins, proto, arguments)
    local one, other = successors(ins, pc)
    go(one, state)
    go(other, state)
  end
  for pc, ins in ipairs(proto.code) do
    if states[pc] then visit(proto, pc, ins, states[pc]) end
  end
end

-- What the upvalues of a function are, where it is made with `state`.
local function know(child, proto, state)
  local known = {}
  for index, upvalue in pairs(child.upvalues) do
    if upvalue.is_local then
      known[index] = upvalue.is_constant and state[upvalue.index] or nil
    else
      known[index] = proto.known[upvalue.index]
    end
  end
  child.known = known
end

--- The functions of a chunk with all that is certain of them: `learn(proto, pc, ins, state)` may
--- set what parameters of others hold (`takes`), and is called until it sets nothing new.
function infer.learn(main, learn)
  for _, proto in ipairs(main.all) do proto.known = {} end
  local ROUNDS = 8 -- registrations within callbacks within callbacks
  for _ = 1, ROUNDS do
    local has_changed = false
    -- Functions within others come first in a dump.
    for i = #main.all, 1, -1 do
      infer.walk(main.all[i], main.arguments, function(proto, pc, ins, state)
        if ins.op == "FNEW" then know(proto.objects[ins.d].proto, proto, state) end
        has_changed = learn(proto, pc, ins, state) or has_changed
      end)
    end
    if not has_changed then return end
  end
end

return infer
