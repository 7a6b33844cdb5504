// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Foundation
import Packets
import TestNetworks
import Testing

@testable import CaptureDPDK

/// What leaves through DPDK ports; a net_ring port receives what it sends.
extension DPDKSourceTests {
    private func rings() throws -> (a: DPDKSource, b: DPDKSource) {
        (
            try DPDKSource(specification: "net_ring0", sends: true),
            try DPDKSource(specification: "net_ring1", sends: true)
        )
    }

    // MARK: moving

    @Test func `a million frames move from port to port, and no buffer is lost`() throws {
        let (a, b) = try rings()
        let frames = numbered(64)
        a.send(frames)
        #expect(a.departures.sent == 64 && a.buffersInUse == 64)
        var burst = FrameBurst()
        var list = DepartureList()
        for round in 0..<15_700 {
            let (from, to) = round % 2 == 0 ? (a, b) : (b, a)
            try #require(from.receive(into: &burst).hasFrames)
            list.fill(burst)
            to.send(list, from: from)
        }
        // All are where they were put, and none was ever copied.
        #expect(a.buffersInUse == 64 && b.buffersInUse == 0)
        #expect(a.departures.sent + b.departures.sent == 64 + 15_700 * 64)
        #expect(a.takeAll() == frames)
        #expect(a.buffersInUse == 0 && b.buffersInUse == 0)
        #expect(a.departures.dropped + b.departures.dropped == 0)
    }

    @Test func `a frame that is sent twice at once leaves twice`() throws {
        let (a, b) = try rings()
        let frames = numbered(3)
        a.send(frames)
        var burst = FrameBurst()
        var list = DepartureList()
        #expect(a.receive(into: &burst).hasFrames)
        list.fill(burst)
        list.append(Departure(bytes: burst[1].bytes, place: 1))
        b.send(list, from: a)
        // The second is a copy in a buffer of the port that sends.
        #expect(b.buffersInUse == 1)
        #expect(b.takeAll() == frames + [frames[1]])
        #expect(a.takeAll() == [] && a.buffersInUse == 0 && b.buffersInUse == 0)
    }

    @Test func `a frame that is gone is refused`() throws {
        let (a, b) = try rings()
        a.send(numbered(3))
        var burst = FrameBurst()
        var list = DepartureList()
        #expect(a.receive(into: &burst).hasFrames)
        list.append(Departure(bytes: burst[1].bytes, place: 1))
        b.send(list, from: a)
        b.send(list, from: a)
        // A part of it is gone as well, other bytes in its place are not.
        list.removeAll()
        list.append(Departure(bytes: burst[1].bytes.slice(2, 50), place: 1))
        ByteView.of(numbered(1)[0]) { list.append(Departure(bytes: $0, place: 1)) }
        b.send(list, from: a)
        #expect(b.departures.sent == 2 && b.departures.refused == 2)
        #expect(b.takeAll() == [numbered(3)[1], numbered(1)[0]])
        // What was not sent can be sent later.
        list.removeAll()
        list.append(Departure(bytes: burst[2].bytes, place: 2))
        b.send(list, from: a)
        #expect(b.takeAll() == [numbered(3)[2]])
        #expect(a.takeAll() == [] && a.buffersInUse == 0 && b.buffersInUse == 0)
    }

    @Test func `a frame that was changed where it lies, or shortened, moves`() throws {
        let (a, b) = try rings()
        a.send(numbered(2))
        var burst = FrameBurst()
        var list = DepartureList()
        #expect(a.receive(into: &burst).hasFrames)
        unsafe UnsafeMutableRawPointer(mutating: burst[0].bytes.base).storeBytes(
            of: 0xFF,
            toByteOffset: 20,
            as: UInt8.self
        )
        list.append(Departure(bytes: burst[0].bytes, place: 0, isChanged: true))
        list.append(Departure(bytes: burst[1].bytes.slice(0, 40), place: 1, isChanged: true))
        b.send(list, from: a)
        #expect(b.buffersInUse == 0)
        var wanted = numbered(2)
        wanted[0][20] = 0xFF
        wanted[1].removeLast(wanted[1].count - 40)
        #expect(b.takeAll() == wanted)
        #expect(a.takeAll() == [] && a.buffersInUse == 0)
    }

