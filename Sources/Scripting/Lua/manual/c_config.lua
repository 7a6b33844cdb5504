-- SPDX-License-Identifier: BSD-2-Clause
-- From the C API of mOS to Lua: what starts a program, end-host sockets, and mos.conf.
local NO_END_HOST = "mos only monitors: it has no TCP of its own, so no sockets of end hosts. "
  .. "Use the system's."

return {
  {
    title = "Starting and stopping",
    { "mtcp_init, mtcp_destroy", "mos run SCRIPT",
      "The program reads options, not a file: `mos --help`.",
      page = "start" },
    { "mtcp_getconf, mtcp_setconf, mtcp_conf, num_cores, max_num_buffers, rcvbuf_size, "
      .. "sndbuf_size, tcp_timewait, app_cpu_mask, app_argv, app_argc, num_app",
      "--set key=value", [[
A script does not change how the engine was started. buffer is rcvbuf_size, time_wait
tcp_timewait, idle_timeout tcp_timeout. Several cores come with a later version.
]], page = "settings" },
    { "mtcp_create_context, mtcp_destroy_context, mctx_t, mtcp_core_affinitize", "-",
      "One worker runs all scripts of a run: there are no contexts to hand around." },
    { "mtcp_register_signal", "mos.on_exit(fn)", "Ctrl-C and SIGTERM end the run in order; kill "
      .. "-USR1 prints counters.", page = "mos.on_exit" },
    { "mtcp_app_join", "-", "The program runs until its input ends." },
  },
  {
    title = "End-host sockets",
    { "mtcp_bind, mtcp_listen, mtcp_accept, mtcp_connect, mtcp_init_rss", "-", NO_END_HOST },
    { "mtcp_read, mtcp_readv, mtcp_recv, MSG_PEEK, mtcp_write, mtcp_writev, "
      .. "mtcp_abort", "-", NO_END_HOST },
    { "mtcp_epoll_create, mtcp_epoll_ctl, mtcp_epoll_wait, MOS_EPOLLIN, MOS_EPOLLPRI, "
      .. "MOS_EPOLLOUT, MOS_EPOLLERR, MOS_EPOLLHUP, MOS_EPOLLRDHUP, MOS_EPOLLONESHOT, "
      .. "MOS_EPOLLET, MOS_EPOLL_CTL_ADD, MOS_EPOLL_CTL_DEL, "
      .. "MOS_EPOLL_CTL_MOD", "-", NO_END_HOST .. " Callbacks and timers are all there is to "
        .. "wait for." },
    { "mtcp_pipe, mtcp_getsockname, mtcp_ioctl, FIONREAD, FIONBIO, "
      .. "mtcp_setsock_nonblock", "-", NO_END_HOST },
    { "EAGAIN, EINTR, EAFNOSUPPORT, EALREADY, EISCONN, ETIMEDOUT, EINPROGRESS, "
      .. "ECONNRESET, EADDRINUSE, EACCES, "
      .. "ESOCKTNOSUPPORT", "-", "Errors of end-host sockets, or of a wrong mctx. The page "
        .. "errors lists what calls raise and return.", page = "errors" },
  },
  {
    title = "mos.conf: application, mos",
    { "mos.conf", "options of `mos run`, --set", [[
There is no file to go with a program: a script is complete. Unknown settings are errors with the
nearest name; C takes any key that begins alike, and crashes without some blocks.
]], page = "settings" },
    { "mos.conf application, mos.conf type, mos.conf run, mos.conf "
      .. "ip_forward", "the script's path; -- arguments", "Only monitors, and as many scripts as "
        .. "one likes: they share a run.", page = "scripts" },
    { "mos.conf cpu_mask, mos.conf core_mask", "-", "One worker; several come with a later "
      .. "version. taskset pins it." },
    { "mos.conf forward", "--inline", "Without it nothing is ever sent.", page = "inline" },
    { "mos.conf nb_mem_channels", "--dpdk-args \"-n 4\"", "DPDK's own options are handed on." },
    { "mos.conf max_concurrency", "--set max_flows=N", "It counts connections, not streams; "
      .. "`table_full` says what happens "
          .. "then.", page = "settings max_flows" },
    { "mos.conf no_ring_buffers", "CLIBUF and SVRBUF 0", "Nothing is kept for a script that does "
      .. "not read, in any case.",
      page = "CLIBUF" },
    { "mos.conf rmem_size", "--set buffer=BYTES", [[
Unread bytes for each reader and side, allocated when needed; C sets aside rmem_size for each
possible connection.]], page = "settings buffer" },
    { "mos.conf wmem_size", "-", "mos sends no streams of its own." },
    { "mos.conf tcp_tw_interval", "--set time_wait=SECONDS",
      "1 by default, not 0, so that late packets find their flow.",
      page = "settings time_wait" },
    { "mos.conf tcp_timeout", "--set idle_timeout=SECONDS", [[
300 by default. An old flow that is active does not keep idle young ones. Handshakes and closing
connections have time-outs of their own: handshake_timeout, close_timeout. -1 (never) is a large
number here.]],
      page = "settings idle_timeout" },
    { "mos.conf mos_log", "-", "Messages go to standard error, records to standard output or -o "
      .. "FILE.",
      page = "records" },
    { "mos.conf stat_print", "mos.stats(), kill -USR1, the closing summary", "",
      page = "counters" },
    { "mos.conf port", "-", NO_END_HOST },
    { "mos.conf multiprocess", "-",
      "One process. DPDK's own options are handed on (--dpdk-args)." },
  },
  {
    title = "mos.conf: devices",
    { "mos.conf netdev", "-i NAME, -i dpdk:SPEC", "eth0 through libpcap, or a DPDK port or vdev. "
      .. "Captures: -r FILE.",
      page = "start" },
    { "mos.conf nic_forward_table", "--inline, --pair 1-2", [[
Ports pair in order of -i. Frames leave as they came: C writes its own MAC address into them and
takes padding away.]], page = "inline" },
    { "mos.conf arp_table, mos.conf "
      .. "route_table", "-", "mos is no router: a pair of ports is a wire, so no routes and "
        .. "neighbours are needed." },
  },
}
