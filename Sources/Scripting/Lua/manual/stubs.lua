-- SPDX-License-Identifier: BSD-2-Clause
-- `mos doc --stubs`: everything that scripts can use as a definition file for editors
-- (lua-language-server's `---@meta`), from the schema and the pages of the manual.
local ffi = require "ffi"
local boot = require "mos.boot"
local layout = require "mos.manual.layout"
local pages = require "mos.manual.pages"
local render = require "mos.manual.render"
local results = require "mos.schema_results"
local schema = require "mos.schema"
local structs = require "mos.manual.stubs_structs"

local stubs = {}

--- Sections of the schema that are classes, with their names there, in the order of the file.
stubs.classes = {
  { "socket", "Socket" }, { "flow", "Flow" }, { "side", "FlowSide" }, { "packet", "Packet" },
  { "eth", "EthHeader" }, { "ip", "IpHeader" }, { "tcp", "TcpHeader" }, { "udp", "UdpHeader" },
  { "icmp", "IcmpHeader" }, { "view", "View" }, { "arg", "Arg" }, { "timer", "Timer" },
  { "hash", "Hash" }, { "counter", "Counter" }, { "gauge", "Gauge" },
  { "histogram", "Histogram" }, { "topk", "Topk" }, { "distinct", "Distinct" },
}

local class_names = {}
for _, class in ipairs(stubs.classes) do class_names[class[1]] = "mos." .. class[2] end

-- What the kinds of arguments are.
local kinds = {
  flow = "mos.Flow", side = "mos.Side", bytes = "integer", seconds = "number", number = "number",
  text = "string", fn = "function", socket = "mos.Socket", target = "mos.Socket|mos.Flow",
  table = "table", event = "mos.Event", hook = "mos.Hook", option = "mos.Option", any = "any",
  packet = "string|mos.View|table", region = "mos.Change", flags = "mos.Change",
  bytestring = "string|mos.View", self = "any",
}

-- What functions are called with, by the call that takes them.
local callbacks = { register_callback = "mos.Callback", on = "mos.Callback",
  define_event = "mos.Callback", settimer = "fun(timer: mos.Timer)",
  every = "fun(timer: mos.Timer)", on_interval = "fun(time: number)" }

local field_types = { list = "table[]", struct = "table", cdata = "ffi.cdata*", any = "any",
  table = "table" }

local out

local function put(text, ...) out[#out + 1] = select("#", ...) > 0 and text:format(...) or text end

-- A text as comment lines; paragraphs are kept.
local function comment(text)
  if not text then return end
  for line in (layout.plainly(text) .. "\n"):gmatch "(.-)\n" do
    put("---%s", line)
  end
end

local function sentence(text)
  return text and text:sub(1, 1):upper() .. text:sub(2) .. (text:find "[.:]$" and "" or ".")
end

local function type_of(name)
  local bare = name:gsub("%?$", "")
  return (class_names[bare] or bare) .. name:sub(#bare + 1)
end

local reserved = { ["end"] = "last", ["function"] = "fn" }

-- A name for a parameter from how the schema writes it: "s or flow" -> s_or_flow, "key..." ->
-- "...".
local function parameter_name(text, used)
  if text:find "%.%.%.$" then return "..." end
  local name = text:match "^{" and "what" or text:gsub("[^%w_]+", "_")
  name = name:gsub("_or_nil$", ""):gsub("^_+", "")
  name = reserved[name] or name
  local free, count = name, 1
  while used[free] do
    count = count + 1
    free = name .. count
  end
  used[free] = true
  return free
end

-- The parameters of a call: {name, type, optional, text}. `described` are those of its page.
local function parameters(row, described, skip)
  local args = row.args
  local list, used = {}, {}
  for i, parameter in ipairs(render.parameters(args)) do
    local known = described and described[i + skip]
    if skip > 0 and described then
      known = nil
      for _, arg in ipairs(described) do
        local is_it = parameter[1]:find("^" .. arg[1] .. "%f[%W]")
        if arg[1] == parameter[1] or is_it then known = arg end
      end
    end
    local text = parameter[1]
    list[i] = {
      name = parameter_name(text:find "[{ ]" and known and not known[1]:find "%W" and known[1]
        or text, used),
      type = known and (known[2] == "fn" and callbacks[row.name] or kinds[known[2]])
        or text == "fn or nil" and callbacks[row.name] or "any",
      optional = parameter[2] or text:find " or nil$" ~= nil, text = known and known[3] or "",
    }
  end
  return list
end

local function put_parameters(list)
  for _, parameter in ipairs(list) do
    local text = layout.plainly(parameter.text):gsub("%s*\n%s*", " ")
    put("---@param %s%s %s%s", parameter.name, parameter.optional and "?" or "", parameter.type,
      text ~= "" and " " .. text or "")
  end
end

local function put_results(list, page)
  local fails = page and page.returned
  for i, name in ipairs(list) do
    local kind = type_of(name)
    if i == 1 and (list.null or fails) and not kind:find "%?$" and kind ~= "any" then
      kind = kind .. "?"
    end
    local gives = i == 1 and page and page.gives and page.gives:match "^[%w_]+$"
    put("---@return %s%s", kind, gives and " " .. gives or "")
  end
  if fails and list[1] and not list[2] then
    put "---@return string? message why there is nothing"
    put "---@return any code an errno name"
  end
end

local function head_of(page, row)
  comment(sentence(page and page.title or row.doc))
  if page and page.result and page.result ~= "`true`." then
    put "---"
    comment(page.result)
  end
end

-- A hook may be left out: what follows moves up.
local function put_overload(list, result, class)
  for i, parameter in ipairs(list) do
    if parameter.name == "hook" then
      local parts = { class and "self: " .. class or nil }
      for k, other in ipairs(list) do
        if k ~= i then
          parts[#parts + 1] = ("%s: %s%s"):format(other.name, other.type,
            other.optional and "?" or "")
        end
      end
      parameter.optional = false
      put("---@overload fun(%s): %s", table.concat(parts, ", "), type_of(result[1]))
    end
  end
end

-- A function; `owner` is "mos." or "Flow:".
local function put_function(owner, row, page, result, skip, is_method)
  put ""
  head_of(page, row)
  local list = parameters(row, page and page.args, skip)
  put_overload(list, result, is_method and "mos." .. owner:sub(1, -2))
  put_parameters(list)
  put_results(result, page)
  local names = {}
  for i, parameter in ipairs(list) do names[i] = parameter.name end
  put("function %s%s(%s) end", owner, row.name, table.concat(names, ", "))
end

local function put_class(class)
  local section, name = class[1], class[2]
  put ""
  put("---@class mos.%s", name)
  local methods = {}
  for _, row in ipairs(schema[section]) do
    if row.args and not row.step then
      methods[#methods + 1] = row
    elseif not row.step then
      local kind = row.type == "header" and class_names[row.name] or class_names[row.type]
        or field_types[row.type] or row.type
      put("---@field %s%s %s %s", row.name, row.null and "?" or "", kind,
        row.doc .. (row.unit and ", " .. row.unit or "") .. (row.null and "; nil " .. row.null
          or ""))
    end
  end
  put("local %s = {}", name)
  for _, row in ipairs(methods) do
    local short = section == "socket" and "s" or section == "side" and "flow.cli"
      or section == "tcp" and "packet.tcp" or section
    local covering = pages.covered[short .. "." .. row.name]
    local page = pages.get(short .. ":" .. row.name) or covering
    put_function(name .. ":", row, page, results[section] and results[section][row.name] or {},
      covering and 1 or 0, true)
  end
end

local function number_of(name)
  return tonumber(ffi.C["MOS_" .. name])
end

local function alias_of(name)
  if name:find "^SIDE_" then return "mos.Side" end
  if name:find "^HK_" or name == "NULL" then return "mos.Hook" end
  if name:find "^SOCK_" then return "mos.SocketType" end
  return name:find "^OVERLAP_" and "mos.OverlapPolicy" or "mos.Change"
end

local function put_constant(row, kind, number, more)
  put ""
  comment(sentence(row.doc))
  comment(more)
  put("---@type %s", kind)
  put("mos.%s = %s", row.name, number < 4096 and tostring(number) or ("0x%x"):format(number))
end

local function put_constants()
  for _, row in ipairs(schema.constants) do
    put_constant(row, alias_of(row.name), number_of(row.name))
  end
  for _, row in ipairs(schema.events) do
    put_constant(row, "mos.Event", number_of(row.name), ("Hooks: %s. Side: %s."):format(
      table.concat(row.hooks, ", "), row.side))
  end
  for _, row in ipairs(schema.options) do
    put_constant(row, "mos.Option", number_of("OPT_" .. row.name), row.get and row.set
      and "Can be read and set." or row.get and "Can be read." or "Can be set.")
  end
end

local values = { args = "table<string|integer, string>", source = "string?" }

local function put_values()
  for _, row in ipairs(schema.values) do
    put("---@field %s %s %s", row.name, values[row.name] or "integer", row.doc)
  end
end

local head = [[
---@meta
-- The names that scripts of mos find, for editors. Made by `mos doc --stubs`: do not edit.
-- luacheck: std luajit, globals mos, no max line length, no unused args, ignore 211 241

---@alias mos.Side integer SIDE_CLI, SIDE_SVR or SIDE_BOTH
---@alias mos.Hook integer HK_SND, HK_RCV or NULL
---@alias mos.Event integer one of ON_*, or what mos.define_event and mos.alloc_event give
---@alias mos.Option integer an option of getsockopt and setsockopt
---@alias mos.SocketType integer one of SOCK_MONITOR_*
---@alias mos.OverlapPolicy integer one of OVERLAP_POLICY_*
---@alias mos.Change integer constants of setlastpkt, added

---What is called at an event; `arg` for ON_ERROR, ON_GAP and ON_ZERO_WINDOW. On RAW sockets,
---and for ON_ORPHAN, the first argument is the socket.
---@alias mos.Callback fun(flow: mos.Flow, side: mos.Side, event: mos.Event, arg: mos.Arg): any]]

--- The definition file as one text. `counters` are the names that mos.stats() has.
function stubs.text(counters)
  ffi.cdef(boot.abi_text)
  out = { head }
  put ""
  put "---@class mos.Counters"
  for _, counter in ipairs(counters) do
    put("---@field %s number %s", counter[1], layout.plainly(counter[2]):gsub("%s*\n%s*", " "))
  end
  put ""
  put "---@class mos"
  put_values()
  put "mos = {}"
  put_constants()
  for _, row in ipairs(schema.calls) do
    if not row.step then
      put_function("mos.", row, pages.get("mos." .. row.name), results.mos[row.name] or {}, 0)
    end
  end
  for _, class in ipairs(stubs.classes) do put_class(class) end
  structs(put)
  return table.concat(out, "\n") .. "\n"
end

return stubs
