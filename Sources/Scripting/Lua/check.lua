-- SPDX-License-Identifier: BSD-2-Clause
-- `mos check`: what is wrong with a script, found without traffic. Its top level is run (so
-- arguments, hooks and filters are judged by the same code as in a run). What functions do that
-- nothing calls is worked out from their bytecode: names, fields and methods of values of mos,
-- arguments that are constants.
local bytecode = require "mos.bytecode"
local check_calls = require "mos.check_calls"
local check_names = require "mos.check_names"
local infer = require "mos.infer"
local marks = require "mos.marks"
local schema = require "mos.schema"
local sources = require "mos.sources"

local check = {}

-- `file:line: message` of an error as file, line, message; the traceback is left off.
local function split(problem, file)
  local first = problem:match "^[^\n]*"
  local name, line, message = first:match "^(.-):(%d+): (.*)$"
  if not name then return file, 1, first end
  return name, tonumber(line), message
end

-- Calls whose mistakes are noted and then passed over, so that the ones behind them are found too.
local passed_over = { "bind_filter", "register_callback", "setsockopt", "settimer", "every" }

-- `report(error)` is told of mistakes, `note(socket, event, fn)` of registrations.
local function tolerate(report, note)
  local function tolerant(name, fn)
    return function(...)
      local ok, result = pcall(fn, ...)
      if not ok then return report(result) end
      if name == "register_callback" or name == "on" then
        local target, event = ...
        note(target, event, (select(select("#", ...), ...)))
      end
      return result
    end
  end
  local mos, Socket = package.loaded.mos, require("mos.flow").Socket
  local wrapped, index = { on = true }, Socket.__index
  for _, name in ipairs(passed_over) do
    wrapped[name] = true
    rawset(mos, name, tolerant(name, mos[name]))
  end
  Socket.__index = function(socket, key)
    local value = index(socket, key)
    return wrapped[key] and tolerant(key, value) or value
  end
end

local event_names, type_names = {}, {}

local function name_numbers()
  local mos = package.loaded.mos
  for _, entry in ipairs(schema.events) do event_names[mos[entry.name]] = entry.name end
  for _, entry in ipairs(schema.constants) do
    if entry.name:find "^SOCK_MONITOR_" then type_names[mos[entry.name]] = entry.name end
  end
end

