# SPDX-License-Identifier: BSD-2-Clause
# Compares the records of tshark-health.lua with the fields of tshark, for scripts/test-tshark. Each rule that lets a
# difference pass says which row of "Compared with Wireshark" in Sources/TCPTracking/README.md it is.
import collections
import hashlib
import json
import sys

FIN, SYN, RST, ACK = 1, 2, 4, 16
capture, mos_path, frames_path, follow_path, agreed_path = sys.argv[1:]
# Hashes of streams on which both agreed in the captures before: varied ones come behind what they were made from.
agreed = {line.strip() for line in open(agreed_path)}
problems = []
compared = collections.Counter()
explained = collections.Counter()


def check(what, ours, theirs, where):
    compared[what] += 1
    if ours != theirs:
        problems.append(f"{what}: mos {ours}, tshark {theirs} ({where})")


def distance(a, b):
    """From b to a in sequence space."""
    return (a - b + (1 << 31)) % (1 << 32) - (1 << 31)


class Frame:
    def __init__(self, line):
        field = line.rstrip("\n").split("\t")
        self.number, self.time = int(field[0]), round(float(field[1]) * 1e9)
        self.stream = int(field[2])
        self.end = (field[3] or field[4], int(field[5]))
        self.dport = int(field[6])
        self.seq, self.ack, self.len = int(field[7]), int(field[8] or 0), int(field[9])
        self.flags, self.window = int(field[10], 16), int(field[11])
        self.completeness = int(field[12] or 0)
        (self.retransmission, self.fast, self.spurious, self.out_of_order, self.dup_ack, self.zero_window,
         self.lost) = (bool(text) for text in field[13:20])
        self.initial_rtt, self.in_flight = field[20], int(field[21] or 0)
        self.ack_rtt = field[22]
        self.keep_alive, self.probe = bool(field[23]), bool(field[24])


class End:
    """What can be said of one end of a stream from its segments alone."""

    def __init__(self):
        self.isn = None       # where offsets are counted from
        self.seen = []        # ranges of offsets, SYN and FIN included, that were captured
        self.top = 0          # behind the highest
        self.una = None       # the highest acknowledgement of it
        self.last_ack = 0     # what the last segment acknowledged of it
        self.window = None
        self.closings = 0
        self.dup_acks = 0
        self.run = 0
        self.packets = 0
        self.flight = 0
        self.data_top = 0
        self.lost = False
        self.odd = False      # a repeat or a hole: samples and flights differ from tshark's
        self.sample = None
        self.samples = []

    def new_part(self, start, end):
        """How much of a range was not captured before; notes it."""
        new = end - start
        for a, b in self.seen:
            new -= max(0, min(b, end) - max(a, start))
        if new > 0:
            self.seen.append((start, end))
        return new


def microseconds(time):
    return time // 1000


frames = [Frame(line) for line in open(frames_path)]
by_number = {frame.number: frame for frame in frames}
streams = collections.defaultdict(list)
for frame in frames:
    streams[frame.stream].append(frame)

repeats, flows = {}, {}
for line in open(mos_path):
    record = json.loads(line)
    if "repeated" in record:
        repeats[record["repeated"]] = record
    else:
        flows[by_number[record["first"]].stream] = record


def follow(path):
    """stream -> (bytes that the first to speak sent, bytes of the other), as follow,tcp,raw gives them."""
    result, stream, node, parts = {}, None, None, None
    filter_line = "Filter: tcp.stream eq "
    for line in open(path):
        if line.startswith(filter_line):
            stream, parts, nodes = int(line[len(filter_line):]), ([], []), []
        elif line.startswith("Node "):
            nodes.append(line.split(": ", 1)[1].strip())
        elif line.startswith("====="):
            if stream is not None and parts is not None and len(nodes) == 2:
                result[stream] = (nodes, *(bytes.fromhex("".join(part)) for part in parts))
                stream = None
        elif stream is not None and len(nodes) == 2 and line.strip():
            parts[1 if line.startswith("\t") else 0].append(line.strip())
    return result


