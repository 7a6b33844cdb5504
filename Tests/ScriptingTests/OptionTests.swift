// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Testing

@testable import Scripting

@Suite struct `An option` {
    @Test func `takes every overlap policy by name, with the engine's number`() throws {
        let names = [
            "FIRST", "LAST", "BSD", "LINUX", "WINDOWS", "SOLARIS", "OLD_LINUX", "MACOS", "WIN2003",
            "VISTA", "HPUX10", "HPUX11", "IRIX", "BSD_RIGHT", "OLD_SOLARIS",
        ]
        let engine = ScriptedEngine()
        let lines = names.map { "s:setsockopt(mos.SVROVERLAP, mos.OVERLAP_POLICY_\($0))" }
        let code = "local s = mos.socket(mos.SOCK_MONITOR_STREAM)\n" + lines.joined(separator: "\n")
        #expect(try run(code, engine: engine).diagnostics == [])
        #expect(engine.options.map { $0[3] } == names.indices.map(Double.init))
    }

    @Test func `keeps read bytes`() throws {
        let engine = ScriptedEngine()
        let code = """
            local s = mos.socket(mos.SOCK_MONITOR_STREAM)
            s:setsockopt(mos.CLIKEEP, 4096)
            s:setsockopt(mos.SVRKEEP, 0)
            print(s:getsockopt(mos.CLIKEEP))
            """
        _ = try run(code, engine: engine)
        #expect(
            engine.options.map { Array($0.suffix(2)) } == [
                [Double(MOS_OPT_CLIKEEP), 4096], [Double(MOS_OPT_SVRKEEP), 0],
            ]
        )
    }

    @Test func `that another socket chose differently is said once`() throws {
        let result = try run(
            """
            local a = mos.socket(mos.SOCK_MONITOR_STREAM)
            local b = mos.socket(mos.SOCK_MONITOR_STREAM)
            b:setsockopt(mos.SVROVERLAP, mos.OVERLAP_POLICY_LINUX)
            b:setsockopt(mos.CLIOVERLAP, mos.OVERLAP_POLICY_BSD)
            a:setsockopt(mos.CLIOVERLAP, mos.OVERLAP_POLICY_BSD)
            a:setsockopt(mos.SVROVERLAP, mos.OVERLAP_POLICY_LAST)
            b:setsockopt(mos.SVROVERLAP, mos.OVERLAP_POLICY_VISTA)
            """
        )
        #expect(
            result.diagnostics == [
                "mos.setsockopt: socket 1 asks for OVERLAP_POLICY_LINUX as mos.SVROVERLAP, but socket 0 "
                    + "comes first: what both watch has OVERLAP_POLICY_LAST (said once)"
            ]
        )
    }

    @Test(arguments: [
        (0, "nil\tfalse"), (MOS_PKT_DIFFERS_KNOWN, "false\tfalse"),
        (MOS_PKT_DIFFERS_KNOWN | MOS_PKT_DIFFERS, "true\tfalse"), (MOS_PKT_LATE, "nil\ttrue"),
    ])
    func `of a repeat the packet says how it compares`(flags: Int, text: String) throws {
        let engine = ScriptedEngine()
        engine.mark(UInt32(flags))
        let expression = "flow:packet().differs, flow:packet().late"
        #expect(try evaluate(expression, engine: engine) == [text])
    }
}
