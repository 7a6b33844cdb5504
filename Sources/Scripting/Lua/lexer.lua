-- SPDX-License-Identifier: BSD-2-Clause
-- Lua source as tokens with their places: for messages that point at a word of a script. It never
-- fails: what is no token is passed over, and a text without an end ends with its line.
local lexer = {}

local operators = { "...", "..", "==", "~=", "<=", ">=", "::", "//" }

-- Behind a long string or comment that opens at `at`, nil when none opens there.
local function long_end(text, at)
  local equals = text:match("^%[(=*)%[", at)
  if not equals then return nil end
  local _, last = text:find("]" .. equals .. "]", at, true)
  return (last or #text) + 1
end

local function string_end(text, at, quote)
  local i = at + 1
  while i <= #text do
    local c = text:sub(i, i)
    if c == "\\" then
      i = i + 2
    elseif c == quote then
      return i + 1
    elseif c == "\n" then
      return i
    else
      i = i + 1
    end
  end
  return #text + 1
end

-- What stands at `at`: its kind and the place behind it.
local function scan(text, at)
  local c = text:sub(at, at)
  if c:find "[%a_]" then
    return "name", text:match("^[%w_]+()", at)
  elseif c:find "%d" or c == "." and text:find("^%d", at + 1) then
    return "number", text:match("^[%w_.]+()", at)
  elseif c == '"' or c == "'" then
    return "string", string_end(text, at, c)
  elseif text:find("^%-%-", at) then
    return "comment", long_end(text, at + 2) or text:find("\n", at, true) or #text + 1
  end
  local past = c == "[" and long_end(text, at)
  if past then return "string", past end
  for _, operator in ipairs(operators) do
    if text:sub(at, at + #operator - 1) == operator then return "operator", at + #operator end
  end
  return "operator", at + 1
end

--- The tokens of `text` but for comments: a list of {kind, text, line, column}, in order; kind is
--- "name", "number", "string" (with its quotes) or "operator".
function lexer.tokens(text)
  local tokens, at, line, start = {}, 1, 1, 1
  while true do
    -- Lines are counted where white space and long tokens are passed.
    local next_at = text:find("%S", at)
    for break_at in text:sub(at, (next_at or #text + 1) - 1):gmatch "()\n" do
      line, start = line + 1, at + break_at
    end
    if not next_at then return tokens end
    local kind, past = scan(text, next_at)
    local token = text:sub(next_at, past - 1)
    if kind ~= "comment" then
      tokens[#tokens + 1] = { kind = kind, text = token, line = line,
        column = next_at - start + 1 }
    end
    for break_at in token:gmatch "()\n" do line, start = line + 1, next_at + break_at end
    at = past
  end
end

return lexer
