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
local function allocate(struct, script, text)
  local stride = math.ceil(ffi.sizeof(struct) / 8) * 8
  local layout = script.source .. "\n" .. text
  local result = api.flow_state(worker, stride, layout, #layout)
  if result < 0 then errors.raise(CALL .. ": " .. ffi.string(ev.message), errors.code(result)) end
  local base = ffi.cast("uint8_t *", ev.data)
  script.layout = { text = text, stride = stride, struct = struct, base = base }
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
  text = text:gsub("%s+", " ")
  script.state = allocate(struct, script, text)
  for id, s in each(flow.sockets) do
    if s.script == script then flow.states[id] = script.state end
  end
end

-- MARK: Across a reload

local function address(layout)
  return tonumber(ffi.cast("uintptr_t", layout.base))
end

--- What the scripts of this version have declared, for the one that takes over.
function state.hand_over()
  local list = {}
  for _, script in ipairs(scripts.list) do
    local layout = script.layout
    if layout then
      list[#list + 1] = { source = script.source, text = layout.text, stride = layout.stride,
        base = address(layout) }
    end
  end
  return list
end

-- What a declaration names: name -> how many elements, nil for a scalar.
local function fields_of(text)
  local fields = {}
  for statement in text:gmatch "[^;]+" do
    local names = statement:match "^%s*[%a_][%w_]*%s+(.+)$" or ""
    for name in names:gmatch "[^,]+" do
      local field, count = name:match "([%a_][%w_]*)%s*%[?%s*(%d*)"
      fields[field] = tonumber(count) or false
    end
  end
  return fields
end

local function copier(theirs, mine)
  local lines, kept, gone = {}, 0, {}
  for name, count in each(theirs) do
    if mine[name] == nil or (count == false) ~= (mine[name] == false) then
      gone[#gone + 1] = name
    elseif count then
      kept = kept + 1
      lines[#lines + 1] = ("for i = 0, %d do new.%s[i] = old.%s[i] end"):format(
        math.min(count, mine[name]) - 1, name, name)
    else
      kept = kept + 1
      lines[#lines + 1] = ("new.%s = old.%s"):format(name, name)
    end
  end
  table.sort(gone)
  local code = [[
local cast, new_type, old_type, new_base, old_base, new_stride, old_stride, count = ...
for slot = 0, count - 1 do
  local new = cast(new_type, new_base + slot * new_stride)
  local old = cast(old_type, old_base + slot * old_stride)
]] .. table.concat(lines, "\n") .. "\nend"
  return assert(loadstring(code, "=mos/state (generated)")), kept, gone
end

local function number_type(text)
  return ffi.typeof("struct { " .. text:gsub("[;%s]*$", "") .. "; } *")
end

-- Copies the fields that both declare, converted as C converts them, for all flows at once.
local function copy(script, theirs)
  local layout = script.layout
  local run, kept, gone = copier(fields_of(theirs.text), fields_of(layout.text))
  run(ffi.cast, ffi.typeof("$ *", layout.struct), number_type(theirs.text), layout.base,
    ffi.cast("uint8_t *", ffi.cast("uintptr_t", theirs.base)), layout.stride, theirs.stride,
    api.flow_limit(worker))
  return kept, gone
end

--- Takes over what the version before had declared. Returns how many fields were copied one by one,
--- and the names of those that are gone.
function state.take_over(list)
  local copied, gone = 0, {}
  for _, theirs in ipairs(list) do
    local script = scripts.find(theirs.source)
    if not (script and script.layout) then
      gone[#gone + 1] = theirs.text
    -- The same words name the same memory, but for a version loaded while another went back.
    elseif script.layout.text ~= theirs.text or address(script.layout) ~= theirs.base then
      local kept, names = copy(script, theirs)
      copied = copied + kept
      for _, name in ipairs(names) do gone[#gone + 1] = name end
    end
  end
  return copied, gone
end

return state
