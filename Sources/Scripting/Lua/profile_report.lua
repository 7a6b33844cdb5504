-- SPDX-License-Identifier: BSD-2-Clause
-- The text of a profile: what all workers know, made into one.
local abi = require "mos.abi"
local advice = require "mos.profile_advice"
local schema = require "mos.schema"

local SHOWN = 30 -- lines of a list

local function fields_of(line)
  local fields = {}
  for field in (line .. "\t"):gmatch "([^\t]*)\t" do fields[#fields + 1] = field end
  return fields
end

local function add_row(all, fields)
  local name = fields[2]
  local row = all.rows[name]
  if not row then
    row = { name = name, calls = 0, timed = 0, ns = 0, bytes = 0, errors = 0, events = 0,
      buckets = {} }
    all.rows[name] = row
  end
  for i, key in ipairs { "calls", "timed", "ns", "bytes", "errors" } do
    row[key] = row[key] + tonumber(fields[i + 2])
  end
  row.events = bit.bor(row.events, tonumber(fields[8]))
  for bucket, weight in fields[9]:gmatch "(%d+):(%d+)" do
    bucket = tonumber(bucket)
    row.buckets[bucket] = (row.buckets[bucket] or 0) + tonumber(weight)
  end
end

local function add_not(all, fields)
  local key = fields[2] .. "\t" .. fields[5]
  local one = all.nots[key]
  if not one then
    one = { place = fields[2], source = fields[3], line = tonumber(fields[4]), reason = fields[5],
      count = 0 }
    all.nots[key] = one
  end
  one.count = one.count + tonumber(fields[6])
end

local function merge(shares)
  local all = { workers = 0, time = 0, busy = 0, cycles = 0, rows = {}, nots = {} }
  for line in shares:gmatch "[^\n]+" do
    local fields = fields_of(line)
    if fields[1] == "run" then
      all.workers = all.workers + 1
      all.time = all.time + tonumber(fields[2])
      all.busy = all.busy + tonumber(fields[3])
      all.cycles = all.cycles + tonumber(fields[4])
    elseif fields[1] == "row" then
      add_row(all, fields)
    else
      add_not(all, fields)
    end
  end
  return all
end

local function duration(ns)
  if ns < 999.5 then return ("%.0f ns"):format(ns) end
  if ns < 999500 then return ("%.3g us"):format(ns / 1e3) end
  if ns < 999.5e6 then return ("%.3g ms"):format(ns / 1e6) end
  return ("%.3g s"):format(ns / 1e9)
end

local function size(bytes)
  if bytes < 0.5 then return "0" end
  if bytes < 9999.5 then return ("%.0f"):format(bytes) end
  if bytes < 9999.5 * 1024 then return ("%.0fK"):format(bytes / 1024) end
  return ("%.0fM"):format(bytes / 1048576)
end

-- The time that 99 of 100 calls stay below.
local function p99(row)
  local order, sum = {}, 0
  for bucket, weight in pairs(row.buckets) do
    order[#order + 1] = bucket
    sum = sum + weight
  end
  table.sort(order)
  local seen = 0
  for _, bucket in ipairs(order) do
    seen = seen + row.buckets[bucket]
    if seen >= sum * 0.99 then return 2 ^ ((bucket + 1) / 8) end
  end
  return 0
end

local function events_of(row)
  local list = {}
  for _, entry in ipairs(schema.events) do
    local number = abi.constant(entry.name) - abi.first_event
    if bit.band(row.events, bit.lshift(1, number)) ~= 0 then list[#list + 1] = entry.name end
  end
  return table.concat(list, ", ")
end

local function percent(part, whole)
  return ("%.1f %%"):format(whole > 0 and part * 100 / whole or 0)
end

local function table_of(all, base)
  local rows = {}
  for _, row in pairs(all.rows) do rows[#rows + 1] = row end
  table.sort(rows, function(a, b) return a.ns > b.ns or a.ns == b.ns and a.name < b.name end)
  if #rows == 0 then return { "  no function of the scripts was called" } end
  local lines = { ("  %8s %12s %9s %9s %7s %7s  %s"):format(
    "share", "calls", "mean", "99 % in", "bytes", "errors", "function") }
  for i, row in ipairs(rows) do
    if i > SHOWN then
      lines[#lines + 1] = ("  and %d more"):format(#rows - SHOWN)
      break
    end
    lines[#lines + 1] = ("  %8s %12.0f %9s %9s %7s %7s  %s %s"):format(
      percent(row.ns, base), row.calls, duration(row.ns / row.calls), duration(p99(row)),
      size(row.bytes / row.calls), row.errors > 0 and ("%.0f"):format(row.errors) or "-",
      row.name, events_of(row)):gsub("%s+$", "")
  end
  return lines
end

-- The line of a script's file, where it still has one.
local function source_line(one)
  local path = one.source:match "^@(.*)"
  local file = path and io.open(path)
  if not file then return nil end
  local number, found = 0, nil
  for line in file:lines() do
    number = number + 1
    if number == one.line then
      found = line:match "^%s*(.-)%s*$"
      break
    end
  end
  file:close()
  if not found or #found <= 90 then return found end
  return found:sub(1, 87) .. "..."
end

local function list_of_nots(all)
  local list, lines = {}, {}
  for _, one in pairs(all.nots) do list[#list + 1] = one end
  table.sort(list, function(a, b)
    if a.source ~= b.source then return a.source < b.source end
    if a.line ~= b.line then return a.line < b.line end
    return a.reason < b.reason
  end)
  for i, one in ipairs(list) do
    if i > SHOWN then
      lines[#lines + 1] = ("  and %d more"):format(#list - SHOWN)
      break
    end
    local text = source_line(one)
    local why, instead = advice(one.reason, text or "")
    lines[#lines + 1] = ("  %s: %s"):format(one.place, why)
    if text then lines[#lines + 1] = "      | " .. text end
    if instead then lines[#lines + 1] = "      " .. instead end
  end
  return lines
end

--- The text for what workers have told.
return function(shares)
  local all = merge(shares)
  local scripts = 0
  for _, row in pairs(all.rows) do scripts = scripts + row.ns end
  local base = math.max(all.time, 1)
  scripts = math.min(scripts, all.busy)
  local lines = { ("mos: profile of %s on %d %s: scripts %s, engine %s, waiting %s"):format(
    duration(all.time / math.max(all.workers, 1)), all.workers,
    all.workers == 1 and "worker" or "workers", percent(scripts, base),
    percent(all.busy - scripts, base), percent(math.max(base - all.busy, 0), base)) }
  local function append(more)
    for _, line in ipairs(more) do lines[#lines + 1] = line end
  end
  append(table_of(all, base))
  local nots = list_of_nots(all)
  if #nots > 0 then
    lines[#lines + 1] = "mos: not compiled:"
    append(nots)
  else
    lines[#lines + 1] = "mos: everything that ran often was compiled"
  end
  lines[#lines + 1] = ("mos: garbage collector: %d %s"):format(
    all.cycles, all.cycles == 1 and "cycle" or "cycles")
  return table.concat(lines, "\n") .. "\n"
end
