-- SPDX-License-Identifier: BSD-2-Clause
-- The part of the schema that is what calls and methods give back, by name: the types of the
-- results, where the name of a class is that of its section; `null` says when the first is nil. A
-- method that is a call has that call's.
local nothing, boolean, number, text = {}, { "boolean" }, { "number" }, { "string" }
local iterator = { "fun(): ..." }

local results = {
  mos = {
    socket = { "socket" }, bind_filter = boolean, register_callback = boolean,
    define_event = number, alloc_event = number, raise_event = boolean,
    peek = { "string", null = "once after an overrun" },
    view = { "view", null = "once after an overrun" },
    consume = number, ppeek = text,
    getlastpkt = { "packet", null = "without a packet in hand" },
    setlastpkt = boolean, sendpkt = boolean, reset_conn = boolean,
    get_uctx = { "any" }, set_uctx = nothing, flow_state = nothing,
    getsockopt = { "any" }, setsockopt = boolean,
    getpeername = { "string", "number", "string?", "number?" },
    find_flow = { "flow", null = "when there is no such flow" },
    settimer = { "timer" }, every = { "timer" }, now = number,
    on_start = nothing, on_exit = nothing, on_report = nothing, on_interval = nothing,
    test = nothing, bench = nothing, on_reload = nothing, name = { "any" },
    close = boolean, emit = nothing, hash = { "hash" }, stats = { "table<string, number>" },
    counter = { "counter" }, gauge = { "gauge" }, histogram = { "histogram" },
    topk = { "topk" }, distinct = { "distinct" },
  },
  view = {
    find = { "number", "number", null = "when the text is not there" }, starts = boolean,
    u8 = number, u16 = number, u32 = number, u64 = number, sub = text,
    line = { "string", null = "without a line end" }, slice = { "view" },
  },
  flow = { start_parts = { "number", "number" }, last_parts = { "number", "number" } },
  socket = {}, side = { has = boolean }, tcp = { has = boolean },
  timer = { cancel = boolean }, hash = { update = { "hash" }, hex = text },
  counter = { add = nothing, count = nothing, value = number },
  gauge = { set = nothing, add = nothing, value = { "number", null = "before it was set" } },
  histogram = { add = nothing, count = number, sum = number,
    min = { "number", null = "without a value" }, max = { "number", null = "without a value" },
    avg = { "number", null = "without a value" },
    quantile = { "number", null = "without a value" }, buckets = iterator },
  topk = { add = nothing, count = nothing, value = { "number", "number" }, error = number },
  distinct = { add = nothing, value = number },
}

for _, kind in ipairs { "counter", "gauge", "histogram", "topk", "distinct" } do
  results[kind].own, results[kind].each, results[kind].top = { kind }, iterator, iterator
end

-- Methods by another name than the call that they are.
local calls = { on = "register_callback", packet = "getlastpkt", drop = "setlastpkt",
  overwrite = "setlastpkt", insert = "setlastpkt", chomp = "setlastpkt", send = "sendpkt",
  reset = "reset_conn" }
results.calls = calls
for _, class in ipairs { "flow", "socket" } do
  setmetatable(results[class], { __index = function(_, name)
    return results.mos[calls[name] or name]
  end })
end

return results
