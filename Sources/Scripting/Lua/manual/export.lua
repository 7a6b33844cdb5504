-- SPDX-License-Identifier: BSD-2-Clause
-- The manual as data: what its pages promise, so that it can be tried.
--
-- A record is `key=value`, each closed by a zero byte, and a byte 1 behind the last; keys may
-- repeat.
local errors = require "mos.errors"
local find = require "mos.manual.find"
local layout = require "mos.manual.layout"
local pages = require "mos.manual.pages"
local render = require "mos.manual.render"
local schema = require "mos.schema"

local export = {}

local function record(put)
  local parts = {}
  put(function(key, value)
    if value ~= nil then parts[#parts + 1] = ("%s=%s\0"):format(key, tostring(value)) end
  end)
  return table.concat(parts) .. "\1"
end

local function put_errors(put, page)
  for _, entry in ipairs(page.raised or {}) do put("raised", entry[1]) end
  for _, entry in ipairs(page.returned or {}) do put("returned", entry[1]) end
end

--- A record for each page: name, kind, section, step, headings, arguments, errors, and what it
--- points to.
function export.pages()
  local out = {}
  for i, page in ipairs(pages.list) do
    out[i] = record(function(put)
      put("name", page.name)
      put("kind", page.kind)
      put("title", page.title)
      put("step", page.step)
      put("on", page.object and page.object.name)
      for _, section in ipairs(render.document(page)) do put("heading", section[1]) end
      for _, arg in ipairs(page.args or {}) do
        put("argument", ("%s\t%s\t%s"):format(arg[1], arg[2], arg.valid or ""))
      end
      if page.schema and page.schema.args then
        put("takes", page.args_text or page.schema.args)
        for _, parameter in ipairs(render.parameters(page.args_text or page.schema.args)) do
          put("parameter", parameter[1])
        end
      end
      put_errors(put, page)
      put("text", layout.plain(render.document(page)))
      for _, name in ipairs(page.see or page.row and { page.row.page } or {}) do
        put(find.pages(name)[1] and "see" or "lost", name)
      end
    end)
  end
  return table.concat(out)
end

local sections = { mos = { "calls", "values", "constants", "options", "events" },
  s = { "socket" }, flow = { "flow" }, ["flow.cli"] = { "side" }, packet = { "packet" },
  ["packet.eth"] = { "eth" }, ["packet.ip"] = { "ip" }, ["packet.tcp"] = { "tcp" },
  ["packet.udp"] = { "udp" }, ["packet.icmp"] = { "icmp" }, view = { "view" },
  timer = { "timer" }, hash = { "hash" }, arg = { "arg" }, counter = { "counter" },
  gauge = { "gauge" }, histogram = { "histogram" }, topk = { "topk" },
  distinct = { "distinct" } }

--- A record for each name of the schema: where it stands, its step, and the pages that it has.
function export.schema()
  local out = {}
  for where, list in pairs(sections) do
    for _, section in ipairs(list) do
      for _, entry in ipairs(schema[section]) do
        out[#out + 1] = record(function(put)
          put("name", where .. "." .. entry.name)
          put("step", entry.step)
          for _, found in ipairs(find.pages(where .. "." .. entry.name)) do
            if found.rank < 2 then put("page", found.page.name) end
          end
        end)
      end
    end
  end
  return table.concat(out)
end

--- A record for each example: the page, the code, how it is run, what it prints.
function export.examples()
  local out, seen = {}, {}
  for _, page in ipairs(pages.list) do
    for _, example in ipairs(render.examples(page)) do
      if not seen[example] then
        seen[example] = true
        out[#out + 1] = record(function(put)
          put("page", page.name)
          for _, key in ipairs { "file", "code", "capture", "filter", "format", "output",
            "stderr" } do put(key, example[key]) end
          put("explain", example.explain)
          put("events", example.events and 1)
          put("inline", example.inline and 1)
          put("test", example.test and 1)
          put("errors", example.errors or 0)
          for _, setting in ipairs(example.settings or {}) do put("setting", setting) end
          for _, argument in ipairs(example.arguments or {}) do put("argument", argument) end
        end)
      end
    end
  end
  return table.concat(out)
end

--- What each counter counts, one a line, in the engine's order.
function export.counters()
  local lines = {}
  for _, page in ipairs(pages.list) do
    if page.kind == "counter" then lines[#lines + 1] = page.title end
  end
  return table.concat(lines, "\n")
end

--- The errno names that scripts can see, one a line.
function export.errnos()
  return table.concat(errors.names(), "\n")
end

--- Texts that no page shows, one a line: their names are not in the schema.
function export.leftover()
  return table.concat(pages.leftover(), "\n")
end

return export
