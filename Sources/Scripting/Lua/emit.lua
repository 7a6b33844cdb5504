-- SPDX-License-Identifier: BSD-2-Clause
-- mos.emit: a record to the outputs, encoded here.
local ffi = require "ffi"
local abi = require "mos.abi"
local boot = require "mos.boot"
local errors = require "mos.errors"
local json = require "mos.json"
local text = require "mos.text"
local tsv = require "mos.tsv"

local api, worker, ev = abi.api, abi.worker, abi.event
local api_emit = api.emit
local RECORD, HEADER = abi.constant "EMIT_RECORD", abi.constant "EMIT_HEADER"
local encode = ({ json = json.encode, text = text.encode, tsv = tsv.encode })[boot.options.format]
  or json.encode

local streams = {} -- name -> what the encoder remembers of the stream

local function new_stream(name)
  if type(name) ~= "string" or not name:find "^[A-Za-z0-9_-]+$" then
    errors.argument("mos.emit", 1, "stream", name, "a name of letters, digits, _ and -")
  end
  local known = { name = name, found = {}, sorted = {} }
  streams[name] = known
  return known
end

local emit = {}

--- What encoders remember of the streams, for the version that takes over.
function emit.hand_over()
  return streams
end

--- Goes on with what the encoders of the version before remembered.
function emit.take_over(former)
  for name, known in pairs(former) do streams[name] = streams[name] or known end
end

--- Sends `record`, a table with string keys, to the outputs as a record of the stream `name`.
function emit.emit(name, record)
  local known = streams[name] or new_stream(name)
  if type(record) ~= "table" then
    errors.argument("mos.emit", 2, "record", record, "a table with string keys")
  end
  local ok, out, header = pcall(encode, record, known)
  if not ok then
    errors.raise("mos.emit: " .. (type(out) == "table" and out.problem or tostring(out)))
  end
  if header then api_emit(worker, HEADER, header, #header) end
  local first, size = out:ref()
  local result = api_emit(worker, RECORD, first, size)
  if result < 0 then return errors.failed("mos.emit", result, ffi.string(ev.message)) end
  return true
end

return emit
