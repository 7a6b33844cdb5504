-- SPDX-License-Identifier: BSD-2-Clause
-- mos.flow_state: typed scalars in the engine's memory, next to each other for all scripts of a
-- run.
local ffi = require "ffi"
local abi = require "mos.abi"
local each = require "mos.each"
local errors = require "mos.errors"
local flow = require "mos.flow"
local scripts = require "mos.scripts"
local suggest = require "mos.suggest"

local api, worker, ev = abi.api, abi.worker, abi.event
local CALL = "mos.flow_state"

-- 64-bit integers and pointers would come out as cdata.
local types = {}
local allowed = "int8_t, uint8_t, int16_t, uint16_t, int32_t, uint32_t, float, double or bool"
for name in allowed:gmatch "[%w_]+" do types[name] = name ~= "or" or nil end

local function parse_name(text, seen, names)
  local name = text:match "^([%a_][%w_]*)$" or text:match "^([%a_][%w_]*)%s*%[%s*%d+%s*%]$"
  if not name then
    errors.raise(('%s: "%s" is neither a name nor a name[count]'):format(CALL, text))
  end
  if seen[name] then errors.raise(('%s: "%s" is declared twice'):format(CALL, name)) end
  seen[name] = true
  names[#names + 1] = name
end

local function check_declaration(text)
  local seen, declared = {}, {}
  for statement in text:gmatch "[^;]+" do
    statement = statement:match "^%s*(.-)%s*$"
    if statement ~= "" then
      local kind, names = statement:match "^([%a_][%w_]*)%s+(.+)$"
      if not kind or not types[kind] then
        errors.raise(('%s: "%s" has a type that is not %s'):format(CALL, statement, allowed))
      end
      for name in (names .. ","):gmatch "%s*(.-)%s*," do parse_name(name, seen, declared) end
    end
  end
  if #declared == 0 then errors.raise(CALL .. ": nothing is declared") end
  return declared
end

-- Compiled once per declaration, so that each has constants of its own.
local accessor = [[
local cast, pointer, base, stride = ...
return function(slot) return cast(pointer, base + slot * stride)[0] end
]]

-- What gives the state of the flow in a slot, in memory that the engine zeroes when a flow starts.
local function allocate(struct)
  local stride = math.ceil(ffi.sizeof(struct) / 8) * 8
  local result = api.flow_state(worker, stride)
  if result < 0 then errors.raise(CALL .. ": " .. ffi.string(ev.message), errors.code(result)) end
  local base = ffi.cast("uint8_t *", ev.data)
  return loadstring(accessor, "=mos/state.lua")(ffi.cast, ffi.typeof("$ *", struct), base, stride)
end

local state = {}

--- Declares the scalars of this script's flows, once per script, at its top level.
function state.declare(text)
  if type(text) ~= "string" then
    errors.argument(CALL, 1, "declaration", text, 'a text as "uint32_t n; double t0;"')
  end
  if scripts.running then
    errors.raise(CALL .. ": the run has begun; declare at the script's top level", "EBUSY")
  end
  local script = scripts.current()
  if script.state then errors.raise(CALL .. ": this script has declared its state already") end
  local declared = check_declaration(text)
  local ok, struct = pcall(ffi.typeof, "struct { " .. text:gsub("[;%s]*$", "") .. "; }")
  if not ok then errors.raise(("%s: %s"):format(CALL, tostring(struct))) end
  -- Asked only for what the struct does not have.
  local function unknown(_, name)
    errors.raise(('flow.state has no "%s"%s'):format(
      tostring(name), suggest.hint(tostring(name), declared)))
  end
  ffi.metatype(struct, { __index = unknown, __newindex = unknown })
  script.state = allocate(struct)
  for id, s in each(flow.sockets) do
    if s.script == script then flow.states[id] = script.state end
  end
end

return state
