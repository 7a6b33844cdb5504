-- SPDX-License-Identifier: BSD-2-Clause
-- The layout shared with the engine and the table of its calls; refuses an engine that differs.
local ffi = require "ffi"
local boot = require "mos.boot"

ffi.cdef(boot.abi_text)

local api = ffi.cast("struct mos_api *", boot.api)

local function must_equal(what, ours, theirs)
  if ours ~= theirs then
    error(("the script library and the engine differ in %s: %d here, %d in the engine")
      :format(what, ours, theirs), 0)
  end
end

must_equal("their ABI number", tonumber(ffi.C.MOS_ABI_VERSION), api.abi)
must_equal("the size of a packet", ffi.sizeof("struct mos_packet"), api.size_packet)
must_equal("the size of a connection", ffi.sizeof("struct mos_conn"), api.size_conn)
must_equal("the size of a connection's extension", ffi.sizeof("struct mos_ext"), api.size_ext)
must_equal("the size of an event", ffi.sizeof("struct mos_event"), api.size_event)

-- `conns`, `exts` and `event` keep their addresses for the life of the worker, so that compiled
-- code may hold them as constants.
local abi = {
  api = api,
  worker = api.worker,
  event = api.event,
  conns = api.conns,
  exts = api.exts,
  serial_high = api.serial_high,
}

--- The number of the ABI's constant `MOS_<name>`.
function abi.constant(name)
  return tonumber(ffi.C["MOS_" .. name])
end

--- The number of the first event.
abi.first_event = abi.constant "EVENT_BASE"

return abi
