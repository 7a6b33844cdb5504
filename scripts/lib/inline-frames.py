# SPDX-License-Identifier: BSD-2-Clause
"""Frames that no kernel would send or bridge, for scripts/test-inline: inline-frames.py ROLE INTERFACE.

  send     sends them
  expect   waits until they are all there, byte for byte and in order; prints what differs (exit code 1)
"""
import socket
import struct
import sys
import time

SOL_PACKET, PACKET_AUXDATA, TAG_IS_THERE, TAG_HAS_TYPE = 263, 8, 0x10, 0x40
TO, FROM = bytes.fromhex("020000000702"), bytes.fromhex("020000000701")


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def ipv4(payload, proto=17, total=None, flags=0, header=b"", sum_=None):
    length = 20 + len(header) + len(payload) if total is None else total
    head = struct.pack("!BBHHHBBH4s4s", 0x45 + len(header) // 4, 0, length, 7, flags, 9, proto, 0,
                       socket.inet_aton("10.9.0.1"), socket.inet_aton("10.9.0.2")) + header
    value = checksum(head) if sum_ is None else sum_
    return head[:10] + struct.pack("!H", value) + head[12:] + payload


def udp(payload, sport=7, length=None):
    return struct.pack("!HHHH", sport, 9, 8 + len(payload) if length is None else length, 0) + payload


def tcp(flags, payload=b"", offset=5, seq=1):
    return struct.pack("!HHIIBBHHH", 7, 9, seq, 1, offset << 4, flags, 1024, 0xBAD, 0) + payload


def ethernet(type_, payload, to=TO):
    return (to + FROM + struct.pack("!H", type_) + payload).ljust(60, b"\0")


def tagged(frame, tag, type_=0x8100):
    return frame[:12] + struct.pack("!HH", type_, tag) + frame[12:]


def frames():
    datagram = ethernet(0x0800, ipv4(udp(b"hello " * 20)))
    full = ethernet(0x0800, ipv4(udp(b"x" * 1472)))
    return {
        "a datagram": datagram,
        "a full frame": full,
        "VLAN 42": tagged(datagram, 42),
        "VLAN 42, priority 5": tagged(datagram, 42 | 5 << 13),
        "priority tag, VLAN 0": tagged(datagram, 0),
        "a full frame in VLAN 7": tagged(full, 7),
        "QinQ 100, 42": tagged(tagged(datagram, 42), 100, 0x88A8),
        "two tags of 802.1Q": tagged(tagged(datagram, 42), 100),
        "ARP request": ethernet(0x0806, bytes.fromhex("0001080006040001") + FROM + bytes(4) + bytes(6) + bytes(4),
                                b"\xff" * 6),
        "spanning tree": ethernet(38, b"\x42\x42\x03" + bytes(35), bytes.fromhex("0180c2000000")),
        "LLDP": ethernet(0x88CC, b"\x02\x07\x04" + FROM + bytes(20), bytes.fromhex("0180c200000e")),
        "an unknown EtherType": ethernet(0x1234, bytes(range(200))),
        "multicast": ethernet(0x0800, ipv4(udp(b"all")), bytes.fromhex("01005e000001")),
        "IPv4 with a wrong header checksum": ethernet(0x0800, ipv4(udp(b"wrong"), sum_=0x1234)),
        "IPv4 longer than its frame": ethernet(0x0800, ipv4(udp(b"short"), total=1400)),
        "IPv4 shorter than its header": ethernet(0x0800, ipv4(udp(b"short"), total=10)),
        "IPv4 with options": ethernet(0x0800, ipv4(udp(b"options"), header=b"\x94\x04\0\0")),
        "UDP with a wrong length": ethernet(0x0800, ipv4(udp(b"length", length=900))),
        "UDP with a trailer": ethernet(0x0800, ipv4(udp(b"trailer")) + b"behind the packet" * 3),
        "TCP with a wrong checksum": ethernet(0x0800, ipv4(tcp(2), proto=6)),
        "TCP with a broken header": ethernet(0x0800, ipv4(tcp(0x10, b"x", offset=2), proto=6)),
        "OSPF": ethernet(0x0800, ipv4(b"\x02\x01" + bytes(42), proto=89)),
        "IPv6 of an unknown protocol": ethernet(0x86DD, struct.pack("!IHBB", 6 << 28, 4, 253, 9) + bytes(36)),
        "IPv6 that is cut": ethernet(0x86DD, struct.pack("!IHBB", 6 << 28, 999, 17, 9) + bytes(36)),
        "MPLS": ethernet(0x8847, b"\0\0\x11\xff" + ipv4(udp(b"label"))),
    }


def open_port(interface):
    port = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    port.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
    port.bind((interface, 3))
    return port


def receive(port):
    """The next frame from outside, with the tag that the kernel has taken out put back."""
    frame, ancillary, _, address = port.recvmsg(65536, 256)
    if address[2] == socket.PACKET_OUTGOING:
        return b""
    for level, kind, data in ancillary:
        if (level, kind) == (SOL_PACKET, PACKET_AUXDATA):
            status, _, _, _, _, tag, type_ = struct.unpack("IIIHHHH", data[:20])
            if status & TAG_IS_THERE:
                frame = tagged(frame, tag, type_ if status & TAG_HAS_TYPE else 0x8100)
    return frame


def expect(interface):
    port = open_port(interface)
    print("ready", flush=True)
    got, deadline = [], time.monotonic() + 5
    wanted = frames()
    while len(got) < len(wanted) and (left := deadline - time.monotonic()) > 0:
        port.settimeout(left)
        try:
            frame = receive(port)
        except TimeoutError:
            break
        if frame[6:12] == FROM:
            got.append(frame)
    faults = 0
    for name, frame in wanted.items():
        if frame not in got:
            print(f"missing or changed: {name}: {frame.hex()}")
            faults += 1
    strange = [frame for frame in got if frame not in wanted.values()]
    for frame in strange:
        print(f"nobody sent this: {frame.hex()}")
    if not faults and not strange and got != list(wanted.values()):
        print("in another order, or one twice")
        faults += 1
    print(f"{len(wanted) - faults} of {len(wanted)} frames")
    sys.exit(bool(faults or strange))


def send(interface):
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as port:
        port.bind((interface, 0))
        for frame in frames().values():
            port.send(frame)
            time.sleep(0.002)


{"send": send, "expect": expect}[sys.argv[1]](sys.argv[2])
