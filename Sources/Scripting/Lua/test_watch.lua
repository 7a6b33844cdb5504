-- SPDX-License-Identifier: BSD-2-Clause
-- What a script does in a test: its records, printed lines and messages, and which of its
-- functions were called how often.
local each = require "mos.each"
local emit = require "mos.emit"
local errors = require "mos.errors"
local events = require "mos.events"
local faults = require "mos.faults"
local json = require "mos.json"
local names = require "mos.names"
local output = require "mos.output"
local register = require "mos.register"
local slots = require "mos.slots"
local values = require "mos.test_values"

local watch = {
  --- {stream, record, text}, {text} and {text, is_error}, in order; `out` has the lines of records
  --- and prints as they leave.
  records = {}, prints = {}, messages = {}, out = {},
  --- Functions that were registered: {file, line, event, fn, count}, in order.
  handlers = {},
  --- True while code of the test runs, not of the script.
  is_aside = false,
}

local by_key = {} -- event .. place -> handler
local LIMIT = 1000000 -- what is kept of each kind

local function keep(list, entry)
  if #list < LIMIT then list[#list + 1] = entry end
end

local emit_record = emit.emit
local streams = {}

-- The record goes the way of every run; here is a copy.
local function watched_emit(stream, record)
  local result, message, code = emit_record(stream, record)
  if result then
    streams[stream] = streams[stream] or { name = stream, found = {}, sorted = {} }
    local text = json.encode(record, streams[stream]):tostring()
    keep(watch.records, { stream = stream, record = values.copy(record), text = text })
    keep(watch.out, text)
  end
  return result, message, code
end

local real_print = output.print

local function watched_print(...)
  local parts = {}
  for i = 1, select("#", ...) do parts[i] = tostring((select(i, ...))) end
  local line = table.concat(parts, "\t")
  -- What the test itself prints is for whoever writes it.
  if watch.is_aside then
    io.stderr:write(output.harmless(line), "\n")
    return
  end
  real_print(...)
  keep(watch.prints, { text = line })
  keep(watch.out, line)
end

local function watched_diagnose(text)
  local is_error = text:find "^mos: error " ~= nil
  keep(watch.messages, { text = text, is_error = is_error, count = faults.count })
end

local wrapped = setmetatable({}, { __mode = "k" }) -- fn -> event -> the function in its place
local originals = setmetatable({}, { __mode = "k" })

-- A function that counts its calls. Calls behind it are tail calls: no frame of it is seen.
local function watched_function(fn, event)
  local mine = wrapped[fn]
  if not mine then
    mine = {}
    wrapped[fn] = mine
  end
  local known = mine[event]
  if known then return known end
  local info = debug.getinfo(fn, "S")
  local key = ("%d %s:%d"):format(event, info.short_src, info.linedefined)
  local handler = by_key[key]
  if not handler then
    handler = { file = info.short_src, line = info.linedefined, event = event, count = 0 }
    by_key[key] = handler
    watch.handlers[#watch.handlers + 1] = handler
  end
  handler.fn = fn
  local function counted(...)
    handler.count = handler.count + 1
    return fn(...)
  end
  originals[counted] = fn
  mine[event] = counted
  return counted
end

--- The function that a counting one stands for.
function watch.original(fn)
  return originals[fn] or fn
end

--- From now on everything is noted. Before the script's top level runs.
function watch.begin(mos)
  rawset(mos, "emit", watched_emit)
  rawset(_G, "print", watched_print)
  output.print, output.diagnose = watched_print, watched_diagnose
  register.watch = watched_function
  slots.original = watch.original
end

--- The name under which an event is listed: its own, or that of the base of a user-defined one.
function watch.event_name(event)
  local entry = events.entries[event]
  if entry then return ("event %d on %s"):format(event, events.name(entry.root)) end
  return events.name(event)
end

--- How often functions ran that a key names: an event's name, the line that a function begins in
--- ("file:line" or a number), the function itself, or the name that mos.name gave it. Raises when
--- there is none of them.
function watch.calls(key, file)
  local sum, found = 0, false
  for _, handler in ipairs(watch.handlers) do
    local root = events.entries[handler.event]
    local place = handler.file .. ":" .. handler.line
    local fits = handler.fn == key
      or type(key) == "string" and (key == events.name(root and root.root or handler.event)
        or names.by_name[key] == handler.fn or place == key or place:sub(-#key - 1) == "/" .. key)
      or type(key) == "number" and handler.line == key and handler.file == file
    if fits then sum, found = sum + handler.count, true end
  end
  if found or type(key) == "string" and key:find "^ON_%u" then return sum end
  errors.raise(("t.expect.calls: no callback is %s"):format(
    type(key) == "function" and "that function" or errors.show(key)))
end

--- The handlers as lines `file:line<tab>event<tab>calls`.
function watch.coverage()
  local lines = {}
  for _, handler in each(watch.handlers) do
    lines[#lines + 1] = ("%s:%d\t%s\t%d"):format(handler.file, handler.line,
      watch.event_name(handler.event), handler.count)
  end
  return lines
end

return watch
