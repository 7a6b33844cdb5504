// SPDX-License-Identifier: BSD-2-Clause
import CDPDK
import Glibc

/// What the machine says about itself before DPDK is asked: its refusals are better explained from
/// here.
enum Host {
    /// True when the process has user id 0.
    static var isRoot: Bool { geteuid() == 0 }

    /// True when this network namespace has an interface `name`.
    static func hasInterface(_ name: String) -> Bool { unsafe if_nametoindex(name) != 0 }

    /// Why `path` cannot be read, nil when it can.
    static func whyUnreadable(_ path: String) -> String? {
        if unsafe access(path, R_OK) == 0 { return nil }
        return text(ofCode: errno)
    }

    /// True when there is a PCI device at `address`.
    static func hasPCIDevice(_ address: String) -> Bool {
        unsafe access("/sys/bus/pci/devices/\(address)", F_OK) == 0
    }

    /// The driver that holds the PCI device, nil without one.
    static func kernelDriver(ofPCIDevice address: String) -> String? {
        let path = "/sys/bus/pci/devices/\(address)/driver"
        return unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 1024) { target in
            guard let start = target.baseAddress else { return nil }
            let length = unsafe readlink(path, start, target.count)
            guard length > 0 else { return nil }
            let bytes = unsafe target[..<length].map { UInt8(bitPattern: $0) }
            return String(decoding: bytes, as: UTF8.self).split(separator: "/").last.map(
                String.init
            )
        }
    }

    /// A processor that the calling thread may run on.
    static var processor: Int { max(Int(cdpdk_get_processor()), 0) }

    /// Bytes of free huge pages, all sizes.
    static var freeHugePageBytes: Int {
        let root = "/sys/kernel/mm/hugepages"
        return names(in: root).reduce(0) { sum, name in
            let kilobytes = name.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) }
            let free = number(in: "\(root)/\(name)/free_hugepages")
            return sum + (kilobytes ?? 0) * 1024 * free
        }
    }

    private static func names(in directory: String) -> [String] {
        guard let stream = unsafe opendir(directory) else { return [] }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name.hasPrefix("hugepages-") { names.append(name) }
        }
        return names
    }

    private static func number(in file: String) -> Int {
        let descriptor = unsafe open(file, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return 0 }
        defer { close(descriptor) }
        return unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 32) { bytes in
            let count = unsafe read(descriptor, bytes.baseAddress, bytes.count)
            guard count > 0 else { return 0 }
            let digits = unsafe bytes[..<count].prefix { $0 >= 0x30 && $0 <= 0x39 }
            return unsafe Int(String(decoding: digits, as: UTF8.self)) ?? 0
        }
    }
}
