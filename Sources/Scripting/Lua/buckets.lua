-- SPDX-License-Identifier: BSD-2-Clause
-- The buckets of histograms: which one a value belongs to, and what each one holds.
--
-- A scheme has `count` buckets, numbered in the order of their values, `code`: Lua text that leaves
-- the number of n's bucket in `b`, `env`: what that uses, `edges(b)`: the least value and the least
-- that is too large, and `middle(lower, upper, share)`: what stands for values in it.
local ffi = require "ffi"
local bit = require "bit"

ffi.cdef "union mos_bits { double number; struct { uint32_t low, high; }; };"

local buckets = {}

local MOST = 4096
local huge = math.huge

-- Log-linear: each power of two from 2^-34 to 2^62 has 16 buckets of the same width, named by the
-- exponent and the first four bits of the mantissa. The middle of one is within 1/32 of what is in
-- it. Negative values, zero and what is smaller or larger have a bucket each.
local FIRST, LAST, PER = -34, 62, 16
local LOW, HIGH = 2 ^ FIRST, 2 ^ LAST
local NEGATIVE, ZERO, TINY, LARGE = 0, 1, 2, PER + (LAST - FIRST) * PER

local function outside(n)
  if n < 0 then return NEGATIVE elseif n == 0 then return ZERO end
  return n < LOW and TINY or LARGE
end

local log_linear = {
  count = LARGE + 1,
  code = "local b if n >= LOW and n < HIGH then bits.number = n "
    .. "b = rshift(bits.high, 16) - OFFSET else b = outside(n) end",
  env = { bits = ffi.new "union mos_bits", rshift = bit.rshift, outside = outside,
    LOW = LOW, HIGH = HIGH, OFFSET = (1023 + FIRST) * PER - PER },
}

function log_linear.edges(b)
  if b == NEGATIVE then return -huge, 0 elseif b == ZERO then return 0, 0 end
  if b == TINY then return 0, LOW elseif b == LARGE then return HIGH, huge end
  local octave = math.floor(b / PER) - 1
  local base = 2 ^ (FIRST + octave)
  local step = base / PER
  return base + (b % PER) * step, base + (b % PER + 1) * step
end

function log_linear.middle(lower, upper)
  return (lower + upper) / 2
end

-- The same range with one bucket for each power of two.
local FEWEST = 3 -- the first of those, behind NEGATIVE, ZERO and TINY

local function beside(n)
  return n >= HIGH and FEWEST + LAST - FIRST or outside(n)
end

local octaves = {
  count = FEWEST + LAST - FIRST + 1,
  code = "local b if n >= LOW and n < HIGH then bits.number = n "
    .. "b = rshift(bits.high, 20) - OFFSET else b = beside(n) end",
  env = { bits = ffi.new "union mos_bits", rshift = bit.rshift, beside = beside,
    LOW = LOW, HIGH = HIGH, OFFSET = 1023 + FIRST - FEWEST },
  middle = log_linear.middle,
}

function octaves.edges(b)
  if b < FEWEST then return log_linear.edges(b) end
  local base = 2 ^ (FIRST + b - FEWEST)
  return base, base < HIGH and base * 2 or huge
end

-- Within a bucket that is wide values are taken to lie evenly.
local function interpolate(lower, upper, share)
  return lower + (upper - lower) * share
end

local function is_number(value)
  return type(value) == "number" and value - value == 0
end

--- Steps of one width from `from` to `to`, and a bucket below and above; nil for what is no such
--- list.
function buckets.linear(list)
  if type(list) ~= "table" then return nil end
  local from, to, step = list[1], list[2], list[3]
  if not (is_number(from) and is_number(to) and is_number(step)) or #list ~= 3 then return nil end
  if not (step > 0 and to > from) then return nil end
  local steps = math.ceil((to - from) / step - 1e-9)
  if steps > MOST then return nil end
  local function place(n)
    if n < from then return 0 elseif n >= to then return steps + 1 end
    local at = math.min(math.floor((n - from) / step), steps - 1)
    -- Where rounding put it beyond an edge.
    if n < from + at * step then at = at - 1
    elseif at + 1 < steps and n >= from + (at + 1) * step then at = at + 1 end
    return at + 1
  end
  return {
    count = steps + 2, code = "local b = place(n)", env = { place = place }, middle = interpolate,
    is_dense = true,
    edges = function(b)
      if b == 0 then return -huge, from elseif b == steps + 1 then return to, huge end
      return from + (b - 1) * step, b == steps and to or from + b * step
    end,
  }
end

--- Buckets between numbers that grow, and one below and above; nil for what is no such list. The
--- number of bounds that are not above n is found by halves, without a branch.
function buckets.bounds(list)
  if type(list) ~= "table" or #list > MOST then return nil end
  local size = 1
  while size < #list + 1 do size = size * 2 end
  local bounds = ffi.new("double[?]", size)
  for i = 1, size do
    local bound = list[i]
    if i <= #list and not (is_number(bound) and (i == 1 or bound > list[i - 1])) then return nil end
    bounds[i - 1] = bound or huge
  end
  local code = { "if n == 0 then n = 0 end local b = 0" } -- -0 has a sign
  while size > 1 do
    size = size / 2
    -- The sign of n - bound: 0 when the bound is not above n.
    code[#code + 1] = ("bits.number = n - bounds[b + %d] "
      .. "b = b + band(rshift(bits.high, 31) - 1, %d)"):format(size - 1, size)
  end
  return {
    count = #list + 1, code = table.concat(code, " "), middle = interpolate, is_dense = true,
    env = { bits = ffi.new "union mos_bits", rshift = bit.rshift, band = bit.band,
      bounds = bounds },
    edges = function(b) return list[b] or -huge, list[b + 1] or huge end,
  }
end

-- 1, 2, 5, 10, 20 ... microseconds, as seconds, to a day.
local function time_bounds()
  local list = { 0 }
  for power = -6, 4 do
    for _, digit in ipairs { 1, 2, 5 } do
      -- Read, not computed: 0.0001 must be the number that a script writes so.
      list[#list + 1] = tonumber(("%de%d"):format(digit, power))
    end
  end
  list[#list + 1] = 100000
  return list
end

buckets.log_linear, buckets.octaves = log_linear, octaves

--- Seconds, in steps that people read: 100 us, 200 us, 500 us, 1 ms ...
buckets.times = buckets.bounds(time_bounds())

return buckets
