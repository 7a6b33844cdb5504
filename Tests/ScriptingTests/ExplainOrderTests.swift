// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Testing

@testable import Scripting

private let folder = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()

/// A script that prints what it is called for: the flow's number, event, hook, side.
private let witness = """
    local s = mos.socket(mos.SOCK_MONITOR_STREAM)
    local numbers, count = {}, 0
    local both = { "HK_SND", "HK_RCV" }
    local where = { ON_PKT_IN = both, ON_CONN_START = both, ON_CONN_END = both,
      ON_TCP_STATE_CHANGE = both, ON_REXMIT = { "HK_RCV" }, ON_CONN_NEW_DATA = { "NULL" },
      ON_ERROR = { "NULL" }, ON_GAP = { "NULL" }, ON_ZERO_WINDOW = { "NULL" } }
    for name, hooks in pairs(where) do
      for _, hook in ipairs(hooks) do
        s:on(mos[name], mos[hook], function(flow, side)
          if not numbers[flow.id] then
            count = count + 1
            numbers[flow.id] = count
          end
          if name == "ON_CONN_NEW_DATA" then flow:peek(side) end
          print(("%d %s %s %s"):format(numbers[flow.id], name, hook,
            side == mos.SIDE_CLI and "client" or "server"))
        end)
      end
    end
    """

/// The events of records, in the form of the witness.
private func events(_ records: [String]) -> [String] {
    records.flatMap { record -> [String] in
        guard let flow = record.firstMatch(of: /"flow":(\d+)/) else { return [] }
        let found = record.matches(
            of: /"hook":"(\w+)"[^}]*?"name":"(\w+)"[^}]*?"side":"(\w+)"/
        )
        return found.map { "\(flow.1) \($0.2) \($0.1) \($0.3)" }
    }
}

@Suite struct `The events that mos explain shows` {
    @Test(arguments: [
        "web", "web-loss", "web-reordered", "web-duplicates", "web-vlan", "ipv6", "resets",
        "slow-reader", "free-riding",
    ])
    func `are those that a script is called for, in that order`(name: String) throws {
        let path = "\(folder)/examples/captures/\(name).pcap"
        for midstream in ["off", "on"] {
            let settings = ["midstream=\(midstream)"]
            let seen = try lines(of: CaptureFileSource(path: path), settings: settings) { host in
                try host.load(code: witness, name: "witness")
                #expect(try host.run().errors == 0)
            }
            let shown = try explain(CaptureFileSource(path: path), settings: settings) {
                $0.writesRecords = true
            }.lines
            #expect(seen.count > 50)
            #expect(events(shown) == seen)
        }
    }
}
