-- SPDX-License-Identifier: BSD-2-Clause
-- The text of scripts as they were loaded, for messages that quote a line.
local lexer = require "mos.lexer"
local output = require "mos.output"

local MOST = 256 * 1024 -- bytes of a text that is kept; a longer script is not quoted
local WIDTH = 90        -- of a quoted line

local sources = {}

local kept = {} -- name as messages write it -> {text, lines, tokens by line}

--- Keeps the text of the script that messages call `name`.
function sources.keep(name, text)
  kept[name] = #text <= MOST and { text = text } or nil
end

--- The name by which messages call a chunk, as "x.lua" of "@x.lua".
function sources.name(chunk_name)
  local chunk = loadstring("", chunk_name)
  return debug.getinfo(chunk, "S").short_src
end

-- The script without its first line when that is for the system, as it is compiled.
local function split(entry)
  entry.lines, entry.tokens, entry.all = {}, {}, lexer.tokens((entry.text:gsub("^#[^\n]*", "", 1)))
  for line in (entry.text .. "\n"):gmatch "(.-)\r?\n" do
    entry.lines[#entry.lines + 1] = line
  end
  for i, token in ipairs(entry.all) do
    token.index = i
    local list = entry.tokens[token.line] or {}
    entry.tokens[token.line] = list
    list[#list + 1] = token
  end
end

--- What is kept of the script of that name: `lines`, `tokens` by line, `all` tokens; nil without.
function sources.get(name)
  local entry = kept[name]
  if entry and not entry.lines then split(entry) end
  return entry
end

local function characters(text)
  local _, count = text:gsub("[^\128-\191]", "")
  return count
end

local function shown(text)
  return (output.harmless((text:gsub("\t", "  "))))
end

-- The part of a long line that has the first mark in it.
local function clip(text, first)
  if #text <= WIDTH then return text, 0, "", "" end
  local from = math.max(1, math.min(first - 20, #text - WIDTH + 1))
  while from > 1 and text:byte(from) >= 128 and text:byte(from) < 192 do from = from - 1 end
  local last = math.min(#text, from + WIDTH - 1)
  while last < #text and text:byte(last + 1) >= 128 and text:byte(last + 1) < 192 do
    last = last + 1
  end
  return text:sub(from, last), from - 1, from > 1 and "..." or "", last < #text and "..." or ""
end

--- A line of a script with marks under it, as two indented lines. `marks` are {column, length} from
--- left to right; without any the line's first word is marked.
function sources.quote(text, line, marks)
  text = text:gsub("%s+$", "")
  if not marks[1] then marks = { { text:find "%S" or 1, 1 } } end
  local part, left, before, after = clip(text, marks[1][1])
  local under, width = {}, 0
  for _, mark in ipairs(marks) do
    local at = math.min(math.max(mark[1] - left, 1), #part + 1)
    local column = characters(shown(part:sub(1, at - 1)))
    local length = math.max(1, characters(shown(part:sub(at, at + mark[2] - 1))))
    if column >= width then
      under[#under + 1] = (" "):rep(column - width) .. "^" .. ("~"):rep(length - 1)
      width = column + length
    end
  end
  local number = tostring(line)
  return ("    %s | %s%s%s\n    %s | %s%s"):format(number, before, shown(part), after,
    (" "):rep(#number), (" "):rep(#before), table.concat(under))
end

return sources
