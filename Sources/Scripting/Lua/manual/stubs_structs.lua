-- SPDX-License-Identifier: BSD-2-Clause
-- The structures of the shared layout, for editors: for those who cast to them.
local boot = require "mos.boot"

local c_types = { float = "number", double = "number", char = "string" }

--- Puts a class for each, `put(format, ...)` a line at a time.
return function(put)
  for name, body in boot.abi_text:gmatch "struct (mos_[%w_]+) (%b{});" do
    put ""
    put("---@class ffi.%s*: ffi.cdata*", name)
    body = body:gsub("/%*.-%*/", ""):gsub("%(%*([%w_]+)%)%b()", " function_%1")
    for declaration in body:sub(2, -2):gmatch "[^;]+" do
      local kind = declaration:match "^%s*const%s+(%S+)" or declaration:match "^%s*struct%s+(%S+)"
        or declaration:match "^%s*(%S+)"
      local is_struct = declaration:find "struct%s"
      kind = is_struct and "ffi." .. declaration:match "struct%s+([%w_]+)" .. "*"
        or kind and (c_types[kind] or kind:find "int" and "integer") or "ffi.cdata*"
      local rest = declaration:gsub("%b[]", ""):gsub("^%s*const%s+", ""):gsub("^%s*struct%s+", "")
        :gsub("^%s*%S+", "", 1)
      for field in rest:gmatch "[%a_][%w_]*" do
        local call = field:match "^function_(.*)"
        put("---@field %s %s", call or field, call and "function"
          or declaration:find("%*") and not is_struct and "ffi.cdata*" or kind)
      end
    end
  end
end
