# SPDX-License-Identifier: BSD-2-Clause
"""Peers that do not behave as curl and a web server do: odd-peers.py ROLE."""
import socket
import struct
import sys
import time

REQUEST = b"GET %s HTTP/1.1\r\nHost: www.example.com\r\n\r\n"


def close_with_reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def serve(port, treat):
    with socket.create_server(("10.0.0.2", port)) as listener:
        while True:
            treat(listener.accept()[0])


def leave_unread(connection):
    """Closes while the request is unread: the kernel answers with a reset."""
    time.sleep(0.2)
    connection.close()


def send_much(connection):
    connection.recv(4096)
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 80000\r\n\r\n" + b"0123456789" * 8000
    try:
        connection.sendall(answer)
    except ConnectionResetError:
        pass
    connection.close()


def connect(port, local_port, path, receive_buffer=0):
    connection = socket.socket()
    if receive_buffer:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    connection.bind(("10.0.0.1", local_port))
    connection.connect(("10.0.0.2", port))
    connection.sendall(REQUEST % path)
    return connection


def break_off():
    """Resets in the middle of an answer, with the window full."""
    connection = connect(83, 40102, b"/broken", receive_buffer=8192)
    connection.recv(1000)
    time.sleep(0.2)
    close_with_reset(connection)


def read_slowly():
    """Stops reading until the window is closed and probed, twice; then reads on."""
    connection = connect(83, 40201, b"/", receive_buffer=8192)
    total = 0
    for pause in (0.7, 0.7, 0):
        time.sleep(pause)
        while total < 80000 and (data := connection.recv(8192)):
            total += len(data)
            if pause and total > 20000 * (1 + (total > 40000)):
                break
    while connection.recv(8192):
        pass
    connection.close()


ROLES = {
    "leave-unread": lambda: serve(82, leave_unread),
    "send-much": lambda: serve(83, send_much),
    "break-off": break_off,
    "read-slowly": read_slowly,
}

if __name__ == "__main__":
    ROLES[sys.argv[1]]()
