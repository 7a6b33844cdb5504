-- SPDX-License-Identifier: BSD-2-Clause
-- For tshark, not for mos: a tap that counts the segments of each connection.
local stream = Field.new "tcp.stream"
local tap = Listener.new("tcp")
local packets = {}
function tap.packet()
  local number = stream()
  if number then packets[number.value] = (packets[number.value] or 0) + 1 end
end
function tap.draw() print(#packets) end
