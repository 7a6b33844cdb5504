// SPDX-License-Identifier: BSD-2-Clause
import Scripting

/// What came out of a script that was run over a list of occurrences.
struct ScriptRun {
    /// What `print` wrote.
    var printed: [String]
    /// What `mos.emit` wrote.
    var records: [String]
    /// What went to the person who runs it.
    var diagnostics: [String]
    /// How the run ended.
    var outcome: ScriptHost.Outcome
    /// The engine as it is afterwards.
    var engine: ScriptedEngine
}

/// Runs `code` over `occurrences`.
func run(
    _ code: String,
    over occurrences: [Occurrence] = [],
    options: ScriptOptions = ScriptOptions(),
    engine: ScriptedEngine = ScriptedEngine()
) throws -> ScriptRun {
    let host = try unsafe ScriptHost(api: UnsafePointer(engine.api), options: options)
    try host.load(code: code, name: "test")
    engine.occurrences = occurrences
    var outcome = try host.run()
    outcome.errors += try host.report().errors
    return ScriptRun(
        printed: engine.printed,
        records: engine.records,
        diagnostics: engine.diagnostics,
        outcome: outcome,
        engine: engine
    )
}

/// What `expressions` are inside a callback of ON_PKT_IN with `flow`, `side` and `s`, one text each.
func evaluate(_ expressions: String..., engine: ScriptedEngine = ScriptedEngine()) throws
    -> [String]
{
    let lines = expressions.map { "print(\($0))" }.joined(separator: "\n")
    return try run(inPacket(lines), over: [.packet], engine: engine).printed
}

/// A script whose callback of ON_PKT_IN has that body.
func inPacket(_ body: String) -> String {
    """
    local s = mos.socket(mos.SOCK_MONITOR_STREAM)
    s:on(mos.ON_PKT_IN, function(flow, side, event)
    \(body)
    end)
    """
}

/// A script whose callback of ON_CONN_NEW_DATA has that body, with the bytes in `data`.
func inData(_ body: String) -> String {
    """
    local s = mos.socket(mos.SOCK_MONITOR_STREAM)
    s:on(mos.ON_CONN_NEW_DATA, function(flow, side)
    local data = flow:view(side)
    \(body)
    end)
    """
}
