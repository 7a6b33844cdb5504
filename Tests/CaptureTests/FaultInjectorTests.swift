// SPDX-License-Identifier: BSD-2-Clause
import Packets
import Testing

@testable import Capture

struct FaultInjectorTests {
    static let frames = (0..<5000).map {
        OwnedFrame(
            bytes: frame(60 + $0 % 90, tag: $0),
            time: Timestamp(nanoseconds: Int64($0) * 10)
        )
    }

    private func injected(
        _ faults: Faults,
        seed: UInt64 = 7,
        burstLength: Int = 64
    ) -> (delivery: Delivery, tally: FaultPlan.Tally) {
        let source = FaultInjector(
            ListSource(Self.frames, burstLength: burstLength),
            faults: faults,
            seed: seed
        )
        let delivery = drain(source)
        #expect(source.statistics.received == UInt64(delivery.frames.count))
        return (delivery, source.rewriter.tally)
    }

    @Test func `without faults everything passes unchanged`() {
        #expect(injected(Faults()).delivery == Delivery(frames: Self.frames))
    }

    @Test func `the same seed gives the same faults whatever the bursts`() {
        let faults = Faults(loss: 0.1, duplication: 0.1, reordering: 0.1)
        let first = injected(faults, seed: 1).delivery
        #expect(injected(faults, seed: 1, burstLength: 1).delivery == first)
        #expect(injected(faults, seed: 2).delivery != first)
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `what comes out is what came in, less the lost and plus the repeated`(seed: UInt64) {
        let faults = Faults(loss: 0.2, duplication: 0.1, reordering: 0.3, distance: 5)
        let (delivery, tally) = injected(faults, seed: seed)
        #expect(
            delivery.frames.count
                == Self.frames.count - Int(tally.lost) + Int(tally.duplicated)
        )
        let counts = delivery.frames.reduce(into: [:]) { $0[$1.bytes, default: 0] += 1 }
        #expect(counts.values.filter { $0 == 2 }.count == Int(tally.duplicated))
        #expect(counts.count == Self.frames.count - Int(tally.lost))
        #expect(Set(counts.keys).isSubset(of: Set(Self.frames.map(\.bytes))))
        #expect((900...1100).contains(tally.lost), "seed \(seed)")
        #expect((1100...1300).contains(tally.reordered), "seed \(seed)")
    }

    @Test func `times stay in order although contents do not`() {
        let faults = Faults(loss: 0.1, duplication: 0.1, reordering: 0.5, distance: 8)
        let frames = injected(faults).delivery.frames
        #expect(zip(frames, frames.dropFirst()).allSatisfy { $0.time <= $1.time })
        #expect(Set(frames.map(\.time)).isSubset(of: Set(Self.frames.map(\.time))))
    }

    @Test func `a late frame is overtaken by no more frames than the distance`() {
        let frames = injected(Faults(reordering: 0.2, distance: 4)).delivery.frames
        let places = Dictionary(
            uniqueKeysWithValues: Self.frames.enumerated().map { ($1.bytes, $0) }
        )
        let order = frames.map { places[$0.bytes] ?? -1 }
        let overtaken = order.indices.map { at in
            order[..<at].suffix(40).count { $0 > order[at] }
        }
        let late = order.indices.filter { at in order[..<at].contains { $0 > order[at] } }
        #expect(!late.isEmpty)
        // Others that are late too, and leave just before, may overtake it besides.
        #expect((overtaken.max() ?? 0) <= 8)
        #expect(order.sorted() == Array(0..<Self.frames.count))
    }

    @Test func `what is late at a damaged end still comes, then the damage`() {
        let error = SourceError.damaged(name: "list", offset: 9, reason: "cut")
        let source = FaultInjector(
            ListSource(Self.frames, ending: error),
            faults: Faults(reordering: 1, distance: 100),
            seed: 1
        )
        let delivery = drain(source)
        #expect(delivery.frames.count == Self.frames.count)
        #expect(delivery.error == error)
    }

    @Test func `harm to bytes moves no other fault, and strikes what it says`() {
        let faults = Faults(loss: 0.2, duplication: 0.1, reordering: 0.3)
        var harmful = faults
        (harmful.truncation, harmful.corruption) = (0.2, 0.2)
        let plain = injected(faults)
        let harmed = injected(harmful)
        #expect(harmed.tally.lost == plain.tally.lost)
        #expect(harmed.delivery.frames.map(\.time) == plain.delivery.frames.map(\.time))
        let pairs = Array(zip(harmed.delivery.frames, plain.delivery.frames))
        let cut = pairs.filter { $0.bytes.count < $1.bytes.count }
        #expect(cut.count == Int(harmed.tally.truncated))
        #expect(
            cut.allSatisfy { $1.bytes.starts(with: $0.bytes) && $0.wireLength == $1.wireLength }
        )
        let wrong = pairs.filter { $0.bytes.count == $1.bytes.count && $0.bytes != $1.bytes }
        #expect(wrong.count == Int(harmed.tally.corrupted))
        for (frame, original) in wrong {
            let bits = zip(frame.bytes, original.bytes).map { ($0 ^ $1).nonzeroBitCount }
            #expect(bits.reduce(0, +) == 1 && bits.prefix(14).allSatisfy { $0 == 0 })
        }
    }
}
