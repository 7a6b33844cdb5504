// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Capture
import Flows
import Packets
import Testing

@testable import Engine

/// Case T61 of the contract: any number of workers that are shown the same capture see together what one sees.
struct SharingTests {
    /// An event and where it stands in the order of the run.
    private struct Seen: Comparable {
        let position: RunPosition
        let worker: Int
        let text: String

        static func < (a: Self, b: Self) -> Bool {
            (a.position, a.worker) < (b.position, b.worker)
        }
    }

    /// What one worker sees, in its order, and what it counted.
    private func watch(
        _ frames: [OwnedFrame],
        _ share: WorkerShare,
        burst: Int = 64
    ) throws -> (seen: [Seen], counters: [(name: String, value: Double)]) {
        let recorder = try Recorder(frames: frames, share: share, burstLength: burst) {
            $0.idleTimeout = 2
            $0.handshakeTimeout = 1
            $0.midstream = true
        }
        recorder.stream("stream")
        recorder.raw("raw")
        recorder.flow("flow")
        var seen: [Seen] = []
        recorder.run { _ in
            seen.append(
                Seen(
                    position: recorder.worker.position,
                    worker: share.index,
                    text: recorder.lines[recorder.lines.count - 1]
                )
            )
        }
        return (seen, recorder.worker.counterValues())
    }

    /// Everything that a capture may hold, of few connections, at random.
    private func frames(_ random: inout SplitMix64) -> [OwnedFrame] {
        var time = 0.0
        var frames: [OwnedFrame] = []
        var offsets: [Int: UInt32] = [:]
        while frames.count < 500 {
            time += random.chance(0.02) ? 1.5 : Double(random.below(50)) / 1000
            // Captures are not always in the order of time.
            let stamp = Wire.time(random.chance(0.05) ? max(0, time - 0.2) : time)
            for bytes in step(&random, &offsets) {
                frames.append(OwnedFrame(bytes: bytes, time: stamp))
            }
        }
        return frames
    }

    private func step(_ random: inout SplitMix64, _ offsets: inout [Int: UInt32]) -> [[UInt8]] {
        let number = Int(random.below(12))
        var fields = IPFields(
            source: address("10.0.0.\(number % 3 + 1)"),
            destination: address("192.0.2.\(number % 4 + 1)")
        )
        if number % 5 == 4 {
            fields = IPFields(
                source: address("2001:db8::\(number + 1)"),
                destination: "2001:db8::ff"
            )
        }
        var builder = PacketBuilder(ip: fields)
        if number % 6 == 5 { builder.tunnels = [BuiltTunnel(.vxlan(7))] }
        if random.chance(0.03) { builder.checksum = .bad }
        switch random.below(12) {
        case 0:
            return [builder.frame(UDPDatagram(payload: [1, 2, 3]))]
        case 1:
            return [builder.reversed.frame(ICMPMessage(rest: 0x7_0001, payload: [9]))]
        case 2:
            return [builder.reversed.frame(error(about: fields, number))]
        case 3:
            return [(0..<Int(random.below(80))).map { _ in UInt8(random.below(256)) }]
        case 4:
            let segment = segment(number, &random, &offsets, long: true)
            var parts = builder.fragments(segment, cuts: [8, 24])
            if random.chance(0.3) { parts.removeLast() }
            if random.chance(0.3) { parts.swapAt(0, 1) }
            return parts
        default:
            let segment = segment(number, &random, &offsets, long: false)
            let answers = random.chance(0.4)
            return [
                (answers ? builder.reversed : builder).frame(answers ? segment.reversed : segment)
            ]
        }
    }

    private func address(_ text: String) -> IPAddress { IPAddress(text) ?? "10.9.9.9" }

    private func error(about fields: IPFields, _ number: Int) -> ICMPMessage {
        let packet = PacketBuilder(linkType: .raw, ip: fields)
            .frame(TCPSegment(sourcePort: UInt16(40001 + number), seq: 1))
        return ICMPMessage(type: fields.source.version == 4 ? 3 : 1, code: 3, payload: packet)
    }

    private func segment(
        _ number: Int,
        _ random: inout SplitMix64,
        _ offsets: inout [Int: UInt32],
        long: Bool
    ) -> TCPSegment {
        let flags: [TCPFlags] = [.syn, .ack, .ack, .ack, .ack, .ack, .synAck, .finAck, .rst]
        let at = offsets[number, default: 0]
        let length = long ? 40 : Int(random.below(20))
        offsets[number] = at + UInt32(random.chance(0.8) ? length : 3)
        return TCPSegment(
            sourcePort: UInt16(40001 + number),
            seq: 1000 &+ at,
            ack: 1000 &+ UInt32(random.below(UInt64(at) + 2)),
            flags: flags[Int(random.below(UInt64(flags.count)))],
            payload: [UInt8](repeating: 65 + UInt8(number), count: length)
        )
    }

    @Test(arguments: 1...30 as ClosedRange<UInt64>)
    func `T61 together they see what one sees, in the same order`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let frames = frames(&random)
        let count = 2 + Int(seed % 4)
        let one = try watch(frames, WorkerShare(), burst: 1 + Int(seed % 64))
        var seen: [Seen] = []
        var counters = [Double](repeating: 0, count: one.counters.count)
        for index in 0..<count {
            let part = try watch(frames, WorkerShare(index: index, of: count))
            // A worker's own events are in order as they come.
            #expect(
                part.seen.indices.dropFirst().allSatisfy { !(part.seen[$0] < part.seen[$0 - 1]) }
            )
            seen += part.seen
            for (place, counter) in part.counters.enumerated() { counters[place] += counter.value }
        }
        // Stable: events at the same position stay in their worker's order.
        let order = seen.indices.sorted { seen[$0] < seen[$1] || !(seen[$1] < seen[$0]) && $0 < $1 }
        let texts = order.map { "\(seen[$0].text)" }
        let wanted = one.seen.map(\.text)
        let place = zip(texts, wanted).enumerated().first { $0.element.0 != $0.element.1 }?.offset
        if texts != wanted {
            let at = max(0, (place ?? min(texts.count, wanted.count)) - 2)
            Issue.record(
                "seed \(seed), \(texts.dropFirst(at).prefix(5)), not \(wanted.dropFirst(at).prefix(5))"
            )
        }
        for (counter, sum) in zip(one.counters, counters) {
            #expect(counter.value == sum, "seed \(seed) \(counter.name)")
        }
        #expect(Set(seen.map(\.worker)).count == count, "every worker has a share")
    }

    @Test
    func `both ends of a flow are one worker's, and its serial number is the same for any number`()
        throws
    {
        let frames = Line.frames(Line.handshake + [.client(.ack, 1, 1, "GET /")], Wire())
        var serials: Set<UInt64> = []
        for count in 1...5 {
            var watched = 0
            for index in 0..<count {
                let recorder = try Recorder(
                    frames: frames,
                    share: WorkerShare(index: index, of: count)
                )
                recorder.stream("", [.newData])
                recorder.run { event in
                    watched += 1
                    serials.insert(recorder.serial(event.flow))
                }
            }
            #expect(watched == 1)
        }
        #expect(serials == [1])
    }
}
