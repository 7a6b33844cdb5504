// SPDX-License-Identifier: BSD-2-Clause
import CZlib
import Glibc

/// A regular file in memory that holds `bytes`, open at its beginning.
func memoryFile(_ bytes: [UInt8]) -> Int32 {
    var path = Array("/dev/shm/mos-input-XXXXXX".utf8CString)
    let descriptor = unsafe mkstemp(&path)
    precondition(descriptor >= 0, "no file in /dev/shm")
    unsafe unlink(path)
    precondition(unsafe write(descriptor, bytes, bytes.count) == bytes.count, "no memory")
    lseek(descriptor, 0, SEEK_SET)
    return descriptor
}

/// What delivers `bytes` in pieces, one for each call of `read`, and then ends, as a pipe does; nobody waits for it.
func messages(of bytes: [UInt8]) -> Int32 {
    var ends: [Int32] = [-1, -1]
    let type = Int32(SOCK_SEQPACKET.rawValue)
    precondition(unsafe socketpair(AF_UNIX, type, 0, &ends) == 0, "no socket")
    var at = 0
    // A few large pieces, so that all of them fit; odd ones first, so that headers are cut.
    for length in [1, 2, 5, 13, 31, 64, bytes.count / 2, bytes.count] {
        let piece = min(length, bytes.count - at)
        guard piece > 0 else { continue }
        let sent = unsafe bytes.withUnsafeBytes { bytes in
            unsafe send(ends[1], bytes.baseAddress.map { unsafe $0 + at }, piece, 0)
        }
        precondition(sent == piece, "the input is too long")
        at += piece
    }
    close(ends[1])
    return ends[0]
}

/// The checksum of a gzip member (RFC 1952, section 8).
func checksum(_ bytes: [UInt8]) -> UInt32 {
    unsafe UInt32(crc32(0, bytes, UInt32(bytes.count)))
}
