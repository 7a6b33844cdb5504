# SPDX-License-Identifier: BSD-2-Clause
"""A name server that knows one address, and a client that asks, pings and meets closed doors: datagrams.py ROLE."""
import socket
import struct
import sys
import time

SERVER = {socket.AF_INET: "10.0.0.2", socket.AF_INET6: "fd00::2"}


def name(text):
    return b"".join(bytes([len(part)]) + part.encode() for part in text.split(".")) + b"\0"


def answer(family):
    """Answers every query for an address (RFC 1035), but for names that begin with "quiet"."""
    with socket.socket(family, socket.SOCK_DGRAM) as server:
        server.bind((SERVER[family], 53))
        while True:
            query, client = server.recvfrom(512)
            if query[13:18] == b"quiet":
                continue
            time.sleep(0.01)
            record = b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 60, 4) + bytes([10, 0, 0, 2])
            head = query[:2] + struct.pack("!HHHHH", 0x8180, 1, 1, 0, 0)
            server.sendto(head + query[12:] + record, client)


def ask(family, local_port, number, text, port=53):
    with socket.socket(family, socket.SOCK_DGRAM) as client:
        client.bind(("", local_port))
        client.connect((SERVER[family], port))
        client.settimeout(0.5)
        head = struct.pack("!HHHHHH", number, 0x0100, 1, 0, 0, 0)
        client.send(head + name(text) + struct.pack("!HH", 1, 1))
        try:
            client.recv(512)
        except (ConnectionRefusedError, TimeoutError):
            pass


def checksum(data):
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


def ping(identifier, count):
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as client:
        client.settimeout(1)
        for number in range(1, count + 1):
            text = b"mos " * 8
            head = struct.pack("!BBHHH", 8, 0, 0, identifier, number)
            head = struct.pack("!BBHHH", 8, 0, checksum(head + text), identifier, number)
            client.sendto(head + text, (SERVER[socket.AF_INET], 0))
            client.recv(512)


def talk():
    ask(socket.AF_INET, 40400, 1, "www.example.com")
    ask(socket.AF_INET, 40400, 2, "ftp.example.com")
    ask(socket.AF_INET6, 40401, 3, "six.example.com")
    ask(socket.AF_INET, 40402, 4, "quiet.example.com")
    ping(7, 3)
    ask(socket.AF_INET, 40403, 5, "closed.example.com", port=54)


ROLES = {
    "answer": lambda: answer(socket.AF_INET),
    "answer6": lambda: answer(socket.AF_INET6),
    "talk": talk,
}

if __name__ == "__main__":
    ROLES[sys.argv[1]]()
