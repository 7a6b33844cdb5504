-- SPDX-License-Identifier: BSD-2-Clause
-- Text for people: colours where they are wanted, lines that fit, bytes that cannot steer a
-- terminal.
local paint = {
  WIDTH = 96,
  --- A blank at which no line is broken.
  BLANK = "\1",
}

local codes = { dim = "2", bold = "1", bad = "31", good = "32", odd = "33", state = "36" }
local colour = false

--- Whether colours are written at all.
function paint.use_colour(wanted)
  colour = wanted
end

--- `text` in a style, or as it is.
function paint.styled(text, style)
  local code = colour and codes[style]
  if not code or text == "" then return text end
  return "\27[" .. code .. "m" .. text .. "\27[0m"
end

local short = { [32] = paint.BLANK,
  [9] = "\\t", [10] = "\\n", [13] = "\\r", [34] = '\\"', [92] = "\\\\" }

--- `text` with blanks at which no line is broken.
function paint.together(text)
  return (text:gsub(" ", paint.BLANK))
end

--- "1 byte", "2 bytes".
function paint.count(number, what)
  return ("%.0f%s%s%s"):format(number, paint.BLANK, what, number == 1 and "" or "s")
end

--- The first bytes of `text` in quotes, at most `most` columns, with everything that does not print
--- as an escape; what is left out shows as "...".
function paint.quote(text, most)
  local parts, width = {}, 0
  for i = 1, #text do
    local byte = text:byte(i)
    local c = short[byte]
    if not c then
      c = byte > 32 and byte < 127 and string.char(byte) or ("\\x%02x"):format(byte)
    end
    if width + #c > most then return '"' .. table.concat(parts) .. '"...' end
    parts[i], width = c, width + #c
  end
  return '"' .. table.concat(parts) .. '"'
end

-- The words of notes, each with its style; a note ends in "; " but for the last.
local function words_of(notes)
  local words = {}
  for i, note in ipairs(notes) do
    local text = note.text
    if i < #notes then text = text .. ";" end
    for word in text:gmatch "%S+" do words[#words + 1] = { text = word, style = note.style } end
  end
  return words
end

-- A word on the line, in the colour of those before it where that is the same.
local function put(line, word)
  local last = line[#line]
  if last and last.style == word.style then
    last.text = last.text .. " " .. word.text
  else
    if last then last.text = last.text .. " " end
    line[#line + 1] = { text = word.text, style = word.style }
  end
end

local function line_text(lead, line)
  local parts = { lead }
  for _, part in ipairs(line) do parts[#parts + 1] = paint.styled(part.text, part.style) end
  return (table.concat(parts):gsub(paint.BLANK, " "))
end

--- `notes`, a list of {text=, style=}, as lines: the first behind `lead`, `width` columns wide, the
--- others indented by as much.
function paint.wrap(lead, width, notes)
  local lines, line, used = {}, {}, width
  for _, word in ipairs(words_of(notes)) do
    if used > width and used + 1 + #word.text > paint.WIDTH then
      lines[#lines + 1] = line_text(lead, line)
      lead, line, used = (" "):rep(width), {}, width
    end
    used = used + #word.text + (used > width and 1 or 0)
    put(line, word)
  end
  lines[#lines + 1] = line_text(lead, line)
  return lines
end

return paint
