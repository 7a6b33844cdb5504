/* SPDX-License-Identifier: BSD-2-Clause */
/* What is behind the opaque socket. */
#ifndef CRAWSOCKET_SOCKET_H
#define CRAWSOCKET_SOCKET_H

#include <sys/socket.h>
#include <sys/uio.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <time.h>

#include "crawsocket.h"

/* From one frame to the next. Not a power of two: the first bytes of all frames would compete for
 * the same few places in the caches. */
enum {
    STRIDE = CRAW_FRONT + CRAW_ROOM + 4096 + 192,
    MEMORY_BYTES = CRAW_BURST * STRIDE
};

/* Room for the control messages of a frame. */
union control {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(struct timespec)) + CMSG_SPACE(sizeof(struct tpacket_auxdata))];
};

struct craw_socket {
    int descriptor;
    bool sees_outgoing;
    uint8_t *memory;       /* MEMORY_BYTES */
    struct mmsghdr received[CRAW_BURST];
    struct iovec received_parts[CRAW_BURST][2];
    struct craw_offload received_offloads[CRAW_BURST];
    struct sockaddr_ll addresses[CRAW_BURST];
    union control controls[CRAW_BURST];
    struct mmsghdr sent[CRAW_LIST];
    struct iovec sent_parts[CRAW_LIST][2];
};

/* Fills in what is the same for all bursts. */
void craw_prepare_bursts(struct craw_socket *socket);

#endif
