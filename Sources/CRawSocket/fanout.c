/* SPDX-License-Identifier: BSD-2-Clause */
/* Several packet sockets that share one interface, and what wakes those who wait for them. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <stdint.h>
#include <unistd.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "crawsocket.h"

_Static_assert(sizeof(struct craw_instruction) == sizeof(struct sock_filter), "the same layout");

int craw_close_gate(int descriptor)
{
    struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
    struct sock_fprog program = {.len = 1, .filter = &nothing};
    int code = setsockopt(descriptor, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
    return code < 0 ? -errno : 0;
}

int craw_open_gate(int descriptor)
{
    int unused = 0;
    int code = setsockopt(descriptor, SOL_SOCKET, SO_DETACH_FILTER, &unused, sizeof(unused));
    return code < 0 ? -errno : 0;
}

static int join(int descriptor, unsigned group, unsigned kind)
{
    unsigned wanted = (group & 0xFFFF) | kind << 16;
    int code = setsockopt(descriptor, SOL_PACKET, PACKET_FANOUT, &wanted, sizeof(wanted));
    return code < 0 ? -errno : 0;
}

int craw_make_fanout(int descriptor, int kind, uint16_t *group)
{
    /* The kernel finds a number that nobody uses; before 4.12 it cannot, and ours is a guess. */
    int code = join(descriptor, 0, (unsigned)kind | PACKET_FANOUT_FLAG_UNIQUEID);
    if (code == 0) {
        unsigned made = 0;
        socklen_t size = sizeof(made);
        if (getsockopt(descriptor, SOL_PACKET, PACKET_FANOUT, &made, &size) < 0)
            return -errno;
        *group = (uint16_t)made;
        return 0;
    }
    if (code != -EINVAL)
        return code;
    *group = (uint16_t)((unsigned)getpid() + (unsigned)descriptor * 7919u);
    return join(descriptor, *group, (unsigned)kind);
}

int craw_join_fanout(int descriptor, int kind, uint16_t group)
{
    return join(descriptor, group, (unsigned)kind);
}

int craw_set_fanout_program(int descriptor, const struct craw_instruction *instructions,
                            unsigned count)
{
    struct sock_fprog program = {
        .len = (unsigned short)count,
        .filter = (struct sock_filter *)(uintptr_t)instructions,
    };
    int code = setsockopt(descriptor, SOL_PACKET, PACKET_FANOUT_DATA, &program, sizeof(program));
    return code < 0 ? -errno : 0;
}

int craw_make_bell(void)
{
    int descriptor = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    return descriptor < 0 ? -errno : descriptor;
}

void craw_ring_bell(int bell)
{
    /* It fails only when 2^64 - 2 rings were not heard. */
    (void)!write(bell, &(uint64_t){1}, sizeof(uint64_t));
}

void craw_silence_bell(int bell)
{
    uint64_t rings;
    (void)!read(bell, &rings, sizeof(rings));
}

int craw_make_watch(int first, int second)
{
    int watch = epoll_create1(EPOLL_CLOEXEC);
    if (watch < 0)
        return -errno;
    struct epoll_event event = {.events = EPOLLIN};
    if (epoll_ctl(watch, EPOLL_CTL_ADD, first, &event) == 0 &&
        epoll_ctl(watch, EPOLL_CTL_ADD, second, &event) == 0)
        return watch;
    int code = -errno;
    close(watch);
    return code;
}
