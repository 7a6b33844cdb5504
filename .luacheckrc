-- What scripts of mos find, for luacheck. Made by `mos doc --luacheck`.
std = "luajit+mos"
stds.mos = { read_globals = { mos = { fields = {
  source = { other_fields = true }, args = { other_fields = true }, "CHOMP", "CLIBUF", "CLIKEEP",
  "CLIOVERLAP", "DROP", "ETH_HDR", "FRAGINFO_CLIBUF", "FRAGINFO_SVRBUF", "HK_RCV", "HK_SND",
  "INFO_CLIBUF", "INFO_SVRBUF", "INSERT", "IP_HDR", "NULL", "ON_CONN_END", "ON_CONN_NEW_DATA",
  "ON_CONN_START", "ON_ERROR", "ON_GAP", "ON_ORPHAN", "ON_PKT_IN", "ON_REXMIT",
  "ON_TCP_STATE_CHANGE", "ON_ZERO_WINDOW", "OVERLAP_POLICY_BSD", "OVERLAP_POLICY_BSD_RIGHT",
  "OVERLAP_POLICY_FIRST", "OVERLAP_POLICY_HPUX10", "OVERLAP_POLICY_HPUX11", "OVERLAP_POLICY_IRIX",
  "OVERLAP_POLICY_LAST", "OVERLAP_POLICY_LINUX", "OVERLAP_POLICY_MACOS",
  "OVERLAP_POLICY_OLD_LINUX", "OVERLAP_POLICY_OLD_SOLARIS", "OVERLAP_POLICY_SOLARIS",
  "OVERLAP_POLICY_VISTA", "OVERLAP_POLICY_WIN2003", "OVERLAP_POLICY_WINDOWS", "OVERWRITE",
  "SIDE_BOTH", "SIDE_CLI", "SIDE_SVR", "SOCK_MONITOR_FLOW", "SOCK_MONITOR_RAW",
  "SOCK_MONITOR_STREAM", "STOP_MON", "SVRBUF", "SVRKEEP", "SVROVERLAP", "TCP_HDR", "TCP_PAYLOAD",
  "TCP_STATE_CLI", "TCP_STATE_SVR", "TIMESTAMP", "UPDATE_IP_CHKSUM", "UPDATE_TCP_CHKSUM",
  "alloc_event", "bench", "bind_filter", "close", "consume", "counter", "define_event",
  "distinct", "emit", "every", "find_flow", "flow_state", "gauge", "get_uctx", "getlastpkt",
  "getpeername", "getsockopt", "hash", "histogram", "name", "now", "on_exit", "on_interval",
  "on_reload", "on_report", "on_start", "peek", "ppeek", "raise_event", "register_callback",
  "reset_conn", "sendpkt", "set_uctx", "setlastpkt", "setsockopt", "settimer", "short", "socket",
  "stats", "test", "topk", "view", "worker", "workers",
} } } }
max_line_length = 100
ignore = { "581" } -- `not (x < y)` is how NaN is caught
