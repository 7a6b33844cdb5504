-- SPDX-License-Identifier: BSD-2-Clause
-- Pages of the calls for user-defined events.
return {
  {
    name = "mos.define_event", title = "makes an event out of another one and a filter",
    gives = "id",
    args = {
      { "base", "event", "the event that it refines: `mos.ON_...`, or the id of a user-defined "
        .. "one" },
      { "filter", "fn", "called as `filter(flow, side, id, arg)` with the new event's own id, "
        .. "when `base` fires; the new event fires when it returns anything but false and nil" },
      { "arg", "any", "handed to the filter and to callbacks; left out: those of ON_ERROR, "
        .. "ON_GAP and ON_ZERO_WINDOW hand on theirs" },
    },
    result = "The id, a number to be registered as an event. Equal base, filter and arg give the "
      .. "same id.",
    raised = { { "EINVAL", "`base` is no event, `filter` is no function" } },
    returned = { { "ENOSPC", "there are 4096 user-defined events" } },
    notes = [[
Its hooks are those of the event at its root. The filter runs once per base event, behind the
callback of `base`. What is false prunes everything below. The page `ude` has the order.

An error of a filter counts as false and is reported as one of a callback.]],
    examples = {
      { capture = "web", code = [[
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
local request = mos.define_event(mos.ON_CONN_NEW_DATA, function(flow, side)
  return side == mos.SIDE_SVR and flow:view(side):starts "GET "
end)
watch:on(request, function(flow, side)
  local data = flow:view(side)
  print(flow.cli.port, data:line())
  flow:consume(side, #data)
end)]], output = [[
40000   GET / HTTP/1.1
40000   GET /data HTTP/1.1
40010   GET /missing HTTP/1.1
40040   GET /chunked HTTP/1.1
40050   GET /item/1 HTTP/1.1
40051   GET /item/2 HTTP/1.1
40052   GET /item/3 HTTP/1.1]] },
    },
    see = { "ude", "mos.alloc_event", "mos.register_callback" },
  },
  {
    name = "mos.alloc_event", title = "makes an event that is raised by hand", gives = "id",
    args = { { "parent", "event", "the event that it belongs to: `mos.ON_...`, or the id of a "
      .. "user-defined one" } },
    result = "The id, a number to be registered as an event, and raised by `mos.raise_event`.",
    raised = { { "EINVAL", "`parent` is no event" } },
    returned = { { "ENOSPC", "there are 4096 user-defined events" } },
    notes = "For a filter with many outcomes: it looks once and raises one event for each thing "
      .. "it found. Hooks are those of the event at the root of `parent`.",
    examples = {
      { capture = "web", code = [[
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
local get, post
local request = mos.define_event(mos.ON_CONN_NEW_DATA, function(flow, side)
  local data = side == mos.SIDE_SVR and flow:view(side)
  if not data then return false end
  if data:starts "GET " then mos.raise_event(get) end
  if data:starts "POST " then mos.raise_event(post) end
  return true
end)
get, post = mos.alloc_event(request), mos.alloc_event(request)
local function take(flow, side)
  local data = flow:view(side)
  print(flow.cli.port, data:line())
  flow:consume(side, #data)
end
watch:on(get, take)
watch:on(post, function(flow, side)
  print "somebody posts"
  take(flow, side)
end)]], output = [[
40000   GET / HTTP/1.1
40000   GET /data HTTP/1.1
40010   GET /missing HTTP/1.1
somebody posts
40030   POST /form HTTP/1.1
40040   GET /chunked HTTP/1.1
40050   GET /item/1 HTTP/1.1
40051   GET /item/2 HTTP/1.1
40052   GET /item/3 HTTP/1.1]] },
    },
    see = { "mos.raise_event", "mos.define_event", "ude" },
  },
  {
    name = "mos.raise_event",
    args = { { "id", "event", "what `mos.alloc_event` gave" } },
    result = "true. The event's callbacks run within the same dispatch, behind those of its parent "
      .. "and of the events defined on that.",
    raised = { { "EINVAL", "no allocated event; raised elsewhere than in the filter of its "
      .. "parent, in a filter defined on its parent, or in a callback of its parent" } },
    notes = "To raise it twice in one dispatch is to raise it once.",
    examples = {
      { capture = "web",
        text = "Raised by a callback of the parent:",
        code = [[
local watch = mos.socket(mos.SOCK_MONITOR_STREAM)
local busy = mos.alloc_event(mos.ON_CONN_END)
watch:on(mos.ON_CONN_END, function(flow)
  if flow.svr.packets > 10 then mos.raise_event(busy) end
end)
watch:on(busy, function(flow) print(flow, flow.svr.packets) end)]], output = [[
10.0.0.1:40000 > 10.0.0.2:80    18]] },
    },
    see = { "mos.alloc_event", "ude" },
  },
}
