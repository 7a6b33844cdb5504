# SPDX-License-Identifier: BSD-2-Clause
"""Two ends that hide data in segments that look like retransmissions, and two that repeat honestly:

  free-riders.py carry                    serves port 84 of 10.0.0.2
  free-riders.py ride ADDRESS PORT PATH   asks it, from that address and port

Kernels do the TCP; beside it each end sends data frames of its connection again: as they were, and,
when the path is /ride, with other bytes in them, which the other kernel takes for repeats.
"""
import random
import socket
import struct
import sys
import time

SERVER = ("10.0.0.2", 84)
ANSWER = b"".join(b"%05d a page as it is meant\n" % line for line in range(800))


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


class Tap:
    """The frames with payload that this end sends from a port; sends them again."""

    def __init__(self, interface, port):
        self.port = port
        self.hidden = random.Random(port)
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self.socket.bind((interface, 3))

    def data_frames(self):
        self.socket.settimeout(0.2)
        found = []
        while True:
            try:
                frame, address = self.socket.recvfrom(65536)
            except TimeoutError:
                return found
            start = 34 + (frame[46] >> 4) * 4 if len(frame) > 46 else 0
            ours = address[2] == socket.PACKET_OUTGOING and frame[12:14] == b"\x08\0" and frame[23] == 6
            if ours and frame[34:36] == struct.pack("!H", self.port) and len(frame) > start:
                found.append((frame, start))

    def again(self, frame, start):
        self.socket.send(frame)
        time.sleep(0.01)

    def with_other_bytes(self, frame, start):
        payload = self.hidden.randbytes(len(frame) - start)
        segment = frame[34:50] + b"\0\0" + frame[52:start] + payload
        pseudo = frame[26:34] + struct.pack("!HH", 6, len(segment))
        sum_ = struct.pack("!H", checksum(pseudo + segment))
        self.again(frame[:34] + segment[:16] + sum_ + segment[18:], start)


def carry():
    with socket.create_server(SERVER) as listener:
        while True:
            connection, _ = listener.accept()
            tap = Tap("server0", SERVER[1])
            request = connection.recv(4096)
            connection.sendall(ANSWER)
            frames = tap.data_frames()
            for frame in frames[2:5]:
                tap.again(*frame)
            if request.startswith(b"GET /ride"):
                for frame in frames[:10] * 2:
                    tap.with_other_bytes(*frame)
            connection.close()


def ride(address, port, path):
    tap = Tap("client0", int(port))
    with socket.create_connection(SERVER, source_address=(address, int(port)), timeout=10) as connection:
        connection.sendall(f"GET {path} HTTP/1.0\r\nX-Filler: {'x' * 700}\r\n\r\n".encode())
        frames = tap.data_frames()
        tap.again(*frames[0])
        if path == "/ride":
            for _ in range(5):
                tap.with_other_bytes(*frames[0])
        while connection.recv(65536):
            pass


{"carry": carry, "ride": ride}[sys.argv[1]](*sys.argv[2:])
