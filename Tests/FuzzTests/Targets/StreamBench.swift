// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Packets

@testable import TCPTracking

/// A stream of a reassembler beside its model; both take the same steps.
struct StreamBench: ~Copyable {
    private var reassembler: Reassembler
    private var stream = mos_stream()
    private var model: StreamModel
    private var stores: Bool
    private let keeps: Int64
    /// Where the reader is.
    private var read: Int64 = 0
    private var gaps: Int32 = -1
    /// The declared holes, oldest first.
    private var declared: [Range<Int64>] = []

    init?(policy: OverlapPolicy, pool: Int, stores: Bool, keeps: Int64) {
        guard let reassembler = Reassembler(runs: 8192, bytes: pool) else { return nil }
        self.reassembler = reassembler
        self.stores = stores
        self.keeps = keeps
        model = StreamModel(policy.rule)
        stream.policy = policy.rawValue
        stream.runs = -1
        stream.last_run = -1
        stream.ordered_run = -1
    }

    /// Kind, place, length, content.
    mutating func step(_ bytes: [Int]) -> String? {
        switch bytes[0] & 15 {
        case 1: readSome(bytes[1])
        case 2: declareGap()
        case 3: if let problem = peek(Int64(bytes[1])) { return problem }
        case 4: forget()
        case 5: stores = true
        case 6: giveUp(Int64(bytes[1]))
        case 7: if let problem = areLate(bytes) { return problem }
        default: if let problem = receive(bytes) { return problem }
        }
        return difference()
    }

    /// A segment near `next`; most are in order or overlap with what is there.
    private mutating func receive(_ bytes: [Int]) -> String? {
        let next = Int64(stream.next)
        let place = Int64(bytes[1] - 192)
        let offset = bytes[1] < 128 ? next : max(0, next + place * (bytes[0] & 16 == 0 ? 1 : 20))
        let length = 1 + bytes[2] * (bytes[0] & 32 == 0 ? 1 : 4)
        // Some are of other content in parts.
        let segment = (0..<length).map { index in
            StreamModel.byte(
                Int(offset) + index,
                isOther: bytes[0] & 64 != 0 && index & bytes[3] == 0
            )
        }
        if let problem = judged(segment, at: offset) { return problem }
        let skipped = Int(min(max(0, next - offset), Int64(length)))
        let fresh = Array(segment.dropFirst(skipped))
        guard !fresh.isEmpty else { return nil }
        put(fresh, at: offset + Int64(skipped), left: bytes[3])
        return nil
    }

    /// As a worker does: passed on when nothing waits and nobody has anything unread, else stored.
    private mutating func put(_ bytes: [UInt8], at offset: Int64, left: Int) {
        let next = Int64(stream.next)
        let hasHole = reassembler.hasHole(stream)
        if offset == next, !hasHole, !stores || stream.runs < 0 {
            reassembler.pass(&stream, length: bytes.count)
            model.pass(bytes, at: Int(offset))
            guard stores else { return }
            let taken = keeps > 0 ? 0 : min(left, bytes.count)
            let rest = Array(bytes.dropFirst(taken))
            read = offset + Int64(taken)
            guard !rest.isEmpty else { return }
            let from = read
            if ByteView.of(rest, { reassembler.keep(&stream, $0, at: from) }) {
                model.keep(rest, at: Int(read))
            } else {
                read = Int64(stream.next)
            }
        } else if offset == next, !hasHole {
            if ByteView.of(bytes, { reassembler.append(&stream, $0) }) {
                model.pass(bytes, at: Int(offset))
                model.keep(bytes, at: Int(offset))
            } else {
                // A worker lets it pass, and tells its readers.
                reassembler.pass(&stream, length: bytes.count)
                stream.ordered_run = -1
                model.pass(bytes, at: Int(offset))
            }
        } else {
            let store = stores
            let isComplete = ByteView.of(bytes) {
                reassembler.merge(&stream, $0, at: offset, store: store)
            }
            model.merge(bytes, at: Int(offset), store: stores)
            if !isComplete { model.isVague = true }
        }
    }

    /// What the reassembler says of a segment before it is merged.
    private mutating func judged(_ bytes: [UInt8], at offset: Int64) -> String? {
        guard !model.isVague else {
            _ = reassembler.extent(stream, at: offset, length: bytes.count)
            _ = ByteView.of(bytes) { reassembler.compare(stream, $0, at: offset) }
            return nil
        }
        let extent = reassembler.extent(stream, at: offset, length: bytes.count)
        let fresh = model.fresh(Int(offset), bytes.count)
        let expected = SegmentExtent(
            repeats: fresh < bytes.count,
            fresh: fresh,
            isOutOfOrder: offset > Int64(stream.next)
        )
        if extent != expected {
            return "\(extent), not \(expected), of \(bytes.count) at \(offset): \(ranges), not "
                + "\(model.next) \(model.description)"
        }
        let compared = ByteView.of(bytes) { reassembler.compare(stream, $0, at: offset) }
        let same = model.compare(bytes, at: Int(offset))
        return compared == same ? nil : "a repeat is \(compared), not \(same)"
    }

