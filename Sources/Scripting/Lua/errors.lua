-- SPDX-License-Identifier: BSD-2-Clause
-- How every error of this library reads, and where it points: the user's line that caused it.
local ffi = require "ffi"

local errors = {}

-- Linux numbers of the errno names that scripts see.
local codes = {
  [1] = "EPERM", [2] = "ENOENT", [4] = "EINTR", [5] = "EIO", [9] = "EBADF", [11] = "EAGAIN",
  [12] = "ENOMEM", [13] = "EACCES", [14] = "EFAULT", [16] = "EBUSY", [17] = "EEXIST",
  [19] = "ENODEV", [22] = "EINVAL", [23] = "ENFILE", [24] = "EMFILE", [28] = "ENOSPC",
  [32] = "EPIPE", [34] = "ERANGE", [38] = "ENOSYS", [61] = "ENODATA", [75] = "EOVERFLOW",
  [88] = "ENOTSOCK", [92] = "ENOPROTOOPT", [95] = "EOPNOTSUPP", [105] = "ENOBUFS",
  [107] = "ENOTCONN", [110] = "ETIMEDOUT",
}

-- Mistakes of the script's author; whatever else the engine answers can happen to a correct script.
local mistakes = {
  EINVAL = true, EBADF = true, EFAULT = true, EPERM = true, ENOSYS = true, ENOTSOCK = true,
  ENOPROTOOPT = true,
}

--- True for a function of this library, by the source that debug.getinfo gives.
function errors.is_ours(source)
  return source:sub(1, 5) == "=mos/"
end

-- `file:line: ` of the innermost frame that is not this library's.
local function position()
  for level = 2, 200 do
    local info = debug.getinfo(level, "Sl")
    if not info then return "" end
    if info.what ~= "C" and not errors.is_ours(info.source) then
      return info.short_src .. ":" .. info.currentline .. ": "
    end
  end
  return ""
end

--- Where the script is: `file:line: `, or an empty text.
errors.position = position

--- The text of any error value. What LuaJIT itself raised within this library (nil in the place of
--- a number, say) gets the user's line, which is where the mistake is.
function errors.text(value)
  if type(value) ~= "string" then
    local meta = getmetatable(value)
    return meta and meta.__tostring and tostring(value) or "error: " .. errors.show(value)
  end
  local ours = value:match "^mos/[%w_]+%.lua:%d+: (.*)$"
  return ours and position() .. ours or value
end

--- Raises `message`, at the user's line, with the errno name behind it.
function errors.raise(message, code)
  error(("%s%s (%s)"):format(position(), message, code or "EINVAL"), 0)
end

--- How a value is named in a message: short, and never more than a line.
function errors.show(value)
  local kind = type(value)
  if kind == "string" then
    local text = #value > 40 and value:sub(1, 37) .. "..." or value
    return '"' .. text:gsub("%c", "?") .. '"'
  elseif kind == "number" or kind == "boolean" or kind == "nil" then
    return tostring(value)
  elseif kind == "cdata" then
    return ("a cdata (%s)"):format(tostring(ffi.typeof(value)))
  end
  local meta = kind == "table" and getmetatable(value)
  return meta and meta.__name and "a " .. meta.__name or "a " .. kind
end

--- Raises the error of a wrong argument.
function errors.argument(call, index, name, got, allowed, code)
  errors.raise(("%s: argument %d (%s) is %s; it must be %s"):format(
    call, index, name, errors.show(got), allowed), code)
end

--- The errno name of a negative result.
function errors.code(result)
  return codes[-result] or ("E%d"):format(-result)
end

--- The errno names that scripts can see.
function errors.names()
  local names = {}
  for _, name in pairs(codes) do names[#names + 1] = name end
  table.sort(names)
  return names
end

--- What a call does with a negative result of the engine: mistakes are raised, what can happen at
--- run time is returned as nil, message, code.
function errors.failed(call, result, message)
  local code = errors.code(result)
  local text = message ~= "" and message or "failed"
  if mistakes[code] then errors.raise(call .. ": " .. text, code) end
  return nil, text, code
end

return errors
