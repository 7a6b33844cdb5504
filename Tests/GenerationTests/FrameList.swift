// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Packets

@testable import Generation

/// The first `count` frames of such traffic, or all when it ends before.
func frames(_ options: TrafficOptions, count: Int) -> [OwnedFrame] {
    var traffic = Traffic(options)
    return (0..<count).compactMap { _ in traffic.next() }
}

/// A source of frames that lie in memory.
final class FrameList: PacketSource {
    let name = "memory"
    let isLive = false
    let statistics = SourceStatistics()
    private var frames: ArraySlice<OwnedFrame>
    private var store = FrameStore()

    init(_ frames: [OwnedFrame]) { self.frames = frames[...] }

    func receive(into burst: inout FrameBurst) -> Reception {
        burst.removeAll()
        if frames.isEmpty { return .ended }
        store.replace(by: frames.prefix(FrameBurst.capacity), in: &burst)
        frames = frames.dropFirst(FrameBurst.capacity)
        return .frames
    }
}

/// What the tests ask of a frame with a TCP segment, by the offsets of RFC 791, 8200 and 9293.
struct SeenSegment {
    let isIPv6: Bool
    let vlan: UInt16?
    /// Addresses and ports, the sender's first.
    let ends: [UInt8]
    let seq: UInt32
    let flags: UInt8
    let length: Int

    init(_ frame: OwnedFrame) {
        let bytes = frame.bytes
        func u16(_ at: Int) -> UInt16 { UInt16(bytes[at]) << 8 | UInt16(bytes[at + 1]) }
        let isTagged = u16(12) == 0x8100
        let network = isTagged ? 18 : 14
        isIPv6 = u16(network - 2) == 0x86DD
        vlan = isTagged ? u16(14) & 0xFFF : nil
        let transport = network + (isIPv6 ? 40 : 20)
        let source = network + (isIPv6 ? 8 : 12)
        ends = Array(bytes[source..<(transport + 4)])
        seq = UInt32(u16(transport + 4)) << 16 | UInt32(u16(transport + 6))
        flags = bytes[transport + 13]
        let total = isIPv6 ? 40 + Int(u16(network + 4)) : Int(u16(network + 2))
        length = network + total - transport - Int(bytes[transport + 12] >> 4) * 4
    }

    /// True for a SYN that no ACK comes with.
    var isOpening: Bool { flags & 0x12 == 0x02 }
}
