-- SPDX-License-Identifier: BSD-2-Clause
-- UDP and ICMP in a test.
local errors = require "mos.errors"
local frames = require "mos.test_frames"
local options = require "mos.test_options"

local datagrams = {}

local function tags_of(o)
  return type(o.vlan) == "table" and o.vlan or o.vlan and { o.vlan } or {}
end

local function ends_of(call, o, number, cport, sport)
  local is_v6 = (o.client or o.server or ""):find(":.*:") ~= nil
  local client, cli_port = options.endpoint(call, "client",
    o.client or options.client(number, is_v6), cport)
  local server, svr_port = options.endpoint(call, "server",
    o.server or (is_v6 and "fd00::2" or "10.0.0.2"), sport)
  if #client ~= #server then
    errors.raise(("%s: client and server are of different IP versions"):format(call))
  end
  local tags = tags_of(o)
  return { from = "cli", src = client, dst = server, sport = cli_port, dport = svr_port,
    tags = tags }, { from = "svr", src = server, dst = client, sport = svr_port,
    dport = cli_port, tags = tags }
end

--- Two ends that exchange UDP datagrams.
function datagrams.udp(ladder, o, number)
  o = options.check("t.udp", 1, o, options.flow)
  local cli, svr = ends_of("t.udp", o, number, options.client_port(50000, number), 53)
  local function sender(ends)
    return function(data, more)
      options.need_dot("udp.data", data)
      if type(data) ~= "string" then errors.argument("udp.data", 1, "data", data, "a string") end
      more = options.check("udp.data", 2, more, options.datagram)
      if #data > 65000 then errors.raise "udp.data: a datagram has at most 65000 bytes here" end
      local proto, payload = frames.udp(ends, data, more.checksum)
      ladder:ip("udp.data", ends, proto, payload, o, more)
    end
  end
  local target = { cli = { data = sender(cli) }, svr = { data = sender(svr) } }
  target.data = target.cli.data
  return target
end

local ECHO = { [4] = { cli = 8, svr = 0 }, [16] = { cli = 128, svr = 129 } }

--- Two ends that exchange ICMP messages, echoes by default.
function datagrams.icmp(ladder, o)
  o = options.check("t.icmp", 1, o, options.flow)
  local cli, svr = ends_of("t.icmp", o, 0, 0, 0)
  local sequence = 0
  local function sender(ends)
    return function(data, more)
      options.need_dot("icmp.data", data)
      if data ~= nil and type(data) ~= "string" then
        errors.argument("icmp.data", 1, "data", data, "a string")
      end
      more = options.check("icmp.data", 2, more, options.ping)
      if ends.from == "cli" then sequence = sequence + 1 end
      local proto, payload = frames.icmp(ends, more.type or ECHO[#ends.src][ends.from],
        more.code or 0, frames.u16(more.id or 1) .. frames.u16(more.seq or sequence), data or "",
        more.checksum)
      ladder:ip("icmp.data", ends, proto, payload, o, more)
    end
  end
  local target = { cli = { data = sender(cli) }, svr = { data = sender(svr) } }
  target.data = target.cli.data
  return target
end

return datagrams