    @Test func `bytes that lie elsewhere are copied, whatever their place`() throws {
        let (a, b) = try rings()
        a.send(numbered(2))
        var burst = FrameBurst()
        #expect(a.receive(into: &burst).hasFrames)
        let other = [UInt8](repeating: 7, count: 5000)
        ByteView.of(other) { bytes in
            var list = DepartureList()
            list.append(Departure(bytes: bytes, place: 0, isChanged: true))
            list.append(Departure(bytes: burst[1].bytes.slice(1, 59), place: 1, isChanged: true))
            list.append(Departure(bytes: bytes, place: 64))
            list.append(Departure(bytes: bytes, place: .max))
            b.send(list, from: a)
        }
        // 5000 bytes take three buffers.
        #expect(b.buffersInUse == 3 * 3 + 1)
        #expect(b.takeAll() == [other, Array(numbered(2)[1].dropFirst().prefix(59)), other, other])
        #expect(a.takeAll() == [] && a.buffersInUse == 0 && b.buffersInUse == 0)
    }

    @Test func `a port that is closed leaves its frames to the one that sends them`() throws {
        let frames = numbered(10)
        let b = try DPDKSource(specification: "net_ring1", sends: true)
        for _ in 0..<3 {
            do {
                let a = try DPDKSource(specification: "net_ring0", sends: true)
                a.send(frames)
                var burst = FrameBurst()
                var list = DepartureList()
                #expect(a.receive(into: &burst).hasFrames)
                list.fill(burst)
                b.send(list, from: a)
            }
            #expect(b.takeAll() == frames)
        }
    }

    // MARK: limits

    @Test func `what finds the queue full is dropped and counted`() throws {
        let (a, b) = try rings()
        let list = numbered(128)
        for _ in 0..<10 { b.send(list) }
        let departures = b.departures
        #expect(departures.sent + departures.dropped == 1280)
        #expect(departures.dropped > 0 && departures.refused == 0)
        #expect(UInt64(b.takeAll().count) == departures.sent)
        #expect(a.buffersInUse == 0 && b.buffersInUse == 0)
    }

    @Test func `frames that are no frames are refused, and those behind them leave`() throws {
        let (_, b) = try rings()
        let lengths = [0, 13, 14, 65_535, 65_536, 100_000, 60]
        let frames = lengths.map { [UInt8](repeating: 1, count: $0) }
        b.send(frames)
        #expect(b.departures.sent == 3 && b.departures.refused == 4)
        #expect(b.takeAll().map(\.count) == [14, 65_535, 60])
        #expect(b.buffersInUse == 0)
    }

    @Test func `a port that was not opened to send refuses everything`() throws {
        let source = try DPDKSource(specification: "net_ring0")
        source.send(numbered(3))
        #expect(source.departures.refused == 3 && source.departures.sent == 0)
    }

