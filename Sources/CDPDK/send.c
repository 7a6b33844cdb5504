/* SPDX-License-Identifier: BSD-2-Clause */
/* The transmit path: one call per list. */
#include <rte_config.h>

#include <string.h>

#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "cdpdk.h"
#include "port.h"

_Static_assert(CDPDK_BURST <= 64, "one bit per place");
_Static_assert(sizeof(struct cdpdk_departure) == 24, "documented");

/* Tags that the device does not count: of 802.1Q; and of 802.1ad where it may have two. */
static uint32_t count_tags(const struct cdpdk_departure *departure, uint32_t most)
{
    uint32_t tags = 0;
    while (tags < most && departure->length >= 12 + 4 * tags + 2) {
        const uint8_t *type = departure->data + 12 + 4 * tags;
        bool q = type[0] == 0x81 && type[1] == 0x00, ad = type[0] == 0x88 && type[1] == 0xA8;
        if (!q && !(ad && most > 1))
            break;
        tags++;
    }
    return tags;
}

static bool fits(const struct cdpdk_port *port, const struct cdpdk_departure *departure)
{
    uint32_t length = departure->length;
    if (length < RTE_ETHER_HDR_LEN || port->send_limit == 0)
        return false;
    return length <= port->send_limit ||
        length <= port->send_limit + 4 * count_tags(departure, port->send_tags);
}

/* What a list does with the frames of its origin. */
struct sending {
    struct cdpdk_port *port;
    struct cdpdk_burst *origin; /* NULL = none of the frames has a place */
    uint64_t moved;            /* places whose frames move out with this list */
};

static bool has_place(const struct sending *sending, const struct cdpdk_departure *departure)
{
    return sending->origin != NULL && departure->place >= 0 &&
        departure->place < sending->origin->count;
}

/* True when the bytes lay in a buffer that has left with an earlier list: whose they are now,
 * nobody knows. Those of a chain were copied when it was received. */
static bool is_gone(const struct sending *sending, const struct cdpdk_departure *departure)
{
    if (!has_place(sending, departure))
        return false;
    const struct cdpdk_burst *origin = sending->origin;
    if ((origin->gone >> departure->place & 1) == 0)
        return false;
    const uint8_t *shown = origin->shown[departure->place];
    bool in_chains = shown >= origin->chains && shown < origin->chains + origin->chain_bytes;
    return !in_chains && departure->data >= shown &&
        departure->data < shown + origin->shown_length[departure->place];
}

/* The received buffer of a frame that leaves as it lies in it, NULL when it must be copied. */
static struct rte_mbuf *move_out(struct sending *sending, const struct cdpdk_departure *departure)
{
    if (!has_place(sending, departure))
        return NULL;
    struct cdpdk_burst *origin = sending->origin;
    struct rte_mbuf *mbuf = origin->held[departure->place];
    if (mbuf == NULL || departure->data != origin->shown[departure->place] ||
        rte_mbuf_refcnt_read(mbuf) != 1)
        return NULL;
    if (mbuf->nb_segs == 1) {
        if (departure->length > mbuf->data_len)
            return NULL;
        mbuf->data_len = (uint16_t)departure->length;
        mbuf->pkt_len = departure->length;
    } else if (departure->changed || departure->length != mbuf->pkt_len ||
               !sending->port->takes_chains) {
        /* What was shown is a copy: its changes are not in the chain. */
        return NULL;
    }
    /* What reception found out would mean something else to a transmitter. */
    mbuf->ol_flags &= RTE_MBUF_F_INDIRECT | RTE_MBUF_F_EXTERNAL;
    origin->held[departure->place] = NULL;
    sending->moved |= UINT64_C(1) << departure->place;
    return mbuf;
}

/* Fills buffers of the pool, NULL when there are not enough. They go back by
 * rte_pktmbuf_free_bulk: rte_pktmbuf_free is inline, with instructions that the compiler is not
 * told to use. */
static struct rte_mbuf *fill(struct rte_mempool *pool, const uint8_t *data, uint32_t length)
{
    struct rte_mbuf *head = rte_pktmbuf_alloc(pool), *tail = head;
    while (tail != NULL) {
        uint32_t room = rte_pktmbuf_tailroom(tail);
        uint16_t part = (uint16_t)(length < room ? length : room);
        memcpy(rte_pktmbuf_mtod(tail, void *), data, part);
        tail->data_len = part;
        tail->pkt_len = part;
        if (tail != head && rte_pktmbuf_chain(head, tail) < 0) {
            rte_pktmbuf_free_bulk(&tail, 1);
            break;
        }
        data += part;
        length -= part;
        if (length == 0)
            return head;
        tail = rte_pktmbuf_alloc(pool);
    }
    rte_pktmbuf_free_bulk(&head, 1);
    return NULL;
}

/* A frame in buffers of the port's own; NULL when it cannot be, which is counted. */
static struct rte_mbuf *copy(struct cdpdk_port *port, const struct cdpdk_departure *departure,
                             struct cdpdk_sent *sent)
{
    uint32_t room = (uint32_t)rte_pktmbuf_data_room_size(port->pools[0]) - RTE_PKTMBUF_HEADROOM;
    if (departure->length > room && !port->takes_chains) {
        sent->refused++;
        return NULL;
    }
    struct rte_mbuf *mbuf = fill(port->pools[0], departure->data, departure->length);
    if (mbuf == NULL)
        sent->dropped++;
    return mbuf;
}

/* Hands the buffers to the driver; what does not fit is dropped. */
static void transmit(struct cdpdk_port *port, struct rte_mbuf **list, uint16_t count,
                     struct cdpdk_sent *sent)
{
    uint16_t done = 0;
    for (int attempt = 0; attempt < 2 && done < count; attempt++)
        done += rte_eth_tx_burst(port->id, 0, list + done, (uint16_t)(count - done));
    sent->sent += done;
    sent->dropped += count - done;
    rte_pktmbuf_free_bulk(list + done, (unsigned)(count - done));
}

void cdpdk_send_list(struct cdpdk_port *port, struct cdpdk_port *origin,
                     const struct cdpdk_departure *departures, uint32_t count,
                     struct cdpdk_sent *sent)
{
    struct sending sending = {.port = port, .origin = origin == NULL ? NULL : &origin->burst};
    struct rte_mbuf *list[CDPDK_LIST];
    uint16_t listed = 0;
    for (uint32_t i = 0; i < count && i < CDPDK_LIST; i++) {
        const struct cdpdk_departure *departure = &departures[i];
        if (unlikely(!fits(port, departure) || is_gone(&sending, departure))) {
            sent->refused++;
            continue;
        }
        struct rte_mbuf *mbuf = move_out(&sending, departure);
        if (mbuf == NULL)
            mbuf = copy(port, departure, sent);
        if (mbuf != NULL)
            list[listed++] = mbuf;
    }
    transmit(port, list, listed, sent);
    if (origin != NULL)
        origin->burst.gone |= sending.moved;
}
