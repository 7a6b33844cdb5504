// SPDX-License-Identifier: BSD-2-Clause
import Packets

/// Why a stream cannot be edited at a place.
public enum StreamEditError: Error, CaseIterable, Sendable {
    /// Bytes there, or behind, have left as they are.
    case passed
    /// The segment has no payload to which anything could belong.
    case noPayload
    /// The place lies outside of the payload.
    case outside
    /// ``StreamEdits/maximumEdits`` wait to be acknowledged.
    case tooManyEdits
    /// ``StreamEdits/maximumBytes`` wait to be acknowledged.
    case tooManyBytes
}

extension StreamEdits {
    /// Takes bytes out of the segment in hand and puts others in their place.
    ///
    /// The place is one of the payload as ``apply(_:at:into:)`` makes it: a second edit of a segment counts what the
    /// first one left. Edits that touch become one, so what one has put in another can take out.
    ///
    /// - Parameters:
    ///   - segment: what the payload takes of S.
    ///   - offset: where in its output.
    ///   - removed: how many bytes of the output go.
    ///   - bytes: what comes in their place.
    ///   - passed: up to where of S bytes have left, this segment left out.
    /// - Throws: why not; then nothing has changed.
    public mutating func edit(
        _ segment: Range<Int64>,
        at offset: Int,
        removing removed: Int,
        inserting bytes: ByteView,
        passed: Int64
    ) throws(StreamEditError) {
        guard !segment.isEmpty else { throw .noPayload }
        let length = outputLength(of: segment)
        guard offset >= 0, offset <= length, removed >= 0, removed <= length - offset else {
            throw .outside
        }
        let fresh = max(start(of: segment), passed)
        guard fresh < segment.upperBound, edits.last.map({ $0.end <= segment.upperBound }) ?? true
        else { throw .passed }
        let start = toReceiver(start(of: segment)) + Int64(offset)
        guard start >= toReceiver(fresh) else { throw .passed }
        if removed == 0 && bytes.count == 0 { return }
        let splice = Splice(self, start..<start + Int64(removed), from: fresh)
        try splice.check(self, adding: bytes.count)
        perform(splice, bytes, endOfSegment: segment.upperBound)
    }

    private mutating func perform(_ splice: Splice, _ bytes: ByteView, endOfSegment: Int64) {
        inserted.replaceSubrange(splice.replaced, with: bytes.array)
        let edit = Edit(
            at: splice.removed.lowerBound,
            removed: Int64(splice.removed.count),
            place: splice.place,
            count: splice.kept + bytes.count,
            from: splice.from,
            belongsBefore: splice.removed.isEmpty && splice.removed.lowerBound == endOfSegment
        )
        edits.replaceSubrange(splice.touched, with: edit.isNothing ? [] : [edit])
        let next = splice.touched.lowerBound + (edit.isNothing ? 0 : 1)
        for index in next..<edits.count {
            edits[index].place += Int64(bytes.count) - Int64(splice.length)
            edits[index].from += bytes.count - splice.replaced.count
        }
    }
}

extension StreamEdits.Edit {
    /// What one edit put in another has taken out.
    fileprivate var isNothing: Bool { removed == 0 && count == 0 }
}

/// What an edit of a range of R means for the edits that are there.
private struct Splice {
    /// Those that it touches, which become one with it.
    let touched: Range<Int>
    /// S: what that one takes out.
    let removed: Range<Int64>
    /// R: where what it puts in begins.
    let place: Int64
    /// How many bytes go from R.
    let length: Int
    /// Which bytes that were put in before go; where those of the edit begin.
    let replaced: Range<Int>
    let from: Int
    /// How many bytes of those that it touches stay.
    let kept: Int

    /// - Parameters:
    ///   - stream: the edits so far.
    ///   - range: what of R goes.
    ///   - fresh: edits that belong to bytes of S from here on may be changed.
    init(_ stream: StreamEdits, _ range: Range<Int64>, from fresh: Int64) {
        let edits = stream.edits
        var first = stream.firstEdit { $0.owner >= fresh }
        while first < edits.count, edits[first].placeEnd < range.lowerBound { first += 1 }
        var end = first
        while end < edits.count, edits[end].place <= range.upperBound { end += 1 }
        touched = first..<end
        from = first < edits.count ? edits[first].from : stream.inserted.count

        var start = range.lowerBound - stream.shift(before: first)
        var stop = range.upperBound - stream.shift(before: end)
        var head = 0
        var tail = 0
        if first < end, edits[first].place <= range.lowerBound {
            start = edits[first].at
            head = Int(range.lowerBound - edits[first].place)
        }
        if first < end, edits[end - 1].placeEnd >= range.upperBound {
            stop = edits[end - 1].end
            tail = Int(edits[end - 1].placeEnd - range.upperBound)
        }
        let before = first < end ? edits[end - 1].from + edits[end - 1].count - from : 0
        removed = start..<stop
        place = range.lowerBound - Int64(head)
        length = range.count
        replaced = (from + head)..<(from + before - tail)
        kept = head + tail
    }

    /// - Throws: which limit there would be no keeping to.
    func check(_ stream: StreamEdits, adding count: Int) throws(StreamEditError) {
        let isNothing = removed.isEmpty && kept + count == 0
        let edits = stream.count - touched.count + (isNothing ? 0 : 1)
        guard edits <= StreamEdits.maximumEdits else { throw .tooManyEdits }
        guard stream.bytes - replaced.count + count <= StreamEdits.maximumBytes else {
            throw .tooManyBytes
        }
    }
}
