-- SPDX-License-Identifier: BSD-2-Clause
-- What UDP and ICMP flows have in the place of a connection's fields.
local bit = require "bit"
local abi = require "mos.abi"
local fields = require "mos.fields"
local schema = require "mos.schema"

local band = bit.band
local ICMP, TCP, UDP, ICMP6 = 1, 6, 17, 58
local HAS_IDENTIFIER = abi.constant "ICMP_HAS_IDENTIFIER"
local HAS_ANSWER = abi.constant "ICMP_HAS_ANSWER"

local datagram = { TCP = TCP }

--- Names of protocols by number.
datagram.protocols = { [ICMP] = "icmp", [TCP] = "tcp", [UDP] = "udp", [ICMP6] = "icmp" }

-- Fields of sides: those that these flows have no value for are nil.
local known = {}
for _, name in ipairs(schema.names(schema.side)) do known[name] = true end

local function is_icmp(c)
  local proto = c.proto
  return proto == ICMP or proto == ICMP6
end

--- The port of a side: 0 = the client's. ICMP has the type of its first message as the client's and
--- its code as the server's.
function datagram.port(c, which)
  if is_icmp(c) then
    if which == 0 then return c.cli.wnd end
    return c.svr.wnd
  end
  if which == 0 then return c.cli_port end
  return c.svr_port
end

--- The field `key` of side `which` of a flow that is no connection.
function datagram.side(e, which, key)
  if key == "packets" then return e.packets
  elseif key == "bytes" or key == "unique_bytes" then return e.iss + e.nxt * 4294967296
  elseif known[key] then return nil
  end
  return fields.unknown(which == 0 and "flow.cli" or "flow.svr", schema.side, key)
end

--- Type and code of an ICMP flow's first message; nil for other flows.
function datagram.icmp_type(c)
  if is_icmp(c) then return c.cli.wnd end
  return nil
end

function datagram.icmp_code(c)
  if is_icmp(c) then return c.svr.wnd end
  return nil
end

--- The identifier of an ICMP flow, nil for messages without one.
function datagram.icmp_id(c)
  if is_icmp(c) and band(c.cli.known, HAS_IDENTIFIER) ~= 0 then return c.cli.mss end
  return nil
end

--- The ports that Community ID gives a flow, and whether its direction counts: ICMP has the type of
--- the first message, and the type that answers it or else the code.
function datagram.community_ports(c)
  if not is_icmp(c) then return c.cli_port, c.svr_port, false end
  if band(c.cli.known, HAS_ANSWER) ~= 0 then return c.cli.wnd, c.svr.mss, false end
  return c.cli.wnd, c.svr.wnd, true
end

return datagram
