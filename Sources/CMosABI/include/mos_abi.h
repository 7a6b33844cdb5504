/* SPDX-License-Identifier: BSD-2-Clause */
/* The one layout that the engine (Swift) and the scripts (LuaJIT's ffi.cdef) share.
 * No directives and no macros: the same text goes to both. Fixed-width types come from whoever reads it.
 * Ids and lengths are int32_t, addresses and sequence numbers uint32_t, 64-bit counters and times of
 * scripts double, so that no accessor allocates. Change anything here: raise MOS_ABI_VERSION. */

enum { MOS_ABI_VERSION = 9 };

/* Sides, hooks and events have numbers that never coincide, so that one in the place of another is caught. */
enum { MOS_SIDE_CLI = 0, MOS_SIDE_SVR = 1, MOS_SIDE_BOTH = 2 };
enum { MOS_NULL = 3, MOS_HK_SND = 4, MOS_HK_RCV = 5, MOS_HOOK_BASE = 3, MOS_HOOK_COUNT = 3 };
enum {
    MOS_EVENT_BASE = 16,
    MOS_ON_PKT_IN = 16, MOS_ON_CONN_START = 17, MOS_ON_TCP_STATE_CHANGE = 18, MOS_ON_REXMIT = 19,
    MOS_ON_CONN_END = 20, MOS_ON_CONN_NEW_DATA = 21, MOS_ON_ERROR = 22, MOS_ON_GAP = 23,
    MOS_ON_ZERO_WINDOW = 24, MOS_ON_ORPHAN = 25,
    MOS_EVENT_COUNT = 10,
    MOS_ON_TIMER = 64, /* not for registration: a timer is due, mos_event.timer says which */
    MOS_ON_RELEASE = 65 /* not for registration: the flow is gone, forget what is kept for it */
};
enum { MOS_SOCK_MONITOR_STREAM = 100, MOS_SOCK_MONITOR_RAW = 101, MOS_SOCK_MONITOR_FLOW = 102 };
enum { MOS_FILTER_SYN = 0, MOS_FILTER_ORPHAN = 1, MOS_FILTER_RAW = 2 };
enum { MOS_MAX_SOCKETS = 32, MOS_NO_FLOW = -1 };

/* Options of getsockopt and setsockopt; the sides are numbered within a pair, CLI first. */
enum {
    MOS_OPT_CLIBUF = 200, MOS_OPT_SVRBUF = 201, MOS_OPT_CLIOVERLAP = 202, MOS_OPT_SVROVERLAP = 203,
    MOS_OPT_FRAGINFO_CLIBUF = 204, MOS_OPT_FRAGINFO_SVRBUF = 205,
    MOS_OPT_INFO_CLIBUF = 206, MOS_OPT_INFO_SVRBUF = 207,
    MOS_OPT_TCP_STATE_CLI = 208, MOS_OPT_TCP_STATE_SVR = 209,
    MOS_OPT_STOP_MON = 210, MOS_OPT_TIMESTAMP = 211,
    MOS_OPT_CLIKEEP = 212, MOS_OPT_SVRKEEP = 213
};
/* Which bytes win where segments overlap with other content. */
enum {
    MOS_OVERLAP_POLICY_FIRST = 0, MOS_OVERLAP_POLICY_LAST = 1, MOS_OVERLAP_POLICY_BSD = 2,
    MOS_OVERLAP_POLICY_LINUX = 3, MOS_OVERLAP_POLICY_WINDOWS = 4, MOS_OVERLAP_POLICY_SOLARIS = 5,
    MOS_OVERLAP_POLICY_OLD_LINUX = 6, MOS_OVERLAP_POLICY_MACOS = 7, MOS_OVERLAP_POLICY_WIN2003 = 8,
    MOS_OVERLAP_POLICY_VISTA = 9, MOS_OVERLAP_POLICY_HPUX10 = 10, MOS_OVERLAP_POLICY_HPUX11 = 11,
    MOS_OVERLAP_POLICY_IRIX = 12, MOS_OVERLAP_POLICY_BSD_RIGHT = 13, MOS_OVERLAP_POLICY_OLD_SOLARIS = 14,
    MOS_OVERLAP_POLICY_COUNT = 15
};

