# SPDX-License-Identifier: BSD-2-Clause
"""Peers of scripts/test-inline, for both ends of a line with mos in it: inline-peers.py ROLE [ARGUMENT...].

  web DIRECTORY [PORT]   GET /NAME is a file of it, PUT /NAME becomes up-NAME in it, GET /whoami tells the
                         client's address; prints each request and, when a connection is over, the SHA-256
                         of all bytes of both directions, as JSON lines
  echo [PORT]            answers datagrams with the address that they came from
  crowd COUNT [PORT]     so many connections open at once, each asking /whoami: one answer a line
  callers COUNT FIRST    the same with datagrams, from that local port on
  pieces PORT TEXT...    one connection, each text (with \\r\\n as escapes) in a segment of its own; prints
                         what comes back
  swap DIRECTORY PORT    sends `random_bytes` both ways at once, keeps what it received as
                         swap-PORT-svr in the directory; `swapper` is its client
  swapper DIRECTORY PORT FIRST COUNT BYTES   so many connections, one after the other, from that local port
                         on; keeps what it received as swap-PORT-cli
"""
import concurrent.futures
import hashlib
import http.server
import io
import json
import os
import random
import socket
import sys
import threading
import time

SERVER = "10.0.0.2"
lock = threading.Lock()


def say(record):
    with lock:
        print(json.dumps(record), flush=True)


class HashedInput(socket.SocketIO):
    """What is read from a socket, hashed as it comes."""

    def __init__(self, connection):
        super().__init__(connection, "r")
        self.hash = hashlib.sha256()
        self.count = 0

    def readinto(self, buffer):
        length = super().readinto(buffer)
        if length:
            self.hash.update(memoryview(buffer)[:length])
            self.count += length
        return length


class HashedOutput(io.RawIOBase):
    """What is written to a socket, hashed as it goes."""

    def __init__(self, connection):
        self.connection = connection
        self.hash = hashlib.sha256()
        self.count = 0

    def writable(self):
        return True

    def write(self, data):
        self.hash.update(data)
        self.count += len(data)
        self.connection.sendall(data)
        return len(data)


class Web(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self):
        super().setup()
        self.incoming = HashedInput(self.connection)
        self.rfile = io.BufferedReader(self.incoming, 65536)
        self.outgoing = self.wfile = HashedOutput(self.connection)

    def finish(self):
        # Whatever else the client sent belongs to the stream.
        try:
            while self.rfile.read(65536):
                pass
        except OSError:
            pass
        say({
            "sport": self.client_address[1],
            "orig_sha256": self.incoming.hash.hexdigest(), "orig_bytes": self.incoming.count,
            "resp_sha256": self.outgoing.hash.hexdigest(), "resp_bytes": self.outgoing.count,
        })
        super().finish()

    def answer(self, status, body):
        head = f"HTTP/1.1 {status} OK\r\nContent-Length: {len(body)}\r\n\r\n"
        self.wfile.write(head.encode() + body[:1000])
        for at in range(1000, len(body), 1 << 18):
            self.wfile.write(body[at : at + (1 << 18)])

    def note(self):
        say({"request": f"{self.command} {self.path}", "headers": self.headers.items(),
             "from": self.client_address[0]})

    def do_GET(self):
        self.note()
        if self.path == "/whoami":
            return self.answer(200, b"%s:%d" % (self.client_address[0].encode(), self.client_address[1]))
        name = os.path.join(self.server.directory, os.path.basename(self.path.split("?")[0]))
        if not os.path.isfile(name):
            return self.answer(200, self.path.encode() + b"\n")
        with open(name, "rb") as file:
            self.answer(200, file.read())

    def do_PUT(self):
        self.note()
        name = os.path.join(self.server.directory, "up-" + os.path.basename(self.path))
        with open(name, "wb") as file:
            left = int(self.headers["Content-Length"])
            while left:
                data = self.rfile.read(min(left, 1 << 18))
                if not data:
                    return
                file.write(data)
                left -= len(data)
        self.answer(201, b"")

    def log_message(self, *_):
        pass


class WebServer(http.server.ThreadingHTTPServer):
    request_queue_size = 512
    address_family = socket.AF_INET6

    def server_bind(self):
        self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        super().server_bind()

    def get_request(self):
        connection, address = super().get_request()
        return connection, (address[0].removeprefix("::ffff:"), address[1])

    def handle_error(self, request, client_address):
        pass  # connections that are reset are meant to be


