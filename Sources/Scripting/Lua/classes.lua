-- SPDX-License-Identifier: BSD-2-Clause
-- The kinds of values that scripts get from mos, each a section of the schema: what `flow.cli` is,
-- and what `flow:view(side)` gives.
local results = require "mos.schema_results"
local schema = require "mos.schema"

local classes = {
  --- class -> how a script writes a value of it
  names = { mos = "mos", socket = "s", flow = "flow", side = "flow.cli", packet = "packet",
    eth = "packet.eth", ip = "packet.ip", tcp = "packet.tcp", udp = "packet.udp",
    icmp = "packet.icmp", view = "view", timer = "timer", hash = "hash", arg = "arg",
    counter = "counter", gauge = "gauge", histogram = "histogram", topk = "topk",
    distinct = "distinct" },
}

local rows = {} -- class -> name -> row
for class in pairs(classes.names) do
  rows[class] = {}
  for _, row in ipairs(schema[class] or {}) do rows[class][row.name] = row end
end
for _, section in ipairs { "events", "constants", "options", "calls", "values" } do
  for _, row in ipairs(schema[section]) do rows.mos[row.name] = row end
end

--- The schema's row of a name, nil when the class has no such name.
function classes.row(class, name)
  return rows[class] and rows[class][name]
end

--- The names of a class that are there in this version.
function classes.list(class)
  return class == "mos" and schema.public_names() or schema.names(schema[class])
end

--- The class of a field's value; nil when it has none.
function classes.of_field(class, name)
  local row = classes.row(class, name)
  if not row or row.args then return nil end
  local kind = row.type == "header" and name or row.type
  return rows[kind] and kind or nil
end

--- What a call or method gives: types, and `null`; nil when that is not known.
function classes.results(class, name)
  return results[class] and results[class][name]
end

--- The class of a call's first result; nil when it has none.
function classes.of_result(class, name)
  local list = classes.results(class, name)
  return list and rows[list[1]] and list[1] or nil
end

--- The class of a value at run time, nil for others.
function classes.of_value(value)
  local kind = type(value)
  if kind == "cdata" then return classes.of_cdata(value) end
  if kind ~= "table" then return nil end
  local meta = getmetatable(value)
  local name = type(meta) == "table" and rawget(meta, "__name")
  if value == package.loaded.mos then return "mos" end
  return classes.of_meta[name]
end

--- Names of metatables -> classes.
classes.of_meta = { flow = "flow", ["side of a flow"] = "side", socket = "socket",
  packet = "packet", ["Ethernet header"] = "eth", ["IP header"] = "ip", ["TCP header"] = "tcp",
  ["UDP header"] = "udp", ["ICMP header"] = "icmp", timer = "timer", arg = "arg",
  counter = "counter", gauge = "gauge", histogram = "histogram", topk = "topk",
  distinct = "distinct" }

--- The class of a view or a hash.
function classes.of_cdata(value)
  local ffi = require "ffi"
  if ffi.istype(require("mos.view").type, value) then return "view" end
  if ffi.istype("struct mos_hash", value) then return "hash" end
  return nil
end

return classes