/* What setlastpkt does with the packet in hand: one action; for OVERWRITE one region; checksums to be set right. */
enum {
    MOS_DROP = 0x1000, MOS_CHOMP = 0x2000, MOS_INSERT = 0x4000, MOS_OVERWRITE = 0x8000,
    MOS_ETH_HDR = 0x10000, MOS_IP_HDR = 0x20000, MOS_TCP_HDR = 0x40000, MOS_TCP_PAYLOAD = 0x80000,
    MOS_UPDATE_IP_CHKSUM = 0x100000, MOS_UPDATE_TCP_CHKSUM = 0x200000
};

/* TCP states; NONE is the side of which nothing was seen yet. */
enum {
    MOS_STATE_NONE = 0, MOS_STATE_CLOSED = 1, MOS_STATE_LISTEN = 2, MOS_STATE_SYN_SENT = 3,
    MOS_STATE_SYN_RCVD = 4, MOS_STATE_ESTABLISHED = 5, MOS_STATE_FIN_WAIT_1 = 6,
    MOS_STATE_FIN_WAIT_2 = 7, MOS_STATE_CLOSE_WAIT = 8, MOS_STATE_CLOSING = 9,
    MOS_STATE_LAST_ACK = 10, MOS_STATE_TIME_WAIT = 11
};
enum {
    MOS_END_NONE = 0, MOS_END_FIN = 1, MOS_END_RESET = 2, MOS_END_REFUSED = 3, MOS_END_TIMEOUT = 4,
    MOS_END_HANDSHAKE_TIMEOUT = 5, MOS_END_REUSE = 6, MOS_END_EVICTED = 7, MOS_END_SHUTDOWN = 8,
    MOS_END_RESET_BY_MONITOR = 9
};
/* mos_event.code of ON_ERROR. */
enum { MOS_ERROR_NONE = 0, MOS_ERROR_OVERRUN = 1, MOS_ERROR_WINDOW = 2, MOS_ERROR_PAWS = 3, MOS_ERROR_LIMIT = 4 };
/* mos_event.code of ON_GAP: why its bytes will not come. */
enum { MOS_GAP_NONE = 0, MOS_GAP_MISSED = 1, MOS_GAP_CUT = 2, MOS_GAP_LIMIT = 3, MOS_GAP_POOL = 4, MOS_GAP_END = 5 };
/* mos_packet.invalid: why TCP would refuse the segment; 0 when it would not. */
enum { MOS_VALID = 0, MOS_INVALID_RST = 1, MOS_INVALID_SYN = 2, MOS_INVALID_WINDOW = 3, MOS_INVALID_PAWS = 4, MOS_INVALID_ACK = 5, MOS_INVALID_FLAGS = 6 };

/* mos_packet.flags. */
enum {
    MOS_PKT_BAD_CHECKSUM = 1, MOS_PKT_OFFLOADED = 2, MOS_PKT_TRUNCATED = 4, MOS_PKT_FRAGMENT = 8,
    MOS_PKT_KEEPALIVE = 16, MOS_PKT_REXMIT = 32, MOS_PKT_LATE = 64, MOS_PKT_HAS_TIMESTAMPS = 128,
    MOS_PKT_DIFFERS_KNOWN = 256, MOS_PKT_DIFFERS = 512, MOS_PKT_SACK = 1024, MOS_PKT_HAS_TRANSPORT = 2048,
    MOS_PKT_EXT_HEADERS = 4096, MOS_PKT_MSS = 8192, MOS_PKT_WSCALE = 16384, MOS_PKT_HAS_OFFSET = 32768,
    MOS_PKT_IP = 65536, MOS_PKT_IP_OFFLOADED = 131072, MOS_PKT_TUNNEL = 262144, MOS_PKT_REASSEMBLED = 524288,
    MOS_PKT_CE = 1048576         /* it met congestion (RFC 3168 section 5) */
};
/* mos_packet.rexmit_kind: what made its sender repeat, by what can be seen from outside. */
enum { MOS_REXMIT_NONE = 0, MOS_REXMIT_RTO = 1, MOS_REXMIT_FAST = 2, MOS_REXMIT_SPURIOUS = 3, MOS_REXMIT_PROBE = 4 };
/* mos_conn.flags. */
enum {
    MOS_CONN_MIDSTREAM = 1, MOS_CONN_HAS_CONTEXT = 2, MOS_CONN_HAS_STATE = 4,
    MOS_CONN_SUSPECT = 8,        /* bytes are missing that the other end has acknowledged */
    MOS_CONN_EDITED = 16         /* its streams were made longer or shorter: numbers are translated */
};

