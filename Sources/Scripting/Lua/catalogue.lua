-- SPDX-License-Identifier: BSD-2-Clause
-- The schema as text, for the command line.
local schema = require "mos.schema"
local suggest = require "mos.suggest"

local catalogue = {}

local function pattern_of(glob)
  local literal = glob:upper():gsub("[%^%$%(%)%%%.%[%]%+%-]", "%%%0")
  return "^" .. literal:gsub("%*", ".*"):gsub("%?", ".") .. "$"
end

local function describe(entry)
  local lines = { entry.name }
  local hooks = table.concat(entry.hooks, ", ")
  if entry.both then hooks = hooks .. " (left out: both)" end
  if entry.raw then hooks = hooks .. "; on raw sockets " .. table.concat(entry.raw, ", ") end
  if entry.flow then hooks = hooks .. "; on flow sockets too" end
  lines[#lines + 1] = "  hooks  " .. hooks
  lines[#lines + 1] = "  side   " .. entry.side
  if entry.arg then lines[#lines + 1] = "  arg    " .. table.concat(entry.arg, ", ") end
  lines[#lines + 1] = "  when   " .. entry.doc
  return table.concat(lines, "\n")
end

--- The events whose name matches `glob` (empty = all); an error when there is none.
function catalogue.events(glob)
  local pattern = pattern_of(glob == "" and "*" or glob)
  local found = {}
  for _, entry in ipairs(schema.events) do
    if entry.name:find(pattern) then found[#found + 1] = describe(entry) end
  end
  if #found == 0 then
    error(('no event matches "%s"%s'):format(
      glob, suggest.hint(glob, schema.names(schema.events))), 0)
  end
  return table.concat(found, "\n\n")
end

return catalogue
