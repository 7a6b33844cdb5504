/* SPDX-License-Identifier: BSD-2-Clause */
/* What is behind the opaque port. Include after rte_config.h. */
#ifndef CDPDK_PORT_H
#define CDPDK_PORT_H

#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "cdpdk.h"

/* Room for the frames of one burst that came in several buffers: 64 of the largest IP packets. */
enum { CHAIN_BYTES = CDPDK_BURST * 65600 };

struct cdpdk_port {
    uint16_t id;
    uint16_t held_count;
    bool detach;
    bool configured;         /* ours to close; a port that somebody else runs is not */
    bool started;
    bool made_promiscuous;   /* by us: it was not when it was opened */
    bool is_af_packet;
    bool joined;             /* the receiving thread was offered to DPDK as an lcore */
    int stamp_offset;
    uint64_t stamp_flag;     /* 0 when frames carry no times */
    int64_t stamp_unit_ns;
    uint8_t *chains;         /* CHAIN_BYTES */
    struct rte_mempool *pool;
    struct rte_device *device;
    struct rte_mbuf *held[CDPDK_BURST]; /* NULL = it has moved out through some port */
    const uint8_t *shown[CDPDK_BURST];  /* where their frames were shown */
    uint32_t shown_length[CDPDK_BURST];
    uint64_t gone;           /* places whose frames moved out with an earlier list */
    uint16_t mtu;
    uint32_t send_limit;     /* bytes of the longest frame without tags; 0 = it does not send */
    uint32_t send_tags;      /* tags that a frame may be longer than that */
    bool takes_chains;       /* the device sends frames that lie in several buffers */
    struct rte_eth_stats at_opening;
    char driver[64];
};

/* rte_pktmbuf_pool_create: buffers for a port with these descriptors. NULL = rte_errno says why. */
struct rte_mempool *cdpdk_make_pool(uint16_t id, const struct rte_eth_dev_info *info, uint16_t mtu,
                                    uint32_t frame_room, uint32_t receive, uint32_t send);

/* rte_mempool_free, at once or when the last of the pool's buffers is back. */
void cdpdk_free_pool(struct rte_mempool *pool);

#endif
