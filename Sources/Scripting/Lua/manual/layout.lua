-- SPDX-License-Identifier: BSD-2-Clause
-- Texts of the manual as blocks, and blocks as plain text of 80 columns.
--
-- A text has paragraphs between blank lines, list items that begin with `* `, and lines that stand
-- as they are when they begin with four spaces. `code` stands between backquotes, which plain text
-- leaves out, or turns into quotes.
--
-- A document is a list of {heading, block ...}; a block is such a text or one of
--   {defs = {{term, text} ...}}   {code = text}   {shell = command, output = text}
--   {heads = {text, text, text}, rows = {{name, short text, text} ...}}
local layout = {}

local WIDTH, INDENT = 80, "    "

local function lines_of(text)
  local lines = {}
  for line in (text:gsub("%s+$", "") .. "\n"):gmatch "(.-)\n" do lines[#lines + 1] = line end
  return lines
end

local function kind_of(line)
  if line:find "^    " then return "code" end
  if line:find "^%* " then return "item" end
  return "text"
end

--- The blocks of a text: {kind = "text", "item" or "code", text = ...}; of code with its lines.
function layout.blocks(text)
  local blocks, last = {}, nil
  for _, line in ipairs(lines_of(text)) do
    if line == "" then
      -- Within code a blank line stays; anywhere else it ends the block.
      if last and last.kind == "code" then last.blank = (last.blank or "") .. "\n"
      else last = nil end
    else
      local kind = kind_of(line)
      local goes_on = last and (kind == last.kind and kind ~= "item"
        or kind == "text" and last.kind == "item" and line:find "^  ")
      if goes_on then
        last.text = last.text .. (last.blank or "") .. "\n" .. line
        last.blank = nil
      else
        last = { kind = kind, text = line }
        blocks[#blocks + 1] = last
      end
    end
  end
  for _, block in ipairs(blocks) do
    if block.kind == "code" then block.text = block.text:gsub("^    ", ""):gsub("\n    ", "\n")
    elseif block.kind == "item" then block.text = block.text:sub(3):gsub("\n%s*", " ") end
  end
  return blocks
end

-- Commands get quotes in the place of backquotes, all other code is told by its looks.
local function plainly(text)
  return (text:gsub("`(mos [^`]*)`", '"%1"'):gsub("`(kill [^`]*)`", '"%1"'):gsub("`", ""))
end

--- The words of `text` in lines of 80 columns, behind `first` and then `indent`.
local function fill(out, text, first, indent)
  local line, empty = first, true
  for word in plainly(text):gmatch "%S+" do
    if not empty and #line + 1 + #word > WIDTH then
      out[#out + 1] = line
      line = indent .. word
    else
      line = empty and line .. word or line .. " " .. word
      empty = false
    end
  end
  out[#out + 1] = line
end

local function put_code(out, text, indent)
  for _, line in ipairs(lines_of(text)) do out[#out + 1] = line == "" and "" or indent .. line end
end

local function put_text(out, text, indent)
  local before
  for _, block in ipairs(layout.blocks(text)) do
    if before and not (before == "item" and block.kind == "item") then out[#out + 1] = "" end
    before = block.kind
    if block.kind == "code" then put_code(out, block.text, indent .. INDENT)
    elseif block.kind == "item" then fill(out, block.text, indent .. "* ", indent .. "  ")
    else fill(out, block.text, indent, indent) end
  end
end

local WIDEST = 20 -- longer terms stand on a line of their own

local function put_defs(out, defs, indent)
  local width = 0
  for _, def in ipairs(defs) do
    local length = #plainly(def[1])
    if length <= WIDEST and length > width then width = length end
  end
  if width == 0 then width = 4 end
  local rest = indent .. (" "):rep(width + 2)
  for _, def in ipairs(defs) do
    local term = indent .. plainly(def[1])
    if #term > #rest - 2 then
      fill(out, def[1], indent, indent)
      term = rest
    else
      term = term .. (" "):rep(#rest - #term)
    end
    fill(out, def[2], term, rest)
  end
end

-- Name and short text on a line, the rest below.
local function put_rows(out, rows)
  local width = 0
  for _, row in ipairs(rows) do width = math.max(width, #row[1] <= 34 and #row[1] or 0) end
  for i, row in ipairs(rows) do
    if i > 1 then out[#out + 1] = "" end
    local name, rest = INDENT .. row[1], INDENT .. (" "):rep(width + 2)
    if #row[1] > width then
      fill(out, row[1], INDENT, INDENT)
      name = INDENT
    end
    fill(out, row[2], name .. (" "):rep(#rest - #name), rest)
    if row[3] ~= "" then fill(out, row[3], INDENT .. INDENT, INDENT .. INDENT) end
  end
end

local function put_block(out, block)
  if type(block) == "string" then put_text(out, block, INDENT)
  elseif block.rows then put_rows(out, block.rows)
  elseif block.defs then put_defs(out, block.defs, INDENT)
  elseif block.code then put_code(out, block.code, INDENT)
  elseif block.shell then
    put_code(out, "$ " .. block.shell, INDENT)
    if block.output then put_code(out, block.output, INDENT) end
  end
end

--- A document as plain text.
function layout.plain(document)
  local out = {}
  for i, section in ipairs(document) do
    if i > 1 then out[#out + 1] = "" end
    out[#out + 1] = section[1]
    for j = 2, #section do
      if j > 2 then out[#out + 1] = "" end
      put_block(out, section[j])
    end
  end
  return table.concat(out, "\n")
end

--- A line for a list: `left` padded to `width`, then `right`, at most 100 columns in all.
function layout.row(left, width, right)
  return ("  %-" .. width .. "s  %s"):format(left, plainly(right))
end

layout.lines_of = lines_of
layout.plainly = plainly

return layout
