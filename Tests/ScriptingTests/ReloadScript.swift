// SPDX-License-Identifier: BSD-2-Clause
import Capture

/// Ten connections that open, say something and close, one behind the other within each step.
var conversations: [OwnedFrame] {
    let ports = (0..<10).map { UInt16(40000 + $0) }
    var talk = Talk()
    for port in ports { talk.open(port) }
    for round in 0..<6 {
        for port in ports { talk.says("request \(round)\n", port) }
        for port in ports { talk.answers("answer \(round)\n", port) }
    }
    for port in ports { talk.closes(port) }
    return talk.frames
}

/// Everything that a script can keep: state, contexts, timers, aggregates, locals, callbacks of single flows.
let everything = """
    mos.flow_state "uint32_t packets; double first; uint8_t bytes[4]"
    local s = mos.socket(mos.SOCK_MONITOR_STREAM, "all")
    local lines, sizes = mos.counter("lines", { "port" }), mos.histogram("sizes")
    local ports, best = mos.distinct("ports"), mos.topk("best", { "port" })
    local last = mos.gauge("last", { "port", keep = "last" })
    local seen = { connections = 0, names = {} }
    local M = {}
    function M.each_packet(f)
      f.state.packets = f.state.packets + 1
      f.state.bytes[1] = (f.state.bytes[1] + 3) % 256
    end
    function M.later(timer) mos.emit("later", { at = mos.now() }) end
    s:on(mos.ON_CONN_START, function(f)
      f.ctx = { text = "", since = mos.now(), nested = { f.cli.port } }
      f.state.first = mos.now()
      f:on(mos.ON_PKT_IN, mos.HK_SND, M.each_packet)
      seen.connections = seen.connections + 1
      seen.names[#seen.names + 1] = tostring(f)
      ports:add(f.cli.port)
      mos.settimer(3.05, M.later)
    end)
    s:on(mos.ON_CONN_NEW_DATA, function(f, side)
      local data = f:peek(side)
      f.ctx.text = f.ctx.text .. data
      lines:add(1, f.svr.port)
      sizes:add(#data)
      best:add(#data, f.cli.port)
      last:set(mos.now(), f.cli.port)
    end)
    s:on(mos.ON_CONN_END, function(f)
      mos.emit("conn", { uid = f.uid, packets = f.state.packets, first = f.state.first,
        byte = f.state.bytes[1], text = f.ctx.text, since = f.ctx.since, nested = f.ctx.nested,
        connections = seen.connections })
    end)
    mos.every(0.7, function() mos.emit("tick", { at = mos.now() }) end)
    mos.on_interval(2, function(at) mos.emit("interval", { at = at, lines = lines:value(80) }) end,
      { clear = { last } })
    mos.on_report(function()
      print(lines:value(80), sizes:count(), sizes:sum(), sizes:max(), ports:value())
      for port, sum in best:top(3) do print(port, sum) end
    end)
    mos.on_reload(function(old) seen = old.seen end)
    mos.on_exit(function() print(seen.connections, table.concat(seen.names, " ")) end)
    return M
    """
