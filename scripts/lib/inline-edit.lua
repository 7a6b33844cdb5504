-- SPDX-License-Identifier: BSD-2-Clause
-- Inserts and removes bytes at random places of both streams of connections to --port, and tells
-- what it did, by offsets of the stream as it was sent: `inline-check.py edits` then knows what
-- each receiver must have got. The first --skip bytes of the client's stream stay as they are.
local args = mos.args
local rate, skip = tonumber(args.rate or 0.5), tonumber(args.skip or 4)
local hook = args.hook == "rcv" and mos.HK_RCV or mos.HK_SND
math.randomseed(tonumber(args.seed or 1))
local random = math.random
local serial, refused = 0, {}

local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
mos.bind_filter(watch, { syn = "tcp dst port " .. args.port })

local function note(done, _, code)
  if not done then refused[code] = (refused[code] or 0) + 1 end
  return done
end

-- Mostly some bytes, sometimes more than a packet takes.
local function text()
  serial = serial + 1
  local length = random() < 0.03 and 1600 or random(60)
  return ("<%d>%s"):format(serial, ("."):rep(length)):sub(1, length)
end

local function edit(flow, from, first, at, room)
  local record = { port = flow.cli.port, from = from, at = first + at }
  if random() < 0.5 then
    record.insert = text()
    if note(flow:insert(at, record.insert)) then mos.emit("edit", record) end
  elseif room > 0 then
    record.chomp = random() < 0.05 and room or random(math.min(room, 80))
    if note(flow:chomp(at, record.chomp)) then mos.emit("edit", record) end
  end
end

watch:on(mos.ON_PKT_IN, hook, function(flow, side)
  if hook == mos.HK_RCV then side = side == mos.SIDE_CLI and mos.SIDE_SVR or mos.SIDE_CLI end
  local packet = flow:packet()
  local length = #packet.payload
  if length == 0 or packet.invalid or random() > rate then return end
  local from = side == mos.SIDE_CLI and "cli" or "svr"
  local sender = flow[from]
  local first = (packet.tcp.seq - sender.isn - 1) % 2 ^ 32
  local least = math.max(side == mos.SIDE_CLI and skip - first or 0, 0)
  -- From back to front: what is edited does not move what is still to be.
  local stop = length
  for _ = 1, random(3) do
    if stop < least then break end
    local at = random(least, stop)
    edit(flow, from, first, at, stop - at)
    stop = at - 1
  end
end)

mos.on_exit(function() mos.emit("refused", { refused = refused, edits = serial }) end)
