-- SPDX-License-Identifier: BSD-2-Clause
-- mos.find_flow: a flow by its ends.
local ffi = require "ffi"
local abi = require "mos.abi"
local errors = require "mos.errors"
local flow = require "mos.flow"
local register = require "mos.register"

ffi.cdef "int inet_pton(int family, const char *text, void *address);"

local api, worker, ev = abi.api, abi.worker, abi.event
local AF_INET, AF_INET6 = 2, 10
local CALL = "mos.find_flow"
local ends = ffi.new "struct mos_ends"

-- Writes an address; its version.
local function write_address(place, index, text)
  place.a, place.b = 0, 0
  if type(text) == "string" and not text:find("\0", 1, true) then
    if ffi.C.inet_pton(AF_INET, text, place) == 1 then return 4 end
    if ffi.C.inet_pton(AF_INET6, text, place) == 1 then return 6 end
  end
  errors.argument(CALL, index, "addr", text,
    'the text of an IPv4 or IPv6 address, as "10.0.0.1" or "fd00::1"')
end

local function check_port(index, port)
  if type(port) ~= "number" or not (port >= 0 and port <= 65535) or port % 1 ~= 0 then
    errors.argument(CALL, index, "port", port, "a port, 0 to 65535")
  end
end

local find = {}

--- The flow between two ends, in either order, TCP before UDP: as `s` sees it, else as the first
--- socket that watches it. nil when there is none.
function find.flow(a, a_port, b, b_port, s)
  local version = write_address(ends.a, 1, a)
  check_port(2, a_port)
  local other = write_address(ends.b, 3, b)
  check_port(4, b_port)
  if version ~= other then
    errors.raise(("%s: %s is an IPv%d address, %s an IPv%d address"):format(
      CALL, a, version, b, other))
  end
  if s ~= nil then register.need_open(CALL, s, 5) end
  ends.a_port, ends.b_port, ends.ip_version = a_port, b_port, version
  local result = api.find_flow(worker, s and s.id or -1, ends)
  if result < 0 then return errors.failed(CALL, result, ffi.string(ev.message)) end
  if result == 0 then return nil end
  return setmetatable({ ev.value[0], ev.value[1], ev.value[2] }, flow.Flow)
end

return find
