-- SPDX-License-Identifier: BSD-2-Clause
-- The names of one-liners: the environment of code that is given with -e, and of a script that says
-- `setfenv(1, mos.short)`. What they are stands in schema_short.lua.
local boot = require "mos.boot"
local errors = require "mos.errors"
local each = require "mos.each"
local schema = require "mos.schema"
local suggest = require "mos.suggest"
local aggregates = require "mos.short_aggregates"
local data = require "mos.short_data"
local events = require "mos.short_events"
local show = require "mos.short_show"

local mos = package.loaded.mos
local names = {}

for word, fn in each(aggregates.words) do names[word] = fn end
names.on = events
names.show, names.clear, names.each, names.top = show.show, show.clear, show.each, show.top
names.tls_sni, names.http_host, names.dns_name = data.tls_sni, data.http_host, data.dns_name
names.now, names.emit, names.args = mos.now, mos.emit, mos.args
for _, entry in ipairs(schema.constants) do names[entry.name] = mos[entry.name] end

local short = {}

local function all_names()
  local list = { "source" }
  for name in each(names) do list[#list + 1] = name end
  for name in each(_G) do
    if type(name) == "string" then list[#list + 1] = name end
  end
  table.sort(list)
  return list
end

local function missing(name)
  local event = tostring(name):lower():gsub("^on_", "")
  if schema.find(schema.events, "ON_" .. event:upper()) then
    return ("; did you mean on.%s?"):format(event)
  elseif rawget(mos, name) ~= nil then
    return ('; did you mean "mos.%s"?'):format(name)
  end
  return suggest.hint(tostring(name), all_names())
end

-- Globals of plain Lua come first where scripts may make them, else the names of one-liners: what
-- is there lies in the table itself, where compiled code finds it at once.
local environment = {}
if not boot.options.allow_globals then
  for name, value in each(_G) do environment[name] = value end
  for name, value in each(names) do environment[name] = value end
end

setmetatable(environment, {
  __index = function(_, name)
    local value = rawget(_G, name)
    if value == nil then value = names[name] end
    if value ~= nil then return value end
    if name == "source" then return mos.source end
    if boot.options.allow_globals then return nil end
    errors.raise(("%s is not defined%s"):format(errors.show(name), missing(name)), "EINVAL")
  end,
  __newindex = function(_, name, value)
    if boot.options.allow_globals then
      rawset(_G, name, value)
      return
    end
    errors.raise(("global %s is assigned; write `local %s`, or run with --allow-globals"):format(
      errors.show(name), tostring(name)), "EPERM")
  end,
})

--- The environment.
short.environment = environment

--- True for the name of a one-liner.
function short.has(name)
  return name == "source" or names[name] ~= nil
end

--- What is near an unknown name.
short.hint = missing

--- The end of the run, on what all workers know.
function short.finish()
  show.finish()
end

return short
