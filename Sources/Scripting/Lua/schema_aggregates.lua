-- SPDX-License-Identifier: BSD-2-Clause
-- The part of the schema that is the methods and fields of aggregates. `key...` is a value for each
-- label.
local function with_common(kind, rows)
  rows[#rows + 1] = { name = "own", args = "",
    doc = "the same as this worker alone knows it, readable at any time" }
  rows[#rows + 1] = { name = "name", type = "string", doc = ("the %s's name"):format(kind) }
  return rows
end

return {
  counter = with_common("counter", {
    { name = "add", args = "n, key...", doc = "adds n to the sum of a key" },
    { name = "count", args = "key...", doc = "adds 1 to the sum of a key" },
    { name = "value", args = "key...", doc = "the sum of a key, 0 without one" },
    { name = "each", args = "", doc = "iterates over key and sum, by key" },
    { name = "top", args = "n", doc = "the same over the n largest sums, the largest first" },
  }),
  gauge = with_common("gauge", {
    { name = "set", args = "v, key...", doc = "sets the value of a key" },
    { name = "add", args = "v, key...", doc = "adds v to the value of a key" },
    { name = "value", args = "key...", doc = "the value of a key, nil before it was set" },
    { name = "each", args = "", doc = "iterates over key and value, by key" },
    { name = "top", args = "n", doc = "the same over the n largest values, the largest first" },
  }),
  histogram = with_common("histogram", {
    { name = "add", args = "v, key...", doc = "takes in a value" },
    { name = "count", args = "key...", doc = "how many values a key has" },
    { name = "sum", args = "key...", doc = "the sum of a key's values" },
    { name = "min", args = "key...", doc = "the least value of a key, nil without one" },
    { name = "max", args = "key...", doc = "the largest value of a key, nil without one" },
    { name = "avg", args = "key...", doc = "the mean of a key's values, nil without one" },
    { name = "quantile", args = "q, key...",
      doc = "the value that a share q of a key's values does not exceed, nil without one" },
    { name = "buckets", args = "key...", doc = "iterates over lower edge, upper edge and count" },
    { name = "each", args = "", doc = "iterates over key and number of values, by key" },
    { name = "top", args = "n",
      doc = "the same over the n keys with most values, those with most first" },
  }),
  topk = with_common("topk", {
    { name = "add", args = "n, key...", doc = "adds n to the sum of a key" },
    { name = "count", args = "key...", doc = "adds 1 to the sum of a key" },
    { name = "top", args = "n",
      doc = "iterates over key, sum and what that may lack, the largest sums first" },
    { name = "each", args = "", doc = "the same over all keys that are there, by key" },
    { name = "value", args = "key...", doc = "the sum of a key, and what that may lack" },
    { name = "error", args = "", doc = "the most that a key may have had that is not there" },
  }),
  distinct = with_common("distinct", {
    { name = "add", args = "value, key...", doc = "takes in a value" },
    { name = "value", args = "key...", doc = "how many different values a key has had" },
    { name = "each", args = "", doc = "iterates over key and number, by key" },
    { name = "top", args = "n", doc = "the same over the n largest numbers, the largest first" },
  }),
}
