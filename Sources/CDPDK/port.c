/* SPDX-License-Identifier: BSD-2-Clause */
/* A port: set-up, statistics, closing. The receive path is in burst.c, the
 * transmit path in send.c, memory in pool.c, several threads in share.c and rss.c. */
#include <rte_config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <rte_dev.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_mbuf_dyn.h>

#include "cdpdk.h"
#include "port.h"

enum { DEFAULT_DESCRIPTORS = 4096, SEND_DESCRIPTORS = 512 };

static int fail(struct cdpdk_failure *failure, const char *call, int code)
{
    failure->call = call;
    failure->code = code;
    return code;
}

static uint16_t smaller(uint32_t a, uint32_t b) { return (uint16_t)(a < b ? a : b); }

static int configure(struct cdpdk_port *port, const struct rte_eth_dev_info *info,
                     uint16_t senders, struct cdpdk_failure *failure)
{
    struct rte_eth_conf wanted = {0};
    wanted.rxmode.offloads = info->rx_offload_capa & RTE_ETH_RX_OFFLOAD_SCATTER;
    wanted.txmode.offloads = info->tx_offload_capa & RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
    if (port->needs_rss)
        cdpdk_want_rss(info, &wanted);
    int code = rte_eth_dev_configure(port->id, port->queues, senders, &wanted);
    if (code < 0)
        return fail(failure, "rte_eth_dev_configure", code);
    port->configured = true;
    return 0;
}

static int set_up_queues(struct cdpdk_port *port, const struct rte_eth_dev_info *info,
                         const struct cdpdk_port_config *config, struct cdpdk_failure *failure)
{
    uint16_t id = port->id;
    uint16_t senders = smaller(info->max_tx_queues, port->queues);
    if (config->sends && senders == 0)
        return fail(failure, "rte_eth_tx_queue_setup", -ENOTSUP);
    int code = configure(port, info, senders, failure);
    if (code < 0)
        return code;

    uint32_t asked = config->descriptors != 0 ? config->descriptors : DEFAULT_DESCRIPTORS;
    uint16_t receive = smaller(asked, UINT16_MAX), send = SEND_DESCRIPTORS;
    code = rte_eth_dev_adjust_nb_rx_tx_desc(id, &receive, &send);
    if (code < 0)
        return fail(failure, "rte_eth_dev_adjust_nb_rx_tx_desc", code);

    port->mtu = RTE_ETHER_MTU;
    rte_eth_dev_get_mtu(id, &port->mtu);
    struct cdpdk_demand demand = {
        .mtu = port->mtu,
        .frame_room = config->frame_room,
        .receive = receive,
        .send = senders == 0 ? 0 : send,
        .shares = config->shares,
    };
    unsigned node = (unsigned)rte_eth_dev_socket_id(id);
    for (uint16_t queue = 0; queue < port->queues; queue++) {
        port->pools[queue] = cdpdk_make_pool(id, info, &demand);
        if (port->pools[queue] == NULL)
            return fail(failure, "rte_pktmbuf_pool_create", -rte_errno);
        code = rte_eth_rx_queue_setup(id, queue, receive, node, NULL, port->pools[queue]);
        if (code < 0)
            return fail(failure, "rte_eth_rx_queue_setup", code);
    }
    for (uint16_t queue = 0; queue < senders; queue++) {
        code = rte_eth_tx_queue_setup(id, queue, send, node, NULL);
        if (code < 0)
            return fail(failure, "rte_eth_tx_queue_setup", code);
    }
    return 0;
}

/* How many queues are received from, and how the frames come there. */
static int choose_queues(struct cdpdk_port *port, const struct rte_eth_dev_info *info,
                         const struct cdpdk_port_config *config, struct cdpdk_failure *failure)
{
    uint16_t shares = config->shares > 1 ? config->shares : 1;
    port->queues = 1;
    if (config->has_own_queues) {
        /* What is not received from is lost without a word. */
        if (info->max_rx_queues > shares)
            return fail(failure, "rte_eth_dev_info_get", -ERANGE);
        port->queues = info->max_rx_queues > 1 ? info->max_rx_queues : 1;
        port->arrival_counts = config->is_fanned_out && port->queues == shares;
    } else if (shares > 1 && info->max_rx_queues > 1 && info->flow_type_rss_offloads != 0) {
        port->queues = smaller(info->max_rx_queues, shares);
        port->needs_rss = true;
        port->arrival_counts = port->queues == shares;
    }
    port->pools = calloc(port->queues, sizeof(struct rte_mempool *));
    return port->pools == NULL ? fail(failure, "calloc", -ENOMEM) : 0;
}

