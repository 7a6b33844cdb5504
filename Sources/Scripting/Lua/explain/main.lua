-- SPDX-License-Identifier: BSD-2-Clause
-- mos explain: everything that the engine hands out about each flow, packet by packet.
--
-- It watches as a script would: one socket for connections, one for UDP and ICMP flows, two for raw
-- packets. What it shows is what it was called for, in that order. A row is what happens while one
-- packet is in hand, or at one moment without a packet; it is closed when something else happens.
local abi = require "mos.abi"
local book = require "mos.explain.book"
local faults = require "mos.faults"
local happening = require "mos.explain.happening"
local ladder = require "mos.explain.ladder"
local paint = require "mos.explain.paint"
local row = require "mos.explain.row"
local stray = require "mos.explain.stray"
local summary = require "mos.explain.summary"

local mos = require("mos.mos").mos
local api, worker = abi.api, abi.worker
local CLI, SVR = mos.SIDE_CLI, mos.SIDE_SVR
local SND, RCV, NULL = mos.HK_SND, mos.HK_RCV, mos.NULL
local KEEP = 262144 -- bytes per side, so that repeats can be compared
local OPEN = 50000  -- flows that are shown at the same time

local main = {}

local options
local current          -- the row in hand
local numbered, open, skipped, finished = 0, 0, 0, 0
local last_number      -- of the flows that are wanted
local began            -- time of the first packet, as a ladder has it

local function close_row()
  local r = current
  if not r then return end
  current = nil
  if r.moved then r.ladder.cli_state, r.ladder.svr_state = r.cli_state, r.svr_state end
  book.add(r.ladder, r)
end

-- MARK: Flows

local function is_wanted(number)
  if next(options.flows) and not options.flows[number] then return false end
  return not (options.max_flows and number > options.max_flows)
end

-- A flow that is new: what is kept of it, nil when it is not shown.
local function begin(flow)
  numbered = numbered + 1
  local is_shown = is_wanted(numbered)
  if is_shown and open >= OPEN then
    skipped, is_shown = skipped + 1, false
  end
  if not is_shown then
    flow:close()
    return nil
  end
  open = open + 1
  local packet = flow:packet()
  local l = {
    number = numbered, proto = flow.proto, is_tcp = flow.proto == "tcp",
    client = tostring(flow.cli), server = tostring(flow.svr), start = flow.start_time,
    acks = {}, isns = {}, midstream = flow.midstream, vlan = flow.vlan, tunnel = flow.tunnel,
    first = packet and packet.number or 0,
  }
  l.sec, l.nsec = flow:start_parts()
  if flow.proto == "icmp" then l.client, l.server = flow.cli.addr, flow.svr.addr end
  flow.ctx = l
  book.open(l)
  return l
end

-- The row in which an event of a flow stands. Only PKT_IN and CONN_START begin a packet's: a flow
-- may also end because of another one's packet.
local function row_of(l, flow, begins)
  local packet = flow:packet()
  local hand = packet and packet.number
  local r = current
  if r and r.ladder == l and r.hand == hand and (hand or r.time == mos.now()) then return r end
  close_row()
  current = begins and packet and row.begin(l, packet) or row.quiet(l, mos.now(), hand)
  return current
end

local function end_flow(l, flow)
  close_row()
  book.close(l, summary.read(flow))
  stray.ended(l)
  open, finished = open - 1, finished + 1
  -- All that is wanted has been shown.
  if last_number and numbered >= last_number and open == 0 then
    faults.stopped = true
    api.leave(worker)
  end
end

local function on_event(name, hook, hook_name)
  local is_packet, is_end = name == "ON_PKT_IN", name == "ON_CONN_END"
  local begins = is_packet or name == "ON_CONN_START"
  return function(flow, side, _, arg)
    local l = flow.ctx or begin(flow)
    if not l then return end
    local r = row_of(l, flow, begins)
    if is_packet and l.is_tcp then
      if hook == SND then
        row.sent(r, flow, side, flow:packet())
      else
        row.received(r, flow, flow:packet())
      end
    elseif is_packet and hook == SND then
      row.datagram(r, side, flow:packet())
    end
    happening.note(r, flow, name, hook_name, side, arg)
    if is_end and hook == RCV then end_flow(l, flow) end
  end
end

local hooks = { HK_SND = SND, HK_RCV = RCV, NULL = NULL }

local function watch(socket, names)
  for name, where in pairs(names) do
    for hook_name in where:gmatch "%S+" do
      local hook = hooks[hook_name]
      socket:on(mos[name], hook, on_event(name, hook, hook_name))
    end
  end
end

-- MARK: Packets

