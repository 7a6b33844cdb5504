/* SPDX-License-Identifier: BSD-2-Clause */
/* Receive-side scaling: the device puts both directions of a flow into the same queue. */
#include <rte_config.h>

#include <string.h>

#include <rte_ethdev.h>

#include "cdpdk.h"
#include "port.h"

enum { DEFAULT_KEY_BYTES = 40 };

/* 16 bits again and again: exchanging source and destination, which lie at multiples of 16 bits,
 * does not change the hash. Source: Woo, Park, "Scalable TCP session monitoring with symmetric
 * receive-side scaling", 2012. */
static uint8_t *symmetric_key(void)
{
    static uint8_t key[CDPDK_KEY_BYTES];
    for (unsigned i = 0; i < sizeof(key); i++)
        key[i] = i % 2 == 0 ? 0x6d : 0x5a;
    return key;
}

static struct rte_eth_rss_conf choose(const struct rte_eth_dev_info *info)
{
    uint8_t length = info->hash_key_size != 0 ? info->hash_key_size : DEFAULT_KEY_BYTES;
    return (struct rte_eth_rss_conf){
        .rss_key = symmetric_key(),
        .rss_key_len = length <= CDPDK_KEY_BYTES ? length : CDPDK_KEY_BYTES,
        .rss_hf = info->flow_type_rss_offloads & (RTE_ETH_RSS_IP | RTE_ETH_RSS_TCP | RTE_ETH_RSS_UDP),
    };
}

void cdpdk_want_rss(const struct rte_eth_dev_info *info, struct rte_eth_conf *wanted)
{
    wanted->rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
    wanted->rx_adv_conf.rss_conf = choose(info);
}

/* Entries in turn, so that the queues differ by one entry at most. */
static bool spread(uint16_t id, uint16_t size, uint16_t queues)
{
    struct rte_eth_rss_reta_entry64 table[CDPDK_RETA_ENTRIES / RTE_ETH_RETA_GROUP_SIZE] = {0};
    if (size == 0 || size > CDPDK_RETA_ENTRIES)
        return size == 0;
    for (uint16_t i = 0; i < size; i++) {
        table[i / RTE_ETH_RETA_GROUP_SIZE].mask |= UINT64_C(1) << i % RTE_ETH_RETA_GROUP_SIZE;
        table[i / RTE_ETH_RETA_GROUP_SIZE].reta[i % RTE_ETH_RETA_GROUP_SIZE] = i % queues;
    }
    return rte_eth_dev_rss_reta_update(id, table, size) == 0;
}

bool cdpdk_set_up_rss(uint16_t id, const struct rte_eth_dev_info *info, uint16_t queues)
{
    struct rte_eth_rss_conf wanted = choose(info);
    uint8_t key[CDPDK_KEY_BYTES] = {0};
    struct rte_eth_rss_conf found = {.rss_key = key, .rss_key_len = wanted.rss_key_len};
    /* Some drivers take the key with the configuration, some now. */
    (void)rte_eth_dev_rss_hash_update(id, &wanted);
    return rte_eth_dev_rss_hash_conf_get(id, &found) == 0 && (found.rss_hf & wanted.rss_hf) != 0 &&
        memcmp(key, wanted.rss_key, wanted.rss_key_len) == 0 && spread(id, info->reta_size, queues);
}

int cdpdk_read_distribution(const struct cdpdk_port *port, struct cdpdk_distribution *result)
{
    struct rte_eth_dev_info info;
    memset(result, 0, sizeof(*result));
    result->queues = port->queues;
    result->arrival_counts = port->arrival_counts;
    int code = rte_eth_dev_info_get(port->id, &info);
    if (code < 0)
        return code;
    struct rte_eth_rss_conf wanted = choose(&info);
    struct rte_eth_rss_conf found = {.rss_key = result->key, .rss_key_len = wanted.rss_key_len};
    code = rte_eth_dev_rss_hash_conf_get(port->id, &found);
    if (code < 0)
        return code;
    result->key_bytes = wanted.rss_key_len;
    result->hash_types = found.rss_hf;
    if (info.reta_size == 0 || info.reta_size > CDPDK_RETA_ENTRIES)
        return 0;
    struct rte_eth_rss_reta_entry64 table[CDPDK_RETA_ENTRIES / RTE_ETH_RETA_GROUP_SIZE];
    for (unsigned i = 0; i < CDPDK_RETA_ENTRIES / RTE_ETH_RETA_GROUP_SIZE; i++)
        table[i].mask = UINT64_MAX;
    code = rte_eth_dev_rss_reta_query(port->id, table, info.reta_size);
    if (code < 0)
        return code;
    result->entries = info.reta_size;
    for (uint16_t i = 0; i < info.reta_size; i++)
        result->table[i] = table[i / RTE_ETH_RETA_GROUP_SIZE].reta[i % RTE_ETH_RETA_GROUP_SIZE];
    return 0;
}
