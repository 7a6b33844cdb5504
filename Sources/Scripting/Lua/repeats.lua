-- SPDX-License-Identifier: BSD-2-Clause
-- Equal errors, told once and counted: whoever runs a script over a million flows wants to read a
-- mistake once, and then how often it was made.
local output = require "mos.output"

local SHOWN = 5         -- different errors of one callback that are told in full
local REMEMBERED = 4096 -- flows that are told apart in a count

local repeats = {}

--- What is known of the errors of one callback; `name` is what it is called.
function repeats.new(name)
  return { name = name, kinds = {}, order = {}, hidden = 0 }
end

local function add_flow(kind, flow)
  if not flow or kind.flows[flow] then return end
  if kind.flow_count >= REMEMBERED then
    kind.is_more = true
    return
  end
  kind.flows[flow] = true
  kind.flow_count = kind.flow_count + 1
end

local function hide(known)
  known.hidden = known.hidden + 1
  if known.hidden == 1 then
    output.diagnose(("mos: %s: further errors are counted, not shown"):format(known.name))
  end
end

--- Takes in an error: its text, of which the first line is what happened and where, and a number
--- for the flow, or nil. Calls show() where it is to be told.
function repeats.take(known, text, flow, show)
  local key = text:match "^[^\n]*"
  local kind = known.kinds[key]
  if not kind then
    if #known.order >= SHOWN then return hide(known) end
    kind = { text = key, count = 0, flows = {}, flow_count = 0 }
    known.kinds[key] = kind
    known.order[#known.order + 1] = kind
    show()
  end
  kind.count = kind.count + 1
  add_flow(kind, flow)
end

local function flows_of(kind)
  if kind.flow_count == 0 then return "" end
  local more = kind.is_more and "more than " or ""
  return (" on %s%d flow%s"):format(more, kind.flow_count, kind.flow_count == 1 and "" or "s")
end

--- Says how often what was told has happened.
function repeats.close(known)
  for _, kind in ipairs(known.order) do
    if kind.count > 1 then
      output.diagnose(("mos: %s: %d times%s"):format(kind.text, kind.count, flows_of(kind)))
    end
  end
  if known.hidden > 0 then
    output.diagnose(("mos: %s: %d more error%s"):format(
      known.name, known.hidden, known.hidden == 1 and "" or "s"))
  end
end

return repeats
