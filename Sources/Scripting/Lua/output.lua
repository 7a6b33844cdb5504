-- SPDX-License-Identifier: BSD-2-Clause
-- What leaves a script: lines for standard output, diagnostics for standard error.
local abi = require "mos.abi"
local boot = require "mos.boot"

local api, worker = abi.api, abi.worker
local PRINT, DIAGNOSTIC = abi.constant "EMIT_PRINT", abi.constant "EMIT_DIAGNOSTIC"

local output = {}

local function visible(c)
  return ("\\x%02x"):format(c:byte(-1))
end

--- `text` with what could steer a terminal written as \xNN; tabs and newlines stay.
function output.harmless(text)
  if not text:find "[%z\1-\8\11-\31\127\194]" then return text end
  text = text:gsub("[%z\1-\8\11-\31\127]", visible)
  return (text:gsub("\194[\128-\159]", visible))
end

local harmless = boot.options.terminal and output.harmless or function(text) return text end

--- Lua's print, as a record among the others.
function output.print(...)
  local count = select("#", ...)
  local parts = { ... }
  for i = 1, count do
    local text = tostring(parts[i])
    if type(text) ~= "string" then error("'tostring' must return a string to 'print'", 2) end
    parts[i] = text
  end
  local line = harmless(table.concat(parts, "\t", 1, count))
  api.emit(worker, PRINT, line, #line)
end

--- A message for the person who runs the script.
function output.diagnose(text)
  text = output.harmless(text)
  api.emit(worker, DIAGNOSTIC, text, #text)
end

return output
