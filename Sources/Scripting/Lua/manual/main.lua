-- SPDX-License-Identifier: BSD-2-Clause
-- `mos doc`: the reference as text. Nothing of it is loaded in a run.
local export = require "mos.manual.export"
local find = require "mos.manual.find"
local layout = require "mos.manual.layout"
local markdown = require "mos.manual.markdown"
local pages = require "mos.manual.pages"
local recipe = require "mos.manual.recipe"
local render = require "mos.manual.render"
local stubs = require "mos.manual.stubs"
local surface = require "mos.manual.surface"

local manual = {}

-- A page's name as lists show it.
local function label(page)
  if page.kind == "setting" then return page.fact.key end
  return page.kind == "counter" and page.counter or page.name
end

local WIDEST, LINE = 36, 100

local function rows(list)
  local width, lines = 0, {}
  for _, page in ipairs(list) do
    local length = #label(page)
    if length <= WIDEST and length > width then width = length end
  end
  for _, page in ipairs(list) do
    local line = layout.row(label(page), width, page.title)
    lines[#lines + 1] = #line > LINE and line:sub(1, LINE - 3):gsub("%s+%S*$", "") .. "..." or line
  end
  return table.concat(lines, "\n")
end

local function pages_of(section)
  local list = {}
  for _, page in ipairs(pages.list) do
    if page.section == section then list[#list + 1] = page end
  end
  return list
end

--- Everything there is, by section, one line each.
function manual.contents()
  local parts = {
    "mos doc NAME prints a page: mos.peek, flow:view, flow.cli.rtt, packet.tcp.seq, ON_GAP,\n"
      .. "CLIBUF, settings gap.packets, stats.gaps, mtcp_peek or one of the topics.",
  }
  for _, section in ipairs(pages.sections) do
    local list = pages_of(section[1])
    if list[1] then parts[#parts + 1] = section[2]:upper() .. "\n" .. rows(list) end
  end
  return table.concat(parts, "\n\n")
end

local function text(page)
  return layout.plain(render.document(page))
end

local function names_from(found, first)
  local names = {}
  for i = first, #found do names[#names + 1] = found[i].page.name end
  return table.concat(names, ", ")
end

--- The page that a name means. The second result is true when there is one; else the first says
--- what is near.
function manual.page(name)
  if name:find "[*?]" then
    local found = find.glob(name)
    if not found[1] then return ('nothing matches "%s"'):format(name), false end
    if not found[2] then return text(found[1]), true end
    return rows(found), true
  end
  local found = find.pages(name)
  if not found[1] then
    return ('the manual has no "%s"%s'):format(name, layout.plainly(find.hint(name))), false
  elseif not found[2] then
    return text(found[1].page), true
  elseif found[2].rank > found[1].rank then
    return ("%s\n\nOTHER PAGES OF THAT NAME\n    %s"):format(
      text(found[1].page), names_from(found, 2)), true
  end
  local list = {}
  for i, entry in ipairs(found) do list[i] = entry.page end
  return ('"%s" is each of these; mos doc takes their full names:\n\n'):format(name) .. rows(list),
    true
end

--- All names, one a line.
function manual.names()
  return table.concat(find.names(), "\n")
end

local tables = {
  settings = { "setting", "default", "values", "" }, counters = { "counter", "" },
  constants = { "constant", "" }, later = { "name", "" },
}

local function table_row(page)
  local title = page.title
  if page.kind == "setting" then
    return { page.fact.key, page.fact.value, page.fact.unit,
      page.notes and title .. ". " .. page.notes or title }
  end
  return { label(page), page.notes and title .. ". " .. page.notes or title }
end

-- Fields are rows under their object: short ones, with what their pages say.
local function field_text(page)
  local row = page.schema
  local kind = row.type .. (row.unit and ", " .. row.unit or "")
  local null = row.null and "; nil " .. row.null or ""
  local more = page.notes and "\n\n  " .. page.notes:gsub("\n", "\n  ") or ""
  return ("* `%s` (%s): %s%s.%s\n"):format(page.name, kind, page.title, null, more)
end

--- The whole reference as one Markdown text.
function manual.markdown()
  local out = { "# The manual of mos\n" }
  for _, section in ipairs(pages.sections) do
    local list = pages_of(section[1])
    if list[1] then
      out[#out + 1] = ("## %s\n"):format(section[2])
      local heads = tables[section[1]]
      if heads then
        local cells = {}
        for i, page in ipairs(list) do cells[i] = table_row(page) end
        out[#out + 1] = markdown.rows(heads, cells)
      else
        for _, page in ipairs(list) do
          if page.kind == "field" then
            out[#out + 1] = field_text(page)
          else
            out[#out + 1] = ("### %s\n\n%s\n"):format(page.name, page.title)
            out[#out + 1] = markdown.text(render.document(page), 4)
          end
        end
      end
    end
  end
  return table.concat(out, "\n")
end

--- A definition file for editors.
function manual.stubs()
  local counters = {}
  for _, page in ipairs(pages.list) do
    if page.kind == "counter" then counters[#counters + 1] = { page.counter, page.title } end
  end
  return stubs.text(counters)
end

manual.luacheck, manual.surface = surface.luacheck, surface.text
manual.luarc, manual.recipe = recipe.luarc, recipe.script

--- As data: see export.lua. The argument says what: "pages", "schema", "examples", "leftover".
function manual.export(what)
  return export[what]()
end

--- Takes what the host program knows: its settings, a line each with tabs between key, default,
--- values and meaning, and the names of its counters.
function manual.open(settings, counters)
  local facts = { settings = {}, counters = {} }
  for line in settings:gmatch "[^\n]+" do
    local key, value, unit, meaning = line:match "^(.-)\t(.-)\t(.-)\t(.*)$"
    facts.settings[#facts.settings + 1] = { key = key, value = value, unit = unit,
      meaning = meaning }
  end
  for name in counters:gmatch "%S+" do facts.counters[#facts.counters + 1] = name end
  pages.build(facts)
end

return manual
