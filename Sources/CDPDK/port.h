/* SPDX-License-Identifier: BSD-2-Clause */
/* What is behind the opaque port. Include after rte_config.h. */
#ifndef CDPDK_PORT_H
#define CDPDK_PORT_H

#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "cdpdk.h"

/* Room for the frames of one burst that came in several buffers: 64 of the largest IP packets. */
enum { CHAIN_BYTES = CDPDK_BURST * 65600 };

/* The frames that one thread received last. */
struct cdpdk_burst {
    bool joined;             /* the receiving thread was offered to DPDK as an lcore */
    uint16_t count;
    struct rte_mbuf *held[CDPDK_BURST]; /* NULL = it has moved out through some port */
    const uint8_t *shown[CDPDK_BURST];  /* where their frames were shown */
    uint32_t shown_length[CDPDK_BURST];
    uint64_t gone;           /* places whose frames moved out with an earlier list */
    uint8_t *chains;
    size_t chain_bytes;      /* at chains */
    size_t chains_used;
};

struct cdpdk_port {
    uint16_t id;
    bool detach;
    bool configured;         /* ours to close; a port that somebody else runs is not */
    bool started;
    bool made_promiscuous;   /* by us: it was not when it was opened */
    bool is_af_packet;
    uint16_t queues;         /* from which frames are received, by the share of the same number */
    bool needs_rss;          /* the device is to sort the frames by flows */
    bool arrival_counts;     /* the device has both directions of a flow in one queue */
    int stamp_offset;
    uint64_t stamp_flag;     /* 0 when frames carry no times */
    int64_t stamp_unit_ns;
    struct rte_mempool **pools; /* one for each queue */
    struct rte_device *device;
    struct cdpdk_burst burst;   /* of a port that is not shared */
    uint16_t mtu;
    uint32_t send_limit;     /* bytes of the longest frame without tags; 0 = it does not send */
    uint32_t send_tags;      /* tags that a frame may be longer than that */
    bool takes_chains;       /* the device sends frames that lie in several buffers */
    struct rte_eth_stats at_opening;
    char driver[64];
};

/* What a pool must have buffers for. */
struct cdpdk_demand {
    uint16_t mtu;
    uint32_t frame_room;     /* as in cdpdk_port_config */
    uint32_t receive;        /* descriptors */
    uint32_t send;
    uint16_t shares;         /* threads that share the port */
};

/* rte_pktmbuf_pool_create: buffers for one queue of a port. NULL = rte_errno says why. */
struct rte_mempool *cdpdk_make_pool(uint16_t id, const struct rte_eth_dev_info *info,
                                    const struct cdpdk_demand *demand);

/* Frames that may wait for one share in the ring of one other; a power of two. */
uint32_t cdpdk_choose_depth(const struct rte_mempool *pool, uint16_t shares);

/* rte_mempool_free, at once or when the last of the pool's buffers is back. */
void cdpdk_free_pool(struct rte_mempool *pool);

/* rte_thread_register for a thread that EAL does not know. */
void cdpdk_join_thread(void);

/* Gives back all buffers of the burst. */
void cdpdk_clear_burst(struct cdpdk_burst *burst);

/* Describes the buffers of the burst from `first` on, which came at `time_ns` unless they say otherwise. */
void cdpdk_describe(const struct cdpdk_port *port, struct cdpdk_burst *burst, uint16_t first,
                    int64_t time_ns, struct cdpdk_frame *frames);

/* clock_gettime(CLOCK_REALTIME), in nanoseconds. */
int64_t cdpdk_read_clock(void);

/* The devices that distribute the frames over queues by their flows: sets it up for `queues` of them. False = the
 * device cannot, or does not say that it does. The port is configured for it and started. */
bool cdpdk_set_up_rss(uint16_t id, const struct rte_eth_dev_info *info, uint16_t queues);

/* What rte_eth_dev_configure is given for that. */
void cdpdk_want_rss(const struct rte_eth_dev_info *info, struct rte_eth_conf *wanted);

#endif
