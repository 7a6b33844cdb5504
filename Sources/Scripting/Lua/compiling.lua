-- SPDX-License-Identifier: BSD-2-Clause
-- What LuaJIT gave up compiling, where and why.
--
-- A recording may fail and succeed later, when other traces are there: what counts is what was
-- tried again and again, or sealed with a stub that leads back to the interpreter.
local util = require "jit.util"
local traces = require "mos.traces"

jit.off(true, true) -- see mos.traces

local TRIES = 3     -- failures without a success that count
local KINDS = 200   -- places and reasons kept
local STITCHED = -1 -- in the place of an exit: the trace goes on behind a function in C

local compiling = {}

local has_names, names = pcall(require, "jit.vmdef")
if not has_names then names = { traceerr = {}, bcnames = "", irnames = "", ffnames = {} } end

-- Codes after which LuaJIT tries at once again.
local passing = {}
for code, text in pairs(names.traceerr) do
  if text:find "retry" or text:find "restarting" then passing[code] = true end
end

local function name_of_code(list, code)
  return (list:sub(code * 6 + 1, code * 6 + 6):gsub("%s+$", ""))
end

local function reason_of(code, detail)
  if type(code) ~= "number" then return tostring(code) end
  local text = names.traceerr[code] or ("reason %d"):format(code)
  if type(detail) == "function" then
    local info = util.funcinfo(detail)
    detail = info.ffid and names.ffnames[info.ffid] or info.loc or "?"
  elseif type(detail) == "number" and text:find "bytecode" then
    detail, text = name_of_code(names.bcnames, detail), text:gsub("%%d", "%%s")
  elseif type(detail) == "number" and text:find "IR instruction" then
    detail, text = name_of_code(names.irnames, detail), text:gsub("%%d", "%%s")
  end
  local ok, full = pcall(string.format, text, detail)
  return ok and full or text
end

-- As errors.is_ours, which may be compiled.
local function is_ours(source)
  return source:sub(1, 5) == "=mos/"
end

-- Source, line and text of a place in code of the script's; nil for others.
local function place_of(fn, pc)
  local info = util.funcinfo(fn, pc)
  if not info.source or is_ours(info.source) then return nil end
  local line = info.currentline or info.linedefined
  return { source = info.source, line = line, text = (info.loc or "?"):gsub(":%d+$", "")
    .. ":" .. line }
end

local found, kinds = {}, 0 -- text and reason -> {place, reason, count, ...}
local open = {}            -- start of a recording -> what failed there, by text and reason
local current = {}

local function entry_of(place, reason)
  local key = place.text .. "\t" .. reason
  local entry = found[key]
  if not entry and kinds < KINDS then
    kinds = kinds + 1
    entry = { place = place, reason = reason, count = 0, is_final = false }
    found[key] = entry
  end
  return entry
end

local handlers = {}

function handlers.start(_, fn, pc, parent, exit)
  local place = place_of(fn, pc)
  if exit == STITCHED and place then
    local entry = entry_of(place, "stitch")
    if entry then entry.count, entry.is_final = entry.count + 1, true end
  end
  current.place, current.is_stitched = place, exit == STITCHED
  current.key = exit and exit >= 0 and ("%d:%d"):format(parent, exit)
    or ("%s %d"):format(util.funcinfo(fn, pc).loc or "?", pc)
end

function handlers.abort(_, fn, pc, code, detail)
  -- What lies behind a function in C begins in the middle: it often cannot be compiled alone.
  if passing[code] or current.is_stitched then return end
  local place = place_of(fn, pc) or current.place
  local entry = place and entry_of(place, reason_of(code, detail))
  if not entry then return end
  entry.count = entry.count + 1
  local list = open[current.key] or {}
  open[current.key] = list
  list[entry] = true
end

function handlers.stop(trace)
  local list = open[current.key]
  if not list then return end
  open[current.key] = nil
  local is_stub = util.traceinfo(trace).linktype == "interpreter"
  for entry in pairs(list) do
    if is_stub then entry.is_final = true elseif not entry.is_final then entry.count = 0 end
  end
end

function handlers.flush()
  open = {}
end

--- Begins to listen.
function compiling.attach()
  traces.attach(function(what, ...)
    if handlers[what] then handlers[what](...) end
  end)
end

--- What was not compiled, as lines of fields between tabs.
function compiling.share()
  local lines = {}
  for _, entry in pairs(found) do
    if entry.is_final or entry.count >= TRIES then
      lines[#lines + 1] = ("not\t%s\t%s\t%d\t%s\t%d"):format(entry.place.text, entry.place.source,
        entry.place.line, entry.reason, entry.count)
    end
  end
  table.sort(lines)
  return lines
end

return compiling
