/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads of ours as DPDK knows them. */
#include <rte_config.h>

#include <pthread.h>

#include <rte_lcore.h>

#include "cdpdk.h"
#include "port.h"

static pthread_key_t registered;
static bool has_key;

static void leave(void *unused)
{
    (void)unused;
    rte_thread_unregister();
}

static void make_key(void)
{
    has_key = pthread_key_create(&registered, leave) == 0;
}

/* A thread that EAL does not know has no cache in the pools: every buffer would take a lock-free
 * but shared ring. A refusal (too many threads) costs speed only. Its number is another's when it
 * ends. */
void cdpdk_join_thread(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_key);
    if (rte_lcore_id() == LCORE_ID_ANY && rte_thread_register() == 0 && has_key)
        pthread_setspecific(registered, &registered);
}
