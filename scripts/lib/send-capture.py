#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Sends the frames of a classic capture through an interface, as they are, one after the other.

Usage: send-capture.py CAPTURE INTERFACE
"""
import socket
import struct
import sys
import time

data = open(sys.argv[1], "rb").read()
order = "<" if data[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
port = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
port.bind((sys.argv[2], 0))
at = 24
while at + 16 <= len(data):
    length = struct.unpack_from(order + "I", data, at + 8)[0]
    port.send(data[at + 16 : at + 16 + length])
    at += 16 + length
    # Slower than any receiver: order and completeness are the test, not speed.
    time.sleep(0.0002)
