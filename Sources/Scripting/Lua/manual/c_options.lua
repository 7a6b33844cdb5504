-- SPDX-License-Identifier: BSD-2-Clause
-- From the C API of mOS to Lua: options, states, events, hooks, sides.
return {
  {
    title = "Options",
    { "SOL_MONSOCKET", "-", "There are no levels." },
    { "SOL_SOCKET, SO_ERROR", "-", "An option of end-host sockets, which there are not." },
    { "MOS_CLIBUF, MOS_SVRBUF", "mos.CLIBUF, mos.SVRBUF", [[
Any size, at any time, of a socket or a flow; C can only switch off. With buffers off repeats and
states stay exact. It counts unread bytes, not what is kept; the default is 1 MiB, not 8 KiB.
]], page = "CLIBUF" },
    { "MOS_CLIOVERLAP, MOS_SVROVERLAP", "mos.CLIOVERLAP, mos.SVROVERLAP", [[
To be set before the first byte, from ON_CONN_START or on the socket; C refuses until the first
byte has come.]],
      page = "CLIOVERLAP" },
    { "MOS_OVERLAP_POLICY_FIRST", "mos.OVERLAP_POLICY_FIRST", "", page = "OVERLAP_POLICY_FIRST" },
    { "MOS_OVERLAP_POLICY_LAST", "mos.OVERLAP_POLICY_LAST", [[
Bytes that are in order are never replaced; C changes what was read already. There are 13 policies
more, of systems.]], page = "OVERLAP_POLICY_LAST" },
    { "MOS_FRAGINFO_CLIBUF, MOS_FRAGINFO_SVRBUF, "
      .. "tcp_ring_fragment", "mos.FRAGINFO_CLIBUF, mos.FRAGINFO_SVRBUF",
      "A list of tables, `{}` when nothing is held.", page = "FRAGINFO_CLIBUF" },
    { "MOS_INFO_CLIBUF, MOS_INFO_SVRBUF, tcp_buf_info", "mos.INFO_CLIBUF, mos.INFO_SVRBUF", [[
init_seq is the ISN itself, not the number behind it; the rest are stream offsets, last_byte_read
this socket's own. There from the first SYN on.]], page = "INFO_CLIBUF" },
    { "MOS_TCP_STATE_CLI, MOS_TCP_STATE_SVR",
      "mos.TCP_STATE_CLI, mos.TCP_STATE_SVR, flow.cli.state", [[
A name instead of a number; nil instead of -1 before the stack exists; in ON_CONN_END both are
there.]],
      page = "TCP_STATE_CLI" },
    { "MOS_TIMESTAMP", "mos.TIMESTAMP, flow.last_time", "Seconds.", page = "TIMESTAMP" },
    { "MOS_STOP_MON", "flow:setsockopt(mos.STOP_MON, side)",
      "SIDE_BOTH works: it is flow:close(). C does nothing.",
      page = "STOP_MON" },
    { "MOS_SEQ_REMAP, seq_remap_info", "-", "flow:insert and flow:chomp translate numbers by "
      .. "themselves.",
      page = "flow:insert" },
    { "MOS_FRAG_CLIBUF, MOS_FRAG_SVRBUF", "-",
      "Never usable in C; ppeek reads what is behind holes.",
      page = "mos.ppeek" },
  },
  {
    title = "TCP states",
    { "enum tcpstate, TCP_ST_CLOSED, TCP_ST_LISTEN, TCP_ST_SYN_SENT, TCP_ST_SYN_RCVD, "
      .. "TCP_ST_ESTABLISHED, TCP_ST_FIN_WAIT_1, TCP_ST_FIN_WAIT_2, TCP_ST_CLOSE_WAIT, "
      .. "TCP_ST_CLOSING, TCP_ST_LAST_ACK, "
      .. "TCP_ST_TIME_WAIT", "\"SYN_SENT\", \"SYN_RCVD\", \"ESTABLISHED\" ...", [[
The same short names as texts. LISTEN is never seen from outside.]], page = "flow.cli.state" },
  },
  {
    title = "Events",
    { "MOS_ON_PKT_IN", "mos.ON_PKT_IN", "Also for packets that TCP would refuse: "
      .. "`packet.invalid` says why.",
      page = "ON_PKT_IN" },
    { "MOS_ON_CONN_START", "mos.ON_CONN_START", "Once: a repeated SYN is ON_REXMIT. A SYN that "
      .. "takes the addresses of an old connection ends that and starts a new "
      .. "flow.", page = "ON_CONN_START" },
    { "MOS_ON_CONN_NEW_DATA", "mos.ON_CONN_NEW_DATA", [[
With the packet that made bytes readable, not once per burst: results do not depend on timing.
Never without bytes, never lost at the end, and in FIN_WAIT_1 and FIN_WAIT_2 too.
]], page = "ON_CONN_NEW_DATA" },
    { "MOS_ON_ERROR", "mos.ON_ERROR", "`arg.code` says what is wrong, `arg.offset` and "
      .. "`arg.length` where.",
      page = "ON_ERROR" },
    { "MOS_ON_TCP_STATE_CHANGE", "mos.ON_TCP_STATE_CHANGE", [[
Real transitions only: none when the flow is taken down. A RST must have the right number (RFC
5961), a FIN counts when its data is there. Without a hook at both.
]], page = "ON_TCP_STATE_CHANGE" },
    { "MOS_ON_ORPHAN", "mos.ON_ORPHAN", [[
Also for what is not TCP, as the manual says. Once per packet and socket; the first argument is
the socket, the side NULL.]], page = "ON_ORPHAN" },
    { "MOS_ON_REXMIT", "mos.ON_REXMIT", [[
SYN, SYN-ACK and FIN too, always ahead of ON_PKT_IN; with buffers off, and for bytes that are kept
no more. `packet.differs` and `packet.rexmit_kind` say more.]], page = "ON_REXMIT" },
    { "MOS_ON_CONN_END", "mos.ON_CONN_END", [[
Once per hook, not once per hook and side; states, context and buffers of both sides are there,
and `flow.end_reason`.]], page = "ON_CONN_END" },
    { "MOS_ON_PKT_OUT, MOS_ON_CONN_SETUP, MOS_ON_TIMEOUT", "-",
      "Deprecated in C, where they never fire. For a time-out: ON_CONN_END with end_reason "
        .. "\"timeout\".",
      page = "events" },
    { "MOS_ON_DEBUG_MESSAGE", "-", "Of a debug build in C. Use print." },
  },
  {
    title = "Hooks and sides",
    { "MOS_HK_SND", "mos.HK_SND", "", page = "HK_SND" },
    { "MOS_HK_RCV", "mos.HK_RCV", "", page = "HK_RCV" },
    { "MOS_NULL", "mos.NULL", "Also the side where there is none; C passes SIDE_BOTH or 0 there.",
      page = "NULL" },
    { "MOS_SIDE_CLI", "mos.SIDE_CLI", "", page = "SIDE_CLI" },
    { "MOS_SIDE_SVR", "mos.SIDE_SVR", "", page = "SIDE_SVR" },
    { "MOS_SIDE_BOTH", "mos.SIDE_BOTH", "Where a call takes both sides; no callback gets it.",
      page = "SIDE_BOTH" },
  },
}
