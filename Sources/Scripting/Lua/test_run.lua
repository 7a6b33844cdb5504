-- SPDX-License-Identifier: BSD-2-Clause
-- One test from its body to its result, for the host program.
local boot = require "mos.boot"
local each = require "mos.each"
local errors = require "mos.errors"
local expect = require "mos.test_expect"
local faults = require "mos.faults"
local golden = require "mos.test_golden"
local ladder = require "mos.test_ladder"
local loop = require "mos.loop"
local sent = require "mos.test_sent"
local suggest = require "mos.suggest"
local test_options = require "mos.test_options"
local tests = require "mos.tests"
local values = require "mos.test_values"
local watch = require "mos.test_watch"

local run = {}

local rungs -- the ladder of the test in hand

-- MARK: What a test may say besides its body

local known_of_benches = { settings = "table", args = "table", capture = "string",
  filter = "string", packets = "number", profile = "string", flows = "number", seed = "number" }
local known_of_tests = { settings = "table", args = "table", capture = "string", filter = "string",
  expect = "table", inline = { ["fail-open"] = true, ["fail-closed"] = true, [true] = true } }

local function check_options(call, options, is_bench)
  local known = is_bench and known_of_benches or known_of_tests
  for name, value in each(options) do
    local kind = known[name] or test_options.unknown(call, name, known)
    if type(kind) == "table" and not kind[value] then
      errors.argument(call, 2, name, value, 'true, "fail-open" or "fail-closed"')
    elseif type(kind) == "string" and type(value) ~= kind then
      errors.argument(call, 2, name, value, "a " .. kind)
    end
  end
  if options.filter and not options.capture then
    errors.raise(call .. ": a filter has a meaning only with a capture")
  end
end

