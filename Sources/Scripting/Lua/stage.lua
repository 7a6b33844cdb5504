-- SPDX-License-Identifier: BSD-2-Clause
-- Whose turn it is, for whoever watches from another thread: see CMosLua/watch.c.
local abi = require "mos.abi"

local ev = abi.event

local stage = {}

for _, name in ipairs { "NONE", "LOAD", "START", "LOOP", "EXIT", "REPORT" } do
  local number = abi.constant("STAGE_" .. name)
  --- That part of the scripts runs from now on.
  stage[name:lower()] = function()
    ev.stage = number
    ev.epoch = ev.epoch + 1
  end
end

--- What runs took its time, but has come on.
function stage.go_on()
  ev.epoch = ev.epoch + 1
end

return stage
