// SPDX-License-Identifier: BSD-2-Clause
import CMosABI

/// Ends and streams by side, where they lie: no branch and no copy.
extension FlowTable {
    /// What is known of one end of the connection in `slot`.
    @inlinable
    public subscript(end slot: Int32, side: Side) -> mos_endpoint {
        @inline(__always) unsafeAddress {
            unsafe UnsafePointer(address(slot, side))
        }
        @inline(__always) unsafeMutableAddress {
            unsafe address(slot, side)
        }
    }

    /// What one end sent, in the extension `ext`.
    @inlinable
    public subscript(stream ext: Int32, sentBy: Side) -> mos_stream {
        @inline(__always) unsafeAddress {
            unsafe UnsafePointer(address(stream: ext, sentBy))
        }
        @inline(__always) unsafeMutableAddress {
            unsafe address(stream: ext, sentBy)
        }
    }

    /// The server's end lies behind the client's, as in `mos_abi.h`.
    @unsafe @inlinable @inline(__always)
    func address(_ slot: Int32, _ side: Side) -> UnsafeMutablePointer<mos_endpoint> {
        precondition(slot >= 0 && Int(slot) < conns.highWater)
        let conn = unsafe UnsafeMutableRawPointer(conns.base + Int(slot))
        let offset = 64 &+ Int(side.rawValue) &* MemoryLayout<mos_endpoint>.stride
        return unsafe (conn + offset).assumingMemoryBound(to: mos_endpoint.self)
    }

    /// The server's stream lies behind the client's.
    @unsafe @inlinable @inline(__always)
    func address(stream ext: Int32, _ side: Side) -> UnsafeMutablePointer<mos_stream> {
        precondition(ext >= 0 && Int(ext) < exts.highWater)
        let pair = unsafe UnsafeMutableRawPointer(exts.base + Int(ext))
        return unsafe pair.assumingMemoryBound(to: mos_stream.self) + Int(side.rawValue)
    }
}
