/* SPDX-License-Identifier: BSD-2-Clause */
/* Opening and closing a packet socket, and what the kernel says of an interface. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "socket.h"

static int ask(int descriptor, unsigned long what, struct ifreq *request)
{
    return ioctl(descriptor, what, request) < 0 ? -errno : 0;
}

int craw_read_interface(const char *name, struct craw_interface *interface)
{
    struct ifreq request = {0};
    if (strlen(name) >= sizeof(request.ifr_name))
        return -ENODEV;
    strcpy(request.ifr_name, name);
    int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0)
        return -errno;
    /* The answers share their place in the request. */
    int code = ask(descriptor, SIOCGIFINDEX, &request);
    interface->index = (unsigned)request.ifr_ifindex;
    if (code == 0)
        code = ask(descriptor, SIOCGIFMTU, &request);
    interface->mtu = (unsigned)request.ifr_mtu;
    if (code == 0)
        code = ask(descriptor, SIOCGIFHWADDR, &request);
    interface->hardware = request.ifr_hwaddr.sa_family;
    if (code == 0)
        code = ask(descriptor, SIOCGIFFLAGS, &request);
    interface->up = (request.ifr_flags & IFF_UP) != 0;
    close(descriptor);
    return code;
}

static int fail(struct craw_failure *failure, const char *call)
{
    failure->call = call;
    failure->code = -errno;
    return failure->code;
}

static int set(int descriptor, int level, int option, int value)
{
    return setsockopt(descriptor, level, option, &value, sizeof(value));
}

/* As much as was asked for, with the right to exceed the system's limit or within it. */
static void set_buffer(int descriptor, int forced, int plain, int bytes)
{
    if (set(descriptor, SOL_SOCKET, forced, bytes) < 0)
        (void)set(descriptor, SOL_SOCKET, plain, bytes);
}

static int set_options(struct craw_socket *craw, unsigned index, struct craw_failure *failure)
{
    int descriptor = craw->descriptor;
    /* Before 4.20 there is no such option: such frames are told by their address. */
    craw->sees_outgoing = set(descriptor, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1) < 0;
    if (set(descriptor, SOL_PACKET, PACKET_VNET_HDR, 1) < 0)
        return fail(failure, "setsockopt(PACKET_VNET_HDR)");
    if (set(descriptor, SOL_PACKET, PACKET_AUXDATA, 1) < 0)
        return fail(failure, "setsockopt(PACKET_AUXDATA)");
    if (set(descriptor, SOL_SOCKET, SO_TIMESTAMPNS, 1) < 0)
        return fail(failure, "setsockopt(SO_TIMESTAMPNS)");
    struct packet_mreq membership = {.mr_ifindex = (int)index, .mr_type = PACKET_MR_PROMISC};
    socklen_t size = sizeof(membership);
    if (setsockopt(descriptor, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &membership, size) < 0)
        return fail(failure, "setsockopt(PACKET_ADD_MEMBERSHIP)");
    return 0;
}

/* The frames of all interfaces would come in between if the socket had a protocol before it has
 * an interface. */
static int bind_to(struct craw_socket *craw, unsigned index, struct craw_failure *failure)
{
    struct sockaddr_ll address = {
        .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = (int)index};
    if (bind(craw->descriptor, (struct sockaddr *)&address, sizeof(address)) < 0)
        return fail(failure, "bind");
    return 0;
}

static int open_socket(struct craw_socket *craw, unsigned index, struct craw_failure *failure)
{
    craw->descriptor = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (craw->descriptor < 0)
        return fail(failure, "socket");
    int code = set_options(craw, index, failure);
    return code < 0 ? code : bind_to(craw, index, failure);
}

int craw_open_socket(unsigned index, int receive_buffer, int send_buffer,
                     struct craw_socket **result, struct craw_failure *failure)
{
    struct craw_socket *craw = calloc(1, sizeof(*craw));
    if (craw == NULL)
        return fail(failure, "calloc");
    craw->descriptor = -1;
    /* Address space: a page costs memory when a frame first touches it. */
    craw->memory = mmap(NULL, MEMORY_BYTES, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (craw->memory == MAP_FAILED) {
        craw->memory = NULL;
        fail(failure, "mmap");
    } else if (open_socket(craw, index, failure) == 0) {
        set_buffer(craw->descriptor, SO_RCVBUFFORCE, SO_RCVBUF, receive_buffer);
        set_buffer(craw->descriptor, SO_SNDBUFFORCE, SO_SNDBUF, send_buffer);
        craw_prepare_bursts(craw);
        *result = craw;
        return 0;
    }
    craw_close_socket(craw);
    return failure->code;
}

int craw_get_descriptor(const struct craw_socket *craw)
{
    return craw->descriptor;
}

int craw_get_receive_buffer(const struct craw_socket *craw)
{
    int bytes = 0;
    socklen_t size = sizeof(bytes);
    return getsockopt(craw->descriptor, SOL_SOCKET, SO_RCVBUF, &bytes, &size) < 0 ? -errno : bytes;
}

int craw_take_drops(struct craw_socket *craw, uint32_t *drops)
{
    struct tpacket_stats statistics;
    socklen_t size = sizeof(statistics);
    if (getsockopt(craw->descriptor, SOL_PACKET, PACKET_STATISTICS, &statistics, &size) < 0)
        return -errno;
    *drops = statistics.tp_drops;
    return 0;
}

void craw_close_socket(struct craw_socket *craw)
{
    if (craw->descriptor >= 0)
        close(craw->descriptor);
    if (craw->memory != NULL)
        munmap(craw->memory, MEMORY_BYTES);
    free(craw);
}
