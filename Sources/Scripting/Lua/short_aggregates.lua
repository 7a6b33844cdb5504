-- SPDX-License-Identifier: BSD-2-Clause
-- The aggregates of one-liners: count("name", key...) makes the counter when it is first called.
--
-- A call finds its aggregate by name in the table of its word, and sees by the number of its
-- arguments that they fit; all else is off the ordinary path. What is made while packets flow is
-- made in each worker as it comes to it: shares say what it is (`made`), so that worker 0 can make
-- it too.
local aggregates = require "mos.aggregates"
local averages = require "mos.averages"
local buckets = require "mos.buckets"
local each = require "mos.each"
local errors = require "mos.errors"
local faults = require "mos.faults"
local gather = require "mos.gather"
local keyed = require "mos.keyed"
local writers = require "mos.writers"

local select, type = select, type
local MOST = 256 -- aggregates: more are names made of what should be a key

local short = {
  --- name -> record, of all words.
  records = {},
  --- What intervals clear: a list, and the same as keys. See mos.intervals.
  cleared = {}, cleared_set = {},
  --- The functions, by word.
  words = {},
}

local made = 0
local skipped = gather.skipped

-- A value or a key was nil.
local function pass_over(name)
  skipped[name] = (skipped[name] or 0) + 1
end

gather.SKIPPED.reset = function()
  for name in each(skipped) do skipped[name] = nil end
end
short.cleared[1], short.cleared_set[gather.SKIPPED] = gather.SKIPPED, true

local function counter() return require "mos.counter" end
local function histogram() return require "mos.histogram" end

-- What a word makes: the verb of its kind; `value` when its calls have one; `more` arguments
-- between that and the keys; options(arguments) of its aggregate.
local words = {
  count = { kind = counter, verb = "count" },
  sum = { kind = counter, verb = "add", value = true },
  avg = { kind = function() return averages.avg end, verb = "add", value = true },
  min = { kind = function() return averages.min end, verb = "add", value = true },
  max = { kind = function() return averages.max end, verb = "add", value = true },
  hist = { kind = histogram, verb = "add", value = true,
    options = function() return { scheme = buckets.octaves } end },
  thist = { kind = histogram, verb = "add", value = true,
    options = function() return { scheme = buckets.times } end },
  lhist = { kind = histogram, verb = "add", value = true, more = 3,
    options = function(list) return { linear = buckets.linear(list) } end },
  topk = { kind = function() return require "mos.topk" end, verb = "add", value = true },
  distinct = { kind = function() return require "mos.distinct" end, verb = "add", value = true },
}
for word, what in pairs(words) do what.entries, what.word, what.more = {}, word, what.more or 0 end

-- Values are written as people count them: "1 key", "2 keys".
local function keys_text(count)
  return count == 1 and "1 key" or ("%d keys"):format(count)
end

local function check_name(what, name)
  if type(name) ~= "string" or name == "" or #name > 100 then
    errors.argument(what.word, 1, "name", name, "a text, the name under which it is shown")
  end
  local other = short.records[name]
  if other and other.word ~= what.word then
    errors.raise(('%s: "%s" is a %s already%s; give one of them another name'):format(what.word,
      name, other.word, other.where ~= "" and " (" .. other.where:gsub(": $", "") .. ")" or ""),
      "EEXIST")
  end
  if not other and made >= MOST then
    errors.raise(('%s: there are %d aggregates; what differs from packet to packet is a key, no '
      .. 'name: %s("name", %skey)'):format(what.word, MOST, what.word,
      what.value and "value, " or ""), "ENOSPC")
  end
end

local function labels_of(count)
  local labels = {}
  for i = 1, count do labels[i] = count == 1 and "key" or "key " .. i end
  return labels
end

