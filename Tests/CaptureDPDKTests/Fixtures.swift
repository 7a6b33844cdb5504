// SPDX-License-Identifier: BSD-2-Clause
import Foundation
import TestNetworks

/// A classic capture file, microseconds, little-endian, Ethernet, written by hand.
final class CaptureFile {
    private let file: TemporaryFile
    var path: String { file.path }

    init(_ frames: [[UInt8]], start: UInt32, stepMicroseconds: UInt32) throws {
        var bytes: [UInt8] = []
        func put(_ value: UInt32) { bytes += (0..<4).map { UInt8(value >> ($0 * 8) & 0xFF) } }
        // Magic, version 2.4, zone and accuracy 0, snapshot length, link type Ethernet.
        for value: UInt32 in [0xA1B2_C3D4, 0x0004_0002, 0, 0, 262_144, 1] { put(value) }
        for (index, frame) in frames.enumerated() {
            let microseconds = UInt32(index) * stepMicroseconds
            put(start + microseconds / 1_000_000)
            put(microseconds % 1_000_000)
            put(UInt32(frame.count))
            put(UInt32(frame.count))
            bytes += frame
        }
        file = try TemporaryFile(bytes: bytes)
    }
}

/// The processors that the calling thread may run on, as the kernel lists them.
func processorsAllowed() -> String {
    let status = try? String(contentsOfFile: "/proc/thread-self/status", encoding: .utf8)
    let line = status?.split(separator: "\n").first { $0.hasPrefix("Cpus_allowed_list:") }
    return line.map(String.init) ?? ""
}

/// The address of a PCI device that a kernel driver holds and DPDK cannot use, nil without one.
func heldDevice() -> String? {
    let root = "/sys/bus/pci/devices"
    let devices = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
    return devices.sorted().first { device in
        let link = try? FileManager.default.destinationOfSymbolicLink(
            atPath: "\(root)/\(device)/driver"
        )
        return link?.hasSuffix("/virtio-pci") ?? false
    }
}