    private mutating func readSome(_ count: Int) {
        let next = Int64(stream.next)
        read = min(next, read + Int64(count))
        reassembler.discard(&stream, below: read - keeps)
        model.discard(below: Int(read - keeps))
    }

    private mutating func declareGap() {
        let next = Int64(stream.next)
        guard let gap = reassembler.declareGap(&stream) else { return }
        model.advance(to: Int(next + gap.length))
        remember(gap.offset, gap.length)
    }

    /// Bytes that will not come, with something behind them or not.
    private mutating func giveUp(_ count: Int64) {
        let next = Int64(stream.next)
        let stored = reassembler.firstStored(stream, behind: next)
        let end = min(next + count, stored ?? .max)
        guard end > next else { return }
        reassembler.giveUp(&stream, upTo: end)
        model.advance(to: Int(end))
        remember(next, end - next)
    }

    private mutating func remember(_ offset: Int64, _ length: Int64) {
        reassembler.rememberGap(&gaps, at: offset, length: length)
        if let last = declared.last, last.upperBound == offset {
            declared[declared.count - 1] = last.lowerBound..<(offset + length)
        } else {
            declared.append(offset..<(offset + length))
        }
    }

    /// Whether bytes were given up before they came is known of the newest holes.
    private borrowing func areLate(_ bytes: [Int]) -> String? {
        let start = max(0, Int64(stream.next) - Int64(bytes[1] * 3))
        let end = start + Int64(1 + bytes[2])
        let known = declared.suffix(Reassembler.gapLimit)
        let expected = known.contains { $0.overlaps(start..<end) }
        return reassembler.isLate(gaps, from: start, upTo: end) == expected
            ? nil : "bytes from \(start) to \(end) are late or not, unlike \(known)"
    }

    private mutating func forget() {
        reassembler.forgetBytes(&stream)
        model.forgetBytes()
        stores = false
        read = Int64(stream.next)
    }

    private borrowing func peek(_ back: Int64) -> String? {
        let offset = max(0, Int64(stream.next) - back + 64)
        let bytes = reassembler.bytes(stream, at: offset).array
        return model.hold(bytes, at: Int(offset)) ? nil : "bytes at \(offset) are others"
    }

    /// How what is stored differs from the model.
    private mutating func difference() -> String? {
        var charge = 0
        var count = 0
        var last: Int32 = -1
        var end: Int64 = -1
        var run = stream.runs
        var stored = 0
        while run >= 0 {
            let one = reassembler.runs[run]
            if one.offset < end || one.length <= 0 { return "runs overlap" }
            if one.previous != last { return "the run before another is lost" }
            if one.offset < Int64(stream.next), one.end > Int64(stream.next) {
                return "a run reaches over what is next"
            }
            if !one.block.isNone {
                charge += (Int(one.length) + 255) & ~255
                let bytes = reassembler.bytes(stream, at: one.offset).array
                if bytes.count != Int(one.length) { return "a run is cut" }
                if !model.hold(bytes, at: Int(one.offset)) {
                    return "bytes at \(one.offset) are others"
                }
                stored += bytes.count
            }
            end = one.end
            last = run
            count += 1
            run = one.next
        }
        if stream.runs >= 0, stream.last_run != last { return "the last run is another" }
        if Int(stream.charged) != charge { return "\(stream.charged) are charged, not \(charge)" }
        if Int(stream.run_count) != count { return "\(stream.run_count) runs, not \(count)" }
        if stream.top < stream.next { return "the top is below what is next" }
        if reassembler.runs.count != count + gapCount { return "runs are lost" }
        if model.isVague {
            model.follow(Int(stream.next))
            return nil
        }
        if Int(stream.next) != model.next { return "next is \(stream.next), not \(model.next)" }
        // Each lies where the model has it, and no two in the same place.
        return model.stored == stored ? nil : "\(stored) are stored, not \(model.stored)"
    }

    /// For messages.
    private var ranges: String {
        var ranges = "next \(stream.next)"
        reassembler.forEachRange(stream) { ranges += " \($0)+\($1)" }
        return ranges
    }

    private var gapCount: Int { min(declared.count, Reassembler.gapLimit) }

    /// Gives everything back.
    mutating func release() -> String? {
        reassembler.release(&stream)
        reassembler.forgetGaps(&gaps)
        if stream.charged != 0 || stream.run_count != 0 { return "something is still charged" }
        return reassembler.isEmpty ? nil : "blocks or runs are left"
    }
}
