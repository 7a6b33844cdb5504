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
struct diversion {
    int number; /* the descriptor */
    int saved;  /* where it led */
    int file;   /* where it leads meanwhile; -1 = it was left alone */
};

static void divert(struct diversion *diversion)
{
    diversion->saved = dup(diversion->number);
    diversion->file = diversion->saved < 0 ? -1 : memfd_create("eal", MFD_CLOEXEC);
    if (diversion->file >= 0)
        dup2(diversion->file, diversion->number);
}

/* Text of a failed start explains it. Text of another one is somebody else's, from another thread:
 * it goes on to where it was sent. */
static void restore(struct diversion *diversion, bool failed)
{
    if (diversion->file >= 0) {
        dup2(diversion->saved, diversion->number);
        char text[1024];
        off_t at = 0;
        ssize_t length;
        while ((length = pread(diversion->file, text, sizeof(text), at)) > 0) {
            at += length;
            if (failed)
                keep_text(text, (size_t)length);
            else if (write(diversion->saved, text, (size_t)length) < 0)
                break;
        }
        close(diversion->file);
    }
    if (diversion->saved >= 0)
        close(diversion->saved);
}

static int start_quietly(int argc, char **argv)
{
    struct diversion error = {.number = STDERR_FILENO}, output = {.number = STDOUT_FILENO};
    fflush(stdout);
    fflush(stderr);
    divert(&error);
    divert(&output);
    int code = rte_eal_init(argc, argv) < 0 ? -rte_errno : 0;
    fflush(stdout);
    fflush(stderr);
    restore(&error, code < 0);
    restore(&output, code < 0);
    return code;
}

int cdpdk_start_eal(int argc, char **argv, bool echo_log)
{
    cpu_set_t affinity;
    int known = pthread_getaffinity_np(pthread_self(), sizeof(affinity), &affinity);
    int code = open_log(echo_log);
    if (code < 0)
        return code;
    if (echo_log)
        code = rte_eal_init(argc, argv) < 0 ? -rte_errno : 0;
    else
        code = start_quietly(argc, argv);
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
