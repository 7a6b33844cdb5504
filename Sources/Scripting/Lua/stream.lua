-- SPDX-License-Identifier: BSD-2-Clause
-- Reading a flow's reassembled bytes: peek, view, consume, ppeek.
local ffi = require "ffi"
local abi = require "mos.abi"
local errors = require "mos.errors"
local flow = require "mos.flow"
local view = require "mos.view"

local api, ev, worker = abi.api, abi.event, abi.worker
local api_view, api_consume, api_ppeek = api.view, api.consume, api.ppeek
local getmetatable = getmetatable
local ffi_string, point = ffi.string, view.point
local Flow = flow.Flow
local view_cli, view_svr = view.new(), view.new()

local stream = {}

local function failed(call, result)
  return errors.failed(call, result, ffi_string(ev.message))
end

-- Which is wrong, the flow or the side; tested together on the way here.
local function wrong(call, f, side)
  flow.check(call, f)
  errors.argument(call, 2, "side", side, "mos.SIDE_CLI or mos.SIDE_SVR")
end

--- Contiguous unread bytes in place; nil, "overrun", missed once after an overrun.
function stream.view(f, side)
  if getmetatable(f) ~= Flow or (side ~= 0 and side ~= 1) then wrong("mos.view", f, side) end
  local size = api_view(worker, f[3], f[1], f[2], side)
  if size < 0 then return failed("mos.view", size) end
  if ev.missed > 0 then return nil, "overrun", ev.missed end
  if side == 0 then return point(view_cli, ev.data, size, ev.data_offset) end
  return point(view_svr, ev.data, size, ev.data_offset)
end

--- Moves the read offset by `count` bytes, at most by what a view shows. Returns how far it moved.
function stream.consume(f, side, count)
  if getmetatable(f) ~= Flow or (side ~= 0 and side ~= 1) then wrong("mos.consume", f, side) end
  if type(count) ~= "number" or not (count >= 0) or count % 1 ~= 0 then
    errors.argument("mos.consume", 3, "n", count, "a number of bytes, 0 or more")
  end
  local result = api_consume(worker, f[3], f[1], f[2], side, count)
  if result < 0 then return failed("mos.consume", result) end
  return result
end

--- Contiguous unread bytes, at most `max`, as a string; moves the read offset behind them.
function stream.peek(f, side, max)
  if getmetatable(f) ~= Flow or (side ~= 0 and side ~= 1) then wrong("mos.peek", f, side) end
  if max ~= nil and (type(max) ~= "number" or not (max >= 0) or max % 1 ~= 0) then
    errors.argument("mos.peek", 3, "max", max, "a number of bytes, 0 or more")
  end
  local size = api_view(worker, f[3], f[1], f[2], side)
  if size < 0 then return failed("mos.peek", size) end
  if ev.missed > 0 then return nil, "overrun", ev.missed end
  if max and max < size then size = max end
  if size == 0 then return "" end
  local bytes = ffi_string(ev.data, size)
  local result = api_consume(worker, f[3], f[1], f[2], side, size)
  if result < 0 then return failed("mos.peek", result) end
  return bytes
end

--- At most `length` bytes at stream offset `offset`, out-of-order ones too; moves nothing.
function stream.ppeek(f, side, length, offset)
  if getmetatable(f) ~= Flow or (side ~= 0 and side ~= 1) then wrong("mos.ppeek", f, side) end
  if type(length) ~= "number" or not (length >= 0 and length <= 0x7fffffff) then
    errors.argument("mos.ppeek", 3, "len", length, "a number of bytes, 0 or more")
  end
  if type(offset) ~= "number" or not (offset >= 0) then
    errors.argument("mos.ppeek", 4, "offset", offset, "a stream offset, 0 or more")
  end
  local size = api_ppeek(worker, f[3], f[1], f[2], side, offset, length)
  if size < 0 then return failed("mos.ppeek", size) end
  return ffi_string(ev.data, size)
end

flow.methods.view = stream.view
flow.methods.consume = stream.consume
flow.methods.peek = stream.peek
flow.methods.ppeek = stream.ppeek

return stream
