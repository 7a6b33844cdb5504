-- SPDX-License-Identifier: BSD-2-Clause
-- Pages of the methods of aggregates.
local KEY = { "key", "any",
  "a string, a number or a boolean for each label, in their order; nothing without labels" }
local WRONG = { "EINVAL", "an argument is of a wrong type, or there are more or fewer parts of a "
  .. "key than labels" }
local COLON = { "EBADF", "called with a dot" }
local OUTSIDE = { "EPERM", "not within a function of mos.on_report or mos.on_interval, and not "
  .. "through `own()`" }

local pages = {}

local function add(page)
  pages[#pages + 1] = page
end

local function writer(name, result, args, notes, wrong)
  args[#args + 1] = KEY
  add { name = name, args = args, result = result, notes = notes,
    raised = { wrong or WRONG, COLON } }
end

local function reader(name, gives, result, args, notes)
  add { name = name, gives = gives, args = args, result = result, notes = notes,
    raised = #args > 0 and { WRONG, COLON, OUTSIDE } or { COLON, OUTSIDE } }
end

local NOTHING = "Nothing. A new key for which there is no room is not taken in: the counter "
  .. "`aggregate_keys_refused` tells how often."

for _, kind in ipairs { "counter", "gauge", "histogram", "topk", "distinct" } do
  add { name = kind .. ":own", gives = "mine", args = {},
    result = ("A %s with the methods that read, for what this worker knows: the same each time.")
      :format(kind),
    raised = { COLON },
    notes = "It can be read at any time, in callbacks too. With one worker that is all there is." }
  reader(kind .. ":each", "iterator",
    "For `for`: the parts of the key, then what `" .. (kind == "histogram" and "count" or "value")
    .. "` gives. Keys come in order: false, true, numbers, strings by their bytes.", {})
  reader(kind .. ":top", "iterator",
    "For `for`: as `each`, but the " .. (kind == "histogram" and "keys with most values"
    or "largest") .. " first, and those that are alike by key.",
    { { "n", "number", "how many keys at most" } })
end

local NUMBER = "a finite number"
writer("counter:add", NOTHING, { { "n", "number", NUMBER } },
  "Sums of whole numbers are exact to 2^53. Fractions are summed with 106 bits, so that neither "
  .. "their order nor the number of workers shows.")
writer("counter:count", NOTHING, {}, "The same as `add(1, key...)`.")
reader("counter:value", "sum", "The sum; 0 for a key that is not there.", { KEY })

writer("gauge:set", NOTHING, { { "v", "number", NUMBER } },
  "What several workers set under one key becomes one value as `keep` of mos.gauge says.")
writer("gauge:add", NOTHING, { { "v", "number", NUMBER .. ", below 0 too" } }, nil,
  { "EINVAL", "an argument is of a wrong type; the parts of the key are not as many as labels; the "
    .. "gauge has a `keep` other than \"sum\"" })
reader("gauge:value", "v", "The value; nil for a key that is not there.", { KEY })

writer("histogram:add", NOTHING, { { "v", "number", NUMBER } },
  "Infinities and NaN are errors: guard a quotient whose divisor may be 0.")
reader("histogram:count", "n", "How many values; 0 for a key that is not there.", { KEY })
reader("histogram:sum", "sum", "Their sum; 0 for a key that is not there.", { KEY },
  "Summed as in `counter:add`.")
reader("histogram:min", "v", "The least value, exactly; nil without values.", { KEY })
reader("histogram:max", "v", "The largest value, exactly; nil without values.", { KEY })
reader("histogram:avg", "v", "sum / count; nil without values.", { KEY })
reader("histogram:quantile", "v", "A value that a share q of all values does not exceed; nil "
  .. "without values. 0 gives the least, 1 the largest value.",
  { { "q", "number", "0 to 1: 0.5 is the median" }, KEY },
  [[
With the default buckets it is within 4 % of the true value, when that is positive and between
2^-34 and 2^62. With `bounds` and `linear` it is interpolated within the value's bucket. Negative
values have one bucket by default: give `bounds` or `linear` when they matter.]])
reader("histogram:buckets", "iterator", [[
For `for`: the least value of a bucket, the first that is too large for it, and how many values it
has. By default those buckets that have some; with `bounds` and `linear` all.]], { KEY },
  "Zero has a bucket of its own, whose two edges are 0.")

writer("topk:add", "Nothing.", { { "n", "number", "a finite number, 0 or more" } })
writer("topk:count", "Nothing.", {}, "The same as `add(1, key...)`.")
reader("topk:value", "sum, lacks", "The sum of a key, and what it may lack: the true sum is "
  .. "between sum and sum + lacks. 0 and `error()` for a key that is not there.", { KEY })
reader("topk:error", "most", "What a key may have had that is not there; 0 while nothing was "
  .. "dropped.", {})

writer("distinct:add", NOTHING, { { "value", "any", "a string, a number or a boolean; the number 1 "
  .. "and the string \"1\" are two values" } })
reader("distinct:value", "n", "How many different values; 0 for a key that is not there.", { KEY },
  "Exact up to 192 values, then an estimate: see mos.distinct.")

return pages