/* A point in time since 1970-01-01 UTC. */
struct mos_time { uint32_t sec, nsec; };

/* An address in network byte order; IPv4 in the first four bytes, the rest 0. */
struct mos_addr { uint64_t a, b; };

/* The packet in hand, decoded. Offsets count from the first byte of the captured frame. 128 bytes. */
struct mos_packet {
    struct mos_addr src, dst;
    double number;               /* 1-based, counted over the whole run */
    double offset;               /* stream offset of the first payload byte, with MOS_PKT_HAS_OFFSET */
    struct mos_time time;
    uint32_t len, caplen;        /* bytes on the wire; bytes captured */
    int32_t l3, l4, payload;     /* offsets of the IP header, the transport header, its payload */
    int32_t payload_len;         /* captured payload bytes within the IP length */
    uint32_t seq, ack;           /* TCP */
    uint32_t tsval, tsecr;       /* TCP timestamps, with MOS_PKT_HAS_TIMESTAMPS */
    uint32_t flags;              /* MOS_PKT_* */
    uint16_t sport, dport;       /* TCP, UDP; ICMP type and code */
    uint16_t window, mss;        /* TCP; mss with MOS_PKT_MSS */
    uint16_t vlan;               /* VLAN id of the innermost tag, 65535 without one */
    uint16_t ethertype;          /* of what follows the tags */
    uint8_t ip_version, proto, tcp_flags, wscale;
    uint8_t invalid, link;
    uint8_t malformed;           /* place of its counter among those of malformed frames, from 1; 0 = it is sound */
    uint8_t rexmit_kind;         /* MOS_REXMIT_*, with MOS_PKT_REXMIT */
    uint32_t wire_payload_len;   /* payload bytes by the IP header, captured or not */
};

/* mos_tunnel.kind: what carries an IP packet within another. */
enum {
    MOS_TUNNEL_IP = 1, MOS_TUNNEL_GRE = 2, MOS_TUNNEL_PPTP = 3, MOS_TUNNEL_ERSPAN = 4, MOS_TUNNEL_ETHERIP = 5,
    MOS_TUNNEL_MPLS = 6, MOS_TUNNEL_VXLAN = 7, MOS_TUNNEL_VXLAN_GPE = 8, MOS_TUNNEL_GENEVE = 9, MOS_TUNNEL_GTP = 10,
    MOS_TUNNEL_TEREDO = 11
};

/* One layer of a tunnel: the addresses of the IP packet that carries it. 40 bytes. */
struct mos_tunnel {
    struct mos_addr src, dst;
    uint32_t id;                 /* VNI, key, TEID, session or call, with has_id */
    uint8_t kind, ip_version, has_id, pad0;
};

/* One end of a connection, kept from its first packet on. 20 bytes. RFC 9293 section 3.3.1.
 * Of a UDP or ICMP flow: iss and nxt are the payload bytes that it sent, low and high half; packets as ever.
 * Of an ICMP flow, by its first message: cli.wnd is the type, svr.wnd the code, cli.mss the identifier, svr.mss the
 * type that answers it; MOS_ICMP_* in cli.known say which of the last two there are. */
