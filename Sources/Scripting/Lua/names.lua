-- SPDX-License-Identifier: BSD-2-Clause
-- Names by which functions, and tables that are metatables, are known across reloads: given by
-- mos.name, or fields of the table that a script returns.
local errors = require "mos.errors"

local names = {
  --- name -> function or table
  by_name = {},
  --- function or table -> name
  of = {},
}

local function add(name, value)
  names.by_name[name] = value
  -- The first name counts.
  names.of[value] = names.of[value] or name
end

--- Names a function, or a table that is a metatable; gives it back.
function names.name(name, value)
  if type(name) ~= "string" or name == "" then
    errors.argument("mos.name", 1, "name", name, "a text")
  end
  if type(value) ~= "function" and type(value) ~= "table" then
    errors.argument("mos.name", 2, "fn", value, "a function, or a table that is a metatable")
  end
  local known = names.by_name[name]
  if known ~= nil and known ~= value then
    errors.raise(('mos.name: there is something else named "%s" already'):format(name), "EEXIST")
  end
  add(name, value)
  return value
end

--- Takes in what the script `source` returned.
function names.publish(source, returned)
  if type(returned) ~= "table" then return end
  for key, value in pairs(returned) do
    if type(key) == "string" and (type(value) == "function" or type(value) == "table") then
      add(source .. ":" .. key, value)
    end
  end
end

return names