    @Test func `a device that would discard what is sent is no port of a pair`() throws {
        let file = try CaptureFile(numbered(1), start: 1, stepMicroseconds: 1)
        let port = "net_pcap0,rx_pcap=\(file.path)"
        #expect(throws: DPDKSetupError.cannotSend(port: port)) {
            try DPDKSource(specification: port, sends: true)
        }
        #expect(DPDKSetupError.cannotSend(port: "x").description.contains("tx_pcap=FILE"))
        _ = try DPDKSource(specification: port)
    }

    // MARK: net_pcap

    @Test func `captures cross from file to file, frames of several buffers included`() throws {
        let frames =
            numbered(100)
            + (0..<40).map { index in
                (0..<1500 * (index + 1)).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ index) }
            }
        let (input, output) = (
            try CaptureFile(frames, start: 1, stepMicroseconds: 1), try TemporaryFile(bytes: [])
        )
        let empty = try CaptureFile([], start: 1, stepMicroseconds: 1)
        let nowhere = try TemporaryFile(bytes: [])
        do {
            let a = try DPDKSource(
                specification: "net_pcap0,rx_pcap=\(input.path),tx_pcap=\(nowhere.path)",
                sends: true
            )
            let b = try DPDKSource(
                specification: "net_pcap1,rx_pcap=\(empty.path),tx_pcap=\(output.path)",
                sends: true
            )
            var burst = FrameBurst()
            var list = DepartureList()
            while a.receive(into: &burst).hasFrames {
                list.fill(burst)
                b.send(list, from: a)
                // The file has a copy: what moved is back already.
                #expect(b.buffersInUse == 0)
            }
            #expect(a.buffersInUse == 0)
            let long = frames.filter { $0.count > 0x3F00 }
            #expect(long.count == 30 && b.departures.refused == 30)
            #expect(b.departures.sent == UInt64(frames.count - long.count))
            #expect(b.departures.dropped == 0)
        }
        #expect(try capturedFrames(output.path) == frames.filter { $0.count <= 0x3F00 })
        #expect(try capturedFrames(nowhere.path) == [])
    }

    @Test func `a changed frame of several buffers is copied with its changes`() throws {
        let frame = (0..<6000).map { UInt8(truncatingIfNeeded: $0 &* 3) }
        let (input, output) = (
            try CaptureFile([frame, frame], start: 1, stepMicroseconds: 1),
            try TemporaryFile(bytes: [])
        )
        do {
            let a = try DPDKSource(
                specification: "net_pcap0,rx_pcap=\(input.path),tx_pcap=\(output.path)",
                sends: true
            )
            var burst = FrameBurst()
            #expect(a.receive(into: &burst).hasFrames)
            unsafe UnsafeMutableRawPointer(mutating: burst[0].bytes.base).storeBytes(
                of: 0xFF,
                toByteOffset: 4000,
                as: UInt8.self
            )
            var list = DepartureList()
            list.append(Departure(bytes: burst[0].bytes, place: 0, isChanged: true))
            list.append(Departure(bytes: burst[1].bytes.slice(0, 5999), place: 1))
            a.send(list, from: a)
            // Changed or shortened, the chains stayed; once more they leave as they came.
            list.removeAll()
            list.append(Departure(bytes: burst[1].bytes, place: 1))
            a.send(list, from: a)
            #expect(a.receive(into: &burst).hasFrames == false)
            #expect(a.buffersInUse == 0)
        }
        var changed = frame
        changed[4000] = 0xFF
        #expect(try capturedFrames(output.path) == [changed, Array(frame.dropLast()), frame])
    }

    // MARK: net_af_packet

    @Test(DPDKSourceTests.onRealInterfaces)
    func `frames cross between kernel interfaces bit for bit`() throws {
        try inNewNetworkNamespace {
            let bench = try PortBench(mtu: 1500, ring: "")
            let frames = (14...1514).map { length in
                (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 5 &+ length) }
            }
            let tagged = [1500, 1518].map { tag([0x81, 0, 0, 5], length: $0) }
            #expect(try bench.cross(frames + tagged) == frames + tagged)
            #expect(bench.b.departures.sent == UInt64(frames.count + 2))
            #expect(bench.b.mtu == 1500)
        }
    }

    @Test(DPDKSourceTests.onRealInterfaces)
    func `frames that net_af_packet would drop without a word are refused`() throws {
        try inNewNetworkNamespace {
            // The ring of 2 KB is the limit, not the MTU.
            let bench = try PortBench(mtu: 9000, ring: "")
            bench.b.send([2016, 2017, 9014, 60].map { [UInt8](repeating: 1, count: $0) })
            #expect(bench.b.departures.sent == 2 && bench.b.departures.refused == 2)
            #expect(try bench.taken(2).map(\.count) == [2016, 60])
        }
        try inNewNetworkNamespace {
            // The MTU is the limit; one 802.1Q tag may exceed it.
            let bench = try PortBench(mtu: 1500, ring: "")
            bench.b.send(
                [1514, 1515, 1519].map { [UInt8](repeating: 1, count: $0) }
                    + [
                        tag([0x81, 0, 0, 5], length: 1518), tag([0x88, 0xA8, 0, 5], length: 1518),
                        tag([0x81, 0, 0, 5], length: 1519),
                    ]
            )
            #expect(bench.b.departures.sent == 2 && bench.b.departures.refused == 4)
            #expect(try bench.taken(2).map(\.count) == [1514, 1518])
        }
    }

    @Test(DPDKSourceTests.onRealInterfaces)
    func `frames of 9000 bytes cross where the ring holds them`() throws {
        try inNewNetworkNamespace {
            let ring = ",blocksz=2097152,framesz=16384,framecnt=512"
            let bench = try PortBench(mtu: 9000, ring: ring)
            let frames = stride(from: 1515, through: 9014, by: 500).map { length in
                (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 5 &+ length) }
            }
            #expect(try bench.cross(frames) == frames)
        }
    }

    @Test(DPDKSourceTests.onRealInterfaces)
    func `an interface that is down sends nothing, and says so`() throws {
        try inNewNetworkNamespace {
            let bench = try PortBench(mtu: 1500, ring: "")
            #expect(try shell("ip link set b0 down").code == 0)
            bench.b.send(numbered(10))
            let departures = bench.b.departures
            #expect(departures.sent == 0 && departures.refused + departures.dropped == 10)
        }
    }
}