struct mos_endpoint {
    uint32_t iss;                /* initial send sequence number */
    uint32_t nxt;                /* SND.NXT: highest sequence number seen from it, plus one */
    uint32_t packets;            /* packets it sent */
    uint16_t wnd;                /* last advertised window, unscaled */
    uint16_t mss;                /* 0 without the option */
    uint8_t state;               /* MOS_STATE_* */
    uint8_t wscale;              /* shift count, 255 without the option */
    uint8_t flags;               /* every TCP flag that it sent, OR-ed */
    uint8_t known;               /* MOS_KNOWN_* */
};

/* mos_endpoint.known of a connection. */
enum {
    MOS_KNOWN_ISS = 1,           /* iss is known or inferred */
    MOS_KNOWN_INFERRED = 2,      /* its SYN was not captured */
    MOS_KNOWN_SYNACK = 4,        /* it sent a SYN that acknowledges the other's */
    MOS_KNOWN_UNSEEN = 8,        /* nothing but the other end's acknowledgement tells of it */
    MOS_KNOWN_ECN = 32           /* its SYN spoke for ECN (RFC 3168 section 6.1.1) */
};
/* mos_endpoint.known of an ICMP flow's client. */
enum { MOS_ICMP_HAS_IDENTIFIER = 8, MOS_ICMP_HAS_ANSWER = 16 };

/* A connection, or a UDP or ICMP flow, as every packet needs it. 128 bytes: two cache lines. */
struct mos_conn {
    struct mos_addr cli_addr, svr_addr;
    uint16_t cli_port, svr_port; /* of ICMP: what tells its flows apart, see ICMPConversation */
    uint16_t vlan;
    uint8_t ip_version, proto;
    uint32_t generation;         /* low half of the flow's serial number; the high half: mos_api.serial_high */
    uint8_t flags;               /* MOS_CONN_* */
    uint8_t end_reason;          /* MOS_END_* */
    uint8_t timing;              /* bits 0-1: where its time-out waits; 2-4: which one applied when it was put there; 5-7: which applies */
    uint8_t lag;                 /* the clock was up to 2^lag seconds ahead of its last packet, 0 = not */
    struct mos_time start, last;
    struct mos_endpoint cli, svr;
    int32_t ext;                 /* index of its mos_ext, -1 without one */
    int32_t set;                 /* the interned registrations that serve it */
    int32_t wheel_next, wheel_prev;
    uint32_t cli_rtt, svr_rtt;   /* microseconds from the SYN-ACK to its ACK, from the SYN to the SYN-ACK; 0 = unknown */
};

/* mos_stream.flags. */
enum {
    MOS_STREAM_READ = 1,         /* somebody reads it */
    MOS_STREAM_KEEP = 2,         /* read bytes are kept too */
    MOS_STREAM_CLOSING = 4,      /* an end has sent its FIN: set on both streams */
    MOS_STREAM_FIN = 8,          /* this end has */
    MOS_STREAM_ACK = 16,         /* `ack` is known */
    MOS_STREAM_TIMESTAMPS = 32,  /* `tsval` is known */
    MOS_STREAM_SUSPECT = 64,     /* the other end has acknowledged bytes that are missing */
    MOS_STREAM_ZERO_WINDOW = 128,/* this end's window is zero */
    MOS_STREAM_SAMPLE = 256,     /* its acknowledgement will be an RTT sample */
    MOS_STREAM_WINDOW_ERROR = 512,/* ON_ERROR WINDOW was raised for the bytes beyond the window */
    MOS_STREAM_POLICY_SET = 1024,/* a socket chose the overlap policy */
    MOS_STREAM_SAMPLED = 16384,  /* there are some RTT samples: one segment of 16 will do from now on */
    MOS_STREAM_RECOVERY = 32768  /* the other end told of a loss: repeats below `recover` answer that */
};

/* What one end sent, as the other reassembles it; taken with the first payload byte. 64 bytes: what every
 * segment needs. */