-- name = value as the command line has it.
local function add_args(fields, args)
  for _, value in ipairs(args) do fields[#fields + 1] = "arg=" .. tostring(value) end
  local names = {}
  for name in each(args) do
    if type(name) == "string" then names[#names + 1] = name end
  end
  table.sort(names)
  for _, name in ipairs(names) do
    local value = args[name]
    fields[#fields + 1] = value == true and ("arg=--%s"):format(name)
      or ("arg=--%s=%s"):format(name, tostring(value))
  end
end

local function fields_of(call, entry)
  local options = entry.options
  local is_bench = call == "mos.bench"
  local ok, problem = pcall(check_options, call, options, is_bench)
  local fields = { "name=" .. entry.name, "file=" .. entry.file, "line=" .. entry.line }
  if not ok then fields[#fields + 1] = "problem=" .. problem end
  if not ok then return fields end
  local has_traffic = entry.fn or options.capture or options.profile
  if not has_traffic and not options.expect then
    fields[#fields + 1] = "problem=it has neither a body nor a capture"
  elseif is_bench and entry.fn and (options.capture or options.profile) then
    fields[#fields + 1] = "problem=its packets come from a body, a capture or a profile"
  end
  local settings = {}
  for name in each(options.settings or {}) do settings[#settings + 1] = tostring(name) end
  table.sort(settings)
  for _, name in ipairs(settings) do
    fields[#fields + 1] = ("setting=%s=%s"):format(name, tostring(options.settings[name]))
  end
  add_args(fields, options.args or {})
  for _, name in ipairs { "capture", "filter", "profile", "packets", "flows", "seed" } do
    if options[name] then
      local value = options[name]
      fields[#fields + 1] = name .. "=" .. (type(value) == "number" and ("%d"):format(value)
        or value)
    end
  end
  if options.inline then
    local mode = options.inline == true and "fail-open" or options.inline
    fields[#fields + 1] = "inline=" .. mode
  end
  return fields
end

--- The tests, or benches, of the scripts that were loaded: records closed by \1 of fields
--- `name=value` closed by \0.
function run.list(what)
  local records = {}
  for i, entry in ipairs(tests[what]) do
    local call = what == "benches" and "mos.bench" or "mos.test"
    records[i] = table.concat(fields_of(call, entry), "\0") .. "\0"
  end
  return table.concat(records, "\1")
end

-- MARK: A test

local function protected(place, fn, ...)
  watch.is_aside = true
  local ok, message = xpcall(fn, faults.describe, ...)
  watch.is_aside = false
  if ok then return true end
  message = tostring(message)
  -- Most errors say themselves where they come from.
  if message:find "^[^\n]-:%d+: " then place = nil end
  expect.fail(place, message)
  return false
end

-- What an option `expect` says, as if it stood behind the last packet.
local function expect_options(entry)
  local names = {}
  for name in each(entry.options.expect or {}) do names[#names + 1] = name end
  table.sort(names, function(a, b) return tostring(a) < tostring(b) end)
  for _, name in ipairs(names) do
    local value = entry.options.expect[name]
    local kind = expect.kinds[name]
    if not kind then
      local all = {}
      for other in each(expect.kinds) do all[#all + 1] = other end
      errors.raise(("expect has no %s%s"):format(errors.show(name),
        suggest.hint(tostring(name), all)))
    end
    local look = kind(value, entry.file)
    local list = name == "sent" and rungs.last or rungs.pending
    list[#list + 1] = function() look(("%s:%d"):format(entry.file, entry.line)) end
  end
end

local function body_of(entry)
  rungs = ladder.new()
  local t = {}
  for name, matcher in each(values.matchers) do t[name] = matcher end
  ladder.bind(rungs, t)
  expect.bind(rungs, t)
  rungs.sealed = entry.options.capture ~= nil

  --- Calls fn() at this place, for whatever plain Lua can look at.
  function t.check(fn)
    if type(fn) ~= "function" then errors.argument("t.check", 1, "fn", fn, "a function") end
    local place = expect.place()
    rungs:later(function() protected(place, fn) end)
  end

  setmetatable(t, { __index = function(_, name)
    local names = {}
    for other in each(t) do names[#names + 1] = other end
    errors.raise(("t has no %s%s"):format(errors.show(name), suggest.hint(tostring(name), names)))
  end })
  return t
end

local breaks = 0

-- The packets above the next expectations are done with.
local function at_break()
  breaks = breaks + 1
  for _, look in ipairs(rungs.breaks[breaks] or {}) do look() end
end

--- Runs the body of test `number`: the steps of its ladder as bytes.
function run.prepare(number)
  local entry = tests.tests[tonumber(number)]
  golden.path = golden.path_of(entry.file, entry.name)
  local t = body_of(entry)
  local place = ("%s:%d"):format(entry.file, entry.line)
  local is_sound = not entry.fn or protected(place, entry.fn, t)
  is_sound = protected(place, expect_options, entry) and is_sound
  loop.on_idle = at_break
  -- What half a test would lead to is of no use.
  if not is_sound then rungs = ladder.new() end
  return rungs:seal()
end

--- Notes from now on what scripts do; before they are loaded.
function run.begin()
  watch.begin(package.loaded.mos)
end

--- Judges what stands behind the last packet; the result as lines.
function run.finish(departed)
  sent.read(departed, function(src, dst) return rungs:isn_of(src, dst) end)
  for i = breaks + 1, #rungs.breaks do
    for _, look in ipairs(rungs.breaks[i]) do look() end
  end
  for _, look in ipairs(rungs.pending) do look() end
  for _, look in ipairs(rungs.last) do look() end
  expect.unexpected_errors()
  local fields = {}
  for _, failure in ipairs(expect.failures) do
    local place = failure.place and failure.place .. ": " or ""
    fields[#fields + 1] = "failure=" .. place .. failure.text
  end
  for _, line in ipairs(watch.coverage()) do fields[#fields + 1] = "handler=" .. line end
  if golden.is_used then fields[#fields + 1] = "golden=" .. golden.path end
  if golden.is_written then fields[#fields + 1] = "written=" .. golden.path end
  if boot.options.verbose then
    for _, line in ipairs(watch.out) do
      fields[#fields + 1] = "out=" .. line:gsub("%z", "\\0")
    end
  end
  return table.concat(fields, "\0")
end

return run
