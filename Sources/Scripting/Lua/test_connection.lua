-- SPDX-License-Identifier: BSD-2-Clause
-- A TCP connection of a test: who sent what so far, so that sequence numbers follow by themselves.
-- Numbers are relative to the ISNs, as tcpdump and packetdrill show them: a SYN is at 0, the first
-- byte at 1.
local errors = require "mos.errors"
local frames = require "mos.test_frames"
local options = require "mos.test_options"

local ISN = { cli = 1000, svr = 5000 }
local MODULUS = 2 ^ 32

local connection = {}

-- Whoever was not seen with a SYN begins at its first byte.
local function begin(side)
  if side.next == 0 then side.next = 1 end
end

local function relative(o, value, isn)
  if value == nil then return nil end
  return o.absolute and (value - isn) % MODULUS or value
end

-- The numbers of TCP's timestamps follow packet time in milliseconds.
local function timestamps_of(conn, side, o, is_syn)
  local wanted = o.timestamps
  if wanted == nil then wanted = conn.options.timestamps and (is_syn or side.peer.uses_ts) end
  if not wanted then return nil end
  if type(wanted) == "table" then return wanted[1], wanted[2] end
  side.uses_ts = true
  return conn.ladder:milliseconds(o) + side.isn, side.peer.tsval or 0
end

local function option_bytes(conn, side, o, is_syn)
  local given, peer = conn.options, side.peer
  local tsval, tsecr = timestamps_of(conn, side, o, is_syn)
  side.tsval = tsval or side.tsval
  local blocks
  if type(o.sack) == "table" then
    blocks = {}
    for i, block in ipairs(o.sack) do
      blocks[i] = { (block[1] + peer.isn) % MODULUS, (block[2] + peer.isn) % MODULUS }
    end
  end
  local permits = o.sack == true or o.sack == nil and is_syn and given.sack
  return frames.tcp_options {
    mss = o.mss or is_syn and given.mss or nil, wscale = o.wscale or is_syn and given.wscale or nil,
    sack_permitted = permits, blocks = blocks, tsval = tsval, tsecr = tsecr, raw = o.options,
  }
end

