// SPDX-License-Identifier: BSD-2-Clause
import Packets
import Testing

@testable import Capture

struct FrameFilterTests {
    private func passing(_ expression: String, _ frames: [OwnedFrame]) throws -> [LinkType] {
        let filter = try FrameFilter(expression)
        var burst = FrameBurst()
        var passed: [LinkType] = []
        let source = ListSource(frames)
        while case .frames = source.receive(into: &burst) {
            for index in 0..<burst.count where filter.matches(burst[index]) {
                passed.append(burst[index].linkType)
            }
        }
        return passed
    }

    private let mixed: [OwnedFrame] = [
        ([UInt8](), LinkType.ethernet), (ethernet(packet(toPort: 80)), .ethernet),
        (packet(toPort: 80), .raw), (packet(toPort: 80), .ipv4),
        (ethernet(packet(toPort: 80)), .ethernet), (packet(toPort: 81), .raw),
        (packet(toPort: 80), LinkType(rawValue: 65000)),
        ([2, 0, 0, 0] + packet(toPort: 80), .null),
    ].map { OwnedFrame(bytes: $0, time: Timestamp(nanoseconds: 0), linkType: $1) }

    @Test func `one expression serves frames of several link layers`() throws {
        #expect(
            try passing("tcp port 80", mixed) == [.ethernet, .raw, .ipv4, .ethernet, .null]
        )
    }

    @Test func `where an expression has no meaning nothing passes`() throws {
        #expect(try passing("ether src 02:00:00:00:00:02", mixed) == [.ethernet, .ethernet])
    }

    @Test func `what compiles for no link layer is refused with the words of libpcap`() {
        #expect(throws: SourceError.self) { try FrameFilter("no such thing") }
    }
}
