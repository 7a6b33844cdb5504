// SPDX-License-Identifier: BSD-2-Clause
import Testing

@testable import Scripting

/// Calls with a wrong argument, and exactly what they say.
private let mistakes: [(call: String, message: String)] = [
    (
        "mos.socket(1)",
        "mos.socket: argument 1 (type) is 1; it must be mos.SOCK_MONITOR_STREAM, "
            + "mos.SOCK_MONITOR_RAW or mos.SOCK_MONITOR_FLOW (EINVAL)"
    ),
    (
        "mos.socket(mos.SOCK_MONITOR_FLOW):on(mos.ON_GAP, print)",
        "mos.register_callback: a flow socket has no event mos.ON_GAP; it has mos.ON_PKT_IN, "
            + "mos.ON_CONN_START and mos.ON_CONN_END (EINVAL)"
    ),
    (
        "mos.socket(mos.SOCK_MONITOR_FLOW):on(mos.ON_CONN_END, mos.NULL, print)",
        "mos.register_callback: argument 3 (hook) is mos.NULL; mos.ON_CONN_END may have mos.HK_SND "
            + "or mos.HK_RCV (EINVAL)"
    ),
    (
        "mos.socket(mos.SOCK_MONITOR_FLOW):bind_filter { orphan = 'udp' }",
        "mos.bind_filter: this socket has no filter \"orphan\"; it has syn (EINVAL)"
    ),
    (
        "mos.peek(3, side)", "mos.peek: argument 1 (flow) is 3; it must be a flow (EBADF)"
    ),
    (
        "mos.peek(s, side)", "mos.peek: argument 1 (flow) is a socket; it must be a flow (EBADF)"
    ),
    (
        "mos.view(flow, mos.SIDE_BOTH)",
        "mos.view: argument 2 (side) is 2; it must be mos.SIDE_CLI or mos.SIDE_SVR (EINVAL)"
    ),
    (
        "flow:consume(side, -1)",
        "mos.consume: argument 3 (n) is -1; it must be a number of bytes, 0 or more (EINVAL)"
    ),
    (
        "flow:ppeek(side, 4)",
        "mos.ppeek: argument 4 (offset) is nil; it must be a stream offset, 0 or more (EINVAL)"
    ),
    (
        "flow:on(mos.ON_CONN_NEW_DATA, mos.HK_SND, print)",
        "mos.register_callback: argument 3 (hook) is mos.HK_SND; mos.ON_CONN_NEW_DATA may have mos.NULL "
            + "(EINVAL)"
    ),
    (
        "s:on(mos.ON_PKT_IN, mos.NULL, print)",
        "mos.register_callback: argument 3 (hook) is mos.NULL; mos.ON_PKT_IN may have mos.HK_SND or "
            + "mos.HK_RCV (EINVAL)"
    ),
    (
        "s:on(mos.HK_SND, print)",
        "mos.register_callback: argument 2 (event) is 4; it must be an event, as mos.ON_CONN_NEW_DATA "
            + "(EINVAL)"
    ),
    (
        "s:on(mos.ON_PKT_IN, 7)",
        "mos.register_callback: argument 3 (fn) is 7; it must be a function, or nil to remove the "
            + "callback (EINVAL)"
    ),
    (
        "flow:on(mos.ON_ORPHAN, print)",
        "mos.register_callback: mos.ON_ORPHAN belongs to no flow; register it on the socket (EINVAL)"
    ),
    (
        "mos.socket(mos.SOCK_MONITOR_RAW):on(mos.ON_CONN_END, print)",
        "mos.register_callback: a raw socket has no event mos.ON_CONN_END; it has mos.ON_PKT_IN and "
            + "mos.ON_ORPHAN (EINVAL)"
    ),
    (
        "s:bind_filter { sin = 'tcp' }",
        "mos.bind_filter: this socket has no filter \"sin\"; it has syn and orphan; did you mean "
            + "\"syn\"? (EINVAL)"
    ),
    ("s:bind_filter { syn = 'nonsense' }", "mos.bind_filter: syntax error (EINVAL)"),
    (
        "mos.getsockopt(s, mos.TCP_STATE_CLI)",
        "mos.getsockopt: mos.TCP_STATE_CLI is an option of flows, not of sockets (ENOTSOCK)"
    ),
    (
        "flow:setsockopt(mos.TCP_STATE_CLI, 1)",
        "mos.setsockopt: mos.TCP_STATE_CLI can only be read (ENOPROTOOPT)"
    ),
    (
        "flow:setsockopt(mos.CLIBUF, '1')",
        "mos.setsockopt: argument 3 (value) is \"1\"; it must be a number of bytes, 0 to 1073741824 "
            + "(EINVAL)"
    ),
    (
        "mos.setsockopt(s, mos.SVRKEEP, -9)",
        "mos.setsockopt: argument 3 (value) is -9; it must be a number of bytes, 0 to 1073741824 "
            + "(EINVAL)"
    ),
    (
        "mos.setsockopt(s, mos.SVRBUF, 2^30 + 1)",
        "mos.setsockopt: argument 3 (value) is 1073741825; it must be a number of bytes, "
            + "0 to 1073741824 (EINVAL)"
    ),
    (
        "mos.setsockopt(s, mos.SVROVERLAP, 'linux')",
        "mos.setsockopt: argument 3 (value) is \"linux\"; it must be mos.OVERLAP_POLICY_FIRST, _LAST, "
            + "_BSD, _LINUX, _WINDOWS, _SOLARIS or another of them (EINVAL)"
    ),
    (
        "mos.setsockopt(s, mos.SVROVERLAP, mos.CLIKEEP)",
        "mos.setsockopt: argument 3 (value) is 212; it must be mos.OVERLAP_POLICY_FIRST, _LAST, "
            + "_BSD, _LINUX, _WINDOWS, _SOLARIS or another of them (EINVAL)"
    ),
    (
        "mos.getpeername(flow, 9)",
        "mos.getpeername: argument 2 (side) is 9; it must be mos.SIDE_CLI, mos.SIDE_SVR or "
            + "mos.SIDE_BOTH (EINVAL)"
    ),
    (
        "mos.settimer(0/0, print)",
        "mos.settimer: argument 1 (seconds) is nan; it must be a number, 0 or more (EINVAL)"
    ),
    (
        "mos.every(0, print)",
        "mos.every: argument 1 (seconds) is 0; it must be a number above 0 (EINVAL)"
    ),
    ("mos.settimer(1)", "mos.settimer: argument 2 (fn) is nil; it must be a function (EINVAL)"),
    (
        "mos.hash 'md6'",
        "mos.hash: argument 1 (kind) is \"md6\"; it must be \"md5\", \"sha1\" or \"sha256\" (EINVAL)"
    ),
    (
        "mos.hash('md5').update('x')",
        "hash:update: argument 0 (self) is \"x\"; it must be a hash (call it with a colon) (EBADF)"
    ),
    (
        "flow:packet().payload:u16('1')",
        "view:u16: argument 1 (offset) is \"1\"; it must be a number (EINVAL)"
    ),
    (
        "flow:packet().payload:sub({})",
        "view:sub: argument 1 (i) is a table; it must be a number (EINVAL)"
    ),
    (
        "flow:packet().payload:find('x', 'y')",
        "view:find: argument 2 (init) is \"y\"; it must be a number (EINVAL)"
    ),
    (
        "flow:packet().payload:slice()",
        "view:slice: argument 1 (offset) is nil; it must be a number (EINVAL)"
    ),
    (
        "mos.emit('a b', {})",
        "mos.emit: argument 1 (stream) is \"a b\"; it must be a name of letters, digits, _ and - (EINVAL)"
    ),
    (
        "mos.emit('a', 1)",
        "mos.emit: argument 2 (record) is 1; it must be a table with string keys (EINVAL)"
    ),
    (
        "mos.find_flow('::1', 1, '10.0.0.1', 2)",
        "mos.find_flow: ::1 is an IPv6 address, 10.0.0.1 an IPv4 address (EINVAL)"
    ),
    (
        "mos.find_flow('10.0.0.256', 1, '::1', 2)",
        "mos.find_flow: argument 1 (addr) is \"10.0.0.256\"; it must be the text of an IPv4 or IPv6 "
            + "address, as \"10.0.0.1\" or \"fd00::1\" (EINVAL)"
    ),
    (
        "mos.find_flow('::1', 1, 'fe80::1%eth0', 2)",
        "mos.find_flow: argument 3 (addr) is \"fe80::1%eth0\"; it must be the text of an IPv4 or IPv6 "
            + "address, as \"10.0.0.1\" or \"fd00::1\" (EINVAL)"
    ),
    (
        "mos.find_flow('::1', 1, '::1', 65536)",
        "mos.find_flow: argument 4 (port) is 65536; it must be a port, 0 to 65535 (EINVAL)"
    ),
    (
        "mos.find_flow('::1', 1, '::1', 2, flow)",
        "mos.find_flow: argument 5 (s) is a flow; it must be a socket (EBADF)"
    ),
    (
        "mos.define_event(mos.HK_SND, print)",
        "mos.define_event: argument 1 (base) is 4; it must be an event, as mos.ON_CONN_NEW_DATA "
            + "(EINVAL)"
    ),
    (
        "mos.define_event('ON_PKTIN', print)",
        "mos.define_event: argument 1 (base) is \"ON_PKTIN\"; it must be an event, as "
            + "mos.ON_CONN_NEW_DATA; did you mean \"mos.ON_PKT_IN\"? (EINVAL)"
    ),
    (
        "mos.define_event(mos.ON_PKT_IN, 'f')",
        "mos.define_event: argument 2 (filter) is \"f\"; it must be a function(flow, side, id, arg) "
            + "(EINVAL)"
    ),
    (
        "s:on(mos.define_event(mos.ON_PKT_IN, print) + 1, print)",
        "mos.register_callback: argument 2 (event) is 10002; it must be an event, as "
            + "mos.ON_CONN_NEW_DATA, or one of this script: 10001 (EINVAL)"
    ),
    (
        "s:on(mos.define_event(mos.ON_CONN_NEW_DATA, print), mos.HK_RCV, print)",
        "mos.register_callback: argument 3 (hook) is mos.HK_RCV; event 10001 (on "
            + "mos.ON_CONN_NEW_DATA) may have mos.NULL (EINVAL)"
    ),
    (
        "flow:on(mos.define_event(mos.ON_ORPHAN, print), print)",
        "mos.register_callback: event 10001 (on mos.ON_ORPHAN) belongs to no flow; register it on the "
            + "socket (EINVAL)"
    ),
    (
        "mos.socket(mos.SOCK_MONITOR_FLOW):on(mos.define_event(mos.ON_GAP, print), print)",
        "mos.register_callback: a flow socket has no event 10001 (on mos.ON_GAP); it has "
            + "mos.ON_PKT_IN, mos.ON_CONN_START and mos.ON_CONN_END (EINVAL)"
    ),
    (
        "mos.alloc_event(5)",
        "mos.alloc_event: argument 1 (parent) is 5; it must be an event, as mos.ON_CONN_NEW_DATA "
            + "(EINVAL)"
    ),
    (
        "mos.raise_event(mos.define_event(mos.ON_PKT_IN, print))",
        "mos.raise_event: argument 1 (id) is 10001; it must be an id that mos.alloc_event gave (EINVAL)"
    ),
    (
        "mos.raise_event(mos.alloc_event(mos.ON_CONN_END))",
        "mos.raise_event: event 10001 may be raised by the filter of its parent, mos.ON_CONN_END, by "
            + "filters defined on that and by its callbacks, while they run (EINVAL)"
    ),
    ("mos.on_start(print)", "mos.on_start: the run has begun (EBUSY)"),
    (
        "mos.flow_state 'int32_t n;'",
        "mos.flow_state: the run has begun; declare at the script's top level (EBUSY)"
    ),
    ("flow:save{}", "flow.save is not there yet (EOPNOTSUPP)"),
    (
        "flow.cli:has 'X'",
        "has: argument 1 (letters) is \"X\"; it must be flags out of \"FSRPAUEC\" (EINVAL)"
    ),
    ("flow.sate", "flow has no field \"sate\"; did you mean \"state\"? (EINVAL)"),
    ("flow.cli.adr", "flow.cli has no field \"adr\"; did you mean \"addr\"? (EINVAL)"),
    ("flow:packet().tpc", "packet has no field \"tpc\"; did you mean \"tcp\"? (EINVAL)"),
    (
        "flow:packet().tcp.windw",
        "packet.tcp has no field \"windw\"; did you mean \"window\"? (EINVAL)"
    ),
    (
        "mos.ON_CONN_NEWDATA",
        "mos has no \"ON_CONN_NEWDATA\"; did you mean \"mos.ON_CONN_NEW_DATA\"? (EINVAL)"
    ),
    ("mos.zzzzzzzzzzzz", "mos has no \"zzzzzzzzzzzz\" (EINVAL)"),
    ("mos.on_reload(print)", "mos.on_reload: the run has begun (EBUSY)"),
    ("mos.name('', print)", "mos.name: argument 1 (name) is \"\"; it must be a text (EINVAL)"),
    ("mos.on_report(print)", "mos.on_report: the run has begun (EBUSY)"),
    (
        "mos.counter 'late'",
        "mos.counter: the run has begun; declare at the script's top level (EBUSY)"
    ),
    (
        "mos.counter('a b')",
        "mos.counter: argument 1 (name) is \"a b\"; it must be a name of letters, digits and _ "
            + "(EINVAL)"
    ),
    (
        "mos.on_interval(0, print)",
        "mos.on_interval: argument 1 (seconds) is 0; it must be a number, 0.001 to 1000000 (EINVAL)"
    ),
    ("s.nmae", "socket has no field \"nmae\"; did you mean \"name\"? (EINVAL)"),
    ("undefined", "global \"undefined\" is not defined (EINVAL)"),
    ("tostrin(1)", "global \"tostrin\" is not defined; did you mean \"tostring\"? (EINVAL)"),
    ("ON_PKT_IN", "global \"ON_PKT_IN\" is not defined; did you mean \"mos.ON_PKT_IN\"? (EINVAL)"),
]

