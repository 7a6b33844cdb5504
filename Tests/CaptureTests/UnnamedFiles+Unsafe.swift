// SPDX-License-Identifier: BSD-2-Clause
import Glibc
import Packets

/// A regular file without a name that holds `bytes`, open at its beginning.
func unnamedFile(_ bytes: [UInt8]) -> Int32 {
    var path = Array("/tmp/mos-capture-XXXXXX".utf8CString)
    let descriptor = unsafe mkstemp(&path)
    unsafe unlink(path)
    precondition(descriptor >= 0 && put(bytes, to: descriptor), "no room in /tmp")
    lseek(descriptor, 0, SEEK_SET)
    return descriptor
}

/// All bytes of an open file.
func contents(_ descriptor: Int32) -> [UInt8] {
    let length = Int(lseek(descriptor, 0, SEEK_END))
    var bytes = [UInt8](repeating: 0, count: length)
    let got = unsafe pread(descriptor, &bytes, length, 0)
    return Array(bytes.prefix(got))
}

/// The two ends of a new pipe.
func makePipe() -> (reading: Int32, writing: Int32) {
    var ends: [Int32] = [-1, -1]
    precondition(unsafe pipe(&ends) == 0, "no pipe")
    return (ends[0], ends[1])
}

/// Writes `bytes` to a file or a pipe with room for them; false when that fails.
@discardableResult
func put(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
    unsafe write(descriptor, bytes, bytes.count) == bytes.count
}

/// Calls `body` with a view of `bytes`.
func withView<Result>(_ bytes: [UInt8], _ body: (ByteView) -> Result) -> Result {
    unsafe bytes.withUnsafeBytes { buffer in
        guard let base = buffer.baseAddress else { return body(.empty) }
        return unsafe body(ByteView(base: base, count: buffer.count))
    }
}

/// Sends `payload` to UDP port 9 of this machine; false when that fails.
func sendToDiscardPort(_ payload: [UInt8]) -> Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(9).bigEndian
    address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
    let sent = unsafe withUnsafePointer(to: &address) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            unsafe sendto(
                descriptor,
                payload,
                payload.count,
                0,
                $0,
                socklen_t(MemoryLayout<sockaddr_in>.size)
            )
        }
    }
    return sent == payload.count
}

/// A directory for one test, removed with what was put into it.
final class ScratchDirectory {
    let path: String
    private var names: [String] = []

    init() {
        var template = Array("/tmp/mos-directory-XXXXXX".utf8CString)
        precondition(unsafe mkdtemp(&template) != nil, "no room in /tmp")
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        for name in names { _ = unsafe remove(path + "/" + name) }
        _ = unsafe rmdir(path)
    }

    func add(_ name: String, _ bytes: [UInt8]) {
        names.append(name)
        let descriptor = unsafe open(path + "/" + name, O_WRONLY | O_CREAT, 0o600)
        put(bytes, to: descriptor)
        close(descriptor)
    }

    func addDirectory(_ name: String) {
        names.append(name)
        _ = unsafe mkdir(path + "/" + name, 0o700)
    }

    func addPipe(_ name: String) {
        names.append(name)
        _ = unsafe mkfifo(path + "/" + name, 0o600)
    }

    func addLink(_ name: String, to target: String) {
        names.append(name)
        _ = unsafe symlink(target, path + "/" + name)
    }
}