-- A collection of findings, each said once.
local function findings(file, script)
  local list, seen = {}, {}
  local function add(name, line, message, is_warning, at, words)
    -- What running the top level says of a place may be more than what was read there.
    for _, other in ipairs(list) do
      local size = math.min(#message, #other.said)
      if other.line == at and message:sub(1, size) == other.said:sub(1, size) then return end
    end
    local key = line .. message:gsub(" %(E%u+%)$", "")
    if seen[key] or seen[line .. ":" .. words[1][1] .. message] then return end
    seen[key] = true
    local text = script.lines[at]
    list[#list + 1] = {
      line = at, column = words[1][1], is_warning = is_warning, said = message,
      message = ("%s:%d:%d: %s%s"):format(
        name, at, words[1][1], is_warning and "warning: " or "", message),
      excerpt = text and text:find "%S" and name == file and sources.quote(text, at, words) or "",
    }
  end
  local function first_word(line)
    return { { (script.lines[line] or ""):find "%S" or 1, 1 } }
  end
  return list, function(line, message, is_warning, words, name)
    local at = line
    if name and name ~= file then return add(name, line, message, is_warning, at, { { 1, 1 } }) end
    if not words or not words[1] then at, words = marks.find(script, line, message) end
    if not words[1] then words = first_word(at) end
    add(file, line, message, is_warning, at, words)
  end
end

-- Names, fields and calls of all functions of the chunk. `seeds` are registrations that were made.
local function check_functions(chunk, script, seeds, report)
  local main = bytecode.read(chunk)
  check_names.has_short = script.uses_short
  if not main then
    return report(1, "this LuaJIT's bytecode is another than `mos check` reads; functions that "
      .. "nothing calls are not looked at", true)
  end
  local said = {} -- how often a word of a line was marked: the next one is the next of its kind
  local function reporter(is_warning)
    return function(line, name, message)
      local word = name and name:match "([^.]+)$"
      local words = word and marks.where(script, line, function(token)
        return token.text == word or word == "register_callback" and token.text == "on"
      end) or {}
      local place = line .. ":" .. (word or "")
      said[place] = said[place] or {}
      local nth = 0
      for text in pairs(said[place]) do nth = nth + (text ~= message and 1 or 0) end
      said[place][message] = true
      if message:find "filter '" then words = {} end
      report(line, message, is_warning, { words[math.min(nth + 1, #words)] })
    end
  end
  local function give(proto, takes, event)
    local has_changed = false
    if not proto.takes then
      proto.takes, has_changed = takes, true
    else
      for register, value in pairs(proto.takes) do
        if takes[register] ~= value then
          proto.takes[register], has_changed = nil, true
        end
      end
    end
    proto.event = proto.event or event
    return has_changed
  end
  for _, seed in ipairs(seeds) do
    local found
    for _, proto in ipairs(main.all) do
      if proto.first == seed.first and proto.last == seed.last and proto ~= main then
        found = not found and proto
        if not found then break end
      end
    end
    local takes = found and check_calls.parameters(seed.event, seed.socket)
    if takes then give(found, takes, seed.event) end
  end
  infer.learn(main, function(_, _, ins, state)
    local call = check_calls.of(ins, state, main.arguments)
    if not call then return false end
    local fn, takes = check_calls.callback(call)
    local id = takes and (fn or ""):match "^p:(%d+)$"
    local event = (call.args[call.class == "mos" and call.method == "define_event" and 1 or 2]
      or ""):match "^k:(.*)$"
    return id and give(main.all[tonumber(id)], takes, event) or false
  end)
  for i = #main.all, 1, -1 do
    infer.walk(main.all[i], main.arguments, function(proto, pc, ins, state)
      check_names.check(proto, pc, ins, state, reporter(false), reporter(true))
      local call = check_calls.of(ins, state, main.arguments)
      if call then check_calls.check(call, main.all, ins.line, reporter(false)) end
    end)
  end
end

local function run(source, text, load, report)
  local seeds = {}
  local function failed(failure)
    local name, line, message = split(tostring(failure), sources.name(source))
    report(line, message, false, nil, name)
  end
  tolerate(failed, function(target, event, fn)
    if type(fn) ~= "function" or not event_names[event] then return end
    local info = debug.getinfo(fn, "S")
    if info.source ~= source then return end
    seeds[#seeds + 1] = { first = info.linedefined, last = info.lastlinedefined,
      event = event_names[event], socket = type_names[target.type] }
  end)
  local ok, failure = pcall(load, source, text)
  if not ok then failed(failure) end
  return seeds
end

local function by_place(x, y)
  if x.line ~= y.line then return x.line < y.line end
  if x.column ~= y.column then return x.column < y.column end
  return x.message < y.message
end

-- Each finding is its line and, indented below, the script's line; a byte 1 stands between them.
local function encode(list)
  table.sort(list, by_place)
  local out, is_wrong = {}, false
  for i, finding in ipairs(list) do
    is_wrong = is_wrong or not finding.is_warning
    out[i] = finding.message .. "\n" .. finding.excerpt
  end
  return table.concat(out, "\1"), is_wrong
end

--- What is wrong with a script, as text; the second result is true when there is more than
--- warnings.
function check.check(source, text, load)
  local file = sources.name(source)
  sources.keep(file, text)
  local script = sources.get(file) or { lines = {}, tokens = {}, all = {} }
  script.uses_short = text:find("mos%s*%.%s*short%f[^%w_]") ~= nil
  local list, report = findings(source:sub(1, 1) == "@" and source:sub(2) or file, script)
  local chunk, problem = loadstring((text:gsub("^#[^\n]*", "", 1)), source)
  if not chunk then
    local _, line, message = split(problem, file)
    report(line, message)
    return encode(list)
  end
  name_numbers()
  local seeds = run(source, text, load, function(line, message, is_warning, words, name)
    report(line, message, is_warning, words, name ~= file and name or nil)
  end)
  check_functions(chunk, script, seeds, report)
  return encode(list)
end

return check
