-- SPDX-License-Identifier: BSD-2-Clause
-- The pages of the manual: what the schema knows, with what the files beside this one say of it.
--
-- A page has a `name`, a `title` of one line, the `section` that lists it, `kind` (how it is
-- rendered), and `keys`: other names under which it is found, with their rank (1 = the same thing,
-- 2 = the last part of the name).
local schema = require "mos.schema"

local pages = {
  list = {},
  --- Sections in the order in which they are listed: {key, heading}.
  sections = {
    { "topics", "Topics" }, { "calls", "Calls" }, { "values", "Values of mos" },
    { "events", "Events" }, { "options", "Options of getsockopt and setsockopt" },
    { "constants", "Constants" }, { "socket", "Sockets" }, { "flow", "Flows" },
    { "side", "Sides of a flow: flow.cli and flow.svr" }, { "packet", "Packets" },
    { "headers", "Headers of a packet" }, { "view", "Views" }, { "handles", "Timers, hashes, arg" },
    { "aggregates", "Aggregates: counters, gauges, histograms, topk, distinct" },
    { "settings", "Settings (--set)" }, { "counters", "Counters (mos.stats)" },
    { "later", "Not there yet" },
  },
}

local by_name = {}

local function add(page)
  page.keys = page.keys or {}
  pages.list[#pages.list + 1] = page
  by_name[page.name] = page
  return page
end

--- The page with exactly that name, or nil.
function pages.get(name)
  return by_name[name]
end

local function key(page, name, rank)
  page.keys[#page.keys + 1] = { name, rank }
end

-- What the files say, by name.
local written = {}

-- Methods whose page is that of a call: `flow.peek` -> the page of mos.peek.
local covered = {}

-- `flow:peek(side[, max])` -> `flow.peek`
local function dotted(form)
  return (form:match "^[%w_.]+:?[%w_]+":gsub(":", "."))
end

local function load_texts(...)
  for _, file in ipairs { ... } do
    for _, page in ipairs(require("mos.manual." .. file)) do
      if written[page.name] then error("two pages are named " .. page.name, 0) end
      written[page.name] = page
      for _, form in ipairs(page.forms or {}) do covered[dotted(form)] = page end
    end
  end
end

local function text_of(name)
  local page = written[name] or {}
  written[name] = nil
  page.name = name
  return page
end

local function add_forms(page)
  for _, form in ipairs(page.forms or {}) do key(page, dotted(form), 1) end
end

local function add_later(what, entry)
  local name = what .. entry.name
  local page = add { name = name, title = entry.doc, section = "later", kind = "later",
    takes = entry.args }
  key(page, entry.name, 1)
end

local LATEST = 3 -- names of this step have pages already, which say when they are not there yet

local function is_later(entry)
  return entry.step and entry.step > LATEST
end

local function add_call(entry, section)
  if is_later(entry) then return add_later("mos.", entry) end
  local page = text_of("mos." .. entry.name)
  page.title, page.section, page.kind = page.title or entry.doc, section, "call"
  page.schema, page.step = entry, entry.step
  add(page)
  key(page, entry.name, 1)
  add_forms(page)
end

local function add_event(entry)
  local page = text_of(entry.name)
  page.title, page.section, page.kind, page.schema = page.title or entry.doc, "events", "event",
    entry
  add(page)
  key(page, "mos." .. entry.name, 0)
end

local function add_option(entry)
  local page = text_of(entry.name)
  page.title, page.section, page.kind, page.schema = page.title or entry.doc, "options", "option",
    entry
  add(page)
  key(page, "mos." .. entry.name, 0)
end

-- A constant belongs to the first group whose patterns it matches.
local function add_constants(groups)
  for _, group in ipairs(groups) do
    for _, entry in ipairs(schema.constants) do
      local is_member = not by_name[entry.name]
      for _, pattern in ipairs(group.members) do
        if is_member and entry.name:find(pattern) then
          local page = add { name = entry.name, title = entry.doc, section = "constants",
            kind = "constant", group = group, schema = entry }
          key(page, "mos." .. entry.name, 0)
          break
        end
      end
    end
  end
end

-- Fields that are pages of their own: flow.cli, packet.tcp.
local objects = { side = true, header = true }

local function add_member(object, entry)
  local name = object.short .. "." .. entry.name
  if is_later(entry) then return add_later(object.short .. ":", entry) end
  if covered[name] or objects[entry.type] then return end
  local page = text_of(entry.args and object.short .. ":" .. entry.name or name)
  page.title, page.section, page.schema, page.object = page.title or entry.doc, object.section,
    entry, object
  page.kind, page.step = entry.args and "call" or "field", entry.step
  add(page)
  if entry.args then key(page, name, 0) end
  for _, other in ipairs { object.name, unpack(object.also or {}) } do
    key(page, other .. "." .. entry.name, 1)
  end
  key(page, entry.name, 2)
  add_forms(page)
end

local function add_object(object)
  object.kind, object.rows = "object", schema[object.schema]
  add(object)
  for _, other in ipairs(object.also or {}) do key(object, other, 1) end
  for _, entry in ipairs(object.rows) do add_member(object, entry) end
end

local function add_settings(facts)
  for _, fact in ipairs(facts) do
    local page = text_of("settings " .. fact.key)
    page.title, page.section, page.kind, page.fact = fact.meaning, "settings", "setting", fact
    add(page)
    key(page, "settings." .. fact.key, 0)
    key(page, fact.key, 2)
  end
end

local function add_counters(names)
  local texts = require "mos.manual.counters"
  for _, name in ipairs(names) do
    local text = texts[name] or ""
    if type(text) == "string" then text = { text } end
    local page = add { name = "stats." .. name, title = text[1], notes = text[2],
      section = "counters", kind = "counter", counter = name }
    key(page, "mos.stats." .. name, 0)
    key(page, "counters " .. name, 0)
    key(page, name, 2)
  end
end

local function add_topics(...)
  for _, file in ipairs { ... } do
    for _, topic in ipairs(require("mos.manual." .. file)) do
      topic.section, topic.kind = "topics", "topic"
      add(topic)
      for _, other in ipairs(topic.also or {}) do key(topic, other, 1) end
    end
  end
end

--- The groups of rows about the C API: {title = ..., row ...}; a row is {C names, Lua form,
--- difference, page = the page that it is about}.
pages.c = {}

local function add_c(...)
  for _, file in ipairs { ... } do
    for _, group in ipairs(require("mos.manual." .. file)) do
      pages.c[#pages.c + 1] = group
      for _, row in ipairs(group) do
        row.names = {}
        for name in row[1]:gmatch "[^,%s][^,]*" do row.names[#row.names + 1] = name end
        local page = add { name = row[1], title = "in the C API", section = "c", kind = "c",
          row = row }
        for _, name in ipairs(row.names) do
          key(page, name, 0)
          local last = name:match "^pkt_info%.(.+)" or name:match "^mos%.conf (.+)"
          if last then key(page, last, 2) end
        end
      end
    end
  end
end

--- Makes the list. `facts` has what the host program knows: `settings` as {key, value, unit,
--- meaning} and `counters`, names.
function pages.build(facts)
  load_texts("calls_sockets", "calls_stream", "calls_flows", "calls_run", "calls_events",
    "calls_packets", "calls_changes", "calls_reports", "calls_reload", "calls_tests", "aggregates",
    "events", "options", "members", "members_tcp", "settings")
  add_topics("topics", "topics_engine", "topics_tcp", "topics_script", "topics_workers",
    "topics_explain", "topics_cost", "topics_reload", "topics_editor", "topics_tests", "oneliners",
    "topics_c")
  for _, entry in ipairs(schema.calls) do add_call(entry, "calls") end
  for _, entry in ipairs(schema.values) do add_call(entry, "values") end
  for _, entry in ipairs(schema.events) do add_event(entry) end
  for _, entry in ipairs(schema.options) do add_option(entry) end
  add_constants(require "mos.manual.constants")
  for _, object in ipairs(require "mos.manual.objects") do add_object(object) end
  for _, object in ipairs(require "mos.manual.objects_packet") do add_object(object) end
  for _, object in ipairs(require "mos.manual.objects_aggregates") do add_object(object) end
  add_settings(facts.settings)
  add_counters(facts.counters)
  add_c("c_calls", "c_options", "c_config")
end

--- Texts for which the schema has no name: a mistake in one of the files, but for what is to come.
function pages.leftover()
  local names = {}
  for name, page in pairs(written) do
    if not page.step then names[#names + 1] = name end
  end
  table.sort(names)
  return names
end

pages.covered = covered

return pages
