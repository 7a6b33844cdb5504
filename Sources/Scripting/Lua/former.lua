-- SPDX-License-Identifier: BSD-2-Clause
-- Values of a script as bytes, so that another version of it can have them: what string.buffer can
-- carry, tables whose metatable has a name, and flows.
local buffer = require "string.buffer"
local each = require "mos.each"
local flow = require "mos.flow"
local names = require "mos.names"

local DEPTH = 60 -- tables within tables

local former = {}

-- Metatables by place: those of the library, then the named ones in the order of their names.
local function metatables(list_of_names)
  local list = { flow.Flow, flow.Side }
  for _, name in ipairs(list_of_names) do
    local value = names.by_name[name]
    -- One that the version has no more: a table of its own, so that places agree.
    list[#list + 1] = type(value) == "table" and value or {}
  end
  return list
end

--- The names of all tables, in an order that the other version can follow.
function former.classes()
  local list = {}
  for name, value in each(names.by_name) do
    if type(value) == "table" then list[#list + 1] = name end
  end
  table.sort(list)
  return list
end

local known_metatables = {}
local writer

--- To be called before `encode`, when no more names can come.
function former.prepare()
  local list = metatables(former.classes())
  known_metatables = {}
  for _, meta in ipairs(list) do known_metatables[meta] = true end
  writer = buffer.new { metatable = list }
end

-- Why a value cannot be carried; nil when it can.
local function obstacle(value, depth)
  local kind = type(value)
  if kind == "table" then
    local meta = debug.getmetatable(value)
    if meta ~= nil and not known_metatables[meta] then
      return "a table with a metatable that has no name (see mos.name)"
    end
    if depth > DEPTH then return ("tables within tables, deeper than %d"):format(DEPTH) end
    for key, inner in next, value do
      local problem = obstacle(key, depth + 1) or obstacle(inner, depth + 1)
      if problem then return problem end
    end
  elseif kind == "function" or kind == "thread" or kind == "userdata" then
    return "a " .. kind
  elseif kind == "cdata" then
    local ok = pcall(buffer.encode, value)
    if not ok then return ("a cdata (%s)"):format(tostring(require("ffi").typeof(value))) end
  end
  return nil
end

--- A value as bytes; nil and why when it cannot be carried.
function former.encode(value)
  local problem = obstacle(value, 0)
  if problem then return nil, problem end
  local ok, message = pcall(writer.encode, writer:reset(), value)
  if not ok then return nil, tostring(message) end
  return writer:get()
end

--- What makes values of the bytes that a version with these classes encoded.
function former.decoder(classes)
  local reader = buffer.new { metatable = metatables(classes) }
  return function(bytes)
    return reader:set(bytes):decode()
  end
end

return former