@Suite struct `A wrong argument` {
    @Test(arguments: mistakes)
    func `is an error at the user's line that says what may be`(call: String, message: String)
        throws
    {
        let result = try evaluate(
            "select(2, pcall(function()\n local x = \(call)\n return x\n end))"
        )
        // One line of the callback lies before the expression's own first.
        #expect(result == ["test:4: " + message])
    }

    @Test func `in an assignment is an error too`() throws {
        let result = try evaluate(
            "select(2, pcall(function() flow.x = 1 end))",
            "select(2, pcall(function() flow.cli.port = 1 end))",
            "select(2, pcall(function() mos.new = 1 end))",
            "select(2, pcall(function() new_global = 1 end))"
        )
        #expect(
            result == [
                "test:3: flow.x cannot be set (EINVAL)",
                "test:4: flow.cli.port cannot be set (EINVAL)",
                "test:5: mos.new cannot be set (EINVAL)",
                "test:6: global \"new_global\" is assigned; write `local new_global`, or run with "
                    + "--allow-globals (EPERM)",
            ]
        )
    }

    @Test func `globals are free when they are allowed`() throws {
        var options = ScriptOptions()
        options.allowsGlobals = true
        #expect(try run("g = 4 print(g, h)", options: options).printed == ["4\tnil"])
    }

    @Test(arguments: [
        (
            "char *p;",
            "mos.flow_state: \"char *p\" has a type that is not int8_t, uint8_t, int16_t, "
                + "uint16_t, int32_t, uint32_t, float, double or bool (EINVAL)"
        ),
        (
            "uint64_t n;",
            "mos.flow_state: \"uint64_t n\" has a type that is not int8_t, uint8_t, int16_t, "
                + "uint16_t, int32_t, uint32_t, float, double or bool (EINVAL)"
        ),
        ("double a; bool a;", "mos.flow_state: \"a\" is declared twice (EINVAL)"),
        ("double *a;", "mos.flow_state: \"*a\" is neither a name nor a name[count] (EINVAL)"),
        ("", "mos.flow_state: nothing is declared (EINVAL)"),
    ])
    func `in a declaration of state is refused`(declaration: String, message: String) throws {
        let result = try run(
            "print(select(2, pcall(function() mos.flow_state '\(declaration)' end)))"
        )
        #expect(result.printed == ["test:1: " + message])
    }
}
