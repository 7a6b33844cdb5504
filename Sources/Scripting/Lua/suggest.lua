-- SPDX-License-Identifier: BSD-2-Clause
-- "Did you mean": the known name nearest to a mistyped one.
local suggest = {}

-- The number of insertions, deletions, replacements and swaps of neighbours between two words.
local function distance(a, b)
  local before, last, row = {}, {}, {}
  for j = 0, #b do last[j] = j end
  for i = 1, #a do
    row[0] = i
    for j = 1, #b do
      local cost = a:byte(i) == b:byte(j) and 0 or 1
      local best = math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + cost)
      if i > 1 and j > 1 and a:byte(i) == b:byte(j - 1) and a:byte(i - 1) == b:byte(j) then
        best = math.min(best, before[j - 2] + 1)
      end
      row[j] = best
    end
    before, last, row = last, row, before
  end
  return last[#b]
end

--- The name of `names` (a list) nearest to `word`, or nil when none is near. Case counts little.
function suggest.nearest(word, names)
  local best, best_distance
  for _, name in ipairs(names) do
    local d = distance(word:lower(), name:lower())
    if not best_distance or d < best_distance or (d == best_distance and name < best) then
      best, best_distance = name, d
    end
  end
  if best and best_distance <= math.max(1, math.floor(math.max(#word, #best) / 3)) then
    return best
  end
  return nil
end

--- `; did you mean "x"?`, or an empty text when nothing is near.
function suggest.hint(word, names, prefix)
  local best = suggest.nearest(word, names)
  return best and ('; did you mean "%s%s"?'):format(prefix or "", best) or ""
end

return suggest
