-- SPDX-License-Identifier: BSD-2-Clause
-- A firewall for TCP connections by a file of rules; the first rule that matches decides.
-- Run:    mos run examples/simple_firewall.lua -i in0 -i out0 --inline -- --rules=FILE
-- Expect: how often each rule decided, every second of packet time (--interval=) and at the end.
-- Idea:   an event of one's own, "first SYN"; accepted connections cost nothing from there on.
local path, at, rules = mos.args.rules or "examples/firewall.rules", 0, {}
local decided, ipv6 = mos.counter("decided", { "rule" }), { 2 ^ 32, 2 ^ 32 } -- above all IPv4

-- Networks and ports are ranges of numbers; nil for what is neither.
local function network(text)
  if text == "any" then return { 0, math.huge } end
  local a, b, c, d, len = (text .. "/32"):match "^(%d+)%.(%d+)%.(%d+)%.(%d+)/(%d+)"
  if not a or math.max(a, b, c, d) > 255 or tonumber(len) > 32 then return nil end
  local number, size = ((a * 256 + b) * 256 + c) * 256 + d, 2 ^ (32 - len)
  return { number - number % size, number - number % size + size - 1 }
end
local function ports(text)
  local low, high = text:gsub("^any$", "0-65535"):match "^(%d+)%-?(%d*)$"
  return low and { tonumber(low), tonumber(high) or tonumber(low) }
end

for line in (assert(io.open(path)):read "*a" .. "\ndefault accept\n"):gmatch "(.-)\n" do
  local text = line:gsub("#.*", ""):gsub("%s+", " "):match "^ ?(.-) ?$"
  local action, from, sport, to, dport = text:gsub("^default (%a+)$", "%1 tcp any any -> any any")
    :match "^(%a+) tcp (%S+) (%S+) %-> (%S+) (%S+)$"
  local rule = action and { network(from), ports(sport), network(to), ports(dport) } or {}
  rule.text, rule.accepts, at = text, action == "accept", at + 1
  if rule[1] and rule[2] and rule[3] and rule[4] and (rule.accepts or action == "drop") then
    rules[#rules + 1] = rule
  elseif text ~= "" then error(("%s:%d: this is no rule: %s"):format(path, at, text), 0) end
end

local function decide(cli, svr)
  local a, b = (network(cli.addr) or ipv6)[1], (network(svr.addr) or ipv6)[1]
  for i, r in ipairs(rules) do
    if r[1][1] <= a and a <= r[1][2] and r[2][1] <= cli.port and cli.port <= r[2][2]
      and r[3][1] <= b and b <= r[3][2] and r[4][1] <= svr.port and svr.port <= r[4][2] then
      decided:count(i)
      return r.accepts
    end
  end
end

local firewall = mos.socket(mos.SOCK_MONITOR_STREAM)
local function drop(flow) flow:drop() end
local first_syn = mos.define_event(mos.ON_PKT_IN, function(flow)
  return flow:packet().tcp:has "S" and not flow:packet().tcp:has "A"
end)
mos.register_callback(firewall, first_syn, mos.HK_SND, function(flow)
  if decide(flow.cli, flow.svr) then return flow:setsockopt(mos.STOP_MON, mos.SIDE_BOTH) end
  drop(flow)
  flow:on(first_syn, mos.HK_SND, nil) -- decided: from here on every packet is dropped
  flow:on(mos.ON_PKT_IN, mos.HK_SND, drop)
end)

local function show()
  for i, rule in ipairs(rules) do print(("%6d  %s"):format(decided:value(i), rule.text)) end
end
mos.on_interval(tonumber(mos.args.interval) or 1, show)
mos.on_report(show)
