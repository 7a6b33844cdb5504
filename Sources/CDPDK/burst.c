/* SPDX-License-Identifier: BSD-2-Clause */
/* The receive path: one call per burst. The transmit path is in send.c. */
#include <rte_config.h>

#include <string.h>
#include <time.h>

#include <rte_ethdev.h>
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

int64_t cdpdk_read_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void cdpdk_clear_burst(struct cdpdk_burst *burst)
{
    if (burst->count != 0)
        rte_pktmbuf_free_bulk(burst->held, burst->count);
    burst->count = 0;
    burst->gone = 0;
    burst->chains_used = 0;
}

void cdpdk_describe(const struct cdpdk_port *port, struct cdpdk_burst *burst, uint16_t first,
                    int64_t time_ns, struct cdpdk_frame *frames)
{
    for (uint16_t i = first; i < burst->count; i++) {
        const struct rte_mbuf *mbuf = burst->held[i];
        struct cdpdk_frame *frame = &frames[i];
        frame->data = rte_pktmbuf_mtod(mbuf, const uint8_t *);
        frame->caplen = rte_pktmbuf_data_len(mbuf);
        frame->length = rte_pktmbuf_pkt_len(mbuf);
        frame->time_ns = time_ns;
        if (unlikely(mbuf->nb_segs > 1)) {
            uint8_t *place = burst->chains + burst->chains_used;
            frame->data = place;
            frame->caplen = flatten(mbuf, place, burst->chain_bytes - burst->chains_used);
            burst->chains_used += frame->caplen;
        }
        burst->shown[i] = frame->data;
        burst->shown_length[i] = frame->caplen;
        if (mbuf->ol_flags & port->stamp_flag)
            frame->time_ns = port->stamp_unit_ns *
                (int64_t)*RTE_MBUF_DYNFIELD(mbuf, port->stamp_offset, const rte_mbuf_timestamp_t *);
        rte_prefetch0(frame->data);
    }
}

uint32_t cdpdk_receive_burst(struct cdpdk_port *port, struct cdpdk_frame *frames)
{
    struct cdpdk_burst *burst = &port->burst;
    if (unlikely(!burst->joined)) {
        burst->joined = true;
        cdpdk_join_thread();
    }
    cdpdk_clear_burst(burst);
    burst->count = rte_eth_rx_burst(port->id, 0, burst->held, CDPDK_BURST);
    if (burst->count != 0)
        cdpdk_describe(port, burst, 0, cdpdk_read_clock(), frames);
    return burst->count;
}
