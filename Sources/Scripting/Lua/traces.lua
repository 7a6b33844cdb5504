-- SPDX-License-Identifier: BSD-2-Clause
-- What LuaJIT compiles: where each trace began and where its machine code lies. Costs something
-- only while a trace is compiled.
local util = require "jit.util"

-- What is called here runs while LuaJIT records a trace: machine code that left at an exit then
-- would take the recorder's state with it. So none of it may be compiled, and nothing of other
-- modules is called, which may be.
jit.off(true, true)

local traces = {
  --- By number of trace: the first address of its machine code, 0 = there is none; its size.
  starts = {}, sizes = {},
  --- By number: where it began, as a text.
  places = {},
}

local listeners = {}

local function place_of(fn, pc, is_side)
  local info = util.funcinfo(fn, pc)
  if not info.linedefined then return info.loc or "a function in C" end
  local first, last = info.linedefined, info.lastlinedefined
  local where = ("in the function of lines %d to %d"):format(first, last)
  if first == last then where = "in the function of line " .. first end
  if first == 0 then where = "at top level" end
  return ("%s: %s, %s (compiled)"):format(
    info.loc, is_side and "near here" or "in a loop or call that begins here", where)
end

local function keep(trace, start, size, place)
  for number = #traces.starts + 1, trace - 1 do
    traces.starts[number], traces.sizes[number], traces.places[number] = 0, 0, ""
  end
  traces.starts[trace], traces.sizes[trace], traces.places[trace] = start, size, place
end

local began -- where the trace that is recorded began

local handlers = {
  start = function(_, fn, pc, parent) began = place_of(fn, pc, parent ~= nil) end,
  stop = function(trace)
    local code, address = util.tracemc(trace)
    if code then keep(trace, address, #code, began) end
  end,
  flush = function()
    for trace in ipairs(traces.starts) do keep(trace, 0, 0, "") end
  end,
}

local function note(what, ...)
  local handler = handlers[what]
  if handler then handler(...) end
  for i = 1, #listeners do listeners[i](what, ...) end
end

local is_attached = false

--- Begins to note what is compiled; `listener`, if there is one, is told of all that LuaJIT says.
function traces.attach(listener)
  listeners[#listeners + 1] = listener
  if is_attached then return end
  is_attached = true
  jit.attach(note, "trace")
end

return traces
