-- SPDX-License-Identifier: BSD-2-Clause
-- Every public name, one a line, with its kind: what a change of the schema changes for those who
-- write scripts, to be seen in review.
local ffi = require "ffi"
local boot = require "mos.boot"
local pages = require "mos.manual.pages"
local schema = require "mos.schema"
local stubs = require "mos.manual.stubs"

local surface = {}

local function later(row) return row.step and ", not there yet" or "" end

local function members(add)
  for _, class in ipairs(stubs.classes) do
    for _, row in ipairs(schema[class[1]]) do
      local kind = row.args and ("method(%s)"):format(row.args)
        or ("field %s%s%s%s"):format(row.type, row.unit and ", " .. row.unit or "",
          row.null and ", nil " .. row.null or "", row.set and ", may be set" or "")
      add(("%s.%s"):format(class[1], row.name), kind .. later(row))
    end
  end
end

local function constants(add)
  for _, row in ipairs(schema.constants) do
    add("mos." .. row.name, ("constant %d"):format(tonumber(ffi.C["MOS_" .. row.name])))
  end
  for _, row in ipairs(schema.options) do
    add("mos." .. row.name, ("option %d, %s%s, %s"):format(
      tonumber(ffi.C["MOS_OPT_" .. row.name]), row.get and "get" or "", row.set
        and (row.get and " and set" or "set") or "", row.kind))
  end
  for _, row in ipairs(schema.events) do
    add("mos." .. row.name, ("event %d, hooks %s%s%s%s%s"):format(
      tonumber(ffi.C["MOS_" .. row.name]), table.concat(row.hooks, " "),
      row.both and " (left out: both)" or "",
      row.raw and ", raw " .. table.concat(row.raw, " ") or "", row.flow and ", flow" or "",
      row.arg and ", arg " .. table.concat(row.arg, " ") or ""))
  end
end

--- The names as lines `name  kind`, by name.
function surface.text()
  pcall(ffi.cdef, boot.abi_text)
  local lines = {}
  local function add(name, kind) lines[#lines + 1] = name .. "  " .. kind end
  for _, row in ipairs(schema.calls) do
    add("mos." .. row.name, ("call(%s)%s"):format(row.args, later(row)))
  end
  for _, row in ipairs(schema.values) do add("mos." .. row.name, "value" .. later(row)) end
  constants(add)
  members(add)
  for _, page in ipairs(pages.list) do
    if page.kind == "setting" then
      add("--set " .. page.fact.key, ("setting %s, %s"):format(page.fact.value, page.fact.unit))
    elseif page.kind == "counter" then
      add("stats." .. page.counter, "counter")
    end
  end
  table.sort(lines)
  return table.concat(lines, "\n")
end

--- The standard `mos` for luacheck, as a .luacheckrc.
function surface.luacheck()
  local names = schema.public_names()
  local lines = { "-- What scripts of mos find, for luacheck. Made by `mos doc --luacheck`.",
    'std = "luajit+mos"', "stds.mos = { read_globals = { mos = { fields = {" }
  local line = "  source = { other_fields = true }, args = { other_fields = true },"
  for _, name in ipairs(names) do
    if name ~= "source" and name ~= "args" then
      local word = (' "%s",'):format(name)
      if #line + #word > 98 then
        lines[#lines + 1] = line
        line = " "
      end
      line = line .. word
    end
  end
  lines[#lines + 1] = line
  lines[#lines + 1] = "} } } }"
  return table.concat(lines, "\n") .. "\n"
end

return surface