def web(directory, port="80"):
    server = WebServer(("::", int(port)), Web)
    server.directory = directory
    server.serve_forever()


def echo(port="53"):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((SERVER, int(port)))
        while True:
            data, client = server.recvfrom(65536)
            server.sendto(b"%s:%d %s" % (client[0].encode(), client[1], data), client)


def crowd(count, port="80"):
    """All are open before the first asks, and stay so until the last has its answer."""
    def connect(_):
        return socket.create_connection((SERVER, int(port)), timeout=20)

    def ask(connection):
        connection.sendall(b"GET /whoami HTTP/1.1\r\nHost: crowd\r\n\r\n")
        answer = b""
        while not answer.partition(b"\r\n\r\n")[2]:
            data = connection.recv(4096)
            if not data:
                break
            answer += data
        return answer.partition(b"\r\n\r\n")[2].decode()

    with concurrent.futures.ThreadPoolExecutor(64) as pool:
        connections = list(pool.map(connect, range(int(count))))
        for answer in pool.map(ask, connections):
            print(answer)
        for connection in connections:
            connection.close()


def callers(count, first):
    clients = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(int(count))]
    for number, client in enumerate(clients):
        client.settimeout(0.05)
        client.bind(("", int(first) + number))
        client.connect((SERVER, 53))
        client.send(b"call %d" % number)
    time.sleep(0.5)
    for number, client in enumerate(clients):
        try:
            address, _, rest = client.recv(4096).decode().partition(" ")
            print(address if rest == f"call {number}" else f"another's answer: {rest}")
        except TimeoutError:
            print("no answer")


def pieces(port, *texts):
    with socket.create_connection((SERVER, int(port)), timeout=5) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        was_reset = False
        try:
            for text in texts:
                connection.sendall(text.encode().decode("unicode_escape").encode("latin1"))
                time.sleep(0.1)
            connection.shutdown(socket.SHUT_WR)
        except OSError:
            was_reset = True  # what came before can still be read
        try:
            while data := connection.recv(65536):
                sys.stdout.write(data.decode("latin1"))
        except ConnectionResetError:
            was_reset = True
        if was_reset:
            print("reset")


def random_bytes(port, way, length):
    return random.Random(f"{port} {way}").randbytes(length)


def swap_bytes(connection, data):
    """Sends in pieces of any size while it receives; what it received when both have ended."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sizes = random.Random(len(data))

    def send():
        at = 0
        while at < len(data):
            size = sizes.choice((1, 10, 100, 700, 1448, 3000, 20000, 100000))
            connection.sendall(data[at : at + size])
            at += size
        connection.shutdown(socket.SHUT_WR)

    sender = threading.Thread(target=send)
    sender.start()
    received = bytearray()
    while piece := connection.recv(1 << 18):
        received += piece
    sender.join()
    return received


def keep(directory, port, way, data):
    with open(os.path.join(directory, f"swap-{port}-{way}"), "wb") as file:
        file.write(data)


def swap(directory, port):
    def serve(connection, client_port):
        with connection:
            connection.settimeout(60)
            length = int.from_bytes(receive_exactly(connection, 4), "big")
            received = swap_bytes(connection, random_bytes(client_port, "svr", length))
            keep(directory, client_port, "svr", received)

    with socket.create_server((SERVER, int(port)), backlog=64) as listener:
        while True:
            connection, address = listener.accept()
            threading.Thread(target=serve, args=(connection, address[1]), daemon=True).start()


def receive_exactly(connection, length):
    data = b""
    while len(data) < length:
        piece = connection.recv(length - len(data))
        if not piece:
            raise ConnectionError("ended early")
        data += piece
    return data


def swapper(directory, port, first, count, length):
    length = int(length)
    for local in range(int(first), int(first) + int(count)):
        with socket.create_connection((SERVER, int(port)), timeout=60, source_address=("", local)) as connection:
            connection.sendall(length.to_bytes(4, "big"))
            keep(directory, local, "cli", swap_bytes(connection, random_bytes(local, "cli", length)))


ROLES = {"web": web, "echo": echo, "crowd": crowd, "callers": callers, "pieces": pieces, "swap": swap,
         "swapper": swapper}

if __name__ == "__main__":
    ROLES[sys.argv[1]](*sys.argv[2:])
