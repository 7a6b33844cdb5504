// SPDX-License-Identifier: BSD-2-Clause
import Foundation

/// A file that is gone with its owner.
final class TemporaryFile {
    let path: String

    init(bytes: [UInt8]) throws {
        path = NSTemporaryDirectory() + "mos-dpdk-\(UUID().uuidString)"
        try Data(bytes).write(to: URL(fileURLWithPath: path))
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

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

/// Hands a value to another thread; the caller waits for that thread.
final class UncheckedBox<Value>: @unchecked Sendable {
    var value: Value
    init(_ value: Value) { self.value = value }
}

/// Runs `body` on a thread of its own, for which DPDK and the kernel may keep settings.
func onNewThread<Value>(_ body: () throws -> Value) throws -> Value {
    try withoutActuallyEscaping(body) { body in
        let work = UncheckedBox(body)
        let outcome = UncheckedBox<Result<Value, any Error>>(.failure(CancellationError()))
        let done = DispatchSemaphore(value: 0)
        let thread = Thread {
            outcome.value = Result { try work.value() }
            work.value = { throw CancellationError() }
            done.signal()
        }
        thread.start()
        done.wait()
        return try outcome.value.get()
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

/// Moves the calling thread to a network namespace of its own.
///
/// - Returns: false when that is not permitted.
func enterNewNetworkNamespace() -> Bool {
    typealias Unshare = @convention(c) (CInt) -> CInt
    guard let symbol = unsafe dlsym(nil, "unshare") else { return false }
    let newNetwork: CInt = 0x4000_0000
    return unsafe unsafeBitCast(symbol, to: Unshare.self)(newNetwork) == 0
}

/// Runs a shell script in the namespaces of the calling thread.
///
/// Foundation's `Process` does not see the end of a child of such a thread.
///
/// - Returns: its wait status, 0 when all went well, and what it printed.
func shell(_ script: String) throws -> (code: Int32, output: String) {
    let file = try TemporaryFile(bytes: Array(script.utf8))
    guard let stream = unsafe popen("exec bash -e \(file.path) 2>&1", "r") else { return (-1, "") }
    var output: [UInt8] = []
    while case let byte = unsafe fgetc(stream), byte >= 0 { output.append(UInt8(byte)) }
    return (unsafe pclose(stream), String(decoding: output, as: UTF8.self))
}
