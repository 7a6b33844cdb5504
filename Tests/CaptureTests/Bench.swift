// SPDX-License-Identifier: BSD-2-Clause
import Foundation
import Packets
import TestNetworks
import Testing

@testable import Capture

/// Two pairs of virtual interfaces, `s0` and `a0`, `b0` and `r0`, with a port on each, in the namespace of the
/// calling thread; no address, so that no kernel says anything of itself.
struct Bench {
    let sender: RawSocketPort
    let a: RawSocketPort
    let b: RawSocketPort
    let receiver: RawSocketPort

    init(mtu: Int) throws {
        try run(
            """
            echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6
            ip link add s0 mtu \(mtu) type veth peer name a0 mtu \(mtu)
            ip link add b0 mtu \(mtu) type veth peer name r0 mtu \(mtu)
            for i in s0 a0 b0 r0; do ip link set $i up; done
            """
        )
        (sender, a) = (try RawSocketPort(interface: "s0"), try RawSocketPort(interface: "a0"))
        (b, receiver) = (try RawSocketPort(interface: "b0"), try RawSocketPort(interface: "r0"))
    }

    /// Sends `frames`, forwards them from port A to port B, and gives what arrives; those that begin at port A are handed
    /// to B directly.
    func cross(_ frames: [[UInt8]], from first: RawSocketPort? = nil) throws -> [[UInt8]] {
        var arrived: [[UInt8]] = []
        for start in stride(from: 0, to: frames.count, by: 128) {
            let some = Array(frames[start...].prefix(128))
            if first === a {
                b.send(some)
            } else {
                sender.send(some)
                forward(from: a, to: b)
            }
            arrived += try receiver.takeAll(0).map(\.bytes)
        }
        return arrived
    }
}

/// Forwards what has arrived at `port`.
///
/// - Returns: how many frames, and how many of them were larger than any frame on a wire.
@discardableResult
func forward(from port: any PacketPort, to peer: any PacketPort) -> (frames: Int, large: Int) {
    var burst = FrameBurst()
    var list = DepartureList()
    var (frames, large) = (0, 0)
    while case .frames = port.receive(into: &burst) {
        list.removeAll()
        for index in 0..<burst.count {
            list.append(Departure(bytes: burst[index].bytes, place: Int32(index)))
            if burst[index].bytes.count > peer.mtu + 18 { large += 1 }
        }
        frames += burst.count
        peer.send(list, from: port)
    }
    return (frames, large)
}

extension PacketPort {
    /// Sends frames that came from nowhere.
    func send(_ frames: [[UInt8]]) {
        for start in stride(from: 0, to: frames.count, by: DepartureList.capacity) {
            var list = DepartureList()
            // One block of memory, so that all views stay valid.
            let some = frames[start...].prefix(DepartureList.capacity)
            ByteView.of(some.flatMap { $0 }) { bytes in
                var offset = 0
                for frame in some {
                    let view = bytes.slice(offset, frame.count)
                    list.append(Departure(bytes: view, place: -1))
                    offset += frame.count
                }
                send(list, from: self)
            }
        }
    }

    /// Takes all frames that are there, and waits until there are `count`.
    func takeAll(_ count: Int) throws -> [OwnedFrame] {
        var frames: [OwnedFrame] = []
        var burst = FrameBurst()
        var wait = SourceWait([self])
        var patience = 500
        while true {
            switch receive(into: &burst) {
            case .frames: frames += (0..<burst.count).map { OwnedFrame(burst[$0]) }
            case .failed(let error): throw error
            case .idle, .ended:
                if frames.count >= count { return frames }
                patience -= 1
                try #require(patience > 0, "\(frames.count) of \(count) frames came")
                _ = wait.wait()
            }
        }
    }
}

/// Frames of random bytes with an experimental type, or one of the first, which was a length.
func randomFrames(_ lengths: [Int], seed: UInt64) -> [[UInt8]] {
    var random = SplitMix64(seed: seed)
    return lengths.enumerated().map { index, length in
        var bytes = (0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        if length >= 14 {
            // To one station.
            bytes[0] &= 0xFE
            (bytes[12], bytes[13]) = index % 5 == 0 ? (0x00, 0x2E) : (0x88, 0xB5)
        }
        return bytes
    }
}

/// Runs a script that must succeed.
func run(_ script: String) throws {
    let result = try shell(script)
    try #require(result.code == 0, "\(result.output)")
}
