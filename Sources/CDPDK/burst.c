/* SPDX-License-Identifier: BSD-2-Clause */
/* The receive path: one call per burst. The transmit path is in send.c. */
#include <rte_config.h>

#include <string.h>
#include <time.h>

#include <rte_ethdev.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>
#include <rte_mbuf_dyn.h>
#include <rte_prefetch.h>

#include "cdpdk.h"
#include "port.h"

/* Copies a frame that lies in several buffers to one place; returns how much fitted. */
static uint32_t flatten(const struct rte_mbuf *chain, uint8_t *to, size_t room)
{
    size_t done = 0;
    for (const struct rte_mbuf *part = chain; part != NULL && done < room; part = part->next) {
        size_t size = rte_pktmbuf_data_len(part);
        if (size > room - done)
            size = room - done;
        memcpy(to + done, rte_pktmbuf_mtod(part, const uint8_t *), size);
        done += size;
    }
    return (uint32_t)done;
}

static int64_t read_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* A thread that EAL does not know has no cache in the pool: every buffer would take a lock-free
 * but shared ring. A refusal (too many threads) costs speed only. */
static void join(struct cdpdk_port *port)
{
    port->joined = true;
    if (rte_lcore_id() == LCORE_ID_ANY)
        (void)rte_thread_register();
}

uint32_t cdpdk_receive_burst(struct cdpdk_port *port, struct cdpdk_frame *frames)
{
    if (unlikely(!port->joined))
        join(port);
    if (port->held_count != 0)
        rte_pktmbuf_free_bulk(port->held, port->held_count);
    uint16_t count = rte_eth_rx_burst(port->id, 0, port->held, CDPDK_BURST);
    port->held_count = count;
    port->gone = 0;
    if (count == 0)
        return 0;

    int64_t now = read_clock();
    size_t used = 0;
    for (uint16_t i = 0; i < count; i++) {
        const struct rte_mbuf *mbuf = port->held[i];
        struct cdpdk_frame *frame = &frames[i];
        frame->data = rte_pktmbuf_mtod(mbuf, const uint8_t *);
        frame->caplen = rte_pktmbuf_data_len(mbuf);
        frame->length = rte_pktmbuf_pkt_len(mbuf);
        frame->time_ns = now;
        if (unlikely(mbuf->nb_segs > 1)) {
            frame->data = port->chains + used;
            frame->caplen = flatten(mbuf, port->chains + used, CHAIN_BYTES - used);
            used += frame->caplen;
        }
        port->shown[i] = frame->data;
        port->shown_length[i] = frame->caplen;
        if (mbuf->ol_flags & port->stamp_flag)
            frame->time_ns = port->stamp_unit_ns *
                (int64_t)*RTE_MBUF_DYNFIELD(mbuf, port->stamp_offset, const rte_mbuf_timestamp_t *);
        rte_prefetch0(frame->data);
    }
    return count;
}
