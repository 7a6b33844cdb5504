-- SPDX-License-Identifier: BSD-2-Clause
-- What to write instead, for the mistakes that are made most; and why a value was nil. Where a
-- script was kept its words are looked up on the line, and names in the frame that failed; nothing
-- is said that these do not prove.
local classes = require "mos.classes"
local schema = require "mos.schema"

local hints = {}

local function is_operator(token, text)
  return token ~= nil and token.kind == "operator" and token.text == text
end

-- `a.b.c` that begins at a token: the names, and the place of the token behind.
local function path_at(all, index)
  local names = { all[index].text }
  index = index + 1
  while is_operator(all[index], ".") and all[index + 1] and all[index + 1].kind == "name" do
    names[#names + 1] = all[index + 1].text
    index = index + 2
  end
  return names, index
end

local function begins_path(all, index)
  local before = all[index - 1]
  return all[index].kind == "name" and not (is_operator(before, ".") or is_operator(before, ":"))
end

local function read(value, name) return value[name] end

-- Follows the names as far as they are fields of values of mos. Gives the value reached, its text,
-- and, where it is nil and may be, when that is.
local function follow(names, values)
  local value, text = values[names[1]], names[1]
  for i = 2, #names do
    local class = classes.of_value(value)
    local row = class and classes.row(class, names[i])
    if not row then return nil end
    local ok, found = pcall(read, value, names[i])
    if not ok then return nil end
    value, text = found, text .. "." .. names[i]
    if value == nil then return nil, text, row.null, names[i] end
  end
  return value, text
end

-- Behind the parenthesis that closes the one at `index`.
local function behind(all, index)
  local depth = 0
  while all[index] do
    local text = all[index].kind == "operator" and all[index].text or ""
    if text == "(" or text == "{" or text == "[" then depth = depth + 1 end
    if text == ")" or text == "}" or text == "]" then depth = depth - 1 end
    index = index + 1
    if depth == 0 then return index end
  end
  return index
end

local joins = {}
for word in ("and or .. + - * / % ^ == ~= < > <= >= . : [ ( {"):gmatch "%S+" do
  joins[word] = true
end

-- True when an expression that goes up to the token at `index` is over there.
local function is_over(all, index)
  local token = all[index]
  return not token or not (token.kind == "string" or joins[token.text])
end

-- The last method that an expression of calls calls, when it ends with that.
local function last_method(all, index)
  local _, past = path_at(all, index)
  local method
  while all[past] do
    if is_operator(all[past], ":") and all[past + 1] then
      method, past = all[past + 1].text, past + 2
      past = all[past] and all[past].kind == "string" and past + 1 or behind(all, past)
    elseif is_operator(all[past], "(") then
      method, past = nil, behind(all, past)
    else
      break
    end
  end
  return is_over(all, past) and method or nil
end

-- Why an expression that begins at `index` gave nil.
local function why_nil(all, index, values)
  if not all[index] or not begins_path(all, index) then return nil end
  if last_method(all, index) == "match" then
    return "match gives nil where it does not find its pattern"
  end
  local names, past = path_at(all, index)
  if is_over(all, past) then
    local _, text, null = follow(names, values)
    return null and ("%s is nil %s"):format(text, null)
  end
  local method
  if is_operator(all[past], ":") and all[past + 1] then
    method, past = all[past + 1].text, past + 2
  elseif #names > 1 then
    method = table.remove(names)
  end
  if not method or not is_operator(all[past], "(") or not is_over(all, behind(all, past)) then
    return nil
  end
  local class = classes.of_value((follow(names, values)))
  local result = class and classes.results(class, method)
  return result and result.null
    and ("%s:%s gives nil %s"):format(table.concat(names, "."), method, result.null)
end

-- Where a local was set last before a line: the index of what it was set to.
local function assigned_at(script, name, first, line)
  local found
  for at = first, line do
    for _, token in ipairs(script.tokens[at] or {}) do
      if token.kind == "name" and token.text == name and begins_path(script.all, token.index)
        and is_operator(script.all[token.index + 1], "=") then found = token.index + 2 end
    end
  end
  return found
end

local function nil_local(script, place, name)
  local from = assigned_at(script, name, place.first, place.line)
  local why = from and why_nil(script.all, from, place.values)
  return why and ("%s is nil: %s"):format(name, why)
end

-- Why something on the line is nil; `name` is what the message calls it, if it does.
local function nil_value(script, place, name)
  for _, token in ipairs(script.tokens[place.line] or {}) do
    if begins_path(script.all, token.index) then
      local names = path_at(script.all, token.index)
      local _, text, null, last = follow(names, place.values)
      if null and (not name or name == last) then return ("%s is nil %s"):format(text, null) end
      if #names == 1 and place.locals[token.text] and place.values[token.text] == nil
        and (not name or name == token.text) then
        local hint = nil_local(script, place, token.text)
        if hint then return hint end
      end
    end
  end
  return nil
end

-- `flow.view(...)` for flow:view(...), and the other way round.
local function wrong_mark(script, place)
  for _, token in ipairs(script.tokens[place.line] or {}) do
    local names, past = path_at(script.all, token.index)
    if begins_path(script.all, token.index) and token.kind == "name" then
      local name = names[#names]
      if is_operator(script.all[past], "(") and #names > 1 then
        names[#names] = nil
        local class = classes.of_value((follow(names, place.values)))
        local row = class and class ~= "mos" and classes.row(class, name)
        if row and row.args then
          local text = table.concat(names, ".")
          return ("write %s:%s(...), with a colon"):format(text, name)
        end
      elseif is_operator(script.all[past], ":") and #names == 1
        and classes.of_value(place.values[name]) == "mos"
        and (classes.row("mos", script.all[past + 1].text) or {}).args then
        return ("write %s.%s(...), with a dot"):format(name, script.all[past + 1].text)
      end
    end
  end
  return nil
end

local by_message = {
  { "this flow has ended", "what is needed later is copied while the flow lives: flow.id, "
    .. "flow.uid, flow.cli.addr" },
  { "attempt to yield", "a callback runs to its end; later work is done by mos.settimer" },
}

--- What to write, or why a value was nil; nil when there is nothing to add. `place` is the user's
--- frame: {first = line of the function, line, values = by name, locals = names of locals}.
function hints.of(message, script, place)
  for _, entry in ipairs(by_message) do
    if message:find(entry[1], 1, true) then return entry[2] end
  end
  local event = message:match '%(event%) is "(ON_[%u_]+)"'
  if event and schema.find(schema.events, event) then
    return ("write mos.%s, without quotes"):format(event)
  end
  if not script or not place then return nil end
  local hint = wrong_mark(script, place)
  if hint then return hint end
  if not (message:find "a nil value" or message:find "with nil" or message:find "nil with"
    or message:find "got nil") then return nil end
  return nil_value(script, place, message:match "'([%a_][%w_]*)' %(a nil value%)")
end

return hints
