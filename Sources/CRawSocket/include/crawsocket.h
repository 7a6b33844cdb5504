/* SPDX-License-Identifier: BSD-2-Clause */
/* Packet sockets (packet(7)) as Swift can use them: what Swift's Glibc does not show (recvmmsg,
 * sendmmsg, control messages, ioctls), one call per burst, plain structs out. What to do about
 * any of it is decided in Swift. Codes are 0 or a negative errno. */
#ifndef CRAWSOCKET_H
#define CRAWSOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    CRAW_BURST = 64,       /* frames that are received at once */
    CRAW_LIST = 128,       /* frames that are sent at once */
    CRAW_ROOM = 262144,    /* bytes of the largest frame that is received whole */
    CRAW_FRONT = 64        /* bytes in front of a received frame, free until the next burst */
};

/* struct virtio_net_hdr: what of a frame is left to a network card. Numbers in the machine's byte
 * order. 10 bytes. */
struct craw_offload {
    uint8_t flags;         /* VIRTIO_NET_HDR_F_... */
    uint8_t gso_type;      /* VIRTIO_NET_HDR_GSO_... */
    uint16_t header_length;
    uint16_t segment_size;
    uint16_t checksum_start;
    uint16_t checksum_offset;
};

enum {
    CRAW_NEEDS_CHECKSUM = 1,   /* VIRTIO_NET_HDR_F_NEEDS_CSUM */
    CRAW_WHOLE = 0             /* VIRTIO_NET_HDR_GSO_NONE */
};

/* A received frame. Its bytes stay valid until the next burst of the same socket. 40 bytes. */
struct craw_frame {
    uint8_t *data;
    uint32_t captured;     /* bytes at data */
    uint32_t length;       /* bytes of the frame; more than captured when it did not fit */
    int64_t time_ns;       /* since 1970; 0 = the kernel did not say */
    uint16_t tag_type;     /* of the VLAN tag that the kernel took out of the frame; 0 = none */
    uint16_t tag_control;
    bool outgoing;         /* sent by this machine, not received */
    struct craw_offload offload;
};

/* A frame to be sent. 32 bytes. */
struct craw_departure {
    const void *data;
    uint64_t length;
    struct craw_offload offload;
};

/* What the kernel says of an interface. */
struct craw_interface {
    unsigned index;
    unsigned mtu;
    uint16_t hardware;     /* ARPHRD_...: 1 is Ethernet */
    bool up;
};

/* The call that failed, and its negative errno. */
struct craw_failure {
    const char *call;
    int code;
};

/* An open packet socket with room for the frames of one burst. */
struct craw_socket;

/* ioctl: SIOCGIFINDEX, SIOCGIFMTU, SIOCGIFHWADDR, SIOCGIFFLAGS. */
int craw_read_interface(const char *name, struct craw_interface *interface);

/* socket, setsockopt, bind: every frame that the interface `index` receives, with its time, the
 * VLAN tag that was taken out of it and what of it was left to a network card; promiscuous. Asks
 * for buffers of these many bytes. Returns 0 and the socket, or the code of the call that failed. */
int craw_open_socket(unsigned index, int receive_buffer, int send_buffer,
                     struct craw_socket **socket, struct craw_failure *failure);

/* The descriptor, for poll(2). */
int craw_get_descriptor(const struct craw_socket *socket);

/* getsockopt SO_RCVBUF: bytes that the kernel keeps for frames nobody has taken yet, its own
 * overhead included. */
int craw_get_receive_buffer(const struct craw_socket *socket);

/* recvmmsg without waiting: up to CRAW_BURST frames. Returns how many, or a negative errno. */
int craw_receive_burst(struct craw_socket *socket, struct craw_frame *frames);

/* sendmmsg without waiting: up to CRAW_LIST frames in order. Returns how many of them were taken
 * before one was not, or the negative errno of the first. */
int craw_send_list(struct craw_socket *socket, const struct craw_departure *departures,
                   unsigned count);

/* getsockopt PACKET_STATISTICS: frames dropped since the last call because nobody took them. */
int craw_take_drops(struct craw_socket *socket, uint32_t *drops);

/* close. */
void craw_close_socket(struct craw_socket *socket);

/* Several packet sockets on one interface, ours or libpcap's: each frame goes to one of them. */

/* struct sock_filter: an instruction of classic BPF. 8 bytes. */
struct craw_instruction {
    uint16_t code;
    uint8_t jump_true;
    uint8_t jump_false;
    uint32_t operand;
};

/* How the frames are shared out. */
enum {
    CRAW_FANOUT_HASH = 0,      /* PACKET_FANOUT_HASH: by the kernel's own hash of the flow */
    CRAW_FANOUT_PROGRAM = 6    /* PACKET_FANOUT_CBPF: by what a program returns */
};

/* setsockopt SO_ATTACH_FILTER: from now on the socket takes no frame. */
int craw_close_gate(int descriptor);

/* setsockopt SO_DETACH_FILTER: from now on it takes frames. */
int craw_open_gate(int descriptor);

/* setsockopt PACKET_FANOUT: makes a group with the bound socket as its number 0. */
int craw_make_fanout(int descriptor, int kind, uint16_t *group);

/* setsockopt PACKET_FANOUT: joins the group with the next number. */
int craw_join_fanout(int descriptor, int kind, uint16_t group);

/* setsockopt PACKET_FANOUT_DATA: the program of the socket's group. Its loads are those of
 * socket filters; what it returns is the number of the socket that the frame goes to. */
int craw_set_fanout_program(int descriptor, const struct craw_instruction *instructions,
                            unsigned count);

/* eventfd: what one thread rings to wake another that polls it. A descriptor or a negative errno. */
int craw_make_bell(void);

/* write. */
void craw_ring_bell(int bell);

/* read: it no longer rings. Never waits. */
void craw_silence_bell(int bell);

/* epoll_create1: a descriptor that can be read when one of two others can. Closing it leaves them
 * alone. A descriptor or a negative errno. */
int craw_make_watch(int first, int second);

#endif
