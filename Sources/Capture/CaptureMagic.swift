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
        if let (kind, tool) = compression(bytes.u32(0)) {
            return
                "is compressed (\(kind)); unpack it on the way: \(tool) -dc FILE | mos run SCRIPT -r -"
        }
        if bytes.u32(0) == 0x736E_6F6F { return "is a snoop file; \(accepted), editcap converts" }
        return "begins with \(hexadecimal(bytes.u32(0))), no capture file does; " + accepted
    }

    private static func compression(_ magic: UInt32) -> (kind: String, tool: String)? {
        if magic >> 16 == 0x1F8B { return ("gzip", "gzip") }
        return switch magic {
        case 0x28B5_2FFD: ("zstd", "zstd")
        case 0xFD37_7A58: ("xz", "xz")
        case 0x0422_4D18: ("lz4", "lz4")
        case 0x425A_6831...0x425A_6839: ("bzip2", "bzip2")
        default: nil
        }
    }
}
