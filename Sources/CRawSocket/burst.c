/* SPDX-License-Identifier: BSD-2-Clause */
/* Receiving and sending: one call per burst. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "socket.h"

static_assert(sizeof(struct craw_offload) == sizeof(struct virtio_net_hdr), "one layout");
static_assert(sizeof(struct craw_frame) == 40, "documented");
static_assert(sizeof(struct craw_departure) == 32, "documented");
static_assert((int)CRAW_NEEDS_CHECKSUM == VIRTIO_NET_HDR_F_NEEDS_CSUM, "one meaning");
static_assert((int)CRAW_WHOLE == VIRTIO_NET_HDR_GSO_NONE, "one meaning");

enum { OFFLOAD_BYTES = sizeof(struct craw_offload) };

void craw_prepare_bursts(struct craw_socket *craw)
{
    for (int i = 0; i < CRAW_BURST; i++) {
        struct msghdr *message = &craw->received[i].msg_hdr;
        struct iovec *parts = craw->received_parts[i];
        parts[0] = (struct iovec){&craw->received_offloads[i], OFFLOAD_BYTES};
        parts[1] = (struct iovec){craw->memory + (size_t)i * STRIDE + CRAW_FRONT, CRAW_ROOM};
        message->msg_iov = parts;
        message->msg_iovlen = 2;
        message->msg_control = &craw->controls[i];
        message->msg_controllen = sizeof(craw->controls[i]);
        if (craw->sees_outgoing) {
            message->msg_name = &craw->addresses[i];
            message->msg_namelen = sizeof(craw->addresses[i]);
        }
    }
    for (int i = 0; i < CRAW_LIST; i++) {
        craw->sent_parts[i][0].iov_len = OFFLOAD_BYTES;
        craw->sent[i].msg_hdr.msg_iov = craw->sent_parts[i];
        craw->sent[i].msg_hdr.msg_iovlen = 2;
    }
}

static void read_control(struct msghdr *message, struct craw_frame *frame)
{
    struct cmsghdr *part = CMSG_FIRSTHDR(message);
    for (; part != NULL; part = CMSG_NXTHDR(message, part)) {
        if (part->cmsg_level == SOL_SOCKET && part->cmsg_type == SO_TIMESTAMPNS) {
            struct timespec time;
            memcpy(&time, CMSG_DATA(part), sizeof(time));
            frame->time_ns = (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
        } else if (part->cmsg_level == SOL_PACKET && part->cmsg_type == PACKET_AUXDATA) {
            struct tpacket_auxdata data;
            memcpy(&data, CMSG_DATA(part), sizeof(data));
            if ((data.tp_status & TP_STATUS_VLAN_VALID) == 0)
                continue;
            bool typed = (data.tp_status & TP_STATUS_VLAN_TPID_VALID) != 0;
            frame->tag_type = typed ? data.tp_vlan_tpid : 0x8100;
            frame->tag_control = data.tp_vlan_tci;
        }
    }
}

static void describe(struct craw_socket *craw, int i, struct craw_frame *frame)
{
    struct mmsghdr *received = &craw->received[i];
    struct msghdr *message = &received->msg_hdr;
    /* With MSG_TRUNC the length is that of the frame, however much of it fitted. */
    uint32_t length = received->msg_len > OFFLOAD_BYTES ? received->msg_len - OFFLOAD_BYTES : 0;
    *frame = (struct craw_frame){
        .data = craw->received_parts[i][1].iov_base,
        .captured = length < CRAW_ROOM ? length : CRAW_ROOM,
        .length = length,
        .outgoing = craw->sees_outgoing && craw->addresses[i].sll_pkttype == PACKET_OUTGOING,
        .offload = craw->received_offloads[i],
    };
    read_control(message, frame);
    message->msg_controllen = sizeof(craw->controls[i]);
    if (craw->sees_outgoing)
        message->msg_namelen = sizeof(craw->addresses[i]);
}

int craw_receive_burst(struct craw_socket *craw, struct craw_frame *frames)
{
    int flags = MSG_DONTWAIT | MSG_TRUNC;
    int count = recvmmsg(craw->descriptor, craw->received, CRAW_BURST, flags, NULL);
    if (count < 0)
        return -errno;
    for (int i = 0; i < count; i++)
        describe(craw, i, &frames[i]);
    return count;
}

int craw_send_list(struct craw_socket *craw, const struct craw_departure *departures,
                   unsigned count)
{
    if (count > CRAW_LIST)
        count = CRAW_LIST;
    for (unsigned i = 0; i < count; i++) {
        struct iovec *parts = craw->sent_parts[i];
        parts[0].iov_base = (void *)&departures[i].offload;
        parts[1] = (struct iovec){(void *)departures[i].data, departures[i].length};
    }
    int taken = sendmmsg(craw->descriptor, craw->sent, count, MSG_DONTWAIT | MSG_NOSIGNAL);
    return taken < 0 ? -errno : taken;
}