def walk(stream, record):
    """The segments of a stream, one after the other: repeats frame by frame, and what adds up per end."""
    client = (record["cli"]["addr"], record["cli"]["port"])
    ends = {True: End(), False: End()}
    for frame in streams[stream]:
        is_client = frame.end == client and (frame.dport == record["svr"]["port"])
        me, other = ends[is_client], ends[not is_client]
        me.packets += 1
        if frame.flags & RST:
            continue
        start = frame.seq + (1 if frame.flags & SYN else 0)
        if me.isn is None:
            me.isn = start
        offset = distance(start, me.isn) - (1 if frame.flags & SYN else 0)
        end = offset + frame.len + (1 if frame.flags & SYN else 0) + (1 if frame.flags & FIN else 0)
        size = end - offset
        at = f"{capture} frame {frame.number}"
        new = me.new_part(offset, end) if size else 0
        is_repeat = size > 0 and new < size
        in_order = offset <= me.top
        if size and (is_repeat or offset != me.top):
            me.odd = True
        # ---- repeats
        check("repeated", frame.number in repeats, is_repeat, at)
        if frame.number in repeats:
            kind = repeats[frame.number].get("kind")
            repeats_of[kind or "keep-alive"] += 1
            if not frame.retransmission:
                if frame.out_of_order:
                    explained["repeat that tshark calls out of order"] += 1
                elif frame.keep_alive or repeats[frame.number].get("keepalive"):
                    explained["keep-alive"] += 1
                elif frame.probe:
                    explained["zero window probe"] += 1
                elif frame.len > 1 and offset == me.top - 1:
                    explained["repeat of one byte, with new ones"] += 1
                else:
                    problems.append(f"only mos calls it a repeat ({at})")
            # Of a segment with new bytes tshark looks at all, mos at those that it repeats.
            if frame.len and not frame.keep_alive and new == 0 and not frame.flags & (SYN | FIN):
                if kind == "spurious" and not frame.spurious and me.una is not None and me.last_ack < me.una:
                    # tshark asks what the last segment acknowledged, and that may be an old one.
                    explained["acknowledged before, by no more than an older segment that came last"] += 1
                else:
                    check("spurious", kind == "spurious", frame.spurious, at)
            if frame.fast and kind != "fast":
                if me.reports < 3:
                    explained["fast after two duplicate ACKs"] += 1
                else:
                    problems.append(f"fast for tshark, {kind} for mos ({at})")
        elif frame.retransmission:
            explained["bytes that were not captured before, called a repeat"] += 1
            if new < size:
                problems.append(f"only tshark calls it a repeat ({at})")
        # ---- round-trip samples, by the rule of mos
        if frame.len and not is_repeat and offset == me.top and not frame.flags & SYN:
            if me.sample is None and (len(me.samples) < 8 or me.packets % 16 == 0):
                me.sample = (offset + frame.len, frame.time)
        # ---- acknowledgements
        if frame.flags & ACK and other.isn is not None:
            ack = distance(frame.ack, other.isn)
            una = other.una
            other.last_ack = ack
            outstanding = other.top > ack
            if una is None or ack > una:
                before = 0 if una is None else una
                other.flight = max(other.flight, other.data_top - max(before, 0))
                other.una, other.reports = ack, 0
                if other.sample and other.sample[0] <= ack:
                    other.samples.append(microseconds(frame.time) - microseconds(other.sample[1]))
                    other.sample = None
            elif ack == una and size == 0 and frame.seq == start and offset == me.top:
                if frame.window == me.window and outstanding and not frame.flags & (SYN | FIN):
                    me.dup_acks += 1
                    other.reports += 1
                    if not frame.dup_ack and frame.window:
                        explained["duplicate ACK for RFC 5681 alone"] += 1
                elif frame.dup_ack:
                    explained["duplicate ACK with nothing outstanding"] += 1
                    if outstanding:
                        problems.append(f"duplicate ACK for tshark alone ({at})")
            # ---- windows; an older acknowledgement's is not believed
            if other.una is None or ack >= other.una:
                if frame.window == 0 and not frame.flags & SYN:
                    if me.window != 0 or not me.is_closed:
                        me.closings += 1
                        me.is_closed = True
                    if not frame.flags & FIN:
                        check("zero window", True, frame.zero_window, at)
                else:
                    me.is_closed = False
                me.window = frame.window
        if frame.lost and frame.len:
            me.lost = True
        me.top = max(me.top, end)
        if frame.len:
            me.data_top = max(me.data_top, end - (1 if frame.flags & FIN else 0))
    for end in ends.values():
        end.flight = max(end.flight, end.data_top - max(end.una or 0, 0))
    return ends


End.reports = 0
End.is_closed = False

def is_tidy(frames):
    """The handshake came as SYN, SYN-ACK, ACK."""
    return ([f.flags & (SYN | ACK) for f in frames[:3]] == [SYN, SYN | ACK, ACK]
            and frames[2].end == frames[0].end and frames[1].end != frames[0].end)