-- A packet with a wrong checksum makes no event of its flow, but has its place in the ladder.
local function show_unbelieved(s, packet)
  local l4 = packet.tcp or packet.udp
  if not l4 then return false end
  local ip = packet.ip
  local ok, flow = pcall(mos.find_flow, ip.src, l4.sport, ip.dst, l4.dport, s)
  local l = ok and flow and flow.ctx
  if not l or l.proto ~= (packet.tcp and "tcp" or "udp") then return ok and flow ~= nil end
  local from = flow.cli.addr == ip.src and flow.cli.port == l4.sport and CLI or SVR
  local r = row.begin(l, packet)
  r.unbelieved = true
  if l.is_tcp then
    row.read_segment(r, flow, from, packet)
  else
    row.datagram(r, from, packet)
  end
  book.add(l, r)
  return true
end

local told -- number of the packet that stands in a ladder already

-- RAW sockets see every packet, before everything else.
local function enter(stream, datagrams)
  return function(raw)
    close_row()
    local packet = raw:packet()
    began = began or { sec = packet.ts_sec, nsec = packet.ts_nsec }
    if packet.bad_checksum and packet.ip then
      if show_unbelieved(stream, packet) or show_unbelieved(datagrams, packet) then
        told = packet.number
      end
    end
  end
end

local function show_frame(raw)
  local packet = raw:packet()
  if packet.number ~= told then stray.frame(packet, began) end
end

local function show_orphan(s)
  close_row()
  stray.orphan(s:packet(), began)
end

local function make_sockets()
  local filter = options.filter
  local first = mos.socket(mos.SOCK_MONITOR_RAW, "enter")
  local frames = mos.socket(mos.SOCK_MONITOR_RAW, "frames")
  local stream = mos.socket(mos.SOCK_MONITOR_STREAM, "connections")
  local datagrams = mos.socket(mos.SOCK_MONITOR_FLOW, "datagrams")
  if filter then
    mos.bind_filter(frames, { raw = filter })
    mos.bind_filter(stream, { syn = filter, orphan = filter })
    mos.bind_filter(datagrams, { syn = filter })
  end
  if options.keep == 1 then
    mos.setsockopt(stream, mos.CLIKEEP, KEEP)
    mos.setsockopt(stream, mos.SVRKEEP, KEEP)
  end
  first:on(mos.ON_PKT_IN, enter(stream, datagrams))
  if not next(options.flows) then
    frames:on(mos.ON_PKT_IN, show_frame)
    stream:on(mos.ON_ORPHAN, show_orphan)
  end
  local of_flows = { ON_PKT_IN = "HK_SND HK_RCV", ON_CONN_START = "HK_SND HK_RCV",
    ON_CONN_END = "HK_SND HK_RCV" }
  watch(stream, of_flows)
  watch(datagrams, of_flows)
  watch(stream, { ON_TCP_STATE_CHANGE = "HK_SND HK_RCV", ON_REXMIT = "HK_RCV",
    ON_CONN_NEW_DATA = "NULL", ON_ERROR = "NULL", ON_GAP = "NULL", ON_ZERO_WINDOW = "NULL" })
end

-- MARK: Options

-- `name=value`, each closed by a zero byte.
local function read_options(text)
  options = { flows = {} }
  for name, value in text:gmatch "([%w_]+)=(%Z*)%z" do
    if name == "flow" then
      options.flows[tonumber(value)] = true
      last_number = math.max(last_number or 0, tonumber(value))
    elseif name == "filter" then
      options.filter = value
    else
      options[name] = tonumber(value)
    end
  end
  if options.max_flows then
    last_number = math.min(last_number or options.max_flows, options.max_flows)
  end
end

--- Makes ready to explain; the run does the rest.
function main.start(text)
  read_options(text)
  paint.use_colour(options.colour == 1)
  ladder.shows_events = options.events == 1
  stray.has_filter = options.filter ~= nil
  book.interleaved = options.interleaved == 1
  if book.interleaved then paint.WIDTH = paint.WIDTH - 5 end
  book.most = options.packets or book.most
  if options.objects == 1 then book.objects = require "mos.explain.objects" end
  make_sockets()
  mos.on_exit(close_row)
end

--- What the run has shown, as a line.
function main.report()
  close_row()
  local text = ("explained %s of %d"):format(paint.count(finished, "flow"), numbered)
  if options.filter then text = text .. " that the filter selects" end
  if options.filter and numbered == 0 then
    text = text .. "; it judges a flow by its first packet alone, a connection by its SYN"
  end
  if skipped > 0 then
    text = text .. (", %d not shown: no more than %d at the same time"):format(skipped, OPEN)
  end
  return (text:gsub(paint.BLANK, " "))
end

return main
