-- SPDX-License-Identifier: BSD-2-Clause
-- The text format: `key=value` in byte order of the keys, in columns as wide as the stream's widest
-- yet.
local buffer = require "string.buffer"
local json = require "mos.json"

local WIDEST = 40 -- wider values push what follows to the right instead of widening the column

local text = {}
local out = buffer.new()

local function value_text(value, key)
  if type(value) == "string" and value ~= "" and not value:find '[%c%s"=\\\127-\255]' then
    return value
  end
  return json.value(value, key)
end

--- The record as a line in a buffer that the next call uses again. `known` is a table of the
--- stream's own.
function text.encode(record, known)
  out:reset()
  local keys = json.keys_of(record, known)
  known.widths = known.widths or {}
  local widths = known.widths
  for i = 1, #keys do
    local key = keys[i]
    local field = key .. "=" .. value_text(record[key], key)
    out:put(field)
    if i < #keys then
      local width = math.max(widths[key] or 0, math.min(#field, #key + 1 + WIDEST))
      widths[key] = width
      out:put((" "):rep(math.max(0, width - #field) + 2))
    end
  end
  return out
end

return text
