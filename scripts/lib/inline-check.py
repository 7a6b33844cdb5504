# SPDX-License-Identifier: BSD-2-Clause
"""Compares what mos told with what the peers saw, for scripts/test-inline: inline-check.py WHAT FILE...

  streams WEB RECORDS            the hashes of examples/connections.lua are those of the server's streams
  edits DIRECTORY RECORDS BYTES  each receiver got the sent bytes with the edits told, at least 100, and the script
                                 read the same, or where it edited the frames that leave alone, what was sent
  complements DIRECTORY RECORDS BYTES   each receiver got the sent bytes, every seventh turned to its complement
  headers WEB RECORDS HEADER     requests seen without that header and with Via; what was left alone is told
  iperf RECORDS REPORT           the bytes of the connections are those of iperf3

Prints a line about what it found; exit code 1 and what differs when they do not agree.
"""
import glob
import hashlib
import json
import os
import random
import sys


def records(name):
    with open(name) as lines:
        return [json.loads(line) for line in lines if line.startswith("{")]


def fail(text):
    print(text)
    sys.exit(1)


def streams(web, told):
    seen = {record["sport"]: record for record in records(web) if "sport" in record}
    compared = 0
    for record in records(told):
        if record.get("dport") != 80:
            continue
        peer = seen.get(record["sport"])
        if not peer:
            fail(f"the server knows nothing of port {record['sport']}")
        for key, value in peer.items():
            if record[key] != value:
                fail(f"port {record['sport']}: {key} is {record[key]}, the server has {value}: {record}")
        if record["gap_bytes_orig"] or record["gap_bytes_resp"]:
            fail(f"port {record['sport']}: gaps: {record}")
        compared += 1
    if compared != len(seen) or not compared:
        fail(f"{compared} connections told, the server had {len(seen)}")
    size = sum(record["orig_bytes"] + record["resp_bytes"] for record in seen.values())
    print(f"both hashes of {compared} connections, {size:,} bytes")


def edited(data, base, edits):
    """Those at one place in the order in which they were made, so the last is applied first."""
    parts, end = [], len(data)
    for edit in sorted(edits, key=lambda edit: edit["at"])[::-1]:
        at = edit["at"] - base
        if "insert" in edit:
            parts += [data[at:end], edit["insert"].encode()]
            end = at
        else:
            parts.append(data[at + edit["chomp"] : end])
            end = at
    return b"".join([data[:end]] + parts[::-1])


def edits(directory, told, length):
    made, refused, read = {}, {}, {}
    for record in records(told):
        if "refused" in record:
            refused = record["refused"]
        elif "at" in record:
            made.setdefault((str(record["port"]), record["from"]), []).append(record)
        elif "edited" in record:
            read[str(record["port"])] = record
    count = 0
    for port, receiver, sent, got in swapped(directory, length):
        sender = "cli" if receiver == "svr" else "svr"
        wanted = edited(sent, 4 if sender == "cli" else 0, made.get((port, sender), []))
        count += 1
        if got != wanted:
            place = next((i for i, (a, b) in enumerate(zip(got, wanted)) if a != b), min(len(got), len(wanted)))
            fail(f"what {receiver} of port {port} got differs at {place}: {len(got)} bytes, wanted {len(wanted)}")
        stream = got if read[port]["edited"] else sent
        if sender == "cli":
            stream = int(length).to_bytes(4, "big") + stream
        if read[port][receiver] != hashlib.sha256(stream).hexdigest():
            fail(f"what scripts read of {receiver} of port {port} is not what it got")
    edits_made = sum(map(len, made.values()))
    if edits_made < 100 or not count:
        fail(f"{edits_made} edits, {count} streams")
    print(f"{count} streams with {edits_made} edits"
          + "".join(f", {number} times {code}" for code, number in sorted(refused.items())))


def swapped(directory, length):
    """What receivers got of inline-peers.py swap, with port, receiver, and what was sent."""
    for name in glob.glob(os.path.join(directory, "swap-*")):
        _, port, receiver = os.path.basename(name).split("-")
        sender = "cli" if receiver == "svr" else "svr"
        with open(name, "rb") as file:
            yield port, receiver, random.Random(f"{port} {sender}").randbytes(int(length)), file.read()


def complements(directory, told, length):
    count = 0
    for port, receiver, sent, got in swapped(directory, length):
        wanted = bytearray(sent)
        wanted[::7] = bytes(255 - byte for byte in sent[::7])
        if got != wanted:
            fail(f"what {receiver} of port {port} got differs: {len(got)} bytes of {len(sent)}")
        count += 1
    dropped = next(record["dropped"] for record in records(told) if "dropped" in record)
    if not count or not dropped:
        fail(f"{count} streams, {dropped} packets dropped")
    print(f"{count} streams, {dropped} packets dropped")


def headers(web, told, header):
    counts = next(record for record in records(told) if "stripped" in record)
    requests = [record for record in records(web) if "request" in record]
    names = [[name.lower() for name, _ in record["headers"]] for record in requests]
    kept = sum(header.lower() in each for each in names)
    without = sum("via" not in each for each in names)
    if kept + without != counts["left_alone"] or not requests:
        fail(f"{len(requests)} requests, {kept} with {header}, {without} without Via, but {counts}")
    print(f"{len(requests)} requests, {counts['stripped']} headers gone, {counts['inserted']} come, "
          f"{counts['left_alone']} left alone")


def iperf(told, report):
    with open(report) as file:
        end = json.load(file)["end"]
    data = [record for record in records(told) if record["dport"] == 5201]
    # The control connection is the one with the smallest sum; each stream begins with a cookie of 37 bytes.
    data.sort(key=lambda record: record["cli"] + record["svr"])
    control, data = data[0], data[1:]
    cookies = 37 * len(data)
    bytes_ = sum(record["cli"] + record["svr"] for record in data) - cookies
    sent, received = end["sum_sent"]["bytes"], end["sum_received"]["bytes"]
    if not received <= bytes_ <= sent or any(record["gaps"] for record in data):
        fail(f"{bytes_:,} bytes told, iperf3 sent {sent:,}, received {received:,}: {data} {control}")
    print(f"{bytes_:,} bytes of {len(data)} streams, iperf3: sent {sent:,}, received {received:,}")


{"streams": streams, "edits": edits, "complements": complements, "headers": headers,
 "iperf": iperf}[sys.argv[1]](*sys.argv[2:])
