-- SPDX-License-Identifier: BSD-2-Clause
-- mos.on_reload: what a version's functions knew, for the next one. `old.name` is the field `name`
-- of the table that the script returned, else the local `name` that one of its functions uses.
local each = require "mos.each"
local errors = require "mos.errors"
local faults = require "mos.faults"
local former = require "mos.former"
local scripts = require "mos.scripts"
local slots = require "mos.slots"
local timers = require "mos.timers"

local locals = {
  --- Lists of functions beside those of events and timers that a script has handed to mos.
  roots = {},
  --- The functions of mos.on_reload.
  hooks = {},
}

-- Calls visit(name, value) for each local that functions of scripts use, those that such functions
-- use in turn included.
local function walk(fn, seen, visit)
  if seen[fn] then return end
  seen[fn] = true
  local info = debug.getinfo(fn, "S")
  if info.what == "C" or errors.is_ours(info.source) then return end
  local index = 1
  while true do
    local name, value = debug.getupvalue(fn, index)
    if not name then return end
    visit(name, value)
    if type(value) == "function" then walk(value, seen, visit) end
    index = index + 1
  end
end

local function add(found, lost, name, value)
  if found[name] or lost[name] or value == nil or type(value) == "function" then return end
  local bytes, problem = former.encode(value)
  if bytes then found[name] = bytes else lost[name] = problem end
end

--- What this version's scripts know, for the next one: name -> bytes, and name -> why not.
function locals.hand_over()
  local found, lost, seen = {}, {}, {}
  for _, script in ipairs(scripts.list) do
    if type(script.returned) == "table" then
      for name, value in each(script.returned) do
        if type(name) == "string" then add(found, lost, name, value) end
      end
    end
  end
  local function visit(name, value) add(found, lost, name, value) end
  for _, fn in each(slots.functions) do
    if type(fn) == "function" then walk(fn, seen, visit) end
  end
  for _, fn in ipairs(timers.functions()) do walk(fn, seen, visit) end
  for _, list in ipairs(locals.roots) do
    for _, fn in ipairs(list) do walk(fn, seen, visit) end
  end
  for _, script in ipairs(scripts.list) do
    if type(script.returned) == "table" then
      for _, fn in each(script.returned) do
        if type(fn) == "function" then walk(fn, seen, visit) end
      end
    end
  end
  return { values = found, lost = lost, classes = former.classes() }
end

-- What `old` is: values are made when they are asked for; one that could not be carried raises.
local function old_of(data)
  local read = former.decoder(data.classes)
  return setmetatable({}, {
    __name = "old",
    __index = function(self, name)
      local bytes = data.values[name]
      if bytes then
        local value = read(bytes)
        rawset(self, name, value)
        return value
      end
      if data.lost[name] then
        errors.raise(("old.%s cannot be carried over: it holds %s"):format(
          tostring(name), data.lost[name]), "EINVAL")
      end
      return nil
    end,
  })
end

--- Calls the functions of mos.on_reload with what the version before knew. Raises what they raise.
function locals.take_over(data)
  if not data then return end
  local old = old_of(data)
  for _, fn in ipairs(locals.hooks) do
    local ok, message = xpcall(fn, faults.describe, old)
    if not ok then error("error in on_reload: " .. tostring(message), 0) end
  end
end

--- True when this version asks for what the one before knew.
function locals.are_wanted()
  return #locals.hooks > 0
end

return locals
