// SPDX-License-Identifier: BSD-2-Clause
// Inline, the frames of a datagram wait until it is complete; then they leave as they came.
import Packets

/// Frames that are held, in order of arrival: a chain of pieces, the first of each frame marked.
public struct HeldFrames: BitwiseCopyable, Sendable {
    var first: Int32 = -1
    var last: Int32 = -1
    /// How many.
    public internal(set) var count: Int32 = 0
}

extension FragmentReassembler {
    /// Adds a copy of `bytes` to the frames that a datagram holds.
    ///
    /// - Returns: false when the datagram was given up for want of room, or holds too many already.
    mutating func hold(_ bytes: ByteView, of slot: Int32) -> Bool {
        guard datagrams[slot].frames.count < Int32(Self.maximumPieces) else {
            counts.bad += 1
            return false
        }
        var at = 0
        repeat {
            guard makeRoom(for: slot) else { return false }
            let piece = pieces.take()
            let part = bytes.slice(at, FragmentCells.size)
            cells.write(part, to: piece)
            pieces[piece] = FragmentPiece(
                next: -1,
                offset: Int32(bytes.count),
                length: Int32(part.count),
                continues: at > 0
            )
            append(piece, to: slot)
            at += part.count
        } while at < bytes.count
        datagrams[slot].frames.count += 1
        return true
    }

    /// The frames of the packet completed last wait for the one that it is a part of.
    mutating func holdCompleted(for slot: Int32) {
        let frames = completed
        completed = HeldFrames()
        guard frames.first >= 0 else { return }
        let before = datagrams[slot].frames
        if before.last >= 0 { pieces[before.last].next = frames.first }
        datagrams[slot].frames = HeldFrames(
            first: before.first >= 0 ? before.first : frames.first,
            last: frames.last,
            count: before.count + frames.count
        )
    }

    private mutating func append(_ piece: Int32, to slot: Int32) {
        let last = datagrams[slot].frames.last
        if last >= 0 { pieces[last].next = piece } else { datagrams[slot].frames.first = piece }
        datagrams[slot].frames.last = piece
    }

    /// Gives held frames back.
    mutating func release(_ frames: HeldFrames) {
        var piece = frames.first
        while piece >= 0 {
            let next = pieces[piece].next
            pieces.give(piece)
            piece = next
        }
    }

    /// The next frame of the packet completed last, in order of arrival; nil behind the last.
    ///
    /// Its bytes stay until this, or ``take(_:_:at:isNested:)``, is called again.
    public mutating func takeFrame() -> ByteView? {
        let first = completed.first
        guard first >= 0 else { return nil }
        let whole = Int(pieces[first].offset)
        if whole > FragmentCells.size { gathered.begin(.empty) }
        var piece = first
        var at = 0
        repeat {
            let part = cells.view(piece, 0, Int(pieces[piece].length))
            let next = pieces[piece].next
            // A cell keeps its bytes when it is given back.
            pieces.give(piece)
            if whole <= FragmentCells.size {
                completed.first = next
                return part
            }
            gathered.put(part, at: at)
            at += part.count
            piece = next
        } while piece >= 0 && pieces[piece].continues
        completed.first = piece
        return gathered.view
    }
}
