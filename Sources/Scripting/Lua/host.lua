-- SPDX-License-Identifier: BSD-2-Clause
-- What the host program calls: load scripts, run them, check them. Runs first; makes the others
-- loadable.
-- `texts` maps module names to their source; `boot` is {abi_text, api, rehearse}.
local texts, boot = ...

local function provide(name, text)
  package.preload["mos." .. name] = function(...)
    return assert(loadstring(text, "=mos/" .. name .. ".lua"))(...)
  end
end

for name, text in pairs(texts) do provide(name, text) end
boot.options = { args = {} }
package.loaded["mos.boot"] = boot

-- The loop with all callbacks inlined is one large piece of machine code; the defaults are too
-- small.
require("jit.opt").start("maxtrace=8000", "maxrecord=16000", "maxirconst=4000", "maxside=1000",
  "maxsnap=2000", "sizemcode=256", "maxmcode=65536")

local host = {}

-- The parts that need an engine, loaded by `host.open`.
local engine

local flags = { ["1"] = true, ["0"] = false }

-- `name=value` or `arg=text`, each closed by a zero byte.
local function read_options(text)
  local options = boot.options
  for name, value in text:gmatch "([%w_]+)=(%Z*)%z" do
    if name == "arg" then
      options.args[#options.args + 1] = value
    elseif name == "errors_in_a_row" then
      options[name] = tonumber(value)
    elseif flags[value] ~= nil then
      options[name] = flags[value]
    else
      options[name] = value
    end
  end
end

--- Binds to the engine and puts `mos` and `print` in place.
function host.open(options)
  read_options(options)
  local public = require "mos.mos"
  engine = {
    public = public,
    faults = require "mos.faults",
    gather = require "mos.gather",
    globals = require "mos.globals",
    intervals = require "mos.intervals",
    loop = require "mos.loop",
    output = require "mos.output",
    scripts = require "mos.scripts",
  }
  rawset(_G, "mos", public.mos)
  package.loaded.mos = public.mos
  rawset(_G, "print", engine.output.print)
  if not boot.options.allow_globals then engine.globals.guard() end
end

--- Runs the top level of a script. A syntax error is returned, with true behind it; others are
--- raised, with the user's frames.
function host.load(source, text)
  local chunk, problem = loadstring((text:gsub("^#[^\n]*", "", 1)), source)
  if not chunk then return problem, true end
  engine.scripts.begin(source)
  local ok, message = xpcall(chunk, engine.faults.describe)
  engine.scripts.finish()
  if not ok then error(message, 0) end
end

local function call_all(what, list)
  for _, fn in ipairs(list) do
    if engine.faults.stopped then return end
    local ok, message = xpcall(fn, engine.faults.describe)
    if not ok then engine.faults.outside(what, message) end
  end
end

--- Runs all scripts over all packets. Returns the number of errors, and whether the scripts ended
--- before the packets did.
function host.run()
  engine.scripts.running = true
  call_all("on_start", engine.public.hooks.start)
  local over = not engine.faults.stopped and engine.loop.run()
  call_all("on_exit", engine.public.hooks.exit)
  engine.intervals.finish()
  engine.faults.summarize()
  return engine.faults.count, not over
end

--- Runs the functions of mos.on_report on what all workers know. For worker 0, when all have ended.
--- Returns the number of errors, and whether the scripts have stopped.
function host.report()
  local before = engine.faults.count
  engine.intervals.report(function() call_all("on_report", engine.public.hooks.report) end)
  return engine.faults.count - before, engine.faults.stopped
end

--- The events whose name matches a glob, one paragraph each.
function host.events(glob)
  return require("mos.catalogue").events(glob)
end

-- The manual, once it is open.
local manual

--- Opens the manual for what the program knows: its settings, a line each with tabs between key,
--- default, values and meaning; the names of its counters.
function host.open_manual(settings, counters)
  manual = require "mos.manual.main"
  manual.open(settings, counters)
end

--- A page of the manual: its text and true, or what is near and false.
function host.page(name)
  return manual.page(name)
end

--- The manual as a whole: "contents", "names" or "markdown".
function host.manual(what)
  return manual[what]()
end

--- The manual as data; see manual/export.lua.
function host.export_manual(what)
  return manual.export(what)
end

--- Makes a file loadable that not every run carries along.
function host.provide(name, text)
  provide(name, text)
end

--- Makes ready to explain what the run sees; see explain/main.lua.
function host.explain(options)
  engine.scripts.begin "=mos explain"
  require("mos.explain.main").start(options)
  engine.scripts.finish()
end

--- What was explained, as a line; the run is over.
function host.explained()
  return require("mos.explain.main").report()
end

--- What is wrong with a script, as lines `file:line:column: message`; loads it without traffic.
function host.check(source, text)
  return require("mos.check").check(source, text, host.load)
end

return host
