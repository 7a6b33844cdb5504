// SPDX-License-Identifier: BSD-2-Clause

/// IPv4 options (RFC 791, section 3.1; RFC 1108; RFC 2113), as far as receivers judge them.
enum IPv4Options {
    static var endOfList: UInt8 { 0 }
    static var noOperation: UInt8 { 1 }
    static var recordRoute: UInt8 { 7 }
    static var timestamp: UInt8 { 68 }
    static var security: UInt8 { 130 }
    static var looseSourceRoute: UInt8 { 131 }
    static var strictSourceRoute: UInt8 { 137 }
    static var routerAlert: UInt8 { 148 }

    /// Walks the options and tells whether a source route still has stations ahead.
    ///
    /// If so, the destination in the header is not the one that transport checksums cover.
    @inline(never)
    static func leadElsewhere(
        _ bytes: ByteView,
        _ start: Int,
        _ end: Int
    ) throws(DecodeError) -> Bool {
        var at = start
        var isRouted = false
        while at < end, bytes[at] != endOfList {
            let kind = bytes[at]
            if kind == noOperation {
                at += 1
                continue
            }
            guard at + 2 <= end else { throw .ipv4Options }
            let length = Int(bytes[at + 1])
            guard length >= minimumLength(of: kind), at + length <= end else {
                throw .ipv4Options
            }
            if kind == looseSourceRoute || kind == strictSourceRoute {
                isRouted = isRouted || Int(bytes[at + 2]) <= length
            }
            at += length
        }
        return isRouted
    }

    private static func minimumLength(of kind: UInt8) -> Int {
        switch kind {
        case recordRoute, looseSourceRoute, strictSourceRoute, security: 3
        case timestamp, routerAlert: 4
        default: 2
        }
    }
}
