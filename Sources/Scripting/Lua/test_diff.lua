-- SPDX-License-Identifier: BSD-2-Clause
-- How a list differs from the one that was expected, for people to read.
local values = require "mos.test_values"

local AROUND = 1   -- equal ones that are shown beside a difference
local SHOWN = 60   -- lines of a difference
local TABLE = 400  -- longer lists are compared place by place

local diff = {}

local function fits(wanted, got)
  return #values.differences(wanted, got) == 0
end

-- Pairs of places that belong together: the longest common part of both lists.
local function aligned(wanted, got)
  local n, m = #wanted, #got
  local pairs_of = {}
  if n > TABLE or m > TABLE then
    for i = 1, math.min(n, m) do
      if fits(wanted[i], got[i]) then pairs_of[#pairs_of + 1] = { i, i } end
    end
    return pairs_of
  end
  local same, length = {}, {}
  for i = n + 1, 1, -1 do
    same[i], length[i] = {}, {}
    for j = m + 1, 1, -1 do
      if i > n or j > m then
        length[i][j] = 0
      else
        same[i][j] = fits(wanted[i], got[j])
        length[i][j] = same[i][j] and length[i + 1][j + 1] + 1
          or math.max(length[i + 1][j], length[i][j + 1])
      end
    end
  end
  local i, j = 1, 1
  while i <= n and j <= m do
    if same[i][j] and length[i][j] == length[i + 1][j + 1] + 1 then
      pairs_of[#pairs_of + 1] = { i, j }
      i, j = i + 1, j + 1
    elseif length[i + 1][j] >= length[i][j + 1] then
      i = i + 1
    else
      j = j + 1
    end
  end
  return pairs_of
end

local function shown(value)
  return values.show(value)
end

-- The fields in which two that stand in the same place differ.
local function details(lines, wanted, got)
  if type(wanted) ~= "table" or type(got) ~= "table" then return end
  for _, one in ipairs(values.differences(wanted, got)) do
    lines[#lines + 1] = ("        %s: expected %s, came %s"):format(one.path,
      one.wanted == nil and "nothing" or shown(one.wanted),
      one.got == nil and "nothing" or shown(one.got))
  end
end

-- What lies between two aligned pairs.
local function gap(lines, wanted, got, i, j, to_i, to_j)
  while i < to_i or j < to_j do
    if i < to_i then lines[#lines + 1] = ("  - %-3d %s"):format(i, shown(wanted[i])) end
    if j < to_j then lines[#lines + 1] = ("  + %-3d %s"):format(j, shown(got[j])) end
    if i < to_i and j < to_j then details(lines, wanted[i], got[j]) end
    i, j = i + 1, j + 1
  end
end

--- The lines of a difference: "-" is what was expected and "+" what came; none when both are equal.
function diff.lists(wanted, got)
  local known = aligned(wanted, got)
  if #known == #wanted and #known == #got then return {} end
  local lines, i, j = {}, 1, 1
  known[#known + 1] = { #wanted + 1, #got + 1 }
  local last = 0 -- the last pair that was shown
  for number, pair in ipairs(known) do
    if pair[1] > i or pair[2] > j then
      for k = math.max(last + 1, number - AROUND), number - 1 do
        lines[#lines + 1] = ("    %-3d %s"):format(known[k][2], shown(got[known[k][2]]))
      end
      gap(lines, wanted, got, i, j, pair[1], pair[2])
      last = number - 1
      if number < #known then
        lines[#lines + 1] = ("    %-3d %s"):format(pair[2], shown(got[pair[2]]))
        last = number
      end
    end
    i, j = pair[1] + 1, pair[2] + 1
  end
  if #lines > SHOWN then
    local more = #lines - SHOWN
    for k = #lines, SHOWN + 1, -1 do lines[k] = nil end
    lines[#lines + 1] = ("    ... %d more lines"):format(more)
  end
  return lines
end

--- How many are expected and came, as a heading for such lines.
function diff.heading(what, wanted, got)
  local function count(n) return n == 1 and "1 " .. what or n .. " " .. what .. "s" end
  return ("expected %s, came %s (- expected, + came)"):format(count(#wanted), count(#got))
end

return diff
