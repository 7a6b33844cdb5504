// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Engine
import Flows
import Packets
import Testing

/// What any disturbed conversation must give: all bytes in order, gaps where there are none, whatever the bursts.
struct DeterminismTests {
    /// A text of a conversation: the byte at each offset tells its place.
    private static func text(_ range: Range<Int>) -> String {
        String(range.map { Character(UnicodeScalar(UInt8(33 + ($0 * 7 + $0 / 90) % 90))) })
    }

    private static let length = 900

    /// Both ends send `length` bytes, cut anew, some twice, out of order; lost pieces stay lost.
    private func disturbed(_ random: inout SplitMix64, loss: Double) -> [Line] {
        let sides: [Side] = [.client, .server]
        var lines: [(Int, Line)] = []
        for side in sides {
            var offset = 0
            while offset < Self.length {
                let count = min(1 + Int(random.below(40)), Self.length - offset)
                let back = random.chance(0.2) ? min(offset, Int(random.below(60))) : 0
                let line = data(side, (offset - back)..<(offset + count))
                let place = offset + Int(random.below(150))
                if !random.chance(loss) { lines.append((place, line)) }
                if random.chance(0.1) { lines.append((place + Int(random.below(200)), line)) }
                offset += count
            }
        }
        let order = lines.indices.sorted { (lines[$0].0, $0) < (lines[$1].0, $1) }
        return Line.handshake + order.map { lines[$0].1 }
    }

    private func data(_ side: Side, _ range: Range<Int>) -> Line {
        let text = Self.text(range)
        let seq = UInt32(1 + range.lowerBound)
        return side == .client ? .client(.ack, seq, 1, text) : .server(.ack, seq, 1, text)
    }

    private func record(_ lines: [Line], burst: Int) throws -> Recorder {
        let recorder = try Recorder(
            lines,
            wire: Wire(clientISN: 0xFFFF_FF00, serverISN: 0x7FFF_FFC0),
            burstLength: burst
        )
        recorder.stream("A")
        recorder.stream("B", [.newData, .packetIn])
        return recorder
    }

    @Test(arguments: 1...25 as ClosedRange<UInt64>)
    func `every byte comes once and in order, whatever the bursts`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let lines = disturbed(&random, loss: 0)
        var texts: [Side: String] = [:]
        let recorder = try record(lines, burst: 64)
        recorder.reads = false
        recorder.run { event in
            guard event.event == .newData, let side = event.side, event.socket == 0 else { return }
            texts[side, default: ""] += recorder.take(side)
        }
        let whole = Self.text(0..<Self.length)
        #expect(texts == [.client: whole, .server: whole], "seed \(seed)")
        #expect(!recorder.lines.contains { $0.contains("GAP") }, "seed \(seed)")
        let all = try record(lines, burst: 64).run()
        #expect(try record(lines, burst: 1).run() == all, "seed \(seed)")
        #expect(try record(lines, burst: 7).run() == all, "seed \(seed)")
    }

    @Test(arguments: 1...25 as ClosedRange<UInt64>)
    func `with losses the gaps and the bytes make up the stream`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let recorder = try record(disturbed(&random, loss: 0.1), burst: 64)
        recorder.reads = false
        var offsets: [Side: Int] = [:]
        var lost = 0
        recorder.run { event in
            guard let side = event.side, event.socket == 0 else { return }
            let at = offsets[side, default: 0]
            if event.event == .gap {
                #expect(event.offset == at, "seed \(seed)")
                offsets[side] = at + event.length
                lost += event.length
            }
            if event.event == .newData {
                let text = recorder.take(side)
                #expect(text == Self.text(at..<(at + text.count)), "seed \(seed)")
                offsets[side] = at + text.count
            }
        }
        #expect(recorder.worker.value(.gapBytes) == Double(lost), "seed \(seed)")
        #expect(offsets.values.allSatisfy { $0 > Self.length - 80 }, "seed \(seed)")
    }

    @Test(arguments: 1...10 as ClosedRange<UInt64>)
    func `a reader that takes its time gets the same bytes`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let recorder = try record(disturbed(&random, loss: 0), burst: 64)
        recorder.reads = false
        var texts: [Side: String] = [:]
        recorder.run { event in
            guard event.socket == 0, let side = event.side, event.event != .gap else { return }
            let part = event.event == .connEnd ? .infinity : Double(random.below(30))
            for end in event.event == .connEnd ? Side.allCases : [side] {
                texts[end, default: ""] += recorder.take(end, part)
            }
        }
        let whole = Self.text(0..<Self.length)
        #expect(texts == [.client: whole, .server: whole], "seed \(seed)")
        #expect(recorder.bytesHeld == 0)
    }
}
