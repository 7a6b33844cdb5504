-- SPDX-License-Identifier: BSD-2-Clause
-- Histograms of one-liners as lines with bars, as bpftrace draws them:
--
--     [1K, 2K)              12 |@@@@@@@@@@@@@@                                    |
local histogram = require "mos.histogram"
local numbers = require "mos.short_numbers"

local LABEL, COUNT, LINE, LEAST = 16, 8, 80, 20
local huge = math.huge

local bars = {}

local texts = { hist = numbers.power, lhist = numbers.plain, thist = numbers.seconds }

local function label(word, lower, upper)
  if lower == upper then return "[0]" end
  local text = texts[word]
  if lower == -huge then return ("(..., %s)"):format(text(upper)) end
  if upper == huge then return ("[%s, ...)"):format(text(lower)) end
  return ("[%s, %s)"):format(text(lower), text(upper))
end

-- Buckets from the first to the last that have values: octaves between them too.
local function rows_of(word, store, row)
  local list, last = {}, 0
  for lower, upper, count in histogram.readers.buckets(store, row) do
    local before = list[#list]
    -- Powers of two come without those in between that are empty.
    while word == "hist" and before and before.lower > 0 and before.upper < lower do
      list[#list + 1] = { lower = before.upper, upper = before.upper * 2, count = 0 }
      before = list[#list]
    end
    if count > 0 or list[1] then
      list[#list + 1] = { lower = lower, upper = upper, count = count }
    end
    if count > 0 then last = #list end
  end
  for i = #list, last + 1, -1 do list[i] = nil end
  return list
end

--- The buckets of a row that are shown: a list of {lower, upper, count}.
bars.rows = rows_of

--- The lines for a row of a histogram.
function bars.lines(word, store, row)
  local list, width, digits, most = rows_of(word, store, row), LABEL, COUNT, 0
  for _, bucket in ipairs(list) do
    bucket.label = label(word, bucket.lower, bucket.upper)
    bucket.text = ("%d"):format(bucket.count)
    width, digits = math.max(width, #bucket.label), math.max(digits, #bucket.text)
    most = math.max(most, bucket.count)
  end
  local bar = math.max(LEAST, LINE - width - digits - 4)
  for i, bucket in ipairs(list) do
    local filled = math.floor(bucket.count / most * bar)
    list[i] = ("%s%s %s%s |%s%s|"):format(bucket.label, (" "):rep(width - #bucket.label),
      (" "):rep(digits - #bucket.text), bucket.text, ("@"):rep(filled), (" "):rep(bar - filled))
  end
  return list
end

return bars
