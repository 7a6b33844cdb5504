-- SPDX-License-Identifier: BSD-2-Clause
-- Which pages a name means: `mos.peek`, `peek`, `flow:peek`, `rtt`, `mtcp_peek`, `ON_*`.
local pages = require "mos.manual.pages"
local suggest = require "mos.suggest"

local find = {}

-- `view:find()` and `view.find` are the same name; so are `setting x` and `settings x`.
local function plain_name(name)
  name = name:match "^%s*(.-)%s*$"
  name = name:gsub("%(.*%)$", ""):gsub("%s+", " "):gsub(":", ".")
  name = name:gsub("^setting ", "settings "):gsub("^counters? ", "counters ")
  return (name:gsub("^topics? ", ""):gsub("^events? ", ""):gsub("^options? ", ""))
end

local function index()
  local by_key = {}
  local function put(key, page, rank)
    local list = by_key[key] or {}
    by_key[key] = list
    for _, other in ipairs(list) do
      if other.page == page then
        other.rank = math.min(other.rank, rank)
        return
      end
    end
    list[#list + 1] = { page = page, rank = rank }
  end
  for _, page in ipairs(pages.list) do
    put(plain_name(page.name), page, 0)
    for _, other in ipairs(page.keys) do put(plain_name(other[1]), page, other[2]) end
  end
  return by_key
end

local by_key

--- The pages that a name means, those that it means best first: {page, rank}. An empty list when
--- there is none.
function find.pages(name)
  by_key = by_key or index()
  local wanted = plain_name(name)
  local found = by_key[wanted]
  if not found then
    found = {}
    for key, list in pairs(by_key) do
      if key:lower() == wanted:lower() then
        for _, entry in ipairs(list) do found[#found + 1] = entry end
      end
    end
  end
  local places = {}
  for place, page in ipairs(pages.list) do places[page] = place end
  table.sort(found, function(a, b)
    if a.rank ~= b.rank then return a.rank < b.rank end
    return places[a.page] < places[b.page]
  end)
  return found
end

local function matching(pattern, form)
  local found = {}
  for _, page in ipairs(pages.list) do
    local matches = form(plain_name(page.name)):find(pattern)
    for _, other in ipairs(page.keys) do
      matches = matches or form(plain_name(other[1])):find(pattern)
    end
    if matches then found[#found + 1] = page end
  end
  return found
end

--- The pages whose name matches a glob; where none does, those that do so in other letters.
function find.glob(glob)
  local pattern = "^" .. plain_name(glob):gsub("[%^%$%(%)%%%.%[%]%+%-]", "%%%0")
    :gsub("%*", ".*"):gsub("%?", ".") .. "$"
  local found = matching(pattern, function(name) return name end)
  return found[1] and found or matching(pattern:upper(), string.upper)
end

--- Every name of a page, as a person would write it.
function find.names()
  local names = {}
  for _, page in ipairs(pages.list) do
    names[#names + 1] = page.name
    for _, name in ipairs(page.row and page.row.names or {}) do
      if name ~= page.name then names[#names + 1] = name end
    end
    for _, form in ipairs(page.forms or {}) do names[#names + 1] = form:match "^[%w_.]+:?[%w_]+" end
  end
  table.sort(names)
  return names
end

-- The names that are parts of names too: "rtt" of "flow.cli.rtt".
local function candidates()
  local names, seen = {}, {}
  for _, page in ipairs(pages.list) do
    for _, name in ipairs { page.name, page.name:match "[^.:%s]+$" } do
      if not seen[name] then names[#names + 1] = name end
      seen[name] = true
    end
    for _, other in ipairs(page.keys) do
      if not seen[other[1]] then names[#names + 1] = other[1] end
      seen[other[1]] = true
    end
  end
  return names
end

--- What to say when nothing matches: the nearest name, and names that hold the text.
function find.hint(name)
  local near = suggest.nearest(name, candidates())
  if near then return ('; did you mean "mos doc %s"?'):format(near) end
  local holding, text = {}, plain_name(name):lower()
  for _, other in ipairs(find.names()) do
    if text ~= "" and #holding < 8 and other:lower():find(text, 1, true) then
      holding[#holding + 1] = other
    end
  end
  if holding[1] then return "; there are " .. table.concat(holding, ", ") end
  return "; `mos doc` lists all there is"
end

return find