struct mos_stream {
    uint64_t next;               /* RCV.NXT of the receiver as stream offset */
    uint64_t top;                /* highest stream offset seen, exclusive */
    double bytes;                /* payload bytes, repeated ones included */
    uint32_t in_flight;          /* the most bytes sent and not yet acknowledged */
    uint32_t sample_seq;         /* what must be acknowledged for the next sample, with MOS_STREAM_SAMPLE */
    uint32_t ack;                /* highest acknowledgement number that this end sent: SND.UNA of the other */
    uint32_t tsval;              /* TS.Recent of this end's timestamps (RFC 7323) */
    int32_t runs;                /* kept and out-of-order bytes, by offset; -1 = none */
    int32_t ordered_run;         /* the run that ends at `next`, -1 = none */
    int32_t last_run;            /* the run with the highest offset, -1 = none */
    uint32_t charged;            /* bytes charged for stored runs */
    uint16_t run_count;
    uint16_t flags;              /* MOS_STREAM_* */
    uint8_t policy;              /* MOS_OVERLAP_POLICY_* */
    uint8_t suspect;             /* packets until a suspect hole is declared */
    uint8_t dup_run;             /* duplicate ACKs in a row that this end sent */
    uint8_t pad0;
};

/* How one end's sending went. 112 bytes; what acknowledgements touch lies in one cache line on either side.
 * Times are microseconds, those of the clock modulo 2^32. */
struct mos_health {
    uint64_t fin;                /* stream offset of its FIN, with MOS_STREAM_FIN */
    double gap_bytes;            /* sequence space declared lost */
    double repeated;             /* payload bytes seen before, or cut by the capture: the others are unique */
    double rtt_sum;              /* of the data RTT samples */
    uint32_t rtt_min, rtt_max, rtt_count;
    uint32_t sample_time;        /* when what mos_stream.sample_seq acknowledges was sent */
    uint32_t recover;            /* SND.NXT when a loss was told of (RFC 6582), with MOS_STREAM_RECOVERY */
    uint32_t first_byte;         /* from the flow's start to its first payload byte; 0 = none yet */
    uint32_t idle;               /* the longest silence of the flow that it broke, milliseconds; 0 = none of two seconds */
    uint32_t retransmitted;      /* segments that repeat sequence space seen before */
    uint32_t rexmit_rto, rexmit_fast;
    uint16_t rexmit_spurious, rexmit_probe; /* all 16-bit counts stop at 65535 */
    uint32_t out_of_order;
    uint32_t dup_acks, sack_blocks; /* that it sent */
    uint16_t zero_windows;       /* times it closed its window */
    uint16_t gap_count;          /* holes of its stream that were declared */
    uint32_t zero_window_time;   /* in all, without the one that goes on */
    uint32_t zero_window_since;  /* with MOS_STREAM_ZERO_WINDOW: when it closed */
    uint16_t ecn_ce, ecn_ece;    /* packets of it that arrived with CE; that echo one */
    int32_t gaps;                /* declared holes, newest first, -1 = none */
    uint32_t suspect_time;       /* when holes that are suspect are given up */
};

/* How far a monitor socket has read the two receive buffers of a flow. 32 bytes. */
struct mos_reader {
    int64_t cli_offset, svr_offset; /* stream offsets of the first byte not read */
    uint32_t cli_missed, svr_missed;/* bytes lost to overruns that the script has not been told of */
    int32_t next;                /* the flow's next reader, -1 = none */
    int8_t socket;               /* -1 = no reader */
    uint8_t reads;               /* the sides whose receive buffer it reads, as bits */
    uint16_t pad0;
};

/* 384 bytes: a connection that carries payload costs 512 with its first reader. */
struct mos_ext {
    struct mos_stream cli, svr;
    struct mos_health cli_health, svr_health;
    struct mos_reader reader;
};

/* A TCP segment that a script makes: what `has` does not name is filled in from the flow. 32 bytes. */
struct mos_outgoing {
    int32_t side;                /* the side that it is for */
    uint32_t has;                /* MOS_OUTGOING_* */
    uint32_t seq, ack;           /* as its receiver counts */
    int32_t window;              /* unscaled */
    int32_t flags;               /* the TCP flags */
    int32_t ttl;
    int32_t payload_len;         /* the bytes come beside it */
};
enum {
    MOS_OUTGOING_SEQ = 1, MOS_OUTGOING_ACK = 2, MOS_OUTGOING_WINDOW = 4, MOS_OUTGOING_FLAGS = 8, MOS_OUTGOING_TTL = 16
};

