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
    bool joined;             /* the receiving thread was offered to DPDK as an lcore */
    int stamp_offset;
    uint64_t stamp_flag;     /* 0 when frames carry no times */
    int64_t stamp_unit_ns;
    uint8_t *chains;         /* CHAIN_BYTES */
    struct rte_mempool *pool;
    struct rte_device *device;
    struct rte_mbuf *held[CDPDK_BURST];
    struct rte_eth_stats at_opening;
    char driver[64];
};

#endif
