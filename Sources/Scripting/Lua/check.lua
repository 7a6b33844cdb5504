-- SPDX-License-Identifier: BSD-2-Clause
-- `mos check`: what is wrong with a script, found without traffic. Its top level is run (so
-- arguments, hooks and filters are judged by the same code as in a run); names are looked up in the
-- bytecode of all its functions, those included that nothing calls.
local globals = require "mos.globals"
local schema = require "mos.schema"
local suggest = require "mos.suggest"
local util = require "jit.util"
local vmdef = require "jit.vmdef"

local band, rshift = bit.band, bit.rshift
local check = {}

local function opcode_name(ins)
  local at = band(ins, 0xff) * 6
  return (vmdef.bcnames:sub(at + 1, at + 6):gsub("%s", ""))
end

-- Calls visit(name, field, line) for each global that `fn` names, and for each `global.field`;
-- `assigned` is true where a global is set.
local function walk(fn, visit)
  local info = util.funcinfo(fn)
  local held = {} -- register -> the global that was just loaded into it
  for pc = 1, info.bytecodes - 1 do
    local ins = util.funcbc(fn, pc)
    local op = opcode_name(ins)
    local a, b, c, d = band(rshift(ins, 8), 255), rshift(ins, 24), band(rshift(ins, 16), 255),
      rshift(ins, 16)
    local line = util.funcinfo(fn, pc).currentline
    if op == "GGET" then
      held[a] = util.funck(fn, -d - 1)
      visit(held[a], nil, line, false)
    elseif op == "GSET" then
      visit(util.funck(fn, -d - 1), nil, line, true)
    else
      if op == "TGETS" and held[b] then
        visit(held[b], util.funck(fn, -c - 1), line, false)
      end
      held[a] = nil
    end
  end
  for i = 1, info.gcconsts do
    local constant = util.funck(fn, -i)
    if type(constant) == "proto" then walk(constant, visit) end
  end
end

local function lines_of(text)
  local lines = {}
  for line in (text .. "\n"):gmatch "(.-)\r?\n" do lines[#lines + 1] = line end
  return lines
end

-- Where a name stands on its line, from 1; the line's first word when it is not found there.
local function column_of(lines, line, name)
  local text = lines[line] or ""
  local literal = name:gsub("%p", "%%%0")
  local pattern = (name:find "^[%a_]" and "%f[%w_]()" or ".*()") .. literal
  return name ~= "" and text:match(pattern) or text:find "%S" or 1
end

local function file_of(source)
  return source:sub(1, 1) == "@" and source:sub(2) or source:gsub("^=", "")
end

-- `file:line: message` of an error as file, line, message; the traceback is left off.
local function split(problem, file)
  local first = problem:match "^[^\n]*"
  local prefix, line, message = first:match "^(.-):(%d+): (.*)$"
  if not prefix then return file, 1, first end
  return prefix, tonumber(line), message
end

local function check_names(chunk, add)
  local known, has_short = {}, false
  for _, name in ipairs(schema.public_names()) do known[name] = true end
  walk(chunk, function(name, field) has_short = has_short or name == "mos" and field == "short" end)
  walk(chunk, function(name, field, line, assigned)
    if field then
      if name ~= "mos" or known[field] then return end
      if schema.find_public(field) then
        add(line, field, ("mos.%s is not there yet"):format(field))
      else
        add(line, field, ('mos has no "%s"%s'):format(
          field, suggest.hint(field, schema.public_names(), "mos.")))
      end
    elseif rawget(_G, name) == nil and not (has_short and require("mos.short").has(name)) then
      local what = assigned and "is assigned; write `local " .. name .. "`" or "is not defined"
      local hint_of = has_short and require("mos.short").hint or globals.hint
      local hint = assigned and "" or hint_of(name)
      add(line, name, ('global "%s" %s%s'):format(name, what, hint))
    end
  end)
end

-- The hooks of an event on any kind of socket.
local function hooks_of(event)
  local entry, hooks = schema.find(schema.events, event), {}
  for _, list in ipairs { entry and entry.hooks or {}, entry and entry.raw or {} } do
    for _, name in ipairs(list) do hooks[name] = true end
  end
  return entry, hooks
end

-- Registrations that name event and hook on one line, called or not: the ones that the top level
-- reaches are judged by being run.
local function check_hooks(lines, add)
  for number, line in ipairs(lines) do
    local code = line:gsub("%-%-.*$", "")
    for _, call in ipairs { "[:.]on%(%s*", "register_callback%([^(),]*,%s*" } do
      for event, hook in code:gmatch(call .. "mos%.(ON_[%u_]+)%s*,%s*mos%.([%u_]+)%s*,") do
        local entry, hooks = hooks_of(event)
        if entry and not hooks[hook] and (hook:find "^HK_" or hook == "NULL") then
          add(number, hook, ("mos.register_callback: argument 3 (hook) is mos.%s; mos.%s may have "
            .. "mos.%s"):format(hook, event, table.concat(entry.hooks, " or mos.")))
        end
      end
    end
  end
end

-- Calls whose mistakes are noted and then passed over, so that the ones behind them are found too.
local passed_over = { "bind_filter", "register_callback", "setsockopt", "settimer", "every" }

local function tolerate(report)
  local function tolerant(fn)
    return function(...)
      local ok, result = pcall(fn, ...)
      if ok then return result end
      report(result)
    end
  end
  local mos, Socket = package.loaded.mos, require("mos.flow").Socket
  local wrapped, index = { on = true }, Socket.__index
  for _, name in ipairs(passed_over) do
    wrapped[name] = true
    rawset(mos, name, tolerant(mos[name]))
  end
  Socket.__index = function(socket, key)
    local value = index(socket, key)
    return wrapped[key] and tolerant(value) or value
  end
end

--- The diagnostics of a script as lines; an empty text when there is nothing to say.
function check.check(source, text, load)
  local file, lines, found, seen = file_of(source), lines_of(text), {}, {}
  local function report(where, line, column, message)
    local key = line .. message:gsub(" %(E%u+%)$", "")
    local diagnostic = ("%s:%d:%d: %s"):format(where, line, column, message)
    if seen[key] then return end
    seen[key] = true
    found[#found + 1] = { line = line, column = column, text = diagnostic }
  end
  local chunk, problem = loadstring((text:gsub("^#[^\n]*", "", 1)), source)
  if not chunk then
    local where, line, message = split(problem, file)
    local near = message:match "near '(.-)'$"
    report(where, line, column_of(lines, line, near or ""), message)
  else
    check_names(chunk, function(line, name, message)
      report(file, line, column_of(lines, line, name), message)
    end)
    local function report_failure(failure)
      local where, line, message = split(tostring(failure), file)
      report(where, line, (lines[line] or ""):find "%S" or 1, message)
    end
    tolerate(report_failure)
    local ok, failure = pcall(load, source, text)
    if not ok then report_failure(failure) end
    check_hooks(lines, function(line, name, message)
      report(file, line, column_of(lines, line, name), message)
    end)
  end
  table.sort(found, function(x, y)
    if x.line ~= y.line then return x.line < y.line end
    return x.column < y.column
  end)
  for i, entry in ipairs(found) do found[i] = entry.text end
  return table.concat(found, "\n")
end

return check
