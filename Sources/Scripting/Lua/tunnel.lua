-- SPDX-License-Identifier: BSD-2-Clause
-- What a packet or the first packet of a flow came through: a list made on demand.
local ffi = require "ffi"
local abi = require "mos.abi"
local address = require "mos.address"

local api, worker, ev = abi.api, abi.worker, abi.event

local names = {}
for _, name in ipairs { "IP", "GRE", "PPTP", "ERSPAN", "ETHERIP", "MPLS", "VXLAN", "VXLAN_GPE",
  "GENEVE", "GTP", "TEREDO" } do
  names[abi.constant("TUNNEL_" .. name)] = name:lower():gsub("_", "-")
end

local layer_type = ffi.typeof "const struct mos_tunnel *"
local words_type = ffi.typeof "const uint32_t *"
local SIZE = ffi.sizeof "struct mos_tunnel" / 4
local SRC = ffi.offsetof("struct mos_tunnel", "src") / 4
local DST = ffi.offsetof("struct mos_tunnel", "dst") / 4

local tunnel = {}

--- The tunnels of a flow, of the packet in hand where `slot` is NO_FLOW: {type=, src=, dst=, id=}
--- from the outermost inwards; nil without one.
function tunnel.list(slot, generation)
  local count = api.tunnel(worker, slot, generation)
  if count <= 0 then return nil end
  local layers, words = ffi.cast(layer_type, ev.data), ffi.cast(words_type, ev.data)
  local list = {}
  for index = 0, count - 1 do
    local layer = layers[index]
    local version = layer.ip_version
    local entry = {
      type = names[layer.kind],
      src = address.text(words, index * SIZE + SRC, version),
      dst = address.text(words, index * SIZE + DST, version),
    }
    if layer.has_id ~= 0 then entry.id = layer.id end
    list[index + 1] = entry
  end
  return list
end

return tunnel
