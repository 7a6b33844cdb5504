/* SPDX-License-Identifier: BSD-2-Clause */
/* One port for several threads: those with a queue receive, and hand what another one owns to it
 * by a ring of buffers. One ring for each pair that needs it, each with one writer and one reader.
 *
 *     queue 0 ─► share 0 ─┬─► its frames
 *     queue 1 ─► share 1 ─┼─► its frames        a buffer belongs to whoever has it, and is given
 *                share 2 ◄┘                     back by whoever has it last */
#include <rte_config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_ring.h>
#include <rte_ring_elem.h>

#include "cdpdk.h"
#include "port.h"

/* A frame on its way. */
struct handed {
    struct rte_mbuf *mbuf;
    int64_t time_ns;
};
_Static_assert(sizeof(struct handed) == 16, "copied as one word of 128 bits");

/* A frame for whose owner there was no room, where it must not be lost. */
struct pending {
    struct handed frame;
    uint16_t owner;
};

struct cdpdk_share {
    struct cdpdk_port *port;
    uint16_t index;
    uint16_t count;
    bool has_queue;
    bool waits;                 /* what finds no room waits, and with it what would come behind */
    struct rte_ring **outgoing; /* [count]; NULL where nothing is handed over */
    struct rte_ring **incoming;
    uint16_t turn;              /* whose frames are taken first */
    struct pending *pending;    /* [CDPDK_BURST * count] when it waits */
    uint32_t pending_count;
    uint64_t handed_over;
    uint64_t dropped;
    struct cdpdk_burst burst;
};

/* --- to others */

static bool put(struct cdpdk_share *share, uint16_t owner, const struct handed *frame)
{
    struct rte_ring *ring = share->outgoing[owner];
    struct handed copy = *frame;
    return ring != NULL && rte_ring_sp_enqueue_elem(ring, &copy, sizeof(copy)) == 0;
}

static void hand(struct cdpdk_share *share, uint16_t owner, const struct handed *frame)
{
    /* Behind what waits already, so that every owner's frames keep their order. */
    bool is_behind = share->pending_count != 0;
    if (!is_behind && put(share, owner, frame)) {
        share->handed_over++;
    } else if (share->waits && share->pending_count < (uint32_t)CDPDK_BURST * share->count) {
        share->pending[share->pending_count++] = (struct pending){*frame, owner};
    } else {
        struct rte_mbuf *mbuf = frame->mbuf;
        rte_pktmbuf_free_bulk(&mbuf, 1);
        share->dropped++;
    }
}

static void hand_to_all(struct cdpdk_share *share, const struct handed *frame)
{
    /* One more owner for each: the buffer goes back when the last of them gives it back. */
    rte_pktmbuf_refcnt_update(frame->mbuf, (int16_t)(share->count - 1));
    for (uint16_t owner = 0; owner < share->count; owner++) {
        if (owner != share->index)
            hand(share, owner, frame);
    }
}

/* What waits for one owner keeps its order; it does not wait for another. */
static void hand_pending(struct cdpdk_share *share)
{
    uint32_t left = 0;
    for (uint32_t i = 0; i < share->pending_count; i++) {
        struct pending *one = &share->pending[i];
        bool is_behind = false;
        for (uint32_t j = 0; j < left && !is_behind; j++)
            is_behind = share->pending[j].owner == one->owner;
        if (!is_behind && put(share, one->owner, &one->frame))
            share->handed_over++;
        else
            share->pending[left++] = *one;
    }
    share->pending_count = left;
}

/* --- from others */

static void take(struct cdpdk_share *share, uint32_t limit, struct cdpdk_frame *frames)
{
    struct cdpdk_burst *burst = &share->burst;
    struct handed taken[CDPDK_BURST];
    for (uint16_t i = 0; i < share->count && burst->count < limit; i++) {
        uint16_t from = (uint16_t)((share->turn + i) % share->count);
        if (share->incoming[from] == NULL)
            continue;
        unsigned count = rte_ring_sc_dequeue_burst_elem(share->incoming[from], taken,
                                                        sizeof(taken[0]), limit - burst->count, NULL);
        /* Each came with the time of its own burst. */
        for (unsigned at = 0; at < count; at++) {
            burst->held[burst->count++] = taken[at].mbuf;
            cdpdk_describe(share->port, burst, (uint16_t)(burst->count - 1), taken[at].time_ns,
                           frames);
        }
    }
    share->turn = (uint16_t)((share->turn + 1) % share->count);
}

uint32_t cdpdk_receive_share(struct cdpdk_share *share, struct cdpdk_frame *frames, uint32_t *mine)
{
    struct cdpdk_burst *burst = &share->burst;
    if (unlikely(!burst->joined)) {
        burst->joined = true;
        cdpdk_join_thread();
    }
    cdpdk_clear_burst(burst);
    if (unlikely(share->pending_count != 0))
        hand_pending(share);
    /* Half of the burst at first, so that neither the rings nor the queue wait for ever. */
    take(share, share->has_queue ? CDPDK_BURST / 2 : CDPDK_BURST, frames);
    *mine = burst->count;
    if (!share->has_queue || share->pending_count != 0)
        return burst->count;
    uint16_t count = rte_eth_rx_burst(share->port->id, share->index, burst->held + burst->count,
                                      (uint16_t)(CDPDK_BURST - burst->count));
    if (count != 0) {
        uint16_t first = burst->count;
        burst->count += count;
        cdpdk_describe(share->port, burst, first, cdpdk_read_clock(), frames);
    }
    return burst->count;
}

