-- SPDX-License-Identifier: BSD-2-Clause
-- getsockopt and setsockopt: options by the manual's names.
local ffi = require "ffi"
local abi = require "mos.abi"
local each = require "mos.each"
local errors = require "mos.errors"
local events = require "mos.events"
local flow = require "mos.flow"
local output = require "mos.output"
local schema = require "mos.schema"
local sockets = require "mos.sockets"

local api, worker, ev = abi.api, abi.worker, abi.event
local Flow = flow.Flow
local NO_FLOW = abi.constant "NO_FLOW"

local by_number = {}
for _, entry in ipairs(schema.options) do by_number[abi.constant("OPT_" .. entry.name)] = entry end

--- Names of the overlap policies by number.
local policies = {}
for _, entry in ipairs(schema.constants) do
  if entry.name:find("^OVERLAP_POLICY_") then policies[abi.constant(entry.name)] = entry.name end
end

--- What sockets chose, by option and then by socket number; and whether a difference was said.
local chosen, said = {}, false

local options = {}

local function names_with(access)
  local names = {}
  for _, entry in ipairs(schema.options) do
    if entry[access] and not entry.step then names[#names + 1] = "mos." .. entry.name end
  end
  return table.concat(names, ", ")
end

-- The option's entry, and the handle's three numbers.
local function resolve(call, access, target, option)
  local entry = by_number[option]
  if not entry then
    errors.argument(call, 2, "option", option, "one of " .. names_with(access), "ENOPROTOOPT")
  elseif entry.step then
    errors.raise(("%s: mos.%s is not there yet"):format(call, entry.name), "EOPNOTSUPP")
  elseif not entry[access] then
    errors.raise(("%s: mos.%s can only be %s"):format(
      call, entry.name, access == "get" and "set" or "read"), "ENOPROTOOPT")
  end
  if getmetatable(target) == Flow then return entry, target[3], target[1], target[2] end
  if getmetatable(target) ~= flow.Socket then
    errors.argument(call, 1, "s or flow", target, "a socket or a flow", "EBADF")
  end
  sockets.need_open(call, target)
  if entry.kind ~= "bytes" and entry.kind ~= "policy" then
    errors.raise(
      ("%s: mos.%s is an option of flows, not of sockets"):format(call, entry.name), "ENOTSOCK")
  end
  return entry, target.id, NO_FLOW, 0
end

local function fragments(call, option, socket, slot, generation)
  local list = {}
  while true do
    local result = api.get_option(worker, socket, slot, generation, option, #list)
    if result < 0 then return errors.failed(call, result, ffi.string(ev.message)) end
    if result == 0 then return list end
    list[#list + 1] = { offset = ev.value[0], len = ev.value[1] }
  end
end

local function info()
  return { init_seq = ev.value[0], last_byte_read = ev.value[1], next_byte_expected = ev.value[2],
    last_byte_received = ev.value[3] }
end

--- Reads an option of a socket or a flow.
function options.get(target, option)
  local call = "mos.getsockopt"
  local entry, socket, slot, generation = resolve(call, "get", target, option)
  if entry.kind == "state" then
    if target.proto ~= "tcp" then
      errors.raise(call .. ": a UDP or ICMP flow has no stream to read, and no state")
    end
    return entry.side == "SIDE_CLI" and target.cli.state or target.svr.state
  elseif entry.kind == "time" then
    return target.last_time
  elseif entry.kind == "fragments" then
    return fragments(call, option, socket, slot, generation)
  end
  local result = api.get_option(worker, socket, slot, generation, option, 0)
  if result < 0 then return errors.failed(call, result, ffi.string(ev.message)) end
  if entry.kind == "info" then return info() end
  return ev.value[0]
end

-- Raises unless `value` may be set as the option of that entry.
local function check_value(call, entry, value)
  local kind = entry.kind
  if kind == "bytes" then
    if type(value) ~= "number" or not (value >= 0 and value <= 2 ^ 30) or value % 1 ~= 0 then
      errors.argument(call, 3, "value", value, "a number of bytes, 0 to 1073741824")
    end
  elseif kind == "policy" then
    if type(value) ~= "number" or not policies[value] then
      errors.argument(call, 3, "value", value,
        "mos.OVERLAP_POLICY_FIRST, _LAST, _BSD, _LINUX, _WINDOWS, _SOLARIS or another of them")
    end
  elseif value ~= 0 and value ~= 1 and value ~= 2 then
    errors.argument(call, 3, "value", value, "mos.SIDE_CLI, mos.SIDE_SVR or mos.SIDE_BOTH")
  end
end

-- A connection has one policy a side, that of the first socket that chose one: says once that the
-- choice of `loser` does not count.
local function warn(entry, loser, value, winner, effective)
  said = true
  output.diagnose(("mos.setsockopt: socket %d asks for %s as mos.%s, but %s: what both watch has "
    .. "%s (said once)"):format(loser, policies[value], entry.name, winner, policies[effective]))
end

local function compare_sockets(entry, option, socket, value)
  chosen[option] = chosen[option] or {}
  chosen[option][socket] = value
  for other, theirs in each(chosen[option]) do
    if theirs ~= value and not said then
      local first, second = math.min(other, socket), math.max(other, socket)
      warn(entry, second, chosen[option][second], ("socket %d comes first"):format(first),
        chosen[option][first])
    end
  end
end

local function compare_flow(entry, option, socket, slot, generation, value)
  if said or api.get_option(worker, socket, slot, generation, option, 0) < 1 then return end
  if ev.value[0] ~= value then
    warn(entry, socket, value, "a socket before it chose for this flow", ev.value[0])
  end
end

--- Sets an option of a socket (for later flows) or of a flow.
function options.set(target, option, value)
  local call = "mos.setsockopt"
  local entry, socket, slot, generation = resolve(call, "set", target, option)
  check_value(call, entry, value)
  events.hand.changes = events.hand.changes + 1
  local result = api.set_option(worker, socket, slot, generation, option, value)
  if result < 0 then return errors.failed(call, result, ffi.string(ev.message)) end
  if slot == NO_FLOW then target.settings[option] = value end
  if entry.kind ~= "policy" then return true end
  if slot == NO_FLOW then
    compare_sockets(entry, option, socket, value)
  else
    compare_flow(entry, option, socket, slot, generation, value)
  end
  return true
end

options.check_value = check_value

flow.methods.getsockopt, flow.methods.setsockopt = options.get, options.set
sockets.methods.getsockopt, sockets.methods.setsockopt = options.get, options.set

return options
