// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Foundation
import Packets
import TestNetworks
import Testing

@testable import CaptureDPDK

/// Real ports of virtual devices.
///
/// Serialized: DPDK's set-up calls are not made for several threads.
@Suite(.serialized) struct DPDKSourceTests {
    // MARK: net_null

    @Test func `net_null delivers frames of 64 bytes`() throws {
        let source = try DPDKSource(specification: "net_null0")
        var burst = FrameBurst()
        #expect(source.receive(into: &burst).isFrames)
        #expect(burst.count == 64)
        #expect((0..<burst.count).allSatisfy { burst[$0].bytes.count == 64 })
        #expect((0..<burst.count).allSatisfy { burst[$0].wireLength == 64 })
        #expect((0..<burst.count).allSatisfy { burst[$0].linkType == .ethernet })
        #expect(source.name == "dpdk:net_null0")
        #expect(source.driver == "net_null")
        #expect(source.isLive)
        #expect(source.statistics.received == 64)
        #expect(source.statistics.dropped == 0)
    }

    @Test func `frames of one burst have one time, and time does not run back`() throws {
        let source = try DPDKSource(specification: "net_null0")
        #expect(!source.hasCaptureTimes)
        var burst = FrameBurst()
        var last = Timestamp(nanoseconds: 1)
        for _ in 0..<10 {
            #expect(source.receive(into: &burst).isFrames)
            let time = burst[0].time
            #expect((0..<burst.count).allSatisfy { burst[$0].time == time })
            #expect(time >= last)
            last = time
        }
    }

    @Test func `buffers come back, however many frames are received`() throws {
        let source = try DPDKSource(specification: "net_null0")
        var burst = FrameBurst()
        // Twice as many as the pool has.
        for _ in 0..<256 { #expect(source.receive(into: &burst).isFrames) }
        #expect(source.statistics.received == 256 * 64)
        #expect(source.statistics.dropped == 0)
    }

    @Test func `a port can be opened again once it is closed`() throws {
        for _ in 0..<3 {
            let source = try DPDKSource(specification: "net_null1,size=128")
            var burst = FrameBurst()
            #expect(source.receive(into: &burst).isFrames)
            #expect(burst[0].bytes.count == 128)
        }
    }

    @Test func `a port that is open is not opened twice`() throws {
        let source = try DPDKSource(specification: "net_null0")
        #expect(throws: DPDKSetupError.inUse(port: "net_null0")) {
            try DPDKSource(specification: "net_null0")
        }
        var burst = FrameBurst()
        #expect(source.receive(into: &burst).isFrames)
    }

    @Test func `a frame is received on another thread than the one that opened the port`() throws {
        let source = UncheckedBox(try DPDKSource(specification: "net_null0"))
        let count = try onNewThread {
            var burst = FrameBurst()
            _ = source.value.receive(into: &burst)
            return burst.count
        }
        #expect(count == 64)
    }

    @Test func `the opening thread keeps its processors`() throws {
        let before = processorsAllowed()
        _ = try DPDKSource(specification: "net_null0")
        #expect(processorsAllowed() == before)
        #expect(!before.isEmpty)
    }

    // MARK: net_ring

    @Test func `a silent port is idle`() throws {
        let source = try DPDKSource(specification: "net_ring0")
        var burst = FrameBurst()
        #expect(source.receive(into: &burst).isIdle)
        #expect(burst.count == 0)
        #expect(source.statistics == SourceStatistics())
    }

    // MARK: net_pcap

    @Test func `net_pcap delivers a capture with its own times, then falls silent`() throws {
        let frames = (0..<100).map { index in [UInt8](repeating: UInt8(index), count: 60 + index) }
        let file = try CaptureFile(frames, start: 1_700_000_000, stepMicroseconds: 250)
        let source = try DPDKSource(specification: "net_pcap0,rx_pcap=\(file.path)")
        #expect(!source.isLive)
        #expect(source.hasCaptureTimes)

        var received: [[UInt8]] = []
        var times: [Int64] = []
        var burst = FrameBurst()
        while received.count < frames.count, source.receive(into: &burst).isFrames {
            for index in 0..<burst.count {
                received.append(burst[index].bytes.array)
                times.append(burst[index].time.nanoseconds)
            }
        }
        #expect(received == frames)
        #expect(times == (0..<100).map { 1_700_000_000_000_000_000 + Int64($0) * 250_000 })
        #expect(source.receive(into: &burst).isIdle)
        #expect(source.statistics.received == 100)
    }

    @Test func `a frame larger than a buffer arrives whole`() throws {
        let large = (0..<60_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let frames = [large, [UInt8](repeating: 9, count: 60), large]
        let file = try CaptureFile(frames, start: 1, stepMicroseconds: 1)
        let source = try DPDKSource(specification: "net_pcap0,rx_pcap=\(file.path)")
        var burst = FrameBurst()
        #expect(source.receive(into: &burst).isFrames)
        try #require(burst.count == 3)
        #expect((0..<3).map { burst[$0].bytes.array } == frames)
        #expect((0..<3).map { burst[$0].wireLength } == frames.map { UInt32($0.count) })
    }

    @Test func `a capture that is not there is named`() {
        let port = "net_pcap0,rx_pcap=/nonexistent/web.pcap"
        let expected = DPDKSetupError.unreadableFile(
            port: port,
            file: "/nonexistent/web.pcap",
            reason: "No such file or directory"
        )
        #expect(throws: expected) { try DPDKSource(specification: port) }
    }

    @Test func `a file that is no capture is refused in DPDK's words`() throws {
        let file = try TemporaryFile(bytes: Array("not a capture".utf8))
        let error = #expect(throws: DPDKSetupError.self) {
            try DPDKSource(specification: "net_pcap0,rx_pcap=\(file.path)")
        }
        let sentence = try #require(error).description
        #expect(sentence.contains("rte_dev_probe failed (-1)"))
        #expect(sentence.contains("Couldn't open \(file.path)"))
    }

