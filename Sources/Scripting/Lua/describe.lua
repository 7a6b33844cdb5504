-- SPDX-License-Identifier: BSD-2-Clause
-- An error of a script as text: the message, the line it happened on with a mark under the word it
-- is about, what to write instead, and the user's frames.
local abi = require "mos.abi"
local errors = require "mos.errors"
local flow = require "mos.flow"
local hints = require "mos.hints"
local marks = require "mos.marks"
local slots = require "mos.slots"
local sources = require "mos.sources"

local module = {}

local NAMES = 60 -- locals and upvalues of a frame that are looked at

local function frame_name(info)
  if info.what == "main" then return "at top level" end
  if info.name then return ("in '%s'"):format(info.name) end
  return ("in the function of line %d"):format(info.linedefined)
end

-- The line of a script with what the message is about marked; nil where it was not kept.
function module.quote(script, line, message)
  if not script then return nil end
  local at, list = marks.find(script, line, message)
  local text = script.lines[at]
  if not text or not text:find "%S" then return nil end
  return sources.quote(text, at, list)
end

local ev = abi.event

-- What compiled code does not need any more is not put back into the frame: anything may lie there.
-- The flow that a callback was called with is known all the same.
local function put_flow(func, values)
  local kind = slots.functions[ev.slot] == func and slots.kinds[ev.slot]
  local name = debug.getlocal(func, 1)
  if name and (kind == slots.FLOW or kind == slots.ARG) then
    values[name] = setmetatable({ ev.flow, ev.generation, ev.socket }, flow.Flow)
  end
end

-- The names that a frame sees, `level` as for the caller.
local function values_of(level, info)
  local values, locals = {}, {}
  for i = 1, NAMES do
    local name, value = debug.getupvalue(info.func, i)
    if not name then break end
    values[name] = value
  end
  for i = 1, NAMES do
    local name, value = debug.getlocal(level + 1, i)
    if not name then break end
    values[name], locals[name] = value, true
  end
  put_flow(info.func, values)
  if values.mos == nil and not locals.mos then values.mos = package.loaded.mos end
  return values, locals
end

--- The text of an error of the chunk's compilation.
function module.syntax(problem)
  local name, line, message = problem:match "^(.-):(%d+): (.*)$"
  local quoted = name and module.quote(sources.get(name), tonumber(line), message)
  return quoted and problem .. "\n" .. quoted or problem
end

--- The message handler of every protected call of user code.
function module.describe(value)
  local text = errors.text(value)
  local lines, frames = { text }, {}
  local name, line, message = text:match "^(.-):(%d+): (.*)$"
  local script = name and sources.get(name)
  local place
  for level = 2, 60 do
    local info = debug.getinfo(level, "Snlf")
    if not info then break end
    if info.what ~= "C" and not errors.is_ours(info.source) then
      frames[#frames + 1] = ("    %s:%d: %s"):format(
        info.short_src, info.currentline, frame_name(info))
      -- An error value that is no text has no place: where it was raised is quoted.
      if not name and not script then
        script, line = sources.get(info.short_src), info.currentline
      end
      if not place and info.short_src == name and info.currentline == tonumber(line) then
        place = { first = info.linedefined, line = info.currentline }
        place.values, place.locals = values_of(level, info)
      end
    end
  end
  lines[2] = module.quote(script, tonumber(line), message or text)
  local hint = hints.of(message or text, script, place)
  if hint then lines[#lines + 1] = "    hint: " .. hint end
  for _, frame in ipairs(frames) do lines[#lines + 1] = frame end
  return table.concat(lines, "\n")
end

return module
