-- SPDX-License-Identifier: BSD-2-Clause
-- The scripts of a run, and which one is asking.
local errors = require "mos.errors"

local scripts = {
  --- In the order of loading: {source, state}.
  list = {},
  --- True once packets may flow.
  running = false,
}

local by_source = {}
local loading

--- A script that is about to run its top level; `source` is its chunk name.
function scripts.begin(source)
  local script = { source = source, state = nil }
  scripts.list[#scripts.list + 1] = script
  by_source[source] = script
  loading = script
  return script
end

--- The script with that chunk name; nil without one.
function scripts.find(source)
  return by_source[source]
end

--- No script's top level is running any more.
function scripts.finish()
  loading = nil
end

--- The script whose code is running: by the innermost frame that belongs to one.
function scripts.current()
  if loading then return loading end
  for level = 2, 200 do
    local info = debug.getinfo(level, "S")
    if not info then break end
    if not errors.is_ours(info.source) and by_source[info.source] then
      return by_source[info.source]
    end
  end
  return scripts.list[#scripts.list]
end

return scripts
