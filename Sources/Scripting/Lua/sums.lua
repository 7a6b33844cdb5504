-- SPDX-License-Identifier: BSD-2-Clause
-- Sums of two doubles, the rounded sum and what it lacks: 106 bits, so that the order in which
-- fractions come, and over how many workers, does not show (T. J. Dekker, Numerische Mathematik 18,
-- 1971; D. E. Knuth, The Art of Computer Programming, volume 2, section 4.2.2).
local sums = {}

--- Lua text that adds `n` to the sum at m[at], m[at + 1].
sums.code = [[
  local hi, lo = m[at], m[at + 1]
  local s = hi + n
  local b = s - hi
  lo = lo + ((hi - (s - b)) + (n - b))
  local r = s + lo
  m[at], m[at + 1] = r, lo - (r - s)
]]

local add = loadstring("return function(m, at, n) " .. sums.code .. " end", "=mos/sums.lua")()

--- Adds `n` to the sum at m[at], m[at + 1].
sums.add = add

--- Adds another sum, that at other[from], other[from + 1].
function sums.merge(m, at, other, from)
  add(m, at, other[from])
  add(m, at, other[from + 1])
end

return sums