-- Sends a segment of `side`: `s` has flags, and may have seq, ack (relative), data.
local function send(call, conn, side, s, o)
  local flags, letter = frames.flags(o.flags or s.flags)
  if not flags then
    errors.argument(call, 2, "flags", o.flags, ("letters of FSRPAUEC; %s is none"):format(letter))
  end
  local is_syn = flags % 4 >= 2
  if not is_syn and not s.is_bare then begin(side) end
  local seq = relative(o, o.seq, side.isn) or s.seq or side.next
  local acks = math.floor(flags / 16) % 2 == 1
  local ack = relative(o, o.ack, side.peer.isn) or s.ack
  if not ack and acks then
    begin(side.peer)
    ack = side.peer.next
  end
  local data = o.data or s.data or ""
  local bytes = option_bytes(conn, side, o, is_syn)
  if #bytes > 40 then
    errors.raise(("%s: the TCP options take %d bytes; 40 are the most"):format(call, #bytes))
  end
  local raw_seq = s.is_bare and not o.seq and 0 or (seq + side.isn) % MODULUS
  local proto, payload = frames.tcp(side.ends, {
    seq = raw_seq, ack = ack and (ack + side.peer.isn) % MODULUS or 0, flags = flags,
    window = o.window or conn.options.window or 65535, urgent = o.urgent or 0, options = bytes,
    data = data, checksum = o.checksum,
  })
  conn.ladder:ip(call, side.ends, proto, payload, conn.options, o)
  local length = #data + (is_syn and 1 or 0) + flags % 2
  if length > 0 then side.last = { flags = o.flags or s.flags, seq = seq, data = data } end
  side.next = math.max(side.next, seq + length)
end

local DATA_MOST = 65535 - 60 - 20

-- What one end can do. Every call takes options at its end.
local verbs = {}

local function verb(name, flags)
  verbs[name] = function(conn, side, o)
    local call = "t." .. name
    send(call, conn, side, { flags = flags }, options.check(call, 1, o, options.segment))
  end
end

verb("ack", "A")
verb("fin", "FA")

function verbs.syn(conn, side, o)
  o = options.check("t.syn", 1, o, options.segment)
  send("t.syn", conn, side, { flags = "S", seq = 0 }, o)
end

function verbs.synack(conn, side, o)
  o = options.check("t.synack", 1, o, options.segment)
  send("t.synack", conn, side, { flags = "SA", seq = 0 }, o)
end

function verbs.rst(conn, side, o)
  o = options.check("t.rst", 1, o, options.segment)
  -- Who refuses has no sequence numbers yet.
  send("t.rst", conn, side, { flags = "RA", is_bare = side.next == 0 }, o)
end

function verbs.data(conn, side, data, o)
  options.need_dot("t.data", data)
  if type(data) ~= "string" then errors.argument("t.data", 1, "data", data, "a string") end
  o = options.check("t.data", 2, o, options.segment)
  local piece = o.mss
  if piece == 0 then errors.argument("t.data", 2, "mss", 0, "1 or more") end
  if piece then
    -- One segment behind the other, as a large write leaves a host.
    local rest = {}
    for name, value in pairs(o) do rest[name] = value end
    rest.mss, rest.at = nil, o.at
    for from = 1, #data, piece do
      send("t.data", conn, side, { flags = from + piece > #data and "PA" or "A",
        data = data:sub(from, from + piece - 1) }, rest)
      rest.at, rest.after, rest.seq = nil, nil, nil
    end
    return
  end
  if #data > DATA_MOST then
    errors.raise(("t.data: %d bytes do not fit into one packet; { mss = 1460 } cuts them"):format(
      #data))
  end
  send("t.data", conn, side, { flags = "PA", data = data }, o)
end

--- Bytes that are sent, and that the capture misses.
function verbs.gap(_, side, length)
  options.need_dot("t.gap", length)
  if type(length) ~= "number" or not (length >= 1 and length < 2 ^ 31) or length % 1 ~= 0 then
    errors.argument("t.gap", 1, "length", length, "a number of bytes, 1 or more")
  end
  begin(side)
  side.next = side.next + length
end

--- The last segment of this end with SYN, data or FIN again.
function verbs.rexmit(conn, side, o)
  o = options.check("t.rexmit", 1, o, options.segment)
  if not side.last then
    errors.raise("t.rexmit: this end has sent nothing that could be repeated: a SYN, data, a FIN")
  end
  send("t.rexmit", conn, side, side.last, o)
end

--- Any segment: flags, seq, ack, data and so on stand in the options.
function verbs.segment(conn, side, o)
  o = options.check("t.segment", 1, o, options.segment)
  send("t.segment", conn, side, { flags = "A" }, o)
end

-- What both ends do.
local both = {}

--- SYN, SYN-ACK, ACK.
function both.handshake(conn)
  conn.cli.syn()
  conn.svr.synack()
  conn.cli.ack()
end

--- Both ends close, this one first.
function both.close(conn, side)
  verbs.fin(conn, side)
  verbs.fin(conn, side.peer)
  verbs.ack(conn, side)
end

local function bind(conn, side, target)
  for name, fn in pairs(verbs) do
    target[name] = function(...) return fn(conn, side, ...) end
  end
  target.close = function() return both.close(conn, side) end
end

local function ends_of(conn, from, src, dst, sport, dport)
  return { from = from, src = src, dst = dst, sport = sport, dport = dport, tags = conn.tags }
end

--- A connection on `ladder`; its calls stand in `target` too, where the client is meant: a SYN-ACK
--- comes from the server.
function connection.new(ladder, o, number, target)
  local call = "t.conn"
  o = options.check(call, 1, o, options.connection)
  local is_v6 = (o.client or o.server or ""):find(":.*:") ~= nil
  local client, cport = options.endpoint(call, "client",
    o.client or options.client(number, is_v6), options.client_port(40000, number))
  local server, sport = options.endpoint(call, "server",
    o.server or (is_v6 and "fd00::2" or "10.0.0.2"), 80)
  if #client ~= #server then
    errors.raise(("%s: client and server are of different IP versions"):format(call))
  end
  local tags = o.vlan
  local conn = { ladder = ladder, options = o,
    tags = type(tags) == "table" and tags or tags and { tags } or {} }
  local cli = { isn = o.client_isn or ISN.cli, next = 0 }
  local svr = { isn = o.server_isn or ISN.svr, next = 0, peer = cli }
  cli.peer = svr
  cli.ends = ends_of(conn, "cli", client, server, cport, sport)
  svr.ends = ends_of(conn, "svr", server, client, sport, cport)
  ladder.list[#ladder.list + 1] = { isns = { cli.isn, svr.isn },
    names = { options.name(client, cport), options.name(server, sport) } }
  bind(conn, cli, target)
  target.cli, target.svr = {}, {}
  bind(conn, cli, target.cli)
  bind(conn, svr, target.svr)
  conn.cli, conn.svr = target.cli, target.svr
  target.synack = target.svr.synack
  target.handshake = function() return both.handshake(conn) end
  return target
end

return connection