/* The ends of a flow that is looked for, in either order. 40 bytes. */
struct mos_ends {
    struct mos_addr a, b;
    uint16_t a_port, b_port;
    uint8_t ip_version, pad0, pad1, pad2;
};

/* The different values that an aggregate of a script has seen, under one key: first their hashes, then a HyperLogLog
 * sketch. 24 bytes. */
struct mos_sketch {
    uint8_t *memory;             /* `room` hashes, 0 where there is none; without room 2^precision registers */
    int32_t precision;
    int32_t room;                /* a power of two; 0 = registers */
    int32_t count;               /* hashes */
    int32_t pad0;
};

/* What `next` hands out, and where calls leave their results. One per worker, fixed for life. */
struct mos_event {
    int32_t slot;                /* callback slot, also the result of next; 0 = leave the loop; MOS_SLOT_NEXT */
    int32_t event, hook, side;   /* MOS_ON_*, MOS_HK_* or MOS_NULL, MOS_SIDE_* or MOS_NULL */
    int32_t socket;
    int32_t flow;                /* index into conns, MOS_NO_FLOW without one */
    uint32_t generation;
    int32_t code;                /* ON_ERROR: MOS_ERROR_*; ON_GAP: MOS_GAP_*; leaving the loop: MOS_LEAVE_* */
    double offset, length;       /* ON_ERROR, ON_GAP: stream offsets; ON_ZERO_WINDOW: length = seconds, -1 when it closes */
    double timer;                /* id of the timer that is due */
    struct mos_time now;         /* the worker's clock */
    uint32_t epoch;              /* views carry it; it changes when their bytes may have gone */
    int32_t has_packet;          /* 1 while `packet` is in hand */
    struct mos_packet *packet;
    const uint8_t *frame;        /* its first captured byte */
    /* results of view, ppeek, get_option */
    const uint8_t *data;
    double data_offset;          /* stream offset of data[0] */
    double missed;               /* bytes lost to an overrun since the last call, 0 = none */
    double value[4];
    int32_t source;              /* number of the capture or interface in hand; its name changed when it did */
    char message[500];           /* why the last call failed, NUL-terminated */
    int32_t stage;               /* MOS_STAGE_*: whose turn it is */
    int32_t waiting;             /* 1 while a call of the engine may wait for somebody else */
};
/* What of the scripts runs. MOS_STAGE_LOOP: what `slot` says. */
enum { MOS_STAGE_NONE = 0, MOS_STAGE_LOAD = 1, MOS_STAGE_START = 2, MOS_STAGE_LOOP = 3, MOS_STAGE_EXIT = 4, MOS_STAGE_REPORT = 5 };
enum { MOS_SLOT_NEXT = -1 };     /* mos_event.slot while the engine looks for the next event */
enum {
    MOS_LEAVE_END = 1, MOS_LEAVE_REGENERATE = 2,
    MOS_LEAVE_ATTENTION = 3,     /* between packets, because another thread asked for it */
    MOS_LEAVE_IDLE = 4           /* a source has nothing for now: in tests of scripts alone */
};

/* The engine's calls. Results below 0 are -errno and leave a sentence in mos_event.message.
 * `socket` names the monitor socket, (flow, generation) the flow. No call ever calls back into Lua. */
