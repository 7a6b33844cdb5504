// SPDX-License-Identifier: BSD-2-Clause
import CPcap
import Glibc

/// Opens a kernel interface through libpcap, and says in one sentence why it cannot be opened.
enum LiveHandle {
    /// The largest frame that libpcap believes in; offloads make frames of 64 KiB.
    static let snapLength: Int32 = 262_144
    /// Room for a garbage collection of 20 ms at line rate.
    static let ringLength: Int32 = 64 * 1024 * 1024
    /// How long the kernel may hold back a part of the ring that is not full, in milliseconds.
    ///
    /// Immediate mode would give every frame a slot of the largest length: a thousand in all.
    static let holdBack: Int32 = 5

    /// The corresponding C functions are `pcap_create`, `pcap_activate` and the settings between them.
    static func open(
        _ interface: String,
        ringLength: Int32 = ringLength
    ) throws(SourceError) -> OpaquePointer {
        var words = [CChar](repeating: 0, count: Int(PCAP_ERRBUF_SIZE))
        guard let handle = unsafe pcap_create(interface, &words) else {
            throw .unreadable(name: interface, reason: text(words))
        }
        let code = unsafe activate(handle, ringLength)
        guard code >= 0 else {
            let reason = unsafe whyNotOpened(code, interface, String(cString: pcap_geterr(handle)))
            unsafe pcap_close(handle)
            throw .unreadable(name: interface, reason: reason)
        }
        guard unsafe pcap_setnonblock(handle, 1, &words) == 0 else {
            unsafe pcap_close(handle)
            throw .unreadable(name: interface, reason: text(words))
        }
        return unsafe handle
    }

    /// The interfaces that exist, in the kernel's order.
    static func interfaceNames() -> [String] {
        guard let list = unsafe if_nameindex() else { return [] }
        defer { unsafe if_freenameindex(list) }
        var names: [String] = []
        var at = unsafe list
        while let name = unsafe at.pointee.if_name {
            unsafe names.append(String(cString: name))
            unsafe at += 1
        }
        return names
    }

    private static func activate(_ handle: OpaquePointer, _ ringLength: Int32) -> Int32 {
        unsafe pcap_set_snaplen(handle, snapLength)
        unsafe pcap_set_promisc(handle, 1)
        unsafe pcap_set_timeout(handle, holdBack)
        unsafe pcap_set_buffer_size(handle, ringLength)
        // Refused where there are only microseconds, which pcap_get_tstamp_precision then tells.
        unsafe pcap_set_tstamp_precision(handle, PCAP_TSTAMP_PRECISION_NANO)
        return unsafe pcap_activate(handle)
    }

    private static func whyNotOpened(_ code: Int32, _ interface: String, _ words: String) -> String
    {
        switch code {
        // An interface that does not exist is told from one that is forbidden here: without
        // permission libpcap does not get as far as looking for it.
        case _ where interface != "any" && !interfaceNames().contains(interface):
            "no such interface; there are " + interfaceNames().joined(separator: ", ")
        case PCAP_ERROR_PERM_DENIED, PCAP_ERROR_PROMISC_PERM_DENIED:
            "no permission to capture; run as root or give the program CAP_NET_RAW"
        case PCAP_ERROR_IFACE_NOT_UP:
            "the interface is down; bring it up: ip link set \(interface) up"
        default: words.isEmpty ? unsafe String(cString: pcap_statustostr(code)) : words
        }
    }

    private static func text(_ words: [CChar]) -> String {
        String(decoding: words.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