    // MARK: net_af_packet

    /// 100 datagrams cross a pair of virtual interfaces; `arguments` shape the ring.
    private func receiveOverPair(_ arguments: String, payload: Int) throws -> [Int] {
        try inNewNetworkNamespace {
            let made = try shell(
                """
                ip link add mos-a mtu 9000 type veth peer name mos-b mtu 9000
                for i in mos-a mos-b; do
                    echo 1 > /proc/sys/net/ipv6/conf/$i/disable_ipv6
                    ip link set $i up
                done
                ip address add 10.9.0.1/24 dev mos-b
                ip neigh add 10.9.0.2 lladdr 02:00:00:00:00:02 dev mos-b nud permanent
                """
            )
            try #require(made.code == 0, "\(made.output)")
            let source = try DPDKSource(
                specification: "net_af_packet0,iface=mos-a\(arguments)"
            )
            let sent = try shell(
                """
                data=$(head -c \(payload) /dev/zero | tr '\\0' x)
                for i in {1..100}; do printf %s "$data" > /dev/udp/10.9.0.2/9; done
                """
            )
            try #require(sent.code == 0, "\(sent.output)")

            var lengths: [Int] = []
            var burst = FrameBurst()
            // The frames lie in the ring by now; what is not there never comes.
            while source.receive(into: &burst).isFrames {
                lengths += (0..<burst.count).map { burst[$0].bytes.count }
            }
            #expect(source.statistics.received == UInt64(lengths.count))
            return lengths
        }
    }

    static let onRealInterfaces: ConditionTrait = .enabled(
        if: mayMakeInterfaces,
        "skipped: only root can make network namespaces and interfaces"
    )

    @Test(onRealInterfaces)
    func `net_af_packet delivers what crosses a pair of interfaces`() throws {
        let lengths = try receiveOverPair("", payload: 100)
        #expect(lengths == [Int](repeating: 14 + 20 + 8 + 100, count: 100))
    }

    @Test(onRealInterfaces)
    func `a ring of large frames holds what offloads make`() throws {
        let large = ",blocksz=2093056,framesz=65408,framecnt=256"
        let lengths = try receiveOverPair(large, payload: 4000)
        #expect(lengths == [Int](repeating: 14 + 20 + 8 + 4000, count: 100))
    }

    // MARK: what does not exist

    @Test func `a driver that does not exist is named`() {
        let expected = DPDKSetupError.unknownDriver(
            port: "net_nosuch0",
            name: "net_nosuch0",
            isKernelInterface: false
        )
        #expect(throws: expected) { try DPDKSource(specification: "net_nosuch0") }
    }

    @Test func `a kernel interface is sent to where it belongs`() throws {
        let error = #expect(throws: DPDKSetupError.self) { try DPDKSource(specification: "lo") }
        #expect(try #require(error).description.contains("use -i lo"))
    }

    @Test func `an interface that does not exist is named`() {
        let port = "net_af_packet0,iface=nosuch0"
        #expect(throws: DPDKSetupError.noSuchInterface(port: port, interface: "nosuch0")) {
            try DPDKSource(specification: port)
        }
    }

    @Test func `a PCI device that does not exist is named`() {
        let expected = DPDKSetupError.noSuchDevice(port: "ff:1f.7", address: "0000:ff:1f.7")
        #expect(throws: expected) { try DPDKSource(specification: "ff:1f.7") }
    }

    @Test(.enabled("no PCI device is held by a kernel driver here") { heldDevice() != nil })
    func `a PCI device that the kernel drives is left alone`() throws {
        let address = try #require(heldDevice())
        let error = #expect(throws: DPDKSetupError.self) {
            try DPDKSource(specification: address)
        }
        guard case .notBound(address, address, .some) = error else {
            Issue.record("\(address): \(String(describing: error))")
            return
        }
    }

    @Test(.enabled("huge pages hold it") { Host.freeHugePageBytes == 0 })
    func `a queue for which there is no memory says how to get more`() throws {
        let environment = try DPDKEnvironment.start(arguments: "")
        let error = #expect(throws: DPDKSetupError.self) {
            let port = try DPDKSpecification("net_null2")
            _ = try DPDKPort(port, environment, descriptors: 65_535)
        }
        #expect(try #require(error).description.contains("no memory for its buffers"))
        // What was begun is undone: the port opens with less.
        _ = try DPDKSource(specification: "net_null2")
    }

    @Test func `an unknown argument of a device is refused`() {
        #expect(throws: DPDKSetupError.self) {
            try DPDKSource(specification: "net_null3,nonsense=1")
        }
    }
}

extension Reception {
    fileprivate var isFrames: Bool { if case .frames = self { true } else { false } }
    fileprivate var isIdle: Bool { if case .idle = self { true } else { false } }
}
