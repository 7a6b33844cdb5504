/* SPDX-License-Identifier: BSD-2-Clause */
/* Starting EAL, quietly: what it says is kept, so that an error can quote it. */
#include <rte_config.h>

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>

#include <rte_dev.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_log.h>

#include "cdpdk.h"

/* The first of what was logged: the first message names the cause, later ones its consequences. */
static struct {
    pthread_mutex_t lock;
    size_t length;
    bool echo;
    char text[8192];
} log_kept = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void keep_text(const char *bytes, size_t size)
{
    pthread_mutex_lock(&log_kept.lock);
    size_t room = sizeof(log_kept.text) - log_kept.length;
    size_t taken = size < room ? size : room;
    memcpy(log_kept.text + log_kept.length, bytes, taken);
    log_kept.length += taken;
    pthread_mutex_unlock(&log_kept.lock);
}

static ssize_t write_log(void *cookie, const char *bytes, size_t size)
{
    (void)cookie;
    if (rte_log_cur_msg_loglevel() <= (int)RTE_LOG_WARNING)
        keep_text(bytes, size);
    if (log_kept.echo)
        fwrite(bytes, 1, size, stderr);
    return (ssize_t)size;
}

static int open_log(bool echo)
{
    cookie_io_functions_t functions = {.write = write_log};
    FILE *stream = fopencookie(NULL, "w", functions);
    if (stream == NULL)
        return -ENOMEM;
    /* A message must reach write_log while its level is still the current one. */
    setvbuf(stream, NULL, _IOFBF, 4096);
    log_kept.echo = echo;
    return rte_openlog_stream(stream);
}

size_t cdpdk_read_log(char *text, size_t size)
{
    if (size == 0)
        return 0;
    pthread_mutex_lock(&log_kept.lock);
    size_t length = log_kept.length < size - 1 ? log_kept.length : size - 1;
    memcpy(text, log_kept.text, length);
    pthread_mutex_unlock(&log_kept.lock);
    text[length] = '\0';
    return length;
}

void cdpdk_clear_log(void)
{
    pthread_mutex_lock(&log_kept.lock);
    log_kept.length = 0;
    pthread_mutex_unlock(&log_kept.lock);
}

/* Standard output and error while EAL starts: it prints usage on one and alarms on the other,
 * around its own log stream. */
struct diverted {
    int file, output, error;
};

static struct diverted divert_output(void)
{
    struct diverted saved = {.file = memfd_create("eal", MFD_CLOEXEC), .output = -1, .error = -1};
    if (saved.file < 0)
        return saved;
    fflush(stdout);
    fflush(stderr);
    saved.output = dup(STDOUT_FILENO);
    saved.error = dup(STDERR_FILENO);
    dup2(saved.file, STDOUT_FILENO);
    dup2(saved.file, STDERR_FILENO);
    return saved;
}

static void restore_descriptor(int saved, int number)
{
    if (saved >= 0) {
        dup2(saved, number);
        close(saved);
    } else {
        close(number);
    }
}

static void restore_output(struct diverted saved)
{
    if (saved.file < 0)
        return;
    fflush(stdout);
    fflush(stderr);
    restore_descriptor(saved.output, STDOUT_FILENO);
    restore_descriptor(saved.error, STDERR_FILENO);
    char text[1024];
    ssize_t length = pread(saved.file, text, sizeof(text), 0);
    if (length > 0)
        keep_text(text, (size_t)length);
    close(saved.file);
}

int cdpdk_start_eal(int argc, char **argv, bool echo_log)
{
    cpu_set_t affinity;
    int known = pthread_getaffinity_np(pthread_self(), sizeof(affinity), &affinity);
    int code = open_log(echo_log);
    if (code < 0)
        return code;

    struct diverted saved = {.file = -1};
    if (!echo_log)
        saved = divert_output();
    code = rte_eal_init(argc, argv) < 0 ? -rte_errno : 0;
    restore_output(saved);

    if (known == 0)
        pthread_setaffinity_np(pthread_self(), sizeof(affinity), &affinity);
    return code;
}

int cdpdk_get_processor(void)
{
    return sched_getcpu();
}

const char *cdpdk_describe_code(int code)
{
    return rte_strerror(code < 0 ? -code : code);
}

int cdpdk_find_port(const char *name, uint16_t *id)
{
    return rte_eth_dev_get_port_by_name(name, id);
}

int cdpdk_probe_device(const char *devargs)
{
    return rte_dev_probe(devargs);
}
