-- SPDX-License-Identifier: BSD-2-Clause
-- Documents of the manual as Markdown.
local layout = require "mos.manual.layout"

local markdown = {}

local function put_text(out, text)
  local before
  for _, block in ipairs(layout.blocks(text)) do
    if before and not (before == "item" and block.kind == "item") then out[#out + 1] = "" end
    before = block.kind
    if block.kind == "code" then
      out[#out + 1] = "```text\n" .. block.text .. "\n```"
    elseif block.kind == "item" then out[#out + 1] = "* " .. block.text
    else out[#out + 1] = block.text end
  end
end

--- A table with those heads; the first column is code.
function markdown.rows(heads, rows)
  local out = { "| " .. table.concat(heads, " | ") .. " |", "|" .. ("---|"):rep(#heads) }
  for _, row in ipairs(rows) do
    local cells = {}
    for i, cell in ipairs(row) do cells[i] = cell:gsub("|", "\\|"):gsub("%s+", " ") end
    cells[1] = "`" .. cells[1] .. "`"
    out[#out + 1] = "| " .. table.concat(cells, " | ") .. " |"
  end
  return table.concat(out, "\n") .. "\n"
end

local function put_block(out, block)
  if type(block) == "string" then put_text(out, block)
  elseif block.rows then out[#out + 1] = markdown.rows(block.heads, block.rows)
  elseif block.defs then
    for _, def in ipairs(block.defs) do
      out[#out + 1] = ("* `%s`: %s"):format(layout.plainly(def[1]), def[2])
    end
  elseif block.code then
    out[#out + 1] = "```lua\n" .. block.code:gsub("%s+$", "") .. "\n```"
  elseif block.shell then
    local output = block.output and block.output:gsub("%s+$", "") .. "\n" or ""
    out[#out + 1] = "```text\n$ " .. block.shell .. "\n" .. output .. "```"
  end
end

local function capitalized(heading)
  if heading == "C API" then return heading end
  return heading:sub(1, 1) .. heading:sub(2):lower()
end

--- A document under headings of that level (`####` for 4); the section NAME is left out.
function markdown.text(document, level)
  local out = {}
  for _, section in ipairs(document) do
    if section[1] ~= "NAME" then
      out[#out + 1] = ("#"):rep(level) .. " " .. capitalized(section[1])
      for j = 2, #section do
        out[#out + 1] = ""
        put_block(out, section[j])
      end
      out[#out + 1] = ""
    end
  end
  return table.concat(out, "\n")
end

return markdown
