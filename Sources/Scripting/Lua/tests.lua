-- SPDX-License-Identifier: BSD-2-Clause
-- mos.test and mos.bench: what a script says about itself. A run only takes note that they are
-- there: nothing of a test is made or called but by `mos test` and `mos bench`.
local boot = require "mos.boot"
local errors = require "mos.errors"
local scripts = require "mos.scripts"

local tests = {
  --- In the order of the script: {name, options, fn, source, line}.
  tests = {}, benches = {},
}

local function check(call, name, options, fn)
  if type(name) ~= "string" or not name:find "%S" or name:find "%c" then
    errors.argument(call, 1, "name", name, "a text of one line")
  end
  if options ~= nil and type(options) ~= "table" then
    errors.argument(call, 2, "options", options, "a table, or left out")
  end
  if fn ~= nil and type(fn) ~= "function" then
    errors.argument(call, 3, "fn", fn, "a function")
  end
end

-- Where the script says it.
local function position()
  for level = 3, 50 do
    local info = debug.getinfo(level, "Sl")
    if not info then break end
    if info.what ~= "C" and not errors.is_ours(info.source) then
      return info.short_src, info.currentline
    end
  end
  return "?", 0
end

local function declare(call, list)
  return function(name, options, fn)
    if fn == nil and type(options) == "function" then options, fn = nil, options end
    check(call, name, options, fn)
    if scripts.running then errors.raise(call .. ": the run has begun", "EBUSY") end
    if not boot.options.tests then return end
    for _, other in ipairs(list) do
      if other.name == name then
        errors.raise(('%s: there is a "%s" already, in line %d'):format(call, name, other.line),
          "EEXIST")
      end
    end
    local file, line = position()
    list[#list + 1] = { name = name, options = options or {}, fn = fn, file = file, line = line }
  end
end

tests.test = declare("mos.test", tests.tests)
tests.bench = declare("mos.bench", tests.benches)

return tests
