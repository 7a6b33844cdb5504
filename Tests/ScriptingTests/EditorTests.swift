// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Testing

@testable import Scripting

private let root = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()
private let definitions = root + "/Sources/Scripting/Lua/mos.d.lua"

private func text(_ path: String) throws -> String {
    String(decoding: try ScriptFile.read(path), as: UTF8.self)
}

/// What the second list has not, and what the first has not.
private func difference(_ old: [Substring], _ new: [Substring]) -> [String] {
    let before = Set(old)
    let after = Set(new)
    return old.filter { !after.contains($0) }.map { "- \($0)" }
        + new.filter { !before.contains($0) }.map { "+ \($0)" }
}

/// Lua that reads the definition file: `stub`, the table mos that it makes; `members`, class -> name -> "field" or
/// "method"; `problems`, a list to be filled.
private let reader = """
    local path = "\(definitions)"
    local text = assert(io.open(path)):read "*a"
    local env = {}
    setfenv(assert(loadfile(path)), env)()
    local stub, members, problems, class = env.mos, {}, {}, nil
    local function complain(...) problems[#problems + 1] = (...):format(select(2, ...)) end
    for line in text:gmatch "[^\\n]+" do
      local name = line:match "^%-%-%-@class mos%.?(%w*)$"
      if name then
        class = name
        members[class] = members[class] or {}
      elseif line:find "^%-%-%-@class" then
        class = nil
      end
      local field = class and line:match "^%-%-%-@field ([%w_]+)"
      if field then members[class][field] = "field" end
      local owner, method = line:match "^function (%w+):([%w_]+)%("
      if owner then members[owner][method] = "method" end
    end

    """

@Suite struct `Definitions for editors` {
    @Test func `in the tree are those that the program makes`() throws {
        let lines = try text(definitions).split(separator: "\n")
        let now = try Manual().whole(.stubs).split(separator: "\n")
        #expect(difference(lines, now) == [], "scripts/generated --update writes mos.d.lua anew")
        #expect(lines == now)
    }

    @Test func `are the names of the running table mos, each of its kind and value`() throws {
        let result = try run(
            reader + """
                local schema = require "mos.schema"
                local running = { source = "", short = mos.short }
                for name, value in pairs(mos) do running[name] = value end
                for name, value in pairs(running) do
                  local row = schema.find_public(name)
                  local there = stub[name]
                  if members[""][name] then there = value end
                  if not row.step and there == nil then complain("%s is not in the stubs", name) end
                  if there ~= nil and type(there) ~= type(value) then
                    complain("%s is a %s, in the stubs a %s", name, type(value), type(there))
                  elseif type(value) == "number" and there ~= value then
                    complain("%s is %d, in the stubs %d", name, value, there)
                  end
                end
                for name in pairs(stub) do
                  if running[name] == nil then complain("%s is in the stubs alone", name) end
                end
                for name in pairs(members[""]) do
                  if running[name] == nil then complain("%s is in the stubs alone", name) end
                end
                print(#problems, unpack(problems))
                """
        )
        #expect(result.printed == ["0"])
    }

