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
    elseif name == "errors_in_a_row" or name == "script_memory" then
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
  if boot.options.profile then require "mos.profile" end
  local public = require "mos.mos"
  engine = {
    public = public,
    carry = require "mos.carry",
    each = require "mos.each",
    faults = require "mos.faults",
    gather = require "mos.gather",
    globals = require "mos.globals",
    intervals = require "mos.intervals",
    locals = require "mos.locals",
    loop = require "mos.loop",
    names = require "mos.names",
    output = require "mos.output",
    reload = require "mos.reload",
    scripts = require "mos.scripts",
    describe = require "mos.describe",
    sources = require "mos.sources",
    stage = require "mos.stage",
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
  engine.sources.keep(engine.sources.name(source), text)
  if not chunk then return engine.output.harmless(engine.describe.syntax(problem)), true end
  if source:find "^=%-e" then setfenv(chunk, engine.public.mos.short) end
  local script = engine.scripts.begin(source)
  engine.stage.load()
  -- What is interpreted can be ended by an error, and the scripts that run go on.
  if boot.options.replacing then jit.off() end
  local ok, result = xpcall(chunk, engine.faults.describe)
  if boot.options.replacing then jit.on() end
  engine.stage.none()
  engine.scripts.finish()
  if not ok then
    error(engine.output.harmless(engine.faults.placed(result, source:sub(2))), 0)
  end
  script.returned = result
  engine.names.publish(source, result)
end

local function call_all(what, list)
  for _, fn in ipairs(list) do
    if engine.faults.stopped then return end
    engine.stage.go_on()
    local ok, message = xpcall(fn, engine.faults.describe)
    if not ok then engine.faults.outside(what, message) end
  end
end

--- Runs all scripts over all packets, or what is left of them. Returns the number of errors, and
--- whether the scripts ended before the packets did; or why the loop was left between packets:
--- "attention", or "passed" and "failed" of a trial.
function host.run()
  if not engine.scripts.running then
    engine.scripts.running = true
    engine.stage.start()
    call_all("on_start", engine.public.hooks.start)
  end
  engine.stage.loop()
  local why = engine.faults.stopped and "stopped" or engine.loop.run()
  engine.stage.none()
  if why ~= "over" and why ~= "stopped" then return why end
  engine.stage.exit()
  call_all("on_exit", engine.public.hooks.exit)
  engine.stage.none()
  engine.intervals.finish()
  engine.faults.summarize()
  return engine.faults.count, why == "stopped"
end

-- MARK: Reload

--- What the next version is told of this one, as bytes; see mos.reload.
function host.hand_over(wants)
  return engine.reload.hand_over(wants)
end

--- This version is to go on where the one is whose hand_over() gave `text`. Raises when it cannot.
function host.prepare(_, text)
  engine.reload.prepare(text)
end

--- It goes on there: what was kept and lost, a line each.
function host.take_over(mode)
  engine.scripts.running = true
  return engine.reload.take_over(mode)
end

--- Tells this version's scripts that it has taken over.
function host.tell()
  engine.stage.start()
  engine.reload.tell()
  engine.stage.none()
end

--- What this version asks the one before for.
function host.wants()
  return engine.locals.are_wanted() and "l" or ""
end

--- This version stands. The second result is true while the one before still has contexts.
function host.accept()
  return nil, engine.reload.accept()
end

--- The errors of a version that has gone.
function host.retire()
  engine.faults.summarize()
  return engine.faults.count
end

--- The files that the scripts are made of, those that they `require` included, a line each.
function host.files()
  local list = {}
  for _, script in ipairs(engine.scripts.list) do
    list[#list + 1] = script.source:match "^@(.*)$"
  end
  for name in engine.each(package.loaded) do
    local path = type(name) == "string" and not name:find "^mos%f[.%z]"
      and package.searchpath(name, package.path)
    if path then list[#list + 1] = path end
  end
  return table.concat(list, "\n")
end

--- flow.ctx as this version keeps it, for the next: see mos.carry.
function host.former_context(socket, flow)
  local bytes, problem = engine.carry.give(socket, flow)
  if problem then return problem, true end
  return bytes
end

function host.former_contexts(most)
  return engine.carry.give_some(most)
end

function host.forget_former(flow)
  engine.carry.drop(flow)
end

--- Runs the functions of mos.on_report on what all workers know. For worker 0, when all have ended.
--- Returns the number of errors, and whether the scripts have stopped.
function host.report()
  local before = engine.faults.count
  local short = package.loaded["mos.short"]
  engine.stage.report()
  engine.intervals.report(function()
    call_all("on_report", engine.public.hooks.report)
    if short and not engine.faults.stopped then short.finish() end
  end)
  engine.stage.none()
  engine.faults.summarize_others()
  return engine.faults.count - before, engine.faults.stopped
end

--- What another thread looks things up in, see CMosLua/watch.c: functions by slot, timers by place,
--- names of events and hooks, and of each trace the address, size and place.
function host.watched()
  local events, traces = require "mos.events", require "mos.traces"
  traces.attach()
  return { require("mos.slots").functions, require("mos.timers").pending, events.names(),
    events.hook_names(), traces.starts, traces.sizes, traces.places }
end

--- What this worker knows of the cost of callbacks, for `host.profile`.
function host.profile_share()
  return boot.profile and boot.profile.share() or ""
end

--- The text of a profile of what all workers told, as lines.
function host.profile(shares)
  return require "mos.profile_report"(shares)
end

--- Notes what scripts do from now on, for a test of theirs; before they are loaded.
function host.begin_test()
  require("mos.test_run").begin()
end

--- The tests or benches of the scripts that were loaded; see test_run.lua.
function host.list_tests(what)
  return require("mos.test_run").list(what)
end

--- Runs the body of a test, by its number: the steps of its ladder as bytes.
function host.prepare_test(number)
  return require("mos.test_run").prepare(number)
end

--- The packets of a bench, by its number, at least so many.
function host.prepare_bench(number, packets)
  return require("mos.test_bench").prepare(number, packets)
end

--- Sets up what a run of a bench measures; before scripts are loaded.
function host.begin_bench()
  require("mos.test_bench").begin()
end

--- What it measured.
function host.finish_bench()
  return require("mos.test_bench").finish()
end

--- The result of a test whose run is over; `departed` are the frames that left, see test_sent.lua.
function host.finish_test(_, departed)
  return require("mos.test_run").finish(departed)
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

--- A script to begin with, of that name.
function host.recipe(name)
  return manual.recipe(name)
end

--- The manual as a whole: "contents", "names", "markdown", "stubs", "luacheck", "luarc", "surface".
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
