-- SPDX-License-Identifier: BSD-2-Clause
-- One bench: the packets of its body, repeated with other addresses, and one run over them. What is
-- measured lies between two looks: the first packets warm up.
local boot = require "mos.boot"
local errors = require "mos.errors"
local faults = require "mos.faults"
local ladder = require "mos.test_ladder"
local loop = require "mos.loop"
local output = require "mos.output"
local register = require "mos.register"
local tests = require "mos.tests"

local PACKETS, MOST = 100000, 1100000
local STEP = 1e-6 -- seconds between packets

local bench = {}

--- Runs the body of bench `number` until there are enough packets: the steps of its ladder.
function bench.prepare(number, packets)
  local entry = tests.benches[tonumber(number)]
  local wanted = tonumber(packets) or entry.options.packets or PACKETS
  local rungs = ladder.new(STEP, MOST)
  repeat
    local before, b = rungs.frames, {}
    ladder.bind(rungs, b)
    local ok, message = xpcall(entry.fn, faults.describe, b)
    if not ok then error(message, 0) end
    if rungs.frames == before then
      errors.raise(('mos.bench "%s": its body makes no packets'):format(entry.name))
    end
  until rungs.frames >= wanted
  return rungs:seal()
end

local looks, callbacks, problem = 0, 0, nil
local from = { seconds = 0, callbacks = 0, bytes = 0 }
local measured = { seconds = 0, callbacks = 0, bytes = 0 }

local function look()
  looks = looks + 1
  if looks == 1 then
    if boot.options.bench == "garbage" then
      collectgarbage()
      collectgarbage()
      collectgarbage "stop"
    end
    from.bytes, from.callbacks = collectgarbage "count" * 1024, callbacks
    from.seconds = os.clock()
  elseif looks == 2 then
    measured.seconds = os.clock() - from.seconds
    measured.bytes = collectgarbage "count" * 1024 - from.bytes
    measured.callbacks = callbacks - from.callbacks
    collectgarbage "restart"
  end
end

local modes = {}

--- The sockets of the script, without its callbacks.
function modes.engine()
  register.watch = function() return nil end
end

--- How often callbacks run.
function modes.count()
  register.watch = function(fn)
    return function(...)
      callbacks = callbacks + 1
      return fn(...)
    end
  end
end

function modes.script() end
modes.garbage = modes.script

--- Before the scripts are loaded.
function bench.begin()
  modes[boot.options.bench]()
  loop.on_idle = look
  output.diagnose = function(text) problem = problem or text end
end

--- What was measured, as fields.
function bench.finish()
  local fields = { ("seconds=%.9f"):format(measured.seconds), "callbacks=" .. measured.callbacks,
    ("garbage=%.0f"):format(measured.bytes) }
  if faults.count > 0 then
    fields[#fields + 1] = ("failure=%d errors; the first: %s"):format(faults.count, problem)
  end
  return table.concat(fields, "\0")
end

return bench
