// SPDX-License-Identifier: BSD-2-Clause
import CRawSocket
import Foundation
import Packets
import TestNetworks
import Testing

@testable import Capture

/// Frames of which something is left to a network card: unfinished checksums, several segments as one frame.
@Suite(
    .serialized,
    .enabled(
        if: mayMakeInterfaces,
        "skipped: only root can make network namespaces and interfaces"
    )
)
struct RawSocketOffloadTests {
    /// Answers with the digest of what comes, then with bytes of its own.
    private static func server(_ family: String, _ length: Int) -> String {
        """
        import socket, hashlib
        s = socket.socket(socket.\(family), socket.SOCK_STREAM)
        s.settimeout(60)
        s.bind(("", 7000))
        s.listen(1)
        c, _ = s.accept()
        c.settimeout(60)
        digest, left = hashlib.sha256(), \(length)
        while left > 0:
            data = c.recv(1 << 16)
            assert data, "cut off"
            digest.update(data)
            left -= len(data)
        c.sendall(digest.digest() + digest.digest() * (\(length) // 32))
        """
    }

    private static func client(_ address: String, _ family: String, _ length: Int) -> String {
        """
        import socket, hashlib, random, time
        for attempt in range(200):
            s = socket.socket(socket.\(family), socket.SOCK_STREAM)
            s.settimeout(60)
            try:
                s.connect(("\(address)", 7000))
                break
            except ConnectionRefusedError:
                time.sleep(0.02)
        data = random.Random(1).randbytes(\(length))
        s.sendall(data)
        digest = hashlib.sha256(data).digest()
        want, got = digest + digest * (\(length) // 32), b""
        while len(got) < len(want):
            more = s.recv(1 << 16)
            if not more: break
            got += more
        print("same" if got == want else "other")
        """
    }

    private func transfer(
        over address: String = "10.9.0.2",
        length: Int = 16 << 20,
        _ settings: String = "",
        wrap: @escaping (RawSocketPort, Int) -> any PacketPort = { port, _ in port }
    ) throws -> (TransferBench.Count, [any PacketPort]) {
        try inNewNetworkNamespace {
            let family = address.contains(":") ? "AF_INET6" : "AF_INET"
            let result = try TransferBench(settings, wrap: wrap).run(
                Self.client(address, family, length),
                Self.server(family, length)
            )
            #expect(result.output == "same\n")
            return (result.count, result.ports)
        }
    }

    @Test(arguments: ["10.9.0.2", "fd00::2"])
    func `a connection crosses in frames larger than any on a wire`(address: String) throws {
        let (count, ports) = try transfer(over: address)
        #expect(count.large > 100)
        #expect(ports.allSatisfy { $0.departures.refused == 0 && $0.departures.dropped == 0 })
        #expect(ports.reduce(0) { $0 + $1.departures.sent } == UInt64(count.frames))
    }

    @Test(arguments: ["10.9.0.2", "fd00::2"])
    func `an interface without offloads gets segments with checksums`(address: String) throws {
        let off = "for i in a0 b0; do ethtool -K $i tx off tso off gso off gro off; done"
        let (count, ports) = try transfer(over: address, off)
        #expect(count.large > 100)
        #expect(ports.allSatisfy { $0.departures.refused == 0 && $0.departures.dropped == 0 })
    }

    @Test(arguments: ["10.9.0.2", "fd00::2"])
    func `a connection survives faults, its large frames included`(address: String) throws {
        let faults = Faults(loss: 0.02, duplication: 0.05, reordering: 0.05)
        let (count, ports) = try transfer(over: address, length: 8 << 20) { port, number in
            FaultyPort(port, faults: faults, seed: UInt64(number))
        }
        #expect(count.large > 10)
        #expect(ports.allSatisfy { $0.departures.refused == 0 })
        let tallies = ports.compactMap { ($0 as? FaultyPort)?.tally }
        #expect(tallies.count == 2)
        #expect(tallies.contains { $0.lost > 0 } && tallies.contains { $0.duplicated > 0 })
        #expect(tallies.contains { $0.reordered > 0 })
    }

