-- SPDX-License-Identifier: BSD-2-Clause
-- What workers tell each other: all aggregates and counters of one as a text, and the texts of all
-- made into one for a report.
local ffi = require "ffi"
local buffer = require "string.buffer"
local abi = require "mos.abi"
local aggregates = require "mos.aggregates"
local each = require "mos.each"
local errors = require "mos.errors"
local keyed = require "mos.keyed"

local api, worker, ev = abi.api, abi.worker, abi.event
local NOT_YET, NONE = "ENOBUFS", "ENOENT"

local gather = {
  --- How often one-liners passed a value over, by the aggregate's name: of this worker.
  skipped = {},
  --- Stands for that among aggregates: see `is_left_out` of gather.reading.
  SKIPPED = {},
  --- Called for what other workers say of aggregates that one-liners made as they ran: one that
  --- this worker does not know; one that is another there. Set by mos.short_aggregates.
  adopt = function() end,
  differs = function() end,
  --- The counters of all workers while a report runs, else those of this one.
  counters = api.counters,
  --- Which version of the scripts this is, counted from 0.
  version = 0,
}

--- What this worker knows, as a text.
function gather.share()
  return buffer.encode { list = aggregates.hand_over(), version = gather.version,
    counters = ffi.string(api.counters, api.counter_count * 8), skipped = gather.skipped }
end

local function merge_counters(shares)
  local all = ffi.new("double[?]", api.counter_count)
  for _, share in ipairs(shares) do
    local theirs = ffi.cast("const double *", share.counters)
    for i = 0, share.share.is_last and api.counter_count - 1 or -1 do
      all[i] = all[i] + theirs[i]
    end
  end
  return all
end

-- The part of a worker's share that is about an aggregate; nil when its scripts are of another
-- version, that has none like it.
local function part_of(record, share)
  for _, part in ipairs(share.list) do
    if part.id == record.id and part.signature == record.signature then return part.data end
    if part.id == record.id and record.made then gather.differs(record, share.from) end
  end
  if share.version ~= gather.version or record.made then return nil end
  errors.raise(("worker %d has no %s %s with the labels and options of worker 0; all workers must "
    .. "declare the same"):format(share.from, record.kind.name, record.name))
end

local function merge(record, shares, is_left_out)
  local store = keyed.new(record.layout, #record.labels, math.huge)
  for _, share in ipairs(shares) do
    local part = not is_left_out(record, share) and part_of(record, share)
    if part then keyed.merge(store, keyed.unpack(part, record.layout)) end
  end
  if record.layout.finish then record.layout.finish(store) end
  return store
end

local function merge_skipped(shares, is_left_out)
  local all = {}
  for _, share in ipairs(shares) do
    if not is_left_out(gather.SKIPPED, share) then
      for name, count in each(share.skipped) do all[name] = (all[name] or 0) + count end
    end
  end
  return all
end

-- What one-liners made in other workers alone is here too from now on.
local function adopt_all(shares)
  for _, share in ipairs(shares) do
    for _, part in ipairs(share.list) do
      if part.made then gather.adopt(part.id, part.made) end
    end
  end
end

--- Calls `fn(...)` with all aggregates and counters readable: of the workers whose shares are given
--- as a list of {from, text, is_last}, or of this worker alone without one. Of several of one
--- worker the counters of the last count; is_left_out(record, share) says which aggregates of a
--- share do not. Returns what `fn` returns.
function gather.reading(shares, is_left_out, fn, ...)
  local decoded = {}
  for i, share in ipairs(shares or {}) do
    decoded[i] = buffer.decode(share.text)
    decoded[i].from, decoded[i].share = share.from, share
  end
  adopt_all(decoded)
  local views = {}
  for i, record in ipairs(aggregates.list) do
    views[i] = shares and merge(record, decoded, is_left_out) or record.own
  end
  for i, record in ipairs(aggregates.list) do record.view = views[i] end
  gather.counters = shares and merge_counters(decoded) or api.counters
  gather.all_skipped = shares and merge_skipped(decoded, is_left_out) or gather.skipped
  -- Nothing in between can raise: user functions are called protected.
  local result = fn(...)
  for _, record in ipairs(aggregates.list) do record.view = nil end
  gather.counters = api.counters
  return result
end

--- Hands in a share. True, or false when the one behind it must tell of this too.
function gather.hand_in(name, text)
  local result = api.hand_in(worker, name, #name, text, #text)
  if result >= 0 then return true end
  local code = errors.code(result)
  if code ~= NOT_YET then error("a worker's share was not taken: " .. code, 0) end
  return false
end

--- True when all others have handed in for that meeting; waits for them when told to.
function gather.is_complete(name, waits)
  local result = api.gathered(worker, name, #name, waits and 1 or 0)
  if result < 0 then error("workers cannot meet: " .. errors.code(result), 0) end
  return result == 1
end

--- Takes all texts that worker `from` handed in for that meeting and those before it, the oldest
--- first.
function gather.take(name, from)
  local texts = {}
  while true do
    local result = api.handed_in(worker, name, #name, from)
    if result < 0 then
      if errors.code(result) == NONE then return texts end
      error("a worker's share cannot be read: " .. errors.code(result), 0)
    end
    texts[#texts + 1] = ffi.string(ev.data, result)
  end
end

--- Forgets what is left of a meeting.
function gather.dismiss(name)
  api.dismiss(worker, name, #name)
end

return gather
