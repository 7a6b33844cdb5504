// SPDX-License-Identifier: BSD-2-Clause
import Testing

@testable import Scripting

/// What the C API of mOS has: calls, options, events, hooks, constants, fields of packets, configuration keys.
private let namesOfC = """
    EventToString FIONBIO FIONREAD GetRSSCPUCore MOS_CHOMP MOS_CLIBUF MOS_CLIOVERLAP MOS_DROP \
    MOS_EPOLLERR MOS_EPOLLET MOS_EPOLLHUP MOS_EPOLLIN MOS_EPOLLONESHOT MOS_EPOLLOUT MOS_EPOLLPRI \
    MOS_EPOLLRDHUP MOS_EPOLL_CTL_ADD MOS_EPOLL_CTL_DEL MOS_EPOLL_CTL_MOD MOS_ETH_HDR \
    MOS_FRAGINFO_CLIBUF MOS_FRAGINFO_SVRBUF MOS_FRAG_CLIBUF MOS_FRAG_SVRBUF MOS_HK_RCV \
    MOS_HK_SND MOS_INFO_CLIBUF MOS_INFO_SVRBUF MOS_INSERT MOS_IP_HDR MOS_NULL MOS_NULL_EVENT \
    MOS_ON_CONN_END MOS_ON_CONN_NEW_DATA MOS_ON_CONN_SETUP MOS_ON_CONN_START \
    MOS_ON_DEBUG_MESSAGE MOS_ON_ERROR MOS_ON_ORPHAN MOS_ON_PKT_IN MOS_ON_PKT_OUT MOS_ON_REXMIT \
    MOS_ON_TCP_STATE_CHANGE MOS_ON_TIMEOUT MOS_OVERLAP_POLICY_FIRST MOS_OVERLAP_POLICY_LAST \
    MOS_OVERWRITE MOS_SEQ_REMAP MOS_SIDE_BOTH MOS_SIDE_CLI MOS_SIDE_SVR MOS_SOCK_EPOLL \
    MOS_SOCK_MONITOR_RAW MOS_SOCK_MONITOR_STREAM MOS_SOCK_MONITOR_STREAM_ACTIVE MOS_SOCK_PIPE \
    MOS_SOCK_PROXY MOS_SOCK_PROXY_LISTEN MOS_SOCK_STREAM MOS_SOCK_STREAM_LISTEN MOS_SOCK_UNUSED \
    MOS_STOP_MON MOS_SVRBUF MOS_SVROVERLAP MOS_TCP_HDR MOS_TCP_PAYLOAD MOS_TCP_STATE_CLI \
    MOS_TCP_STATE_SVR MOS_TIMESTAMP MOS_UPDATE_IP_CHKSUM MOS_UPDATE_TCP_CHKSUM MSG_PEEK \
    SOL_MONSOCKET SOL_SOCKET SO_ERROR StrToArgs TCP_ST_CLOSED TCP_ST_CLOSE_WAIT TCP_ST_CLOSING \
    TCP_ST_ESTABLISHED TCP_ST_FIN_WAIT_1 TCP_ST_FIN_WAIT_2 TCP_ST_LAST_ACK TCP_ST_LISTEN \
    TCP_ST_SYN_RCVD TCP_ST_SYN_SENT TCP_ST_TIME_WAIT XXH32 XXH64 app_argc app_argv app_cpu_mask \
    application arp_table callback_t core_mask cpu_mask event_t filter_arg_t forward ip_forward \
    max_concurrency max_num_buffers mctx_t monitor_filter_t mos.conf mos_log mtcp_abort \
    mtcp_accept mtcp_alloc_event mtcp_app_join mtcp_bind mtcp_bind_monitor_filter \
    mtcp_cb_dropcurpkt mtcp_cb_get_ts mtcp_cb_stop mtcp_clonepkt mtcp_close mtcp_conf \
    mtcp_connect mtcp_core_affinitize mtcp_create_context mtcp_define_event mtcp_destroy \
    mtcp_destroy_context mtcp_epoll_create mtcp_epoll_ctl mtcp_epoll_wait \
    mtcp_get_connection_cnt mtcp_get_debug_string mtcp_get_uctx mtcp_getconf mtcp_getlastpkt \
    mtcp_getpeername mtcp_getsockname mtcp_getsockopt mtcp_init mtcp_init_rss mtcp_ioctl \
    mtcp_listen mtcp_peek mtcp_pipe mtcp_ppeek mtcp_raise_event mtcp_read mtcp_readv mtcp_recv \
    mtcp_register_callback mtcp_register_signal mtcp_reset_conn mtcp_sendpkt \
    mtcp_set_debug_string mtcp_set_uctx mtcp_setconf mtcp_setlastpkt mtcp_setsock_nonblock \
    mtcp_setsockopt mtcp_settimer mtcp_socket mtcp_write mtcp_writev multiprocess \
    nb_mem_channels netdev nic_forward_table no_ring_buffers num_app num_cores pkt_info \
    pkt_info.ack_seq pkt_info.cur_ts pkt_info.eth_len pkt_info.ethh pkt_info.in_ifidx \
    pkt_info.ip_len pkt_info.iph pkt_info.offset pkt_info.payload pkt_info.payloadlen \
    pkt_info.seq pkt_info.tcph pkt_info.window raw_pkt_filter rcvbuf_size rmem_size route_table \
    seq_remap_info sndbuf_size stat_print stream_orphan_filter stream_syn_filter tcp_buf_info \
    tcp_ring_fragment tcp_timeout tcp_timewait tcp_tw_interval wmem_size
    """.split(separator: " ").map(String.init)

/// The text in one line.
private func words(_ text: String) -> String {
    text.split { $0.isWhitespace }.joined(separator: " ")
}

@Suite struct `The page for people who come from the C API` {
    @Test func `has a row for every name`() throws {
        let manual = try Manual()
        let page = words(try manual.page("c-api").text)
        #expect(namesOfC.count > 170)
        for name in namesOfC {
            let row = try manual.page(name)
            #expect(row.isFound, "\(name)")
            #expect(words(row.text).contains("in the C API"), "\(name)")
            #expect(page.contains(name), "\(name)")
        }
    }
}
