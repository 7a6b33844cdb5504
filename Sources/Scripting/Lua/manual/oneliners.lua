-- SPDX-License-Identifier: BSD-2-Clause
-- The topic about one-liners.
local schema = require "mos.schema"

local function names()
  local defs = {}
  for i, entry in ipairs(schema.short) do
    defs[i] = { entry.title or entry.name .. (entry.args and "(" .. entry.args .. ")" or ""),
      entry.doc }
  end
  return { defs = defs }
end

local also = { "one-liners", "short", "-e" }
for _, entry in ipairs(schema.short) do
  if entry.doc:sub(1, 4) ~= "mos." then also[#also + 1] = entry.name end
end

return {
  {
    name = "oneliners", also = also, title = "questions on the command line: on, count, hist, -e",
    make = function()
      return {
        { "DESCRIPTION", [[
`mos -r FILE -e CODE` runs plain Lua that has some short names besides. `on` says when, `count` and
its like say what is counted; what was counted is shown at the end, also after Ctrl-C, and is the
same for any `--cores`:

    $ mos -r web.pcap -e 'on.conn_end(function(f) count("server", f.svr.addr) end)'

A script has these names, too, when it begins with `setfenv(1, mos.short)`.]] },
        { "NAMES", names(), [[
Constants of `mos` need no prefix: `SIDE_CLI`, `SIDE_SVR`, `HK_RCV`. All else is `mos` as ever.]] },
        { "EVENTS", { defs = {
          { "on.conn_end(fn)", "TCP: the events of `mos events` without ON_, in lower case; "
            .. "on.new_data is on.conn_new_data" },
          { "on.udp(fn), on.icmp(fn)", "packets of UDP and ICMP flows; on.udp.conn_start, "
            .. "on.udp.conn_end" },
          { "on.tcp(fn)", "the same as on.pkt_in" },
          { "on.raw(fn)", "every packet" },
          { "on.orphan(fn)", "packets of no connection" },
          { "on.interval(seconds[, fn])", "fn(time) every so many seconds of packet time; without "
            .. "a function all is shown, and cleared" },
          { "on.report(fn)", "once, at the end, before what is left is shown" },
          { "on.start(fn), on.exit(fn)", "mos.on_start, mos.on_exit: in each worker" } } }, [[
The function gets what a callback gets: `fn(flow, side, event, arg)`. Some have what is more use:
on.raw and on.orphan the packet in the place of the socket, on.new_data the unread bytes as `arg`.

A libpcap expression in front of the function says which connections, by their first packet, or
which packets on.raw gets: `on.conn_end("port 443", fn)`. A hook may stand there too, as in
`on.pkt_in(HK_RCV, fn)`.

Bytes are reassembled only where on.new_data wants them. What its function leaves unread is read
for it, unless `tls_sni` or `http_host` need more to tell: then the function is called again.]] },
        { "AGGREGATES", [[
* The same name is the same aggregate, wherever it stands. The first call makes it; its number of
  keys stays. The same name for two words is an error.
* A value or key that is nil is passed over; "(3 without a value)" tells how often.
* Keys are strings, numbers and booleans, up to eight. There is room for 100000 of an aggregate and
  worker; with more take topk.
* Order is by value, the largest first; what is alike by key.
* With `--format json` or `--format tsv` each row is a record, each bucket of a histogram too, so
  that other programs can go on with them: `name`, `kind`, `key`, `key2`, `value`; `from`, `to`,
  `count` of buckets. There is no limit of rows then but that of `top`.]] },
      }
    end,
    examples = require "mos.manual.oneliners_examples",
    see = { "aggregates", "events", "filters", "mos.short" },
  },
}
