-- SPDX-License-Identifier: BSD-2-Clause
-- Where rows go: ladders are kept until their flow ends, each within its bounds and all of them
-- within one; or every row is printed at once.
local abi = require "mos.abi"
local ladder = require "mos.explain.ladder"
local paint = require "mos.explain.paint"
local summary = require "mos.explain.summary"

local api, worker = abi.api, abi.worker
local PRINT = abi.constant "EMIT_PRINT"
local ALL = 200000 -- rows kept of all flows together
local LAST = 100   -- rows kept of a flow's end, at most a tenth of what is kept of it

local book = {
  --- Rows kept of a flow, 0 = all.
  most = 1000,
  --- Rows are printed at once.
  interleaved = false,
  --- Called with each row and each ending in the place of printing it.
  objects = nil,
}

local kept = 0

local function print_lines(lines, tag)
  for _, line in ipairs(lines) do
    local text = tag and tag .. line or line
    api.emit(worker, PRINT, text, #text)
  end
end

local is_apart = true -- the next heading needs no empty line above it

--- Writes lines that belong to no flow.
function book.stray(lines)
  print_lines(lines, book.interleaved and "   - " or nil)
  is_apart = false
end

local function tag_of(l)
  return paint.styled(("%4d "):format(l.number), "bold")
end

--- A flow begins.
function book.open(l)
  if book.objects then return end
  if book.interleaved then return print_lines(ladder.heading(l), tag_of(l)) end
  l.head, l.tail, l.tail_at, l.missing = {}, {}, 0, 0
end

local function rows_of_end()
  return math.min(LAST, math.ceil(book.most / 10))
end

-- Takes a row that is beyond the first ones: the oldest of the last makes room for it; where not
-- even one could be kept, it is only counted.
local function keep_last(l, lines)
  local count = #l.tail
  if l.missing == 0 and count < rows_of_end() and kept < ALL then
    kept = kept + 1
    l.tail_at = count + 1
    l.tail[l.tail_at] = lines
    return
  end
  l.missing = l.missing + 1
  if count == 0 then return end
  l.tail_at = l.tail_at % count + 1
  l.tail[l.tail_at] = lines
end

--- Takes the lines of a row.
function book.add(l, row)
  if book.objects then return book.objects.row(row) end
  local lines = ladder.lines(row)
  if #lines == 0 then return end
  if book.interleaved then return print_lines(lines, tag_of(l)) end
  local is_long = book.most > 0 and #l.head >= book.most - rows_of_end()
  if kept >= ALL or is_long then l.is_full = true end
  if l.is_full then return keep_last(l, lines) end
  kept = kept + 1
  l.head[#l.head + 1] = lines
end

local function cut_note(l)
  local text = ("%d rows left out; --packets keeps more of a flow, --interleaved prints all")
    :format(l.missing)
  if book.most == 0 or #l.head + #l.tail < book.most then
    text = ("%d rows left out, for all open flows together keep no more than %d; --interleaved "
      .. "prints all"):format(l.missing, ALL)
  end
  return paint.wrap("    ... ", 8, { { text = text, style = "bad" } })
end

--- A flow is over: its ladder is printed.
function book.close(l, ending)
  if book.objects then return book.objects.ending(l, ending) end
  if book.interleaved then return print_lines(summary.lines(ending), tag_of(l)) end
  if not is_apart then print_lines { "" } end
  print_lines(ladder.heading(l))
  for _, lines in ipairs(l.head) do print_lines(lines) end
  if l.missing > 0 then print_lines(cut_note(l)) end
  local count = #l.tail
  for i = 1, count do print_lines(l.tail[(l.tail_at + i - 1) % count + 1]) end
  kept = kept - #l.head - count
  l.head, l.tail = nil, nil
  print_lines(summary.lines(ending))
  print_lines { "" }
  is_apart = true
end

return book