    @Test func `datagrams that were left to be cut arrive one by one`() throws {
        try inNewNetworkNamespace {
            let result = try TransferBench().run(
                """
                import socket
                s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                s.settimeout(30)
                s.bind(("", 7000))
                s.recv(100)
                s.setsockopt(socket.SOL_UDP, 103, 1000) # UDP_SEGMENT
                for i in range(10):
                    s.sendto(b"".join(bytes([j]) * 1000 for j in range(40)), ("10.9.0.2", 7000))
                """,
                """
                import socket
                s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
                s.bind(("", 7000))
                s.settimeout(0.05)
                for attempt in range(600):
                    s.sendto(b"go", ("10.9.0.1", 7000))
                    try:
                        s.recv(1, socket.MSG_PEEK)
                        break
                    except (TimeoutError, ConnectionRefusedError): pass
                got = [s.recv(1 << 16) for i in range(400)]
                print("same" if got == [bytes([j]) * 1000 for j in range(40)] * 10 else "other")
                """
            )
            #expect(result.output == "same\n")
            #expect(result.count.large == 10)
        }
    }

    @Test(arguments: [[0x81, 0, 0, 100], [0x88, 0xA8, 0, 7, 0x81, 0, 0, 100]])
    func `segments of a tagged frame get its tags and checksums of their own`(tags: [UInt8]) throws
    {
        try inNewNetworkNamespace {
            let bench = try Bench(mtu: 1500)
            try run("ethtool -K b0 tx off tso off gso off txvlan off 2>&1 >/dev/null")
            let payload = randomFrames([2500], seed: 20)[0]
            let frame = unfinishedSegment(tags, payload)
            let network = 14 + tags.count
            var socket = try RawSocket(interface: "s0")
            ByteView.of(frame) { bytes in
                let header = craw_offload(
                    flags: UInt8(CRAW_NEEDS_CHECKSUM),
                    gso_type: 1,
                    header_length: UInt16(network + 40),
                    segment_size: 1000,
                    checksum_start: UInt16(network + 20),
                    checksum_offset: 16
                )
                socket.addDeparture(bytes, FrameOffload(header))
                #expect(socket.send(from: 0) == 1)
            }
            #expect(forward(from: bench.a, to: bench.b).large == 1)
            #expect(bench.b.departures.sent == 1)
            let segments = try bench.receiver.takeAll(3).map(\.bytes)
            #expect(segments.map { $0.count - network - 40 } == [1000, 1000, 500])
            #expect(segments.allSatisfy { Array($0[12..<network - 2]) == tags })
            #expect(segments.allSatisfy { sum($0[network..<network + 20]) == 0xFFFF })
            for segment in segments {
                let pseudo = segment[network + 12..<network + 20] + [0, 6, 0, 0]
                let length = UInt32(segment.count - network - 20)
                #expect(fold(sum(pseudo) + length + sum(segment[(network + 20)...])) == 0xFFFF)
            }
            #expect(segments.flatMap { $0[(network + 40)...] } == payload)
        }
    }
}

/// A TCP segment over IPv4 behind `tags` whose checksum covers the pseudo-header alone.
private func unfinishedSegment(_ tags: [UInt8], _ payload: [UInt8]) -> [UInt8] {
    let length = 40 + payload.count
    var ip: [UInt8] = [
        0x45, 0, UInt8(length >> 8), UInt8(length & 255), 0, 1, 0x40, 0, 64, 6, 0, 0,
    ]
    ip += [10, 9, 0, 1, 10, 9, 0, 2]
    let check = ~sum(ip[...])
    (ip[10], ip[11]) = (UInt8(check >> 8 & 255), UInt8(check & 255))
    let pseudo = fold(sum(ip[12...]) + 6 + UInt32(length - 20))
    let tcp: [UInt8] =
        [0x10, 0, 0x20, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x10, 0xFF, 0xFF]
        + [UInt8(pseudo >> 8), UInt8(pseudo & 255), 0, 0]
    return [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2] + tags + [8, 0] + ip + tcp + payload
}

/// The sum of RFC 1071, not complemented.
private func sum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    fold(bytes.enumerated().reduce(0) { $0 + UInt32($1.element) << ($1.offset % 2 == 0 ? 8 : 0) })
}

private func fold(_ sum: UInt32) -> UInt32 { sum > 0xFFFF ? fold(sum & 0xFFFF + sum >> 16) : sum }
