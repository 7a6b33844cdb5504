// SPDX-License-Identifier: BSD-2-Clause
import Packets

/// The first four bytes of a file, which tell what it is.
enum CaptureMagic {
    static let length = 4

    static let microseconds: UInt32 = 0xA1B2_C3D4
    static let nanoseconds: UInt32 = 0xA1B2_3C4D
    /// Written by libpcap with Alexey Kuznetzov's patches: longer record headers.
    static let kuznetzov: UInt32 = 0xA1B2_CD34
    /// The type of a pcapng section header, the same in both byte orders.
    static let section: UInt32 = 0x0A0D_0D0A

    /// The first half of a gzip member's first four bytes (RFC 1952, section 2.3.1).
    static let gzip: UInt32 = 0x1F8B

    static func isGzip(_ bytes: ByteView) -> Bool { bytes.u32(0) >> 16 == gzip }

    static func isPcapng(_ bytes: ByteView) -> Bool { bytes.u32(0) == section }

    static func isClassic(_ bytes: ByteView) -> Bool { order(bytes) != nil }

    /// The byte order of a classic capture, nil when the bytes do not begin one.
    static func order(_ bytes: ByteView) -> ByteOrder? {
        for order in [ByteOrder(isBigEndian: false), ByteOrder(isBigEndian: true)] {
            switch order.u32(bytes, 0) {
            case microseconds, nanoseconds, kuznetzov: return order
            default: continue
            }
        }
        return nil
    }

    /// Names what `bytes` begin with, for an input that is no capture.
    static func whyUnknown(_ bytes: ByteView) -> String {
        let accepted = "a classic pcap or pcapng file is needed"
        if bytes.count == 0 { return "is empty; " + accepted }
        guard bytes.count >= length else { return "holds only \(bytes.count) bytes; " + accepted }
        if let (kind, command) = compression(bytes.u32(0)) {
            return
                "is compressed (\(kind)); unpack it on the way: \(command) FILE | mos run SCRIPT -r -"
        }
        if bytes.u32(0) == 0x736E_6F6F { return "is a snoop file; \(accepted), editcap converts" }
        return "begins with \(hexadecimal(bytes.u32(0))), no capture file does; " + accepted
    }

    /// What packed a file that begins with `magic`, and the command that unpacks it.
    static func compression(_ magic: UInt32) -> (kind: String, command: String)? {
        if magic >> 16 == gzip { return ("gzip", "gzip -dc") }
        if magic >> 16 == 0x1F9D { return ("compress", "gzip -dc") }
        return switch magic {
        case 0x28B5_2FFD: ("zstd", "zstd -dc")
        case 0xFD37_7A58: ("xz", "xz -dc")
        case 0x0422_4D18: ("lz4", "lz4 -dc")
        case 0x425A_6831...0x425A_6839: ("bzip2", "bzip2 -dc")
        case 0x504B_0304: ("zip", "unzip -p")
        default: nil
        }
    }
}
