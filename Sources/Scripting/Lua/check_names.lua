-- SPDX-License-Identifier: BSD-2-Clause
-- `mos check`: names that do not exist, and uses of values of mos that never do what they look
-- like. `report(line, name, message)` is told what is wrong, `warn` what is better otherwise.
local classes = require "mos.classes"
local globals = require "mos.globals"
local infer = require "mos.infer"
local suggest = require "mos.suggest"

local names = {
  --- True when the script uses the names of one-liners.
  has_short = false,
}

local function check_field(class, name, line, report)
  local row = classes.row(class, name)
  if row and not row.step then return end
  if class == "mos" then
    return report(line, name, row and ("mos.%s is not there yet"):format(name)
      or ('mos has no "%s"%s'):format(name, suggest.hint(name, classes.list "mos", "mos.")))
  end
  local what = classes.names[class]
  report(line, name, row and ("%s.%s is not there yet"):format(what, name)
    or ('%s has no field "%s"%s'):format(what, name, suggest.hint(name, classes.list(class))))
end

local function check_set(class, name, value, line, report, warn)
  local row = classes.row(class, name)
  if not row then return check_field(class, name, line, report) end
  if not row.set then
    return report(line, name, ("%s.%s cannot be set"):format(classes.names[class], name))
  end
  if infer.class(value) == "view" then
    warn(line, name, "a view is valid until its callback returns; keep tostring(view), or a part "
      .. "of it by view:sub(i, j)")
  end
end

local function check_global(name, is_set, line, report)
  if rawget(_G, name) ~= nil then return end
  local short = names.has_short and require "mos.short"
  if short and short.has(name) then return end
  local hint = short and short.hint or globals.hint
  local what = is_set and "is assigned; write `local " .. name .. "`" or "is not defined"
  report(line, name, ('global "%s" %s%s'):format(
    name, what, is_set and "" or hint(name)))
end

local hot = { ON_PKT_IN = true, ON_CONN_NEW_DATA = true }

-- True for what stands ahead of the first branch of a function: it runs at each call.
local function runs_always(proto, pc)
  for i = 1, pc - 1 do
    local op = proto.code[i].op
    if op:find "^IS" or op == "JMP" or op:find "^FOR" or op == "LOOP" then return false end
  end
  return true
end

local function check_closure(proto, pc, line, warn)
  if hot[proto.event] and runs_always(proto, pc) then
    warn(line, "function", ("this makes a function at each %s; make it once, outside of the "
      .. "callback"):format(proto.event))
  end
end

--- What is wrong with an instruction that names something.
function names.check(proto, pc, ins, state, report, warn)
  local op = ins.op
  if op == "GGET" or op == "GSET" then
    check_global(proto.objects[ins.d].string, op == "GSET", ins.line, report)
  elseif op == "TGETS" or op == "TSETS" then
    local name, value = proto.objects[ins.c].string, state[ins.b]
    local class = infer.class(value)
    local event = (value or ""):match "^nil:(.*)$"
    if event then
      report(ins.line, name, ("%s has no arg: its callback takes (flow, side, event)"):format(
        event))
    elseif class and op == "TGETS" then
      check_field(class, name, ins.line, report)
    elseif class then
      check_set(class, name, state[ins.a], ins.line, report, warn)
    end
  elseif op == "TGETV" or op == "TSETV" then
    if infer.class(state[ins.c]) == "flow" then
      warn(ins.line, "[", "a flow is a new value at each event and no key of a table; "
        .. "take flow.id")
    end
  elseif op == "USETV" and infer.class(state[ins.d]) == "view" then
    warn(ins.line, nil, "a view is valid until its callback returns; keep tostring(view), or a "
      .. "part of it by view:sub(i, j)")
  elseif op == "FNEW" then
    check_closure(proto, pc, ins.line, warn)
  end
end

return names
