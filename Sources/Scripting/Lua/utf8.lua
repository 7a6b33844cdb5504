-- SPDX-License-Identifier: BSD-2-Clause
-- What of a string is UTF-8.
local band = require("bit").band

local utf8 = {}

-- The least second byte, and the length, of the UTF-8 sequence that `lead` begins (Unicode, table
-- 3-7).
local function sequence(lead)
  if lead >= 0xc2 and lead <= 0xdf then return 2, 0x80, 0xbf
  elseif lead == 0xe0 then return 3, 0xa0, 0xbf
  elseif lead == 0xed then return 3, 0x80, 0x9f
  elseif lead >= 0xe1 and lead <= 0xef then return 3, 0x80, 0xbf
  elseif lead == 0xf0 then return 4, 0x90, 0xbf
  elseif lead >= 0xf1 and lead <= 0xf3 then return 4, 0x80, 0xbf
  elseif lead == 0xf4 then return 4, 0x80, 0x8f
  end
  return 1
end

--- The length of the well-formed sequence of several bytes at `i`, or nil.
function utf8.well_formed(text, i)
  local length, low, high = sequence(text:byte(i))
  if length == 1 or i + length - 1 > #text then return nil end
  local second = text:byte(i + 1)
  if second < low or second > high then return nil end
  for k = i + 2, i + length - 1 do
    if band(text:byte(k), 0xc0) ~= 0x80 then return nil end
  end
  return length
end
return utf8