/// Two net_af_packet ports between kernel interfaces: `s0` ═ `a0`, A, B, `b0` ═ `r0`.
private struct PortBench {
    let a: DPDKSource
    let b: DPDKSource
    let sender: RawSocketPort
    let receiver: RawSocketPort

    init(mtu: Int, ring: String) throws {
        let made = try shell(
            """
            echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6
            ip link add s0 mtu \(mtu) type veth peer name a0 mtu \(mtu)
            ip link add b0 mtu \(mtu) type veth peer name r0 mtu \(mtu)
            for i in s0 a0 b0 r0; do ip link set $i up; done
            """
        )
        try #require(made.code == 0, "\(made.output)")
        a = try DPDKSource(specification: "net_af_packet0,iface=a0\(ring)", sends: true)
        b = try DPDKSource(specification: "net_af_packet1,iface=b0\(ring)", sends: true)
        sender = try RawSocketPort(interface: "s0")
        receiver = try RawSocketPort(interface: "r0")
    }

    func cross(_ frames: [[UInt8]]) throws -> [[UInt8]] {
        var arrived: [[UInt8]] = []
        var burst = FrameBurst()
        var list = DepartureList()
        for start in stride(from: 0, to: frames.count, by: 64) {
            sender.send(Array(frames[start...].prefix(64)))
            while a.receive(into: &burst).hasFrames {
                list.fill(burst)
                b.send(list, from: a)
            }
            arrived += try taken(min(64, frames.count - start))
        }
        return arrived
    }

    /// What arrived, once it is `count` frames or more.
    func taken(_ count: Int) throws -> [[UInt8]] {
        var arrived: [[UInt8]] = []
        var wait = SourceWait([receiver])
        for _ in 0..<500 {
            arrived += receiver.takeAll()
            if arrived.count >= count { return arrived }
            _ = wait.wait()
        }
        Issue.record("\(arrived.count) of \(count) frames came")
        return arrived
    }
}

extension PacketPort {
    /// Sends frames that came from nowhere.
    func send(_ frames: [[UInt8]]) {
        ByteView.of(frames.flatMap { $0 }) { bytes in
            var list = DepartureList()
            var offset = 0
            for frame in frames {
                list.append(Departure(bytes: bytes.slice(offset, frame.count), place: -1))
                offset += frame.count
            }
            send(list, from: self)
        }
    }

    /// All frames that are there; afterwards the port holds none.
    func takeAll() -> [[UInt8]] {
        var frames: [[UInt8]] = []
        var burst = FrameBurst()
        while receive(into: &burst).hasFrames {
            frames += (0..<burst.count).map { burst[$0].bytes.array }
        }
        return frames
    }
}

extension DepartureList {
    /// Holds the frames of `burst`, unchanged.
    mutating func fill(_ burst: borrowing FrameBurst) {
        removeAll()
        for index in 0..<burst.count {
            append(Departure(bytes: burst[index].bytes, place: Int32(index)))
        }
    }
}

extension Reception {
    var hasFrames: Bool { if case .frames = self { true } else { false } }
}

/// Frames that are told apart by their bytes and lengths.
private func numbered(_ count: Int) -> [[UInt8]] {
    (0..<count).map { [UInt8](repeating: UInt8(truncatingIfNeeded: $0), count: 60 + $0) }
}

/// A frame with `tags`.
private func tag(_ tags: [UInt8], length: Int) -> [UInt8] {
    let frame = [UInt8](repeating: 2, count: 12) + tags + [0x88, 0xB5]
    return frame + [UInt8](repeating: 9, count: length - frame.count)
}

/// The frames of a capture file.
private func capturedFrames(_ path: String) throws -> [[UInt8]] {
    let source = try CaptureFileSource(path: path)
    var frames: [[UInt8]] = []
    var burst = FrameBurst()
    while source.receive(into: &burst).hasFrames {
        frames += (0..<burst.count).map { burst[$0].bytes.array }
    }
    return frames
}
