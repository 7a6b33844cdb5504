/* SPDX-License-Identifier: BSD-2-Clause */
/* The memory that frames of a port lie in. */
#include <rte_config.h>

#include <stdio.h>

#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>

#include "cdpdk.h"
#include "port.h"

enum { POOL_CACHE = 256, LARGE_POOL_CACHE = 64, LARGE_ROOM = 16384, RETIRED_POOLS = 64 };

/* Bytes of a buffer: what was asked for, what the driver needs at the least, and a whole frame
 * where it cannot be scattered over several buffers. */
static uint32_t choose_room(const struct rte_eth_dev_info *info, uint16_t mtu, uint32_t asked)
{
    uint32_t room = asked != 0 ? asked : RTE_MBUF_DEFAULT_DATAROOM;
    uint32_t most = UINT16_MAX - RTE_PKTMBUF_HEADROOM;
    if (info->min_rx_bufsize > room && info->min_rx_bufsize <= most)
        room = info->min_rx_bufsize;
    bool scatters = (info->rx_offload_capa & RTE_ETH_RX_OFFLOAD_SCATTER) != 0;
    uint32_t frame = mtu + RTE_ETHER_HDR_LEN + RTE_ETHER_CRC_LEN + 8; /* two tags */
    if (!scatters && frame > room)
        room = frame;
    return RTE_PKTMBUF_HEADROOM + (room < most ? room : most);
}

/* Frames that may wait for all other shares together. Large buffers are for few. */
static uint32_t choose_total(uint32_t room)
{
    return room > LARGE_ROOM ? 512 : 8192;
}

static uint32_t choose_depth(uint32_t room, uint16_t shares)
{
    uint32_t depth = 2 * CDPDK_BURST;
    while (depth * 2 * shares <= choose_total(room))
        depth *= 2;
    return depth;
}

uint32_t cdpdk_choose_depth(const struct rte_mempool *pool, uint16_t shares)
{
    return choose_depth(rte_pktmbuf_data_room_size((struct rte_mempool *)(uintptr_t)pool), shares);
}

/* As many buffers as can be out at once, of the form 2^n - 1, which uses a pool's memory best: in
 * the receive queue, in the burst, in the cache, in the list that is being sent, in the port's
 * own transmit queue and, moved there, in that of a peer; with each other share, on their way to
 * it, in its burst and, given back by it, in its cache. */
static uint32_t choose_size(const struct cdpdk_demand *demand, uint32_t room, uint32_t cache)
{
    /* Large buffers are asked for by drivers with rings of their own: only bursts are out. */
    uint32_t queued = room > LARGE_ROOM ? 2 * CDPDK_BURST : demand->receive + 2 * demand->send;
    uint32_t cached = cache * 3 / 2;
    uint32_t needed = queued + 2 * CDPDK_BURST + CDPDK_LIST + cached;
    uint32_t others = demand->shares > 1 ? demand->shares - 1u : 0;
    needed += others * (choose_depth(room, demand->shares) + CDPDK_BURST + cached);
    uint32_t size = 512;
    while (size - 1 < needed)
        size *= 2;
    return size - 1;
}

struct rte_mempool *cdpdk_make_pool(uint16_t id, const struct rte_eth_dev_info *info,
                                    const struct cdpdk_demand *demand)
{
    /* A pool can outlive its port, so the port's number alone would not do as a name. */
    static uint32_t made;
    char name[RTE_MEMZONE_NAMESIZE];
    snprintf(name, sizeof(name), "mos_%u_%u", id, made++);
    uint32_t room = choose_room(info, demand->mtu, demand->frame_room);
    uint32_t cache = room > LARGE_ROOM ? LARGE_POOL_CACHE : POOL_CACHE;
    uint32_t size = choose_size(demand, room, cache);
    /* The memory next to the device, or any where there is none. */
    int node = rte_eth_dev_socket_id(id);
    struct rte_mempool *pool =
        rte_pktmbuf_pool_create(name, size, cache, 0, (uint16_t)room, node);
    if (pool == NULL && node != SOCKET_ID_ANY)
        pool = rte_pktmbuf_pool_create(name, size, cache, 0, (uint16_t)room, SOCKET_ID_ANY);
    return pool;
}

/* Pools of closed ports with buffers in the transmit queue of another one, whose driver gives
 * them back when it likes, at the latest when that port is closed. */
static struct rte_mempool *retired[RETIRED_POOLS];

static bool retire(struct rte_mempool *pool)
{
    for (unsigned i = 0; i < RETIRED_POOLS; i++) {
        if (retired[i] == NULL) {
            retired[i] = pool;
            return true;
        }
    }
    return false;
}

void cdpdk_free_pool(struct rte_mempool *pool)
{
    for (unsigned i = 0; i < RETIRED_POOLS; i++) {
        if (retired[i] != NULL && rte_mempool_full(retired[i])) {
            rte_mempool_free(retired[i]);
            retired[i] = NULL;
        }
    }
    if (pool == NULL)
        return;
    if (rte_mempool_full(pool))
        rte_mempool_free(pool);
    else
        (void)retire(pool); /* with no place left it stays until the process ends */
}