struct mos_api {
    int32_t abi, size_packet, size_conn, size_ext, size_event;
    int32_t pad0;
    void *worker;
    struct mos_event *event;
    struct mos_conn *conns;
    struct mos_ext *exts;
    const uint32_t *serial_high; /* high halves of the flows' serial numbers, by slot */
    const double *counters;      /* live values, named by counter_name(0 ..< counter_count) */
    int32_t counter_count;
    int32_t pad1;
    const char *(*counter_name)(int32_t index);
    const char *(*source_name)(void *worker);
    int32_t (*next)(void *worker);
    int32_t (*leave)(void *worker);  /* the next call of next returns 0, MOS_LEAVE_REGENERATE */
    int32_t (*socket)(void *worker, int32_t type);
    int32_t (*close_socket)(void *worker, int32_t socket);
    int32_t (*bind_filter)(void *worker, int32_t socket, int32_t which, const char *text, int32_t length);
    int32_t (*subscribe)(void *worker, int32_t socket, int32_t event, int32_t hook, int32_t slot);
    int32_t (*subscribe_flow)(void *worker, int32_t socket, int32_t flow, uint32_t generation, int32_t event, int32_t hook, int32_t slot);
    int32_t (*freed_slot)(void *worker);  /* a slot that no registration names any more, 0 = none */
    int32_t (*view)(void *worker, int32_t socket, int32_t flow, uint32_t generation, int32_t side);
    int32_t (*consume)(void *worker, int32_t socket, int32_t flow, uint32_t generation, int32_t side, double count);
    int32_t (*ppeek)(void *worker, int32_t socket, int32_t flow, uint32_t generation, int32_t side, double offset, int32_t length);
    int32_t (*set_option)(void *worker, int32_t socket, int32_t flow, uint32_t generation, int32_t option, double value);
    int32_t (*get_option)(void *worker, int32_t socket, int32_t flow, uint32_t generation, int32_t option, int32_t index);
    int32_t (*close_flow)(void *worker, int32_t socket, int32_t flow, uint32_t generation);
    double (*set_timer)(void *worker, double seconds, double interval);  /* an id, or -errno */
    int32_t (*cancel_timer)(void *worker, double id);
    int32_t (*emit)(void *worker, int32_t kind, const char *bytes, int32_t length);
    /* data = size bytes a connection, zeroed when one starts. Of a version that is to take over: where the version before
     * keeps what it declared with the same words, `layout`. */
    int32_t (*flow_state)(void *worker, int32_t size, const char *layout, int32_t layout_length);
    double (*hash_new)(int32_t kind);
    int32_t (*hash_update)(double hash, const char *bytes, int32_t length);
    int32_t (*hash_final)(double hash, uint8_t *digest);  /* the digest's length; frees */
    int32_t (*hash_free)(double hash);
    int32_t (*tunnel)(void *worker, int32_t flow, uint32_t generation);  /* its layers, outermost first: data = mos_tunnel[result]; MOS_NO_FLOW = the packet in hand */
    /* 1 when the packet in hand is an ICMP error: value = IP protocol and version of the packet that it quotes, and
     * the offsets of its IP header and of what that carries (-1 = not quoted) in the frame; else 0. */
    int32_t (*icmp_quote)(void *worker);
    /* 1 when a flow is known that such a packet is about: value = slot, generation, and the socket that sees it, which
     * is `socket` when that watches it; else 0. */
    int32_t (*icmp_flow)(void *worker, int32_t socket);
    /* The callback slot of an event at a hook: of a flow, or of a socket (flow < 0) for its later flows; 0 = none. */
    int32_t (*registered)(void *worker, int32_t socket, int32_t flow, uint32_t generation, int32_t event, int32_t hook);
    /* 1 when there is a flow between those ends that `socket` watches (< 0: any): value = slot, generation, socket; else 0. */
    int32_t (*find_flow)(void *worker, int32_t socket, const struct mos_ends *ends);
    /* setlastpkt: what = action, region and checksums; of CHOMP, length is what goes. flow < 0: the packet in hand of a socket. */
    int32_t (*change_packet)(void *worker, int32_t socket, int32_t flow, uint32_t generation, int32_t what, int32_t offset, const char *bytes, int32_t length);
    /* Sends a whole frame towards a side of a flow, ahead of the packet in hand; checksums are filled in. */
    int32_t (*send_frame)(void *worker, int32_t socket, int32_t flow, uint32_t generation, int32_t side, const char *bytes, int32_t length);
    int32_t (*send_segment)(void *worker, int32_t socket, int32_t flow, uint32_t generation, const struct mos_outgoing *segment, const char *payload);
    int32_t (*reset_flow)(void *worker, int32_t socket, int32_t flow, uint32_t generation);
    int32_t worker_index, worker_count;  /* constant during a run */
    /* Hands in what this worker knows for a meeting of all: name = "i<interval>:<seconds of packet time>" or "end". The
     * bytes are copied. -ENOBUFS: so much waits there already that this came too early; hand it in with the next. */
    int32_t (*hand_in)(void *worker, const char *name, int32_t name_length, const char *bytes, int32_t length);
    /* Worker 0 only: 1 when all others have handed in for that meeting, or a later one of that interval, or have ended;
     * 0 not yet. wait != 0: does not return 0. */
    int32_t (*gathered)(void *worker, const char *name, int32_t name_length, int32_t wait);
    /* Worker 0 only: what worker `from` handed in for that meeting or one before it: length, and its address in data until
     * the next call. The oldest first, each once; -ENOENT when there is no more. */
    int32_t (*handed_in)(void *worker, const char *name, int32_t name_length, int32_t from);
    /* Worker 0 only: what is left of that meeting and those before it is forgotten. */
    int32_t (*dismiss)(void *worker, const char *name, int32_t name_length);
    int32_t is_live;             /* packets come from interfaces */
    int32_t pad2;
    /* The clock: value = seconds, nanoseconds. It is ahead of mos_event.now while something runs that was due before. */
    int32_t (*clock)(void *worker);
    /* Takes a value into sketches[index]: a text, or without one a number; kind tells types apart. 0, or 1: it has no
     * room and must be moved first. */
    int32_t (*sketch_add)(struct mos_sketch *sketches, int32_t index, int32_t kind, const char *text, int32_t length, double number);
    /* Takes in all that sketches[index] knows. 0, or 1: `into` has no room and must be moved first. */
    int32_t (*sketch_merge)(struct mos_sketch *into, const struct mos_sketch *sketches, int32_t index);
    double (*sketch_estimate)(const struct mos_sketch *sketches, int32_t index);
    /* Another version of the scripts takes over, between packets: nobody is called until sockets are claimed. */
    int32_t (*reload_begin)(void *worker);
    /* The socket of that number as a fresh one of that type; number < 0: a new one. Its number. */
    int32_t (*reload_socket)(void *worker, int32_t type, int32_t number);
    /* What flows had from their sockets they have from those as they are now; what was registered for single flows is
     * slots[old slot], 0 = lost. `returns` != 0: flows get back what they had before the last take-over. */
    int32_t (*reload_finish)(void *worker, const int32_t *slots, int32_t count, int32_t returns);
    /* What was lost: value = old slot, flows; 0 when there is no such index, else 1. */
    int32_t (*reload_lost)(void *worker, int32_t index);
    /* The take-over stands: what could be returned to is forgotten. */
    int32_t (*reload_accept)(void *worker);
    int32_t (*flow_limit)(void *worker);  /* flows are below it */
    /* 1: between bursts `next` hands out a timer with number -1, or -2 while no packets come; until 0. */
    int32_t (*set_carrying)(void *worker, int32_t is_on);
    /* What the version before keeps as context of a flow, for that version's number of the socket: its length, bytes in
     * data until the next call; 0 = nothing, -EINVAL = nothing that can be carried, message says why. */
    int32_t (*former_context)(void *worker, int32_t socket, int32_t flow);
    /* The same of up to `most` flows at a time; 0 = that was all. */
    int32_t (*former_contexts)(void *worker, int32_t most);
    int32_t (*forget_former)(void *worker, int32_t flow);  /* its flow is gone */
};
enum { MOS_EMIT_RECORD = 1, MOS_EMIT_PRINT = 2, MOS_EMIT_DIAGNOSTIC = 3, MOS_EMIT_HEADER = 4 };
enum { MOS_HASH_MD5 = 1, MOS_HASH_SHA1 = 2, MOS_HASH_SHA256 = 3 };
