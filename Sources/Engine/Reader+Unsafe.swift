// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Flows

/// How far one monitor socket has read the two receive buffers of one flow; linked per flow.
///
/// The first reader of a flow lies in its extension, so that a flow with one costs one record less; the others come from
/// a pool.
typealias Reader = mos_reader

extension mos_reader {
    /// A socket that reads nothing yet.
    init(socket: Int32) {
        self.init()
        self.socket = Int8(truncatingIfNeeded: socket)
        next = -1
    }

    /// True when it reads the receive buffer of `side`.
    @inline(__always)
    func reads(_ side: Side) -> Bool { reads &>> side.rawValue & 1 != 0 }

    /// The stream offset of the first byte that it has not read, by receive buffer.
    subscript(offset side: Side) -> Int64 {
        @inline(__always) get { side == .client ? cli_offset : svr_offset }
        @inline(__always) set {
            if side == .client { cli_offset = newValue } else { svr_offset = newValue }
        }
    }

    /// Bytes lost to overruns that the script has not been told of, by receive buffer; stays at 2^32 - 1.
    subscript(missed side: Side) -> Int64 {
        get { Int64(side == .client ? cli_missed : svr_missed) }
        set {
            let count = UInt32(clamping: newValue)
            if side == .client { cli_missed = count } else { svr_missed = count }
        }
    }
}

extension Worker {
    /// The number of no reader.
    static var noReader: Int32 { -1 }

    /// The first reader of a flow, ``noReader`` without one: numbers below -1 name those in extensions.
    @inline(__always)
    func firstReader(_ ext: Int32) -> Int32 {
        table.exts[ext].reader.socket < 0 ? Self.noReader : Self.firstReader(of: ext)
    }

    /// The place of the first reader of a flow, whether there is one or not.
    @inline(__always)
    static func firstReader(of ext: Int32) -> Int32 { -2 &- ext }

    /// The reader with that number, in place.
    subscript(reader number: Int32) -> Reader {
        @inline(__always) unsafeAddress {
            if number >= 0 { return unsafe UnsafePointer(readers.base + readers.checked(number)) }
            return unsafe UnsafePointer(firstReaderPlace(-2 &- number))
        }
        @inline(__always) unsafeMutableAddress {
            if number >= 0 { return unsafe readers.base + readers.checked(number) }
            return unsafe firstReaderPlace(-2 &- number)
        }
    }

    /// The first reader lies at the end of the extension, as in `mos_abi.h`.
    @unsafe @inline(__always)
    private func firstReaderPlace(_ ext: Int32) -> UnsafeMutablePointer<mos_reader> {
        precondition(ext >= 0 && Int(ext) < table.exts.highWater)
        let end = unsafe UnsafeMutableRawPointer(table.exts.base + Int(ext) + 1)
        return unsafe (end - MemoryLayout<mos_reader>.stride).assumingMemoryBound(
            to: mos_reader.self
        )
    }
}