repeats_of = collections.Counter()
texts = follow(follow_path)
for stream, record in sorted(flows.items()):
    at = f"{capture} tcp.stream {stream}"
    ends = walk(stream, record)
    for is_client, name in ((True, "cli"), (False, "svr")):
        ours, theirs = record[name], ends[is_client]
        where = f"{at} {name}"
        kinds = [ours[kind] for kind in ("rto", "fast", "spurious", "probe")]
        if sum(kinds) > ours["retransmitted"]:
            problems.append(f"more kinds than repeats ({where})")
        check("duplicate ACKs", ours["dup_acks"], theirs.dup_acks, where)
        check("zero windows", ours["zero_windows"], theirs.closings, where)
        is_plain = not theirs.odd and not ends[not is_client].odd
        sent = [f for f in streams[stream] if f.end == (ours["addr"], ours["port"])]
        if is_plain:
            check("in flight, max", ours["in_flight"], max((f.in_flight for f in sent), default=0), where)
            check("RTT samples", ours["samples"], len(theirs.samples), where)
            if theirs.samples:
                check("RTT min", round(ours["rtt_min"] * 1e6), min(theirs.samples), where)
                check("RTT max", round(ours["rtt_max"] * 1e6), max(theirs.samples), where)
        if streams[stream][0].flags & (SYN | ACK) == SYN:
            check("holes", ours["out_of_order"] > 0, theirs.lost, where)
    # ---- the handshake
    initial = next((f.initial_rtt for f in streams[stream] if f.initial_rtt), "")
    syns = [f for f in streams[stream] if f.flags & SYN]
    if record.get("handshake_rtt") is not None:
        # Two legs of whole microseconds, at least one each.
        difference = record["handshake_rtt"] * 1e6 - float(initial or 0) * 1e6
        check("initial RTT", -1.001 < difference < 2.001, True, at)
    elif initial:
        explained["handshake with repeats is not measured"] += 1
        if len(syns) == 2 and streams[stream][0].flags & (SYN | ACK) == SYN and is_tidy(streams[stream]):
            problems.append(f"a handshake that is not measured ({at})")
    # ---- how it went, by tshark's completeness: SYN 1, SYN-ACK 2, ACK 4, data 8, FIN 16, RST 32
    # The last packet is not counted in what it says itself.
    last = streams[stream][-1]
    completeness = (last.completeness | (1 if last.flags & (SYN | ACK) == SYN else 0) | (8 if last.len else 0)
                    | (16 if last.flags & FIN else 0) | (32 if last.flags & RST else 0))
    flags = record["cli"]["flags"] | record["svr"]["flags"]
    if streams[stream][0].flags & (SYN | ACK) == SYN:
        check("SYN seen", bool(record["cli"]["flags"] & SYN), bool(completeness & 1), at)
    else:
        explained["a SYN that came behind its answer"] += 1
    check("data seen", record["cli"]["bytes"] + record["svr"]["bytes"] > 0, bool(completeness & 8), at)
    check("FIN seen", bool(flags & FIN), bool(completeness & 16), at)
    check("RST seen", bool(flags & RST), bool(completeness & 32), at)
    # ---- bytes
    if stream in texts:
        nodes, first, second = texts[stream]
        port = int(nodes[0].rsplit(":", 1)[1])
        sides = ("cli", "svr") if port == record["cli"]["port"] else ("svr", "cli")
        for name, data in zip(sides, (first, second)):
            if record[name]["gap_bytes"] > 0:
                explained["a stream with gaps, for which tshark writes a text"] += 1
            elif record[name]["sha256"] in agreed and record[name]["sha256"] != hashlib.sha256(data).hexdigest():
                explained["late segments: the bytes of the capture before it was varied, not of follow"] += 1
            else:
                check("bytes", record[name]["sha256"], hashlib.sha256(data).hexdigest(), f"{at} {name}")
                if record[name]["unique"] > 0:
                    agreed.add(record[name]["sha256"])

title = capture.rsplit("/", 1)[-1]
kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(repeats_of.items()))
print(f"{title}: {len(flows)} connections, {sum(compared.values())} comparisons; repeats: {kinds or 'none'}")
for text, count in sorted(explained.items()):
    print(f"    explained: {count} {text}")
for text in problems[:20]:
    print(f"    DIFFERS: {text}")
with open(agreed_path, "w") as file:
    file.writelines(text + "\n" for text in sorted(agreed))
sys.exit(1 if problems else 0)