static int start_queues(struct cdpdk_port *port, const struct rte_eth_dev_info *info,
                        const struct cdpdk_port_config *config, struct cdpdk_failure *failure)
{
    int code = set_up_queues(port, info, config, failure);
    if (code < 0)
        return code;
    code = rte_eth_dev_start(port->id);
    if (code < 0)
        return fail(failure, "rte_eth_dev_start", code);
    port->started = true;
    return 0;
}

static void free_pools(struct cdpdk_port *port)
{
    for (uint16_t queue = 0; port->pools != NULL && queue < port->queues; queue++) {
        cdpdk_free_pool(port->pools[queue]);
        port->pools[queue] = NULL;
    }
}

/* The queues; where the device does not say that it keeps flows together, one alone. */
static int start_sorted(struct cdpdk_port *port, const struct rte_eth_dev_info *info,
                        const struct cdpdk_port_config *config, struct cdpdk_failure *failure)
{
    int code = choose_queues(port, info, config, failure);
    if (code < 0)
        return code;
    code = start_queues(port, info, config, failure);
    if (!port->needs_rss || code == -ENOMEM)
        return code;
    if (code == 0 && cdpdk_set_up_rss(port->id, info, port->queues))
        return 0;
    if (port->started)
        rte_eth_dev_stop(port->id);
    port->started = false;
    free_pools(port);
    port->queues = 1;
    port->needs_rss = false;
    port->arrival_counts = false;
    return start_queues(port, info, config, failure);
}

/* What an ioctl tells of the kernel interface below a virtual device, which DPDK does not ask for.
 * False = there is none. */
static bool ask_kernel(unsigned index, unsigned long what, struct ifreq *answer)
{
    int descriptor = index == 0 ? -1 : socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0)
        return false;
    bool known = if_indextoname(index, answer->ifr_name) != NULL && ioctl(descriptor, what, answer) == 0;
    close(descriptor);
    return known;
}

/* What the port sends. Drivers that take frames of any length say so; of others the MTU is the
 * limit, and tags are not counted. The kernel below net_af_packet counts all but one of 802.1Q. */
static void find_limits(struct cdpdk_port *port, const struct rte_eth_dev_info *info,
                        const struct cdpdk_port_config *config)
{
    struct ifreq below = {0};
    if (ask_kernel(info->if_index, SIOCGIFMTU, &below))
        port->mtu = smaller((uint32_t)below.ifr_mtu, UINT16_MAX);
    if (!config->sends)
        return;
    bool takes_all = info->max_rx_pktlen == UINT32_MAX;
    port->takes_chains = takes_all || (info->tx_offload_capa & RTE_ETH_TX_OFFLOAD_MULTI_SEGS) != 0;
    port->send_limit = takes_all ? UINT16_MAX : port->mtu + (uint32_t)RTE_ETHER_HDR_LEN;
    if (config->send_limit != 0 && config->send_limit < port->send_limit)
        port->send_limit = config->send_limit;
    port->send_tags = takes_all ? 0 : port->is_af_packet ? 1 : 2;
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

    port->is_af_packet = strcmp(port->driver, "net_af_packet") == 0;

    code = start_sorted(port, &info, config, failure);
    if (code < 0)
        return code;
    find_limits(port, &info, config);
    struct ifreq below = {0};
    bool was_promiscuous =
        ask_kernel(info.if_index, SIOCGIFFLAGS, &below) && (below.ifr_flags & IFF_PROMISC) != 0;
    /* Not every virtual device has the notion; those that lack it deliver everything. */
    code = rte_eth_promiscuous_enable(port->id);
    if (code < 0 && code != -ENOTSUP)
        return fail(failure, "rte_eth_promiscuous_enable", code);
    port->made_promiscuous = code == 0 && !was_promiscuous;
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
    port->burst.chain_bytes = CHAIN_BYTES;
    port->burst.chains = calloc(1, CHAIN_BYTES);
    int code = port->burst.chains != NULL ? 0 : fail(failure, "calloc", -ENOMEM);
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
    statistics->unsent = port->is_af_packet ? now.oerrors - then->oerrors : 0;
    return 0;
}

uint32_t cdpdk_get_mtu(const struct cdpdk_port *port)
{
    return port->mtu;
}

uint32_t cdpdk_count_buffers(const struct cdpdk_port *port)
{
    uint32_t count = 0;
    for (uint16_t queue = 0; queue < port->queues; queue++)
        count += rte_mempool_in_use_count(port->pools[queue]);
    return count;
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
    cdpdk_clear_burst(&port->burst);
    /* The kernel would keep the mode of an interface below for ever. */
    if (port->made_promiscuous)
        rte_eth_promiscuous_disable(port->id);
    if (port->started)
        rte_eth_dev_stop(port->id);
    if (port->configured)
        rte_eth_dev_close(port->id);
    if (port->detach && port->device != NULL)
        rte_dev_remove(port->device);
    free_pools(port);
    free(port->pools);
    free(port->burst.chains);
    free(port);
}