    @Test func `are the names of every kind of value`() throws {
        let result = try run(
            reader + """
                local schema = require "mos.schema"
                local objects = { Counter = mos.counter "a", Gauge = mos.gauge "b", Topk = mos.topk "d",
                  Histogram = mos.histogram "c", Distinct = mos.distinct "e", Hash = mos.hash "md5",
                  Timer = mos.every(1, print) }
                local s = mos.socket(mos.SOCK_MONITOR_STREAM)
                local sections = { Socket = "socket", Flow = "flow", FlowSide = "side", Packet = "packet",
                  EthHeader = "eth", IpHeader = "ip", TcpHeader = "tcp", UdpHeader = "udp",
                  IcmpHeader = "icmp", View = "view", Arg = "arg", Timer = "timer", Hash = "hash",
                  Counter = "counter", Gauge = "gauge", Histogram = "histogram", Topk = "topk",
                  Distinct = "distinct" }
                local function look(object, class, name, kind)
                  local ok, value = pcall(function() return object[name] end)
                  if not ok and value:find "has no" then
                    complain("%s.%s is not there: %s", class, name, value)
                  elseif ok and (type(value) == "function") ~= (kind == "method") then
                    complain("%s.%s is a %s, in the stubs a %s", class, name, type(value), kind)
                  end
                end
                s:on(mos.ON_GAP, function(flow, side, _, arg)
                  local packet = flow:packet()
                  objects.Socket, objects.Flow, objects.FlowSide = s, flow, flow.cli
                  objects.Packet, objects.EthHeader, objects.IpHeader = packet, packet.eth, packet.ip
                  objects.TcpHeader, objects.View, objects.Arg = packet.tcp, packet.payload, arg
                  for class, names in pairs(members) do
                    for name, kind in pairs(names) do
                      if objects[class] then look(objects[class], class, name, kind) end
                    end
                  end
                end)
                mos.on_exit(function()
                  for class, section in pairs(sections) do
                    for _, row in ipairs(schema[section]) do
                      local kind = row.args and "method" or "field"
                      local there = members[class][row.name]
                      if not row.step and there ~= kind then complain("%s.%s: %s", class, row.name, tostring(there)) end
                    end
                    for name in pairs(members[class]) do
                      if not schema.find(schema[section], name) then complain("%s.%s: no such name", class, name) end
                    end
                  end
                  local running = { Flow = require("mos.flow").methods, Socket = require("mos.sockets").methods,
                    Timer = getmetatable(objects.Timer).__index }
                  for class, methods in pairs(running) do
                    for name in pairs(methods) do
                      if not members[class][name] then complain("%s:%s is not in the stubs", class, name) end
                    end
                  end
                  local seen = 0
                  for class in pairs(members) do seen = seen + (objects[class] and 1 or 0) end
                  print(seen, #problems, unpack(problems))
                end)
                """,
            over: [gap]
        )
        #expect(result.diagnostics == [])
        #expect(result.printed == ["16\t0"])
    }

    @Test func `have every structure of the shared layout, with its fields`() throws {
        let result = try run(
            reader + """
                local ffi = require "ffi"
                local structs, fields, name = 0, 0, nil
                for line in text:gmatch "[^\\n]+" do
                  local struct = line:match "^%-%-%-@class ffi%.([%w_]+)%*"
                  name = struct or (not line:find "^%-%-%-@class" and name or nil)
                  structs = structs + (struct and 1 or 0)
                  local field = name and line:match "^%-%-%-@field ([%w_]+)"
                  if field then
                    fields = fields + 1
                    if not ffi.offsetof("struct " .. name, field) then complain("%s.%s", name, field) end
                  end
                end
                local count = 0
                for _ in require("mos.boot").abi_text:gmatch "struct mos_[%w_]+ %b{};" do count = count + 1 end
                print(structs == count, fields > 150, #problems, unpack(problems))
                """
        )
        #expect(result.printed == ["true\ttrue\t0"])
    }

    @Test func `say what every call gives`() throws {
        let result = try run(
            """
            local schema, results = require "mos.schema", require "mos.schema_results"
            local missing = {}
            for _, row in ipairs(schema.calls) do
              if not row.step and not results.mos[row.name] then missing[#missing + 1] = "mos." .. row.name end
            end
            for class in pairs(require("mos.classes").names) do
              for _, row in ipairs(schema[class] or {}) do
                if row.args and not row.step and not results[class][row.name] then
                  missing[#missing + 1] = class .. ":" .. row.name
                end
              end
            end
            print(table.concat(missing, " "))
            """
        )
        #expect(result.printed == [""], "schema_results.lua says what calls give")
    }
}

private var gap: Occurrence {
    var one = Occurrence.packet
    one.event = MOS_ON_GAP
    one.hook = Int32(MOS_NULL)
    return one
}

@Suite struct `The list of public names` {
    @Test func `in Tests is what the program has`() throws {
        let lines = try text(root + "/Tests/surface.txt").split(separator: "\n")
            .filter { !$0.hasPrefix("mos ") }
        let now = try Manual().whole(.surface).split(separator: "\n")
        #expect(difference(lines, now) == [], "when that is meant: scripts/generated --update")
    }
}

@Suite struct `A script to begin with` {
    @Test func `has nothing that mos check would say something about`() throws {
        let engine = ScriptedEngine()
        let host = try unsafe ScriptHost(api: UnsafePointer(engine.api), options: ScriptOptions())
        try host.load(code: try Manual().recipe(named: "hello"), name: "hello.lua")
        #expect(try Manual().recipe(named: "hello").hasPrefix("-- hello: "))
    }
}