local function make(what, name, keys, arguments)
  local kind = what.kind()
  local options = what.options and what.options(arguments) or {}
  local record = { kind = kind, name = name, word = what.word, labels = labels_of(keys),
    options = options, pass_over = pass_over, object = {}, places = 2,
    key_places = 2 + what.more, where = errors.position(), arguments = arguments,
    id = "short:" .. name, signature = ("%s %d %s"):format(what.word, keys,
      table.concat(arguments, " ")),
    made = { word = what.word, name = name, keys = keys, arguments = arguments } }
  record.layout = aggregates.layout_of(kind, options)
  record.own = keyed.new(record.layout, keys, aggregates.KEYS)
  local verbs = kind.verbs_of and kind.verbs_of(record) or kind.verbs
  record.write = writers.make(record, what.verb, verbs[what.verb])
  aggregates.list[#aggregates.list + 1] = record
  short.cleared[#short.cleared + 1], short.cleared_set[record] = record, true
  short.records[name], made = record, made + 1
  local fixed = (what.value and 1 or 0) + what.more
  what.entries[name] = { write = record.write, count = fixed + keys, fixed = fixed,
    from = arguments[1], to = arguments[2], step = arguments[3], record = record }
  return what.entries[name]
end

local function has_nil(count, ...)
  for i = 1, count do
    if select(i, ...) == nil then return true end
  end
  return false
end

local function check_steps(from, to, step)
  if from == nil or to == nil or step == nil then
    errors.raise "lhist: it takes (name, value, from, to, step[, key...])"
  elseif not buckets.linear { from, to, step } then
    errors.raise(("lhist: from, to and step are %s, %s and %s; they must be numbers, from < to, "
      .. "and at most 4096 steps"):format(errors.show(from), errors.show(to), errors.show(step)))
  end
end

local function check_value(what, keys, ...)
  local fixed = (what.value and 1 or 0) + what.more
  if keys < 0 then
    errors.raise(('%s: it takes (name%s%s[, key...])'):format(what.word, what.value and ", value"
      or "", what.more > 0 and ", from, to, step" or ""))
  elseif keys > aggregates.MOST_LABELS then
    errors.raise(("%s: there are %d keys; %d are the most"):format(what.word, keys,
      aggregates.MOST_LABELS))
  end
  for i = fixed + 1, fixed + keys do
    local key = select(i, ...)
    if type(key) ~= "string" and type(key) ~= "boolean" and (type(key) ~= "number" or key ~= key)
    then
      errors.argument(what.word, i + 1, "key", key, "a string, a number or a boolean")
    end
  end
end

-- A call that is not like those before it: the first one, or a wrong one.
local function unusual(what, name, ...)
  local count, entry = select("#", ...), what.entries[name]
  check_name(what, name)
  if what.more > 0 then check_steps(select(2, ...)) end
  local keys = count - (what.value and 1 or 0) - what.more
  if entry then
    -- string.match gives one nil where it would give several texts.
    if count < entry.count and has_nil(count, ...) then return pass_over(name) end
    local record = entry.record
    if keys >= 0 and keys ~= #record.labels then
      errors.raise(('%s: "%s" has %s where it was called first (%s), and %s here'):format(
        what.word, name, keys_text(#record.labels), (record.where:gsub(": $", "")),
        keys_text(keys)))
    end
    check_value(what, keys, ...)
    errors.raise(('lhist: from, to and step of "%s" differ from those where it was called first '
      .. "(%s)"):format(name, (record.where:gsub(": $", ""))))
  end
  if has_nil(count, ...) then return pass_over(name) end
  check_value(what, keys, ...)
  local arguments = {}
  if what.more > 0 then
    local _, from, to, step = ...
    arguments = { from, to, step }
  end
  entry = make(what, name, keys, arguments)
  if what.more == 0 then return entry.write(...) end
  return entry.write((...), select(5, ...))
end

local function plain_word(what)
  local entries = what.entries
  return function(name, ...)
    local entry = entries[name]
    -- No tail call: LuaJIT takes no more than 15 of them into one trace.
    if entry and select("#", ...) == entry.count then entry.write(...)
    else unusual(what, name, ...) end
  end
end

local function stepped_word(what)
  local entries = what.entries
  return function(name, value, from, to, step, ...)
    local entry = entries[name]
    if entry and select("#", ...) + 4 == entry.count and from == entry.from and to == entry.to
      and step == entry.step then
      entry.write(value, ...)
    else
      unusual(what, name, value, from, to, step, ...)
    end
  end
end

for word, what in pairs(words) do
  short.words[word] = what.more > 0 and stepped_word(what) or plain_word(what)
end

function gather.adopt(id, is)
  if short.records[is.name] then
    local record = short.records[is.name]
    if record.id == id then return end
  end
  make(words[is.word], is.name, is.keys, is.arguments)
end

local told = {}

function gather.differs(record, from)
  if told[record] then return end
  told[record] = true
  faults.outside("a one-liner", ('"%s" is called with other words or keys in one place than in '
    .. "another: worker %d has not the same as worker 0"):format(record.name, from))
end

-- MARK: What intervals have seen

-- What all workers have said of an aggregate since it was cleared, in a store of worker 0's.
local function add_up(record)
  local total = keyed.new(record.layout, #record.labels, math.huge)
  local bound = aggregates.KEYS * 4
  local is_top = record.word == "topk"
  if not is_top then total.limit = bound end
  local refused = 0
  for _, store in ipairs { record.total or false, record.view } do
    if store then
      refused = refused + keyed.merge(total, keyed.unpack(keyed.pack(store), record.layout))
    end
  end
  if record.layout.finish then record.layout.finish(total) end
  while is_top and total.count > bound do record.kind.prune(total) end
  for _ = 1, refused do faults.bump "aggregate_keys_refused" end
  record.total = total
end

short.skipped = {}

--- Takes in what is new since the last time.
function short.add_up()
  for _, record in each(short.records) do add_up(record) end
  for name, count in each(gather.all_skipped) do
    short.skipped[name] = (short.skipped[name] or 0) + count
  end
end

--- The store of an aggregate that is to be shown.
function short.store(record)
  return record.total or record.view
end

--- Forgets an aggregate's values, within a function of on.interval.
function short.clear(record)
  record.total = keyed.new(record.layout, #record.labels, math.huge)
end

return short
