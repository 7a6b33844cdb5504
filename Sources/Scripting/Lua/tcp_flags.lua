-- SPDX-License-Identifier: BSD-2-Clause
-- TCP flags by their letters.
local bit = require "bit"
local errors = require "mos.errors"

local band, bor = bit.band, bit.bor
local bits = { F = 1, S = 2, R = 4, P = 8, A = 16, U = 32, E = 64, C = 128 }
local masks = {} -- letters -> mask, learnt

local tcp_flags = {}

--- The number of flags that are given by their letters; `call`, `index` and `name` are for its
--- error.
function tcp_flags.parse(call, index, name, letters)
  if type(letters) ~= "string" or letters == "" or letters:find "[^FSRPAUEC]" then
    errors.argument(call, index, name, letters, 'flags out of "FSRPAUEC"')
  end
  local mask = 0
  for letter in letters:gmatch "." do mask = bor(mask, bits[letter]) end
  return mask
end

local function learn(letters)
  masks[letters] = tcp_flags.parse("has", 1, "letters", letters)
  return masks[letters]
end

--- The method `has(letters)` of a value whose flags `flags_of(value)` gives.
function tcp_flags.method(meta, flags_of)
  return function(value, letters)
    if getmetatable(value) ~= meta then
      errors.argument("has", 0, "self", value, "a " .. meta.__name .. " (call it with a colon)")
    end
    local mask = masks[letters] or learn(letters)
    return band(flags_of(value), mask) == mask
  end
end

return tcp_flags
