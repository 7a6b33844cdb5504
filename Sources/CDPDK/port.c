/* SPDX-License-Identifier: BSD-2-Clause */
/* A port with one receive queue: set-up, statistics, closing. The receive path is in burst.c. */
#include <rte_config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_dev.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_mbuf_dyn.h>

#include "cdpdk.h"
#include "port.h"

enum { DEFAULT_DESCRIPTORS = 4096, SEND_DESCRIPTORS = 512, POOL_CACHE = 256 };

static int fail(struct cdpdk_failure *failure, const char *call, int code)
{
    failure->call = call;
    failure->code = code;
    return code;
}

static uint16_t smaller(uint32_t a, uint32_t b) { return (uint16_t)(a < b ? a : b); }

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

/* As many buffers as can be out at once (in the queue, in the burst, in the cache), of the form
 * 2^n - 1, which uses a pool's memory best. */
static uint32_t choose_pool_size(uint32_t descriptors, uint32_t room)
{
    /* Large buffers are asked for by drivers with a ring of their own: only bursts are out. */
    uint32_t needed = room > 16384 ? 8 * CDPDK_BURST : descriptors;
    needed += 2 * CDPDK_BURST + POOL_CACHE * 3 / 2;
    uint32_t size = 512;
    while (size - 1 < needed)
        size *= 2;
    return size - 1;
}

static int make_pool(struct cdpdk_port *port, uint32_t descriptors, uint32_t room,
                     struct cdpdk_failure *failure)
{
    char name[32];
    snprintf(name, sizeof(name), "mos_port_%u", port->id);
    port->pool = rte_pktmbuf_pool_create(name, choose_pool_size(descriptors, room), POOL_CACHE, 0,
                                         (uint16_t)room, rte_eth_dev_socket_id(port->id));
    return port->pool != NULL ? 0 : fail(failure, "rte_pktmbuf_pool_create", -rte_errno);
}

static int set_up_queues(struct cdpdk_port *port, const struct rte_eth_dev_info *info,
                         const struct cdpdk_port_config *config, struct cdpdk_failure *failure)
{
    uint16_t id = port->id;
    uint16_t senders = smaller(info->max_tx_queues, 1);
    struct rte_eth_conf wanted = {0};
    wanted.rxmode.offloads = info->rx_offload_capa & RTE_ETH_RX_OFFLOAD_SCATTER;
    int code = rte_eth_dev_configure(id, 1, senders, &wanted);
    if (code < 0)
        return fail(failure, "rte_eth_dev_configure", code);
    port->configured = true;

    uint32_t asked = config->descriptors != 0 ? config->descriptors : DEFAULT_DESCRIPTORS;
    uint16_t receive = smaller(asked, UINT16_MAX), send = SEND_DESCRIPTORS;
    code = rte_eth_dev_adjust_nb_rx_tx_desc(id, &receive, &send);
    if (code < 0)
        return fail(failure, "rte_eth_dev_adjust_nb_rx_tx_desc", code);

    uint16_t mtu = RTE_ETHER_MTU;
    rte_eth_dev_get_mtu(id, &mtu);
    code = make_pool(port, receive, choose_room(info, mtu, config->frame_room), failure);
    if (code < 0)
        return code;

    int socket = rte_eth_dev_socket_id(id);
    code = rte_eth_rx_queue_setup(id, 0, receive, (unsigned)socket, NULL, port->pool);
    if (code < 0)
        return fail(failure, "rte_eth_rx_queue_setup", code);
    code = senders == 0 ? 0 : rte_eth_tx_queue_setup(id, 0, send, (unsigned)socket, NULL);
    return code < 0 ? fail(failure, "rte_eth_tx_queue_setup", code) : 0;
}

/* The unit of a driver's time stamps is its own business; net_pcap's are microseconds since 1970. */
static void find_stamps(struct cdpdk_port *port)
{
    if (strcmp(port->driver, "net_pcap") != 0)
        return;
    int offset = rte_mbuf_dynfield_lookup(RTE_MBUF_DYNFIELD_TIMESTAMP_NAME, NULL);
    int flag = rte_mbuf_dynflag_lookup(RTE_MBUF_DYNFLAG_RX_TIMESTAMP_NAME, NULL);
    if (offset < 0 || flag < 0)
        return;
    port->stamp_offset = offset;
    port->stamp_flag = UINT64_C(1) << flag;
    port->stamp_unit_ns = 1000;
}

static int start_port(struct cdpdk_port *port, const struct cdpdk_port_config *config,
                      struct cdpdk_failure *failure)
{
    struct rte_eth_dev_info info;
    int code = rte_eth_dev_info_get(port->id, &info);
    if (code < 0)
        return fail(failure, "rte_eth_dev_info_get", code);
    port->device = info.device;
    snprintf(port->driver, sizeof(port->driver), "%s", info.driver_name ? info.driver_name : "");

    code = set_up_queues(port, &info, config, failure);
    if (code < 0)
        return code;
    code = rte_eth_dev_start(port->id);
    if (code < 0)
        return fail(failure, "rte_eth_dev_start", code);
    port->started = true;
    /* Not every virtual device has the notion; those that lack it deliver everything. */
    code = rte_eth_promiscuous_enable(port->id);
    if (code < 0 && code != -ENOTSUP)
        return fail(failure, "rte_eth_promiscuous_enable", code);
    find_stamps(port);
    rte_eth_stats_get(port->id, &port->at_opening);
    return 0;
}

int cdpdk_open_port(uint16_t id, const struct cdpdk_port_config *config, struct cdpdk_port **result,
                    struct cdpdk_failure *failure)
{
    struct cdpdk_port *port = calloc(1, sizeof(*port));
    if (port == NULL)
        return fail(failure, "calloc", -ENOMEM);
    port->id = id;
    port->detach = config->detach;
    /* Zero pages until a chain needs copying. */
    port->chains = calloc(1, CHAIN_BYTES);
    int code = port->chains != NULL ? 0 : fail(failure, "calloc", -ENOMEM);
    if (code == 0)
        code = start_port(port, config, failure);
    if (code < 0) {
        cdpdk_close_port(port);
        return code;
    }
    *result = port;
    return 0;
}

int cdpdk_read_statistics(const struct cdpdk_port *port, struct cdpdk_statistics *statistics)
{
    struct rte_eth_stats now;
    int code = rte_eth_stats_get(port->id, &now);
    if (code < 0)
        return code;
    const struct rte_eth_stats *then = &port->at_opening;
    statistics->received = now.ipackets - then->ipackets;
    statistics->missed = now.imissed - then->imissed;
    statistics->errors = now.ierrors - then->ierrors;
    statistics->no_buffer = now.rx_nombuf - then->rx_nombuf;
    return 0;
}

const char *cdpdk_get_driver_name(const struct cdpdk_port *port)
{
    return port->driver;
}

bool cdpdk_has_capture_times(const struct cdpdk_port *port)
{
    return port->stamp_flag != 0;
}

void cdpdk_close_port(struct cdpdk_port *port)
{
    rte_pktmbuf_free_bulk(port->held, port->held_count);
    if (port->started)
        rte_eth_dev_stop(port->id);
    if (port->configured) {
        rte_eth_dev_close(port->id);
        if (port->detach && port->device != NULL)
            rte_dev_remove(port->device);
    }
    rte_mempool_free(port->pool);
    free(port->chains);
    free(port);
}
