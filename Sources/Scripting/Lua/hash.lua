-- SPDX-License-Identifier: BSD-2-Clause
-- mos.hash: running digests by libcrypto.
local ffi = require "ffi"
local abi = require "mos.abi"
local digest = require "mos.digest"
local errors = require "mos.errors"
local view = require "mos.view"

local api = abi.api
local hash_update = api.hash_update
local kinds = { md5 = abi.constant "HASH_MD5", sha1 = abi.constant "HASH_SHA1",
  sha256 = abi.constant "HASH_SHA256" }

ffi.cdef "struct mos_hash { double id; };"

local Hash = {}
local results = setmetatable({}, { __mode = "k" }) -- finished hash -> its hexadecimal digits

local type_of_hash

local function need_hash(call, hash)
  if not ffi.istype(type_of_hash, hash) then
    errors.argument("hash:" .. call, 0, "self", hash, "a hash (call it with a colon)", "EBADF")
  end
end

local new = ffi.metatype("struct mos_hash", {
  __index = Hash,
  __gc = function(hash)
    if hash.id ~= 0 then api.hash_free(hash.id) end
  end,
})

type_of_hash = ffi.typeof "struct mos_hash"

--- Takes in more bytes: a string or a view. Returns itself.
function Hash.update(hash, bytes)
  need_hash("update", hash)
  if hash.id == 0 then errors.raise("hash:update: this hash is finished") end
  if type(bytes) == "string" then
    hash_update(hash.id, bytes, #bytes)
  elseif ffi.istype(view.type, bytes) then
    local size = #bytes
    hash_update(hash.id, ffi.cast("const char *", bytes.ptr), size)
  else
    errors.argument("hash:update", 1, "bytes", bytes, "a string or a view")
  end
  return hash
end

--- The digest in hexadecimal; ends the hash, and may be asked for again.
function Hash.hex(hash)
  need_hash("hex", hash)
  if hash.id ~= 0 then
    local id = hash.id
    hash.id = 0
    results[hash] = digest.hex(digest.finish(id))
  end
  return results[hash]
end

--- A running hash of that kind.
return function(kind)
  local number = kinds[kind]
  if not number then
    errors.argument("mos.hash", 1, "kind", kind, '"md5", "sha1" or "sha256"')
  end
  local id = api.hash_new(number)
  if id <= 0 then return errors.failed("mos.hash", id < 0 and id or -12, "no memory") end
  return new(id)
end
