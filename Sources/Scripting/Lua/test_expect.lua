-- SPDX-License-Identifier: BSD-2-Clause
-- t.expect: what a test says must have happened. An expectation stands at its place among the
-- packets: it is judged when those above it are done with, behind the last one when the run is
-- over. What fails is noted, and the test goes on.
local aggregates = require "mos.aggregates"
local diff = require "mos.test_diff"
local each = require "mos.each"
local errors = require "mos.errors"
local faults = require "mos.faults"
local gather = require "mos.gather"
local golden = require "mos.test_golden"
local schema = require "mos.schema"
local suggest = require "mos.suggest"
local sent = require "mos.test_sent"
local values = require "mos.test_values"
local watch = require "mos.test_watch"

local expect = {
  --- {place, text} of what failed.
  failures = {},
  --- Errors of the script that were expected.
  expected_errors = 0,
}

--- `file:line` of the innermost frame that is the user's, and the file alone.
function expect.place()
  for level = 2, 100 do
    local info = debug.getinfo(level, "Sl")
    if not info then break end
    if info.what ~= "C" and not errors.is_ours(info.source) then
      return ("%s:%d"):format(info.short_src, info.currentline), info.short_src
    end
  end
  return "?", "?"
end

--- Notes a failure; `lines` say more.
function expect.fail(place, text, lines)
  local parts = { text }
  for _, line in ipairs(lines or {}) do parts[#parts + 1] = line end
  expect.failures[#expect.failures + 1] = { place = place, text = table.concat(parts, "\n") }
end

-- The entries of a list that no expectation has taken yet and that `is_meant` says yes to.
local function take(list, is_meant)
  local taken = {}
  for _, entry in ipairs(list) do
    if not entry.taken and (not is_meant or is_meant(entry)) then
      entry.taken = true
      taken[#taken + 1] = entry
    end
  end
  return taken
end

local function need_list(call, index, list, what)
  if type(list) ~= "table" or (next(list) ~= nil and #list == 0) then
    errors.argument(call, index, what, list, ("a list, as in { %s }"):format(
      what == "records" and "{ name = value }" or '"text"'))
  end
end

local function compare(call, what, place, wanted, got)
  local lines = diff.lists(wanted, got)
  if #lines > 0 then
    expect.fail(place, ("%s: %s"):format(call, diff.heading(what, wanted, got)), lines)
  end
end

-- { "http", path = "/" } is a record of the stream "http".
local function with_stream(record)
  if type(record[1]) ~= "string" then return record end
  local copy = {}
  for key, value in each(record) do copy[key] = value end
  copy[1], copy[values.STREAM] = nil, record[1]
  return copy
end

local kinds = {}

--- t.expect.records([stream,] list): the records since the last time, in order, with these fields.
function kinds.records(stream, list)
  if list == nil and type(stream) == "table" then stream, list = nil, stream end
  local call = "t.expect.records"
  if stream ~= nil and type(stream) ~= "string" then
    errors.argument(call, 1, "stream", stream, "the name of a stream, or left out")
  end
  need_list(call, stream and 2 or 1, list, "records")
  for i, record in ipairs(list) do
    if type(record) ~= "table" then
      errors.argument(call, stream and 2 or 1, "record " .. i, record, "a table of fields")
    end
  end
  return function(place)
    local taken = take(watch.records, stream and function(e) return e.stream == stream end)
    local got, wanted = {}, {}
    for i, entry in ipairs(taken) do
      got[i] = values.copy(entry.record)
      if not stream then got[i][values.STREAM] = entry.stream end
    end
    for i, record in ipairs(list) do wanted[i] = stream and record or with_stream(record) end
    compare(stream and ('%s "%s"'):format(call, stream) or call, "record", place, wanted, got)
  end
end

local function lines_kind(call, list_name, what)
  return function(list)
    if type(list) == "string" then list = { list } end
    need_list(call, 1, list, what)
    return function(place)
      local got = {}
      for i, entry in ipairs(take(watch[list_name])) do got[i] = entry.text end
      compare(call, what, place, list, got)
    end
  end
end

--- t.expect.prints(list): the lines that were printed since the last time.
kinds.prints = lines_kind("t.expect.prints", "prints", "line")

--- t.expect.messages(list): what was said on standard error since the last time, errors left out.
function kinds.messages(list)
  if type(list) == "string" then list = { list } end
  need_list("t.expect.messages", 1, list, "message")
  return function(place)
    local got = {}
    for i, entry in ipairs(take(watch.messages, function(e) return not e.is_error end)) do
      got[i] = entry.text
    end
    compare("t.expect.messages", "message", place, list, got)
  end
end

--- t.expect.error(text or matcher): one error of the script, with that text in its message.
function kinds.error(wanted)
  if type(wanted) == "string" then
    local text = wanted
    wanted = values.matcher(values.show(text), function(message)
      return message:find(text, 1, true) ~= nil
    end)
  elseif type(wanted) ~= "table" or not wanted.fits then
    errors.argument("t.expect.error", 1, "text", wanted, "a part of the message, or t.like")
  end
  return function(place)
    for _, entry in ipairs(watch.messages) do
      if entry.is_error and not entry.taken and wanted.fits(entry.text) then
        entry.taken = true
        expect.expected_errors = expect.expected_errors + 1
        return
      end
    end
    local lines = {}
    for _, entry in ipairs(watch.messages) do
      if entry.is_error and not entry.taken then
        lines[#lines + 1] = "  + " .. entry.text:gsub("\n", "\n    ")
      end
    end
    expect.fail(place, ("t.expect.error: no error with %s came"):format(wanted.text), lines)
  end
end

local function numbers(call, what, read, names)
  return function(wanted, file)
    if type(wanted) ~= "table" then
      errors.argument(call, 1, what, wanted, "a table, as in { name = 3 }")
    end
    for name in each(wanted) do
      if names and not names()[name] then
        local all = {}
        for other in each(names()) do all[#all + 1] = other end
        errors.raise(("%s: there is no %s %s%s"):format(call, what, errors.show(name),
          suggest.hint(tostring(name), all)))
      end
    end
    return function(place)
      local lines, keys = {}, {}
      for key in each(wanted) do keys[#keys + 1] = key end
      table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
      for _, key in ipairs(keys) do
        local got = read(key, file)
        if #values.differences(wanted[key], got) > 0 then
          local name = type(key) == "function" and "that function" or tostring(key)
          lines[#lines + 1] = ("    %s: expected %s, came %s"):format(
            name, values.show(wanted[key]), values.show(got))
        end
      end
      if #lines > 0 then expect.fail(place, call .. ":", lines) end
    end
  end
end

local function stats() return package.loaded.mos.stats() end

--- t.expect.stats{name = number}: counters of the engine so far.
kinds.stats = numbers("t.expect.stats", "counter", function(name) return stats()[name] end,
  function() return stats() end)

--- t.expect.calls{[key] = number}: how often callbacks ran so far.
kinds.calls = numbers("t.expect.calls", "callback", watch.calls)

local function record_of(name)
  for _, record in ipairs(aggregates.list) do
    if record.name == name then return record end
  end
  local names = {}
  for i, record in ipairs(aggregates.list) do names[i] = record.name end
  errors.raise(("t.expect.aggregate: there is no aggregate %s%s"):format(
    errors.show(name), suggest.hint(tostring(name), names)))
end

--- t.expect.aggregate(name, [key...,] value): what an aggregate knows so far.
function kinds.aggregate(name, ...)
  local record, count = record_of(name), select("#", ...)
  if count ~= #record.labels + 1 then
    errors.raise(("t.expect.aggregate: %s has %s; behind its name stand %d keys and the value")
      :format(name, #record.labels == 0 and "no labels" or "the labels "
        .. table.concat(record.labels, ", "), #record.labels))
  end
  local args = { ... }
  return function(place)
    local got
    gather.reading(nil, nil, function()
      got = record.object:value(unpack(args, 1, count - 1))
    end)
    if #values.differences(args[count], got) > 0 then
      expect.fail(place, ("t.expect.aggregate: %s: expected %s, came %s"):format(
        values.show(name), values.show(args[count]), values.show(got)))
    end
  end
end

--- t.expect.sent([to,] list): the frames that left in an inline test, in order, with these fields;
--- `to` is "cli" or "svr".
function kinds.sent(to, list)
  if list == nil and type(to) == "table" then to, list = nil, to end
  local call = "t.expect.sent"
  if to ~= nil and to ~= "cli" and to ~= "svr" then
    errors.argument(call, 1, "to", to, '"cli", "svr", or left out')
  end
  need_list(call, to and 2 or 1, list, "records")
  return function(place)
    local got = take(sent.list, to and function(frame) return frame.to == to end)
    local frames = {}
    for i, frame in ipairs(got) do
      frames[i] = values.copy(frame)
      frames[i].taken = nil
    end
    compare(to and ('%s "%s"'):format(call, to) or call, "frame", place, list, frames)
  end
end

--- t.expect.errors(count): so many errors of the script, of whatever kind.
function kinds.errors(count)
  if type(count) ~= "number" then
    errors.argument("t.expect.errors", 1, "count", count, "a number")
  end
  return function(place)
    -- Not all of them are told of.
    local came = faults.count - expect.expected_errors
    expect.expected_errors = faults.count
    local got = take(watch.messages, function(e) return e.is_error end)
    if came == count then return end
    local lines = {}
    for i, entry in ipairs(got) do lines[i] = "  + " .. entry.text end
    expect.fail(place, ("t.expect.errors: expected %d, came %d"):format(count, came), lines)
  end
end

--- t.expect.golden(): records and printed lines are those that a file beside the script has.
function kinds.golden()
  return golden.look(expect.fail)
end

--- Judges what `kind` with these arguments wants, when it is time: `look(place)`.
function expect.make(kind, ...)
  return kinds[kind](...)
end

--- What `t.expect` is: each of its functions adds to the ladder.
function expect.bind(ladder, t)
  local bound = {}
  for kind in each(kinds) do
    bound[kind] = function(...)
      local place, file = expect.place()
      local look
      if kind == "calls" then look = kinds.calls((...), file) else look = kinds[kind](...) end
      if kind == "sent" then
        ladder.last[#ladder.last + 1] = function() look(place) end
      else
        ladder:later(function() look(place) end)
      end
    end
  end
  t.expect = setmetatable(bound, { __index = function(_, name)
    local names = {}
    for kind in each(kinds) do names[#names + 1] = kind end
    table.sort(names)
    errors.raise(("t.expect has no %s; it has %s%s"):format(errors.show(name),
      table.concat(names, ", "), suggest.hint(tostring(name), names)))
  end })
end

--- The errors of the script that nobody expected: failures.
function expect.unexpected_errors()
  local hidden = faults.count - expect.expected_errors
  for _, entry in ipairs(watch.messages) do
    if entry.is_error and not entry.taken then
      expect.fail(nil, (entry.text:gsub("^mos: ", "", 1)))
      hidden = hidden - 1
    end
  end
  if hidden > 0 then expect.fail(nil, ("%d more errors, which are not shown"):format(hidden)) end
end

expect.kinds = kinds
expect.schema = schema

return expect
