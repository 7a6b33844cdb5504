-- SPDX-License-Identifier: BSD-2-Clause
-- The table `mos` that scripts see: the schema's names with what stands behind them.
local ffi = require "ffi"
local abi = require "mos.abi"
local aggregates = require "mos.aggregates"
local boot = require "mos.boot"
local changing = require "mos.changing"
local emit = require "mos.emit"
local errors = require "mos.errors"
local events = require "mos.events"
local find = require "mos.find"
local flow = require "mos.flow"
local gather = require "mos.gather"
local hash = require "mos.hash"
local intervals = require "mos.intervals"
local locals = require "mos.locals"
local names = require "mos.names"
local options = require "mos.options"
local packet = require "mos.packet"
local schema = require "mos.schema"
local scripts = require "mos.scripts"
local sockets = require "mos.sockets"
local state = require "mos.state"
local stream = require "mos.stream"
local suggest = require "mos.suggest"
local tests = require "mos.tests"
local timers = require "mos.timers"

local api, worker, ev = abi.api, abi.worker, abi.event

local mos = {}

for _, section in ipairs { schema.events, schema.constants } do
  for _, entry in ipairs(section) do mos[entry.name] = abi.constant(entry.name) end
end
for _, entry in ipairs(schema.options) do mos[entry.name] = abi.constant("OPT_" .. entry.name) end

local calls = {
  socket = sockets.socket, bind_filter = sockets.bind_filter, close = sockets.close,
  register_callback = sockets.register_callback,
  view = stream.view, consume = stream.consume, peek = stream.peek, ppeek = stream.ppeek,
  getlastpkt = packet.last, getsockopt = options.get, setsockopt = options.set,
  settimer = timers.settimer, every = timers.every, flow_state = state.declare,
  emit = emit.emit, name = names.name, hash = hash, find_flow = find.flow,
  define_event = events.define, alloc_event = events.alloc, raise_event = events.raise,
  setlastpkt = changing.setlastpkt, sendpkt = changing.sendpkt, reset_conn = changing.reset_conn,
  on_interval = intervals.on_interval, test = tests.test, bench = tests.bench,
}

for name, call in pairs(aggregates.calls) do calls[name] = call end

--- The context of a flow, as flow.ctx.
function calls.get_uctx(f)
  flow.check("mos.get_uctx", f)
  return f.ctx
end

--- Sets the context of a flow, as flow.ctx = value.
function calls.set_uctx(f, value)
  flow.check("mos.set_uctx", f)
  flow.set_context(f, value)
end

--- Address and port of a side; of both when asked for both.
function calls.getpeername(f, side)
  flow.check("mos.getpeername", f)
  if side == 0 then return f.cli.addr, f.cli.port end
  if side == 1 then return f.svr.addr, f.svr.port end
  if side == 2 then return f.cli.addr, f.cli.port, f.svr.addr, f.svr.port end
  errors.argument("mos.getpeername", 2, "side", side,
    "mos.SIDE_CLI, mos.SIDE_SVR or mos.SIDE_BOTH")
end

--- Packet time in seconds.
function calls.now()
  return ev.now.sec + ev.now.nsec / 1e9
end

--- The engine's counters by name; nil where nobody counts, as for checksums that are not verified.
function calls.stats()
  local counters = {}
  for i = 0, api.counter_count - 1 do
    local value = gather.counters[i]
    if value == value then counters[ffi.string(api.counter_name(i))] = value end
  end
  return counters
end

local hooks = { start = {}, exit = {}, report = {} }

local function hook(call, list)
  return function(fn)
    if type(fn) ~= "function" then errors.argument(call, 1, "fn", fn, "a function") end
    if list ~= hooks.exit and scripts.running then
      errors.raise(call .. ": the run has begun", "EBUSY")
    end
    list[#list + 1] = fn
  end
end

calls.on_start = hook("mos.on_start", hooks.start)
calls.on_exit = hook("mos.on_exit", hooks.exit)
calls.on_report = hook("mos.on_report", hooks.report)
calls.on_reload = hook("mos.on_reload", locals.hooks)
locals.roots = { hooks.start, hooks.exit, hooks.report }

for _, entry in ipairs(schema.calls) do
  mos[entry.name] = calls[entry.name] or function()
    errors.raise(("mos.%s is not there yet"):format(entry.name), "EOPNOTSUPP")
  end
end

-- --name=value becomes args.name, --name args.name = "true", the rest stands in order.
local function parse_args(list)
  local args = {}
  for _, text in ipairs(list) do
    local name, value = text:match "^%-%-([%w_-]+)=(.*)$"
    name = name or text:match "^%-%-([%w_-]+)$"
    if name then args[name] = value or "true" else args[#args + 1] = text end
  end
  return args
end

mos.args = parse_args(boot.options.args)
mos.worker, mos.workers = api.worker_index, api.worker_count

-- The name of the capture in hand, asked for only when its number has changed.
local source_number, source_name

local function source()
  if source_number ~= ev.source then
    source_number = ev.source
    local name = api.source_name(worker)
    source_name = name ~= nil and ffi.string(name) or nil
  end
  return source_name
end

setmetatable(mos, {
  __index = function(_, key)
    if key == "source" then return source() end
    -- Loaded when it is asked for: other scripts have nothing of it.
    if key == "short" then return require("mos.short").environment end
    local entry = schema.find(schema.values, key)
    if entry then errors.raise(("mos.%s is not there yet"):format(key), "EOPNOTSUPP") end
    errors.raise(('mos has no "%s"%s'):format(
      tostring(key), suggest.hint(tostring(key), schema.public_names(), "mos.")))
  end,
  __newindex = function(_, key)
    errors.raise(("mos.%s cannot be set"):format(tostring(key)))
  end,
})

return { mos = mos, hooks = hooks }
