-- SPDX-License-Identifier: BSD-2-Clause
-- The errors of reading and writing names that a value does not have.
local errors = require "mos.errors"
local schema = require "mos.schema"
local suggest = require "mos.suggest"

local fields = {}

--- Raises for `value.<key>`, a name that this version does not have, or has not yet.
function fields.unknown(what, section, key)
  if type(key) ~= "string" then
    errors.raise(("%s: %s is not a field"):format(what, errors.show(key)))
  end
  local entry = schema.find(section, key)
  if entry and entry.step then
    errors.raise(("%s.%s is not there yet"):format(what, key), "EOPNOTSUPP")
  end
  errors.raise(('%s has no field "%s"%s'):format(
    what, key, suggest.hint(key, schema.names(section))))
end

--- Raises for `value.<key> = ...`.
function fields.read_only(what, key)
  errors.raise(("%s.%s cannot be set"):format(what, tostring(key)))
end

return fields
