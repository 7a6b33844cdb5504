// SPDX-License-Identifier: BSD-2-Clause
import CZlib

/// `bytes` as one gzip member.
func gzip(_ bytes: [UInt8]) -> [UInt8] {
    var stream = unsafe z_stream()
    let size = unsafe Int32(MemoryLayout<z_stream>.size)
    let code = unsafe deflateInit2_(
        &stream,
        6,
        Z_DEFLATED,
        15 + 16,
        8,
        Z_DEFAULT_STRATEGY,
        ZLIB_VERSION,
        size
    )
    precondition(code == Z_OK, "no memory")
    defer { unsafe deflateEnd(&stream) }
    var packed = [UInt8](
        repeating: 0,
        count: Int(unsafe deflateBound(&stream, UInt(bytes.count))) + 32
    )
    var source = bytes
    let room = UInt32(packed.count)
    let left = unsafe source.withUnsafeMutableBufferPointer { input in
        unsafe packed.withUnsafeMutableBufferPointer { output in
            unsafe stream.next_in = input.baseAddress
            unsafe stream.avail_in = UInt32(input.count)
            unsafe stream.next_out = output.baseAddress
            unsafe stream.avail_out = room
            precondition(unsafe deflate(&stream, Z_FINISH) == Z_STREAM_END, "no room")
            return unsafe stream.avail_out
        }
    }
    return Array(packed.prefix(Int(room - left)))
}
