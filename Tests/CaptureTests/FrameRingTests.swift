// SPDX-License-Identifier: BSD-2-Clause
import Foundation
import Packets
import TestNetworks
import Testing

@testable import Capture

struct FrameRingTests {
    /// A frame whose bytes, length on the wire and time follow from its number.
    private func frame(_ number: Int, length: Int) -> OwnedFrame {
        let bytes = (0..<length).map { UInt8(truncatingIfNeeded: number &* 31 &+ $0) }
        return OwnedFrame(
            bytes: bytes,
            wireLength: UInt32(length + number),
            time: Timestamp(nanoseconds: Int64(number) * 1_000_000_007),
            linkType: LinkType(rawValue: UInt16(number & 0xFFFF))
        )
    }

    private func append(_ frame: OwnedFrame, to writer: inout FrameRingWriter) -> Bool {
        ByteView.of(frame.bytes) {
            writer.append(
                Frame(
                    bytes: $0,
                    wireLength: frame.wireLength,
                    time: frame.time,
                    linkType: frame.linkType
                )
            )
        }
    }

    /// Against an array: what is not published is not seen, what is not released keeps its room.
    @Test func `frames come out as they went in, as long as there is room`() {
        let seed = UInt64.random(in: 0...(.max))
        print("seed \(seed)")
        var random = SplitMix64(seed: seed)
        let ring = FrameRing(capacity: 1)
        #expect(ring.capacity == FrameRing.leastCapacity)
        var writer = FrameRingWriter(ring)
        var reader = FrameRingReader(ring)
        var hidden: [OwnedFrame] = []
        var shown: [OwnedFrame] = []
        var held: [(frame: Frame, copy: OwnedFrame)] = []
        var (number, refusals) = (0, 0)
        for step in 0..<12_000 {
            switch random.below(10) {
            case 0..<5:
                let longest: UInt64 = random.chance(0.02) ? 262_145 : 3000
                let next = frame(number, length: Int(random.below(longest)))
                number += 1
                let taken = (hidden + shown + held.map(\.copy)).reduce(0) { $0 + $1.bytes.count }
                if append(next, to: &writer) {
                    hidden.append(next)
                } else {
                    refusals += 1
                    // At least half of what was left at the end, and the headers, were used otherwise.
                    #expect(taken + next.bytes.count > ring.capacity / 3)
                }
                #expect(taken <= ring.capacity)
            case 5, 6:
                let isNew = writer.publish()
                #expect(isNew == !hidden.isEmpty)
                shown += hidden
                hidden = []
            case 7, 8:
                for _ in 0..<random.below(20) {
                    let next = reader.next()
                    #expect((next == nil) == shown.isEmpty)
                    guard let next else { break }
                    held.append((next, shown.removeFirst()))
                }
            default:
                // Now and then the reader keeps what it has until the ring is full.
                if step / 800 % 3 == 2 { continue }
                // They were valid all the while.
                for (frame, copy) in held { #expect(OwnedFrame(frame) == copy) }
                reader.release()
                held = []
            }
        }
        #expect(refusals > 10 && number - refusals > 1000)
    }

    @Test func `the largest frame fits wherever the one before it ended`() {
        let ring = FrameRing(capacity: 1)
        var writer = FrameRingWriter(ring)
        var reader = FrameRingReader(ring)
        let large = frame(1, length: 262_144)
        for length in stride(from: 0, to: 3_000, by: 29) {
            #expect(append(frame(2, length: length), to: &writer))
            #expect(append(large, to: &writer))
            _ = writer.publish()
            let frames = [reader.next(), reader.next()].compactMap { $0.map(OwnedFrame.init) }
            #expect(frames == [frame(2, length: length), large])
            let end = reader.next()
            #expect(end == nil)
            reader.release()
        }
    }

    @Test func `two threads: nothing is lost, torn or out of order`() throws {
        let seed = UInt64.random(in: 0...(.max))
        print("seed \(seed)")
        let ring = FrameRing(capacity: 1)
        let count = 60_000
        let lengths = {
            var random = SplitMix64(seed: seed)
            return (0..<count).map { _ in Int(random.below(random.chance(0.01) ? 100_000 : 400)) }
        }()
        let sum = UncheckedBox(0)
        let done = DispatchSemaphore(value: 0)
        let reading = Thread {
            var reader = FrameRingReader(ring)
            var number = 0
            while number < count {
                while let next = reader.next() {
                    let first = UInt8(truncatingIfNeeded: number &* 31)
                    let isRight =
                        next.bytes.count == lengths[number]
                        && next.time.nanoseconds == Int64(number) * 1_000_000_007
                        && (0..<next.bytes.count).allSatisfy {
                            next.bytes[$0] == first &+ UInt8(truncatingIfNeeded: $0)
                        }
                    if isRight { sum.value += 1 }
                    number += 1
                    if number % 7 == 0 { reader.release() }
                }
                reader.release()
                sched_yield()
            }
            done.signal()
        }
        reading.start()
        var writer = FrameRingWriter(ring)
        for number in 0..<count {
            let next = frame(number, length: lengths[number])
            while !append(next, to: &writer) {
                _ = writer.publish()
                sched_yield()
            }
            if number % 5 == 0 { _ = writer.publish() }
        }
        _ = writer.publish()
        done.wait()
        #expect(sum.value == count)
    }
}
