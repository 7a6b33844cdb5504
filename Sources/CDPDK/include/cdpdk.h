/* SPDX-License-Identifier: BSD-2-Clause */
/* DPDK as Swift can import it: plain structs, one call per burst, no rte_*.h (Swift cannot import
 * struct rte_mbuf, and most of the receive path is static inline). Everything else forwards.
 * Codes are DPDK's: 0 or a negative errno. Nothing here starts DPDK but cdpdk_start_eal. */
#ifndef CDPDK_H
#define CDPDK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    CDPDK_BURST = 64, /* frames that are received at once */
    CDPDK_LIST = 128, /* frames that are sent at once */
    CDPDK_EVERYONE = -1,       /* the owner of a frame that all shares get */
    CDPDK_KEY_BYTES = 64,      /* the longest key of a device's hash */
    CDPDK_RETA_ENTRIES = 2048  /* the largest table of a device that leads from hash to queue */
};

/* A received frame. Its bytes stay valid until the next burst of the same port. 24 bytes. */
struct cdpdk_frame {
    const uint8_t *data;
    uint32_t caplen;  /* bytes at data */
    uint32_t length;  /* bytes that the device reports; more than caplen when a chain did not fit */
    int64_t time_ns;  /* since 1970: the capture's own stamp (net_pcap), else the burst's time */
};

/* A frame to be sent. 24 bytes. */
struct cdpdk_departure {
    const uint8_t *data;
    uint32_t length;
    int32_t place;    /* in the burst that its origin received last; -1 = in none */
    bool changed;     /* other bytes than those that were received */
};

/* What became of frames to be sent. */
struct cdpdk_sent {
    uint64_t sent;
    uint64_t dropped; /* the transmit queue was full, or the memory pool empty */
    uint64_t refused; /* too short or too long for the device, or gone already */
};

/* What the device counted since the port was opened. */
struct cdpdk_statistics {
    uint64_t received;   /* ipackets */
    uint64_t missed;     /* imissed: the receive queue was full */
    uint64_t errors;     /* ierrors */
    uint64_t no_buffer;  /* rx_nombuf: the memory pool was empty */
    uint64_t unsent;     /* oerrors of a driver that counts there what it took and did not send */
};

/* What to ask of a port. Zero = the default. */
struct cdpdk_port_config {
    uint32_t descriptors;  /* of the receive queue; 4096, cut to what the device allows */
    uint32_t frame_room;   /* bytes that one buffer must hold; 2048 */
    uint32_t send_limit;   /* bytes of the longest frame that it sends; what the MTU allows */
    bool detach;           /* the device was made for this port: remove it with the port */
    bool sends;            /* the device must have a transmit queue */
    uint16_t shares;       /* threads that receive; 1 */
    bool has_own_queues;   /* every queue of the device has packets of its own: all must be received */
    bool is_fanned_out;    /* these queues have both directions of a flow in one of them */
};

/* How a device distributes frames over queues. */
struct cdpdk_distribution {
    uint16_t queues;       /* that are received from */
    bool arrival_counts;   /* each share has a queue, and both directions of a flow are in the same */
    uint8_t key[CDPDK_KEY_BYTES];
    uint8_t key_bytes;
    uint64_t hash_types;   /* RTE_ETH_RSS_... */
    uint16_t entries;      /* of the table */
    uint16_t table[CDPDK_RETA_ENTRIES];
};

/* The call that failed, by its DPDK name, and its code. */
struct cdpdk_failure {
    const char *call;
    int code;
};

/* An open port with its receive queues, one transmit queue where the device has any, its memory
 * pool, and the buffers of the burst in hand. */
struct cdpdk_port;

/* rte_eal_init: once per process. argv as the command line of main. The affinity of the calling
 * thread is as before afterwards. With echo_log DPDK's messages go to standard error as well;
 * without it nothing that DPDK prints while it starts reaches standard output or error. */
int cdpdk_start_eal(int argc, char **argv, bool echo_log);

/* sched_getcpu, which Swift's Glibc does not show: the processor that runs the caller, or -1. */
int cdpdk_get_processor(void);

/* rte_openlog_stream: copies what DPDK logged (warnings and worse) since the last clear into
 * text, cut to size - 1 bytes and NUL-terminated; returns its length. */
size_t cdpdk_read_log(char *text, size_t size);

/* Forgets what was logged so far. */
void cdpdk_clear_log(void);

/* rte_strerror, thread-safe for the errno values that DPDK returns. */
const char *cdpdk_describe_code(int code);

/* rte_eth_dev_get_port_by_name. */
int cdpdk_find_port(const char *name, uint16_t *id);

/* rte_dev_probe: attaches a PCI device or makes a virtual one, "name,key=value,...". */
int cdpdk_probe_device(const char *devargs);

