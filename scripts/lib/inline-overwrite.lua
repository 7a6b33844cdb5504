-- SPDX-License-Identifier: BSD-2-Clause
-- Drops packets at random, and in others turns every seventh byte of a stream to its complement.
-- That depends on nothing but the place in the stream, so repeats agree, however they are cut.
-- inline-check.py knows what each receiver must have got; the client's first four bytes stay.
local bit = require "bit"
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
mos.bind_filter(watch, { syn = "tcp dst port " .. mos.args.port })
local dropped = 0

mos.register_callback(watch, mos.ON_PKT_IN, mos.HK_SND, function(flow, side)
  if math.random() < 0.01 then
    dropped = dropped + 1
    return flow:drop()
  end
  local packet = flow:packet()
  if #packet.payload == 0 then return end
  local sender = side == mos.SIDE_CLI and flow.cli or flow.svr
  local first = (packet.tcp.seq - sender.isn - 1) % 2 ^ 32 - (side == mos.SIDE_CLI and 4 or 0)
  local bytes = { tostring(packet.payload):byte(1, -1) }
  for at = 1, #bytes do
    local place = first + at - 1
    if place >= 0 and place % 7 == 0 then bytes[at] = bit.bxor(bytes[at], 255) end
  end
  for at, byte in ipairs(bytes) do bytes[at] = string.char(byte) end
  flow:overwrite(mos.TCP_PAYLOAD, 0, table.concat(bytes))
end)

mos.on_exit(function() mos.emit("dropped", { dropped = dropped }) end)
