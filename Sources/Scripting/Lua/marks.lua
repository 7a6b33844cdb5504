-- SPDX-License-Identifier: BSD-2-Clause
-- Which words of a line a message is about.
local calls = require("mos.schema_results").calls

local marks = {}

local REACH = 20 -- lines of a call in which its filter is looked for
local comparisons = { ["<"] = true, [">"] = true, ["<="] = true, [">="] = true }

-- What is marked: a function(token, the one before it) -> true; and whether that is the last one.
local function wanted(message)
  local kind, name = message:match "(%l+) '([^']+)' %("
  if kind == "local" or kind == "upvalue" or kind == "global" then
    return function(token, before) return token.text == name and not before:find "^[.:]$" end
  elseif kind == "field" or kind == "method" then
    return function(token, before) return token.text == name and before:find "^[.:]$" end
  elseif message:find "attempt to compare" then
    return function(token) return comparisons[token.text] end
  elseif message:find "attempt to concatenate" then
    return function(token) return token.text == ".." end
  end
  name = message:match ' no "([^"]+)"' or message:match ' no field "([^"]+)"'
    or message:match 'global "([^"]+)"'
  if name then return function(token) return token.text == name end end
  name = message:match "near '(.-)'$"
  if name then return function(token) return token.text == name end, true end
  name = message:match "argument %d %(%l+%) is mos%.([%u_]+);"
  if name then return function(token) return token.text == name end end
  name = message:match "^mos%.([%w_]+)[: ]"
  return function(token) return token.text == name or name and calls[token.text] == name end
end

--- The words of a line that a function(token, text before) -> true chooses, as {column, length}.
function marks.where(script, line, is_wanted, is_last)
  local list = {}
  for _, token in ipairs(script.tokens[line] or {}) do
    local before = script.all[token.index - 1]
    if is_wanted(token, before and before.text or "") and not token.text:find "\n" then
      list[is_last and 1 or #list + 1] = { token.column, #token.text }
    end
  end
  return list
end

-- The word of a filter that libpcap names; the whole where it names none.
local function in_filter(text, problem)
  for _, pattern in ipairs { "'([^']+)'", '"([^"]+)"', "number (%d+)" } do
    local word = problem:match(pattern)
    local from, to = text:find(word or "\0", 1, true)
    if from then return from, to end
  end
  return 1, #text
end

local function filter(script, line, text, problem)
  for at = line, line + REACH do
    for _, token in ipairs(script.tokens[at] or {}) do
      local from = token.kind == "string" and token.text:find(text, 1, true)
      if from and not token.text:find "\n" then
        local first, last = in_filter(text, problem)
        return at, { { token.column + from + first - 2, last - first + 1 } }
      end
    end
  end
end

--- The line to be quoted for a message, and what is marked there as {column, length}.
function marks.find(script, line, message)
  local text, problem = message:match "filter '(.-)': (.*)$"
  if text then
    local at, list = filter(script, line, text, problem)
    if at then return at, list end
  end
  return line, marks.where(script, line, wanted(message))
end

return marks
