-- SPDX-License-Identifier: BSD-2-Clause
-- A page of the manual as a document: sections of blocks, see layout.lua.
local pages = require "mos.manual.pages"

local render = {}

--- What the kinds of arguments are called.
local kinds = {
  flow = "flow", side = "side", bytes = "number", seconds = "number", number = "number",
  text = "string", fn = "function", socket = "socket", target = "socket or flow", table = "table",
  event = "event", hook = "hook", option = "option", any = "any value",
    packet = "string, view or table",
  region = "constant", flags = "constants", bytestring = "string or view", self = "",
}

--- The names in `args` of the schema and whether each may be left out: "flow, side[, max]" gives
--- {"flow"}, {"side"}, {"max", true}.
function render.parameters(args)
  local list, depth, braces, name, optional = {}, 0, 0, "", false
  local function finish()
    name = name:match "^%s*(.-)%s*$"
    if name ~= "" then list[#list + 1] = { name, optional } end
    name = ""
  end
  for c in args:gmatch "." do
    if c == "," and braces == 0 then
      finish()
      optional = depth > 0
    elseif c == "[" and braces == 0 then
      finish()
      depth, optional = depth + 1, true
    elseif c == "]" and braces == 0 then
      finish()
      depth = depth - 1
      optional = depth > 0
    else
      if c == "{" then braces = braces + 1 elseif c == "}" then braces = braces - 1 end
      name = name .. c
    end
  end
  finish()
  return list
end

local function is_optional(page, index)
  local parameter = render.parameters(page.args_text or page.schema.args or "")[index]
  return parameter and parameter[2]
end

local function name_section(page)
  local names = { page.name }
  if page.kind == "field" and page.object.name == "flow.cli" then
    names[2] = page.name:gsub("^flow.cli", "flow.svr")
  end
  return { "NAME", ("%s - %s"):format(table.concat(names, ", "), page.title) }
end

local function not_yet(page)
  return page.step and "This version does not have it yet: using it raises EOPNOTSUPP." or nil
end

local function synopsis(page)
  local lines = {}
  if page.schema.args then
    lines[1] = page.name .. "(" .. (page.args_text or page.schema.args) .. ")"
  else
    lines[1] = page.name
  end
  for _, form in ipairs(page.forms or {}) do lines[#lines + 1] = form end
  if page.gives then lines[1] = page.gives .. " = " .. lines[1] end
  return { "SYNOPSIS", { code = table.concat(lines, "\n") }, not_yet(page) }
end

local function arguments(page)
  local defs = {}
  for i, arg in ipairs(page.args or {}) do
    local kind = kinds[arg[2]] or arg[2]
    if is_optional(page, i) then kind = kind .. ", optional" end
    defs[i] = { arg[1], kind == "" and arg[3] or kind .. ": " .. arg[3] }
  end
  return defs[1] and { "ARGUMENTS", { defs = defs } }
end

local function pairs_of(list)
  local defs = {}
  for i, entry in ipairs(list) do defs[i] = { entry[1], entry[2] } end
  return { defs = defs }
end

local function errors_of(page)
  local section = { "ERRORS" }
  if page.raised then
    section[#section + 1] = "Raised, because the script is wrong:"
    section[#section + 1] = pairs_of(page.raised)
  end
  if page.returned then
    section[#section + 1] = "Returned as `nil, message, code`:"
    section[#section + 1] = pairs_of(page.returned)
  end
  if #section == 1 then section[2] = "None." end
  return section
end

local function notes(page)
  return page.notes and { "NOTES", page.notes }
end

-- A one-liner as it is typed; on lines of its own when it is long.
local function typed(code)
  if #code > 50 or code:find "\n" then code = "\n  " .. code:gsub("\n", "\n  ") end
  return "-e '" .. code .. "'"
end

--- The command that runs an example.
function render.command(example)
  if example.explain then
    return ("mos explain '%s'%s -r examples/captures/%s.pcap"):format(example.explain,
      example.events and " --events" or "", example.capture)
  end
  if example.test then return "mos test " .. example.file .. ".lua" end
  local is_short = example.file == "-e"
  local words = is_short and { "mos" } or { "mos run", example.file .. ".lua" }
  if example.inline then words[#words + 1] = "--inline -i eth0 -i eth1"
  else words[#words + 1] = "-r examples/captures/" .. example.capture .. ".pcap" end
  if example.filter then words[#words + 1] = ("-f '%s'"):format(example.filter) end
  if example.format then words[#words + 1] = "--format " .. example.format end
  for _, setting in ipairs(example.settings or {}) do
    words[#words + 1] = "--set " .. setting
  end
  if is_short then words[#words + 1] = typed(example.code) end
  if example.arguments then
    words[#words + 1] = "-- " .. table.concat(example.arguments, " ")
  end
  return table.concat(words, " ")
end

-- What is run in several ways stands there once.
local function put_example(section, example, before)
  section[#section + 1] = example.text
  local is_new = example.code and (not before or before.code ~= example.code)
  if is_new and example.file ~= "-e" then
    section[#section + 1] = { code = example.code }
  end
  section[#section + 1] = { shell = render.command(example),
    output = example.output or example.stderr }
end

--- The examples of a page: its own, or those of what it is a part of.
function render.examples(page)
  local owner = page
  if not page.examples then owner = page.group or page.object or page end
  local list = owner.examples or {}
  for i, example in ipairs(list) do
    if not example.file then
      local name = owner.name:match "([%w_]+)$":lower()
      example.file = i == 1 and name or name .. i
    end
  end
  return list
end

local function example(page)
  local section = { "EXAMPLE" }
  local list = render.examples(page)
  for i, one in ipairs(list) do put_example(section, one, list[i - 1]) end
  return #section > 1 and section or nil
end

local function c_api(page)
  local defs = {}
  for _, other in ipairs(pages.list) do
    if other.kind == "c" and other.row.page == page.name then
      defs[#defs + 1] = { other.name, other.row[3] == "" and other.row[2] or other.row[3] }
    end
  end
  return defs[1] and { "C API", { defs = defs } }
end

local function see_also(page, more)
  local names = {}
  for _, name in ipairs(page.see or {}) do names[#names + 1] = name end
  for _, name in ipairs(more or {}) do names[#names + 1] = name end
  return names[1] and { "SEE ALSO", table.concat(names, ", ") }
end

-- The sections that are there; a missing one is false or nil.
local function document(count, ...)
  local list = {}
  for i = 1, count do
    local section = select(i, ...)
    if section then list[#list + 1] = section end
  end
  return list
end

local builders = {}

function builders.call(page)
  if not page.schema.args then return builders.field(page) end
  return document(9, name_section(page), synopsis(page), arguments(page),
    page.result and { "RESULT", page.result }, errors_of(page), notes(page), example(page),
    c_api(page), see_also(page, page.object and { page.object.name }))
end

local function value_of(page)
  local row = page.schema
  local words = { row.type or "value" }
  if row.unit then words[1] = words[1] .. ", " .. row.unit end
  if row.null then words[#words + 1] = "nil " .. row.null end
  words[#words + 1] = row.set and "may be set" or "cannot be set"
  return { "VALUE", table.concat(words, "; ") .. "." }
end

function builders.field(page)
  return document(6, name_section(page), value_of(page), notes(page), example(page), c_api(page),
    see_also(page, page.object and { page.object.name }))
end

local function hooks_of(entry)
  local text = table.concat(entry.hooks, ", ")
  if entry.both then text = text .. " (left out: both)"
  elseif entry.hooks[2] then text = text .. " (left out: " .. entry.hooks[1] .. ")" end
  if entry.raw and entry.raw[1] ~= entry.hooks[1] then
    text = text .. "; on RAW sockets " .. table.concat(entry.raw, ", ")
  end
  return text
end

local function socket_types(entry)
  local types = { "SOCK_MONITOR_STREAM" }
  if entry.raw then types[#types + 1] = "SOCK_MONITOR_RAW" end
  if entry.flow then types[#types + 1] = "SOCK_MONITOR_FLOW" end
  return table.concat(types, ", ")
end

function builders.event(page)
  local entry = page.schema
  local first = entry.socket and "s" or "flow"
  local arg = entry.arg and ", arg" or ""
  local when = { { "trigger", page.trigger }, { "hooks", hooks_of(entry) },
    { "side", page.side or entry.side }, { "order", page.order },
    { "sockets", socket_types(entry) }, { "may read", page.reads } }
  local fields = {}
  for i, name in ipairs(entry.arg or {}) do
    fields[i] = { "arg." .. name, page.arg[name] }
  end
  return document(8, name_section(page),
    { "SYNOPSIS", { code = ("s:on(mos.%s[, hook], fn)\nfn(%s, side, event%s)"):format(
      page.name, first, arg) } },
    { "WHEN", { defs = when } }, fields[1] and { "ARG", { defs = fields } }, notes(page),
    example(page), c_api(page), see_also(page))
end

function builders.option(page)
  local entry = page.schema
  local lines = {}
  if entry.get then lines[1] = ("mos.getsockopt(%s, mos.%s)"):format(page.of, page.name) end
  if entry.set then
    lines[#lines + 1] = ("mos.setsockopt(%s, mos.%s, %s)"):format(page.of, page.name, page.takes)
  end
  return document(7, name_section(page), { "SYNOPSIS", { code = table.concat(lines, "\n") } },
    { "VALUE", page.value }, notes(page), example(page), c_api(page),
    see_also(page, { "mos.getsockopt", "mos.setsockopt" }))
end

function builders.constant(page)
  local group = page.group
  return document(6, name_section(page), { "VALUE", group.value },
    group.notes and { "NOTES", group.notes }, example(page), c_api(page), see_also(group))
end

-- A line for each name that the object has.
local function members(object)
  local methods, fields = {}, {}
  for _, entry in ipairs(object.rows) do
    if not (entry.step and entry.step > 3) then
      local other = pages.covered[object.short .. "." .. entry.name]
      if entry.args then
        methods[#methods + 1] = { ("%s:%s(%s)"):format(object.short, entry.name, entry.args),
          other and "the same as " .. other.name or entry.doc }
      else
        local null = entry.null and "; nil " .. entry.null or ""
        fields[#fields + 1] = { entry.name, entry.doc .. null }
      end
    end
  end
  return fields[1] and { "FIELDS", { defs = fields } },
    methods[1] and { "METHODS", { defs = methods } }
end

function builders.object(page)
  local fields, methods = members(page)
  return document(8, name_section(page), { "DESCRIPTION", page.text }, fields, methods,
    notes(page), example(page), c_api(page), see_also(page))
end

function builders.setting(page)
  local fact = page.fact
  return document(6, { "NAME", ("%s - %s"):format(fact.key, fact.meaning) },
    { "SYNOPSIS", { code = ("--set %s=%s"):format(fact.key, fact.value) } },
    { "VALUE", ("%s; the default is %s."):format((fact.unit:gsub("|", " | ")), fact.value) },
    notes(page), example(page), see_also(page, { "settings" }))
end

function builders.counter(page)
  return document(5, { "NAME", ("%s - %s"):format(page.counter, page.title) },
    { "SYNOPSIS", { code = "mos.stats()." .. page.counter } }, notes(page),
    example(pages.get "mos.stats"),
    { "SEE ALSO", "mos.stats, counters" })
end

function builders.topic(page)
  local list = { { "NAME", ("%s - %s"):format(page.name, page.title) } }
  for _, section in ipairs(page.body or page.make(pages)) do list[#list + 1] = section end
  list[#list + 1] = example(page)
  list[#list + 1] = see_also(page)
  return list
end

function builders.c(page)
  local row = page.row
  local list = { name_section(page), { "LUA", row[2] } }
  if row[3] ~= "" then list[#list + 1] = { "DIFFERENCE", row[3] } end
  list[#list + 1] = { "SEE ALSO", row.page and row.page .. ", c-api" or "c-api" }
  return list
end

function builders.later(page)
  return document(3, name_section(page),
    page.takes and { "SYNOPSIS", { code = page.name .. "(" .. page.takes .. ")" } },
    { "NOTES", "This version does not have it yet: using it raises EOPNOTSUPP. "
      .. "It is named so that scripts can be checked." })
end

--- The page as a document.
function render.document(page)
  return builders[page.kind](page)
end

return render