/* rte_eth_dev_configure, rte_eth_dev_adjust_nb_rx_tx_desc, rte_pktmbuf_pool_create,
 * rte_eth_rx_queue_setup, rte_eth_tx_queue_setup, rte_eth_dev_start, rte_eth_promiscuous_enable:
 * one receive queue and, where the device has any, one transmit queue (some drivers want as many
 * of each). The MTU is left alone; scattered frames are accepted where the device can.
 * For several shares as many queues as the device can fill by flows, at most one for each:
 * rte_eth_dev_rss_hash_update, rte_eth_dev_rss_hash_conf_get, rte_eth_dev_rss_reta_update.
 * Returns 0 and the port, or the code of the call that failed; -ERANGE when there are more queues
 * with packets of their own than shares. */
int cdpdk_open_port(uint16_t id, const struct cdpdk_port_config *config, struct cdpdk_port **port,
                    struct cdpdk_failure *failure);

/* rte_eth_rx_burst: gives back the buffers of the last burst (rte_pktmbuf_free_bulk), receives up
 * to CDPDK_BURST frames and describes them. One thread at a time; it becomes an lcore
 * (rte_thread_register) so that it has a cache in the memory pool. Never blocks. */
uint32_t cdpdk_receive_burst(struct cdpdk_port *port, struct cdpdk_frame *frames);

/* rte_eth_tx_burst: sends up to CDPDK_LIST frames in order. A frame whose bytes lie where
 * `origin` received them moves with its buffer, shortened or changed in place, too; any other is
 * copied into buffers of `port`'s own pool. origin may be NULL. A frame that has moved is gone:
 * it is sent again only within the same list. Adds to `sent`. To be called by the thread that
 * receives. */
void cdpdk_send_list(struct cdpdk_port *port, struct cdpdk_port *origin,
                     const struct cdpdk_departure *departures, uint32_t count,
                     struct cdpdk_sent *sent);

/* rte_eth_dev_get_mtu, or the MTU of the kernel interface below the device, when it was opened. */
uint32_t cdpdk_get_mtu(const struct cdpdk_port *port);

/* rte_mempool_in_use_count: buffers of the port's pool that are received or on their way out. */
uint32_t cdpdk_count_buffers(const struct cdpdk_port *port);

/* rte_eth_stats_get, counted from the opening on. */
int cdpdk_read_statistics(const struct cdpdk_port *port, struct cdpdk_statistics *statistics);

/* Name of the driver (rte_eth_dev_info.driver_name); lives as long as the port. */
const char *cdpdk_get_driver_name(const struct cdpdk_port *port);

/* True when frames carry the times of a capture file instead of the burst's. */
bool cdpdk_has_capture_times(const struct cdpdk_port *port);

/* One thread's share of a port. */
struct cdpdk_share;

/* rte_ring_create_elem: makes `count` shares, whose number the port was opened for. With `waits` a
 * frame that finds no room waits, and its share receives nothing until it has gone; otherwise it
 * is dropped. depth: of each ring, a power of two; 0 = the usual. Returns 0, or the code of the
 * call that failed; then there are none. */
int cdpdk_make_shares(struct cdpdk_port *port, uint16_t count, bool waits, uint32_t depth,
                      struct cdpdk_share **shares);

/* rte_ring_sc_dequeue_burst_elem, rte_eth_rx_burst: gives back the buffers of the last burst, takes
 * what others handed over (the first `mine` frames) and receives what has arrived (the others),
 * CDPDK_BURST in all. To be called by one thread, always the same, as cdpdk_receive_burst. */
uint32_t cdpdk_receive_share(struct cdpdk_share *share, struct cdpdk_frame *frames,
                             uint32_t *mine);

/* rte_ring_sp_enqueue_elem: keeps those that arrived and have this share as owner, hands the others
 * to theirs, and fills up with what others handed over. Returns how many frames there are now. */
uint32_t cdpdk_hand_over(struct cdpdk_share *share, struct cdpdk_frame *frames, uint32_t mine,
                         const int32_t *owners);

/* Frames that were handed to other shares, and those that found no room. */
void cdpdk_read_handed(const struct cdpdk_share *share, uint64_t *handed_over, uint64_t *dropped);

/* rte_ring_free: all shares of a port at once, when no thread uses them any more; before the port. */
void cdpdk_free_shares(struct cdpdk_share **shares, uint16_t count);

/* rte_eth_dev_rss_hash_conf_get, rte_eth_dev_rss_reta_query. */
int cdpdk_read_distribution(const struct cdpdk_port *port, struct cdpdk_distribution *result);

/* rte_eth_dev_stop, rte_eth_dev_close, with detach rte_dev_remove; frees the port, and the pool
 * once no other port has buffers of it on their way out. */
void cdpdk_close_port(struct cdpdk_port *port);

#endif