uint32_t cdpdk_hand_over(struct cdpdk_share *share, struct cdpdk_frame *frames, uint32_t mine,
                         const int32_t *owners)
{
    struct cdpdk_burst *burst = &share->burst;
    uint16_t kept = (uint16_t)mine;
    for (uint32_t i = mine; i < burst->count; i++) {
        struct handed frame = {burst->held[i], frames[i].time_ns};
        int32_t owner = owners[i];
        if (owner == CDPDK_EVERYONE)
            hand_to_all(share, &frame);
        if (owner == CDPDK_EVERYONE || owner == share->index) {
            burst->held[kept] = burst->held[i];
            frames[kept++] = frames[i];
        } else {
            hand(share, (uint16_t)owner, &frame);
        }
    }
    burst->count = kept;
    take(share, CDPDK_BURST, frames);
    return burst->count;
}

void cdpdk_read_handed(const struct cdpdk_share *share, uint64_t *handed_over, uint64_t *dropped)
{
    *handed_over = share->handed_over;
    *dropped = share->dropped;
}

/* --- making and closing */

static struct rte_ring *make_ring(const struct cdpdk_port *port, uint32_t depth)
{
    static uint32_t made;
    char name[RTE_RING_NAMESIZE];
    snprintf(name, sizeof(name), "mos_x%u", made++);
    unsigned flags = RING_F_SP_ENQ | RING_F_SC_DEQ;
    int node = rte_eth_dev_socket_id(port->id);
    unsigned size = sizeof(struct handed);
    struct rte_ring *ring = rte_ring_create_elem(name, size, depth, node, flags);
    if (ring == NULL && node != SOCKET_ID_ANY)
        ring = rte_ring_create_elem(name, size, depth, SOCKET_ID_ANY, flags);
    return ring;
}

static int link_shares(struct cdpdk_share **shares, uint16_t from, uint16_t to, uint32_t depth)
{
    struct rte_ring *ring = make_ring(shares[from]->port, depth);
    if (ring == NULL)
        return -rte_errno;
    shares[from]->outgoing[to] = ring;
    shares[to]->incoming[from] = ring;
    return 0;
}

static struct cdpdk_share *make_share(struct cdpdk_port *port, uint16_t index, uint16_t count,
                                      bool waits)
{
    struct cdpdk_share *share = calloc(1, sizeof(*share));
    if (share == NULL)
        return NULL;
    share->port = port;
    share->index = index;
    share->count = count;
    share->has_queue = index < port->queues;
    share->waits = waits;
    share->outgoing = calloc(count, sizeof(struct rte_ring *));
    share->incoming = calloc(count, sizeof(struct rte_ring *));
    share->pending = calloc(waits ? (size_t)CDPDK_BURST * count : 1, sizeof(struct pending));
    /* What arrived and is handed on, and what others handed over. */
    share->burst.chain_bytes = 2 * (size_t)CHAIN_BYTES;
    share->burst.chains = calloc(1, share->burst.chain_bytes);
    return share;
}

static bool is_complete(const struct cdpdk_share *share)
{
    return share != NULL && share->outgoing != NULL && share->incoming != NULL &&
        share->pending != NULL && share->burst.chains != NULL;
}

int cdpdk_make_shares(struct cdpdk_port *port, uint16_t count, bool waits, uint32_t depth,
                      struct cdpdk_share **shares)
{
    int code = 0;
    for (uint16_t i = 0; i < count; i++) {
        shares[i] = make_share(port, i, count, waits);
        if (!is_complete(shares[i]))
            code = -ENOMEM;
    }
    if (depth == 0)
        depth = cdpdk_choose_depth(port->pools[0], count);
    for (uint16_t from = 0; from < port->queues; from++) {
        for (uint16_t to = 0; to < count && code == 0; to++)
            code = from == to ? 0 : link_shares(shares, from, to, depth);
    }
    if (code < 0)
        cdpdk_free_shares(shares, count);
    return code;
}

static void free_share(struct cdpdk_share *share)
{
    cdpdk_clear_burst(&share->burst);
    for (uint32_t i = 0; i < share->pending_count; i++)
        rte_pktmbuf_free_bulk(&share->pending[i].frame.mbuf, 1);
    for (uint16_t i = 0; share->incoming != NULL && i < share->count; i++) {
        struct handed frame;
        struct rte_ring *ring = share->incoming[i];
        while (ring != NULL && rte_ring_sc_dequeue_elem(ring, &frame, sizeof(frame)) == 0)
            rte_pktmbuf_free_bulk(&frame.mbuf, 1);
        rte_ring_free(ring);
    }
    free(share->outgoing);
    free(share->incoming);
    free(share->pending);
    free(share->burst.chains);
    free(share);
}

void cdpdk_free_shares(struct cdpdk_share **shares, uint16_t count)
{
    for (uint16_t i = 0; i < count; i++) {
        if (shares[i] != NULL)
            free_share(shares[i]);
        shares[i] = NULL;
    }
}
