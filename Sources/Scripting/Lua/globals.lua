-- SPDX-License-Identifier: BSD-2-Clause
-- Globals of scripts: reading one that does not exist, or making one, is an error with the nearest
-- name.
local each = require "mos.each"
local errors = require "mos.errors"
local suggest = require "mos.suggest"

local globals = {}

--- The names of all globals.
function globals.names()
  local names = {}
  for name in each(_G) do
    if type(name) == "string" then names[#names + 1] = name end
  end
  table.sort(names)
  return names
end

--- The nearest name for an unknown global; a constant of `mos` without its prefix counts too.
function globals.hint(name)
  local mos = rawget(_G, "mos")
  if mos and rawget(mos, name) ~= nil then return ('; did you mean "mos.%s"?'):format(name) end
  return suggest.hint(name, globals.names())
end

--- From now on undefined globals are errors.
function globals.guard()
  setmetatable(_G, {
    __index = function(_, name)
      errors.raise(("global %s is not defined%s"):format(
        errors.show(name), globals.hint(tostring(name))), "EINVAL")
    end,
    __newindex = function(_, name)
      errors.raise(("global %s is assigned; write `local %s`, or run with --allow-globals"):format(
        errors.show(name), tostring(name)), "EPERM")
    end,
  })
end

return globals
