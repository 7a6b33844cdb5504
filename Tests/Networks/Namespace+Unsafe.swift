// SPDX-License-Identifier: BSD-2-Clause
import Foundation

/// Runs `body` with the calling thread in a network namespace of its own, which is gone afterwards with all its
/// interfaces.
///
/// - Throws: what `body` throws, or the error of a system that does not permit it.
public func inNewNetworkNamespace<Value>(_ body: () throws -> Value) throws -> Value {
    let old = unsafe open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)
    guard old >= 0 else { throw POSIXError(.ENOENT) }
    defer { close(old) }
    let newNetwork: CInt = 0x4000_0000
    guard call("unshare", newNetwork) else { throw POSIXError(.EPERM) }
    defer {
        // A thread that stays where it is would run other tests there.
        if !call("setns", old, newNetwork) { fatalError("setns: \(errno)") }
    }
    return try body()
}

/// Calls a function of the C library that Swift does not show; true when it returned 0.
private func call(_ name: String, _ first: CInt, _ second: CInt = 0) -> Bool {
    typealias Function = @convention(c) (CInt, CInt) -> CInt
    guard let symbol = unsafe dlsym(nil, name) else { return false }
    return unsafe unsafeBitCast(symbol, to: Function.self)(first, second) == 0
}

/// True when tests may make network namespaces and interfaces.
public let mayMakeInterfaces = geteuid() == 0

/// A shell script that runs in the namespaces of the thread that starts it.
///
/// Foundation's `Process` does not see the end of a child of such a thread.
@safe
public final class Script {
    private let file: TemporaryFile
    private let stream: UnsafeMutablePointer<FILE>
    private var output: [UInt8] = []
    private var isOpen = true

    /// Starts `text`, which ends at the first command that fails.
    public init(_ text: String) throws {
        file = try TemporaryFile(bytes: Array(text.utf8))
        guard let stream = unsafe popen("exec bash -e \(file.path) 2>&1", "r") else {
            throw POSIXError(.EAGAIN)
        }
        unsafe self.stream = stream
    }

    deinit { if isOpen { unsafe pclose(stream) } }

    /// Takes what it has printed so far.
    ///
    /// - Returns: true while it has not closed its output.
    public func isRunning() -> Bool {
        var request = pollfd(fd: unsafe fileno(stream), events: Int16(POLLIN), revents: 0)
        while unsafe poll(&request, 1, 0) > 0 {
            var bytes = [UInt8](repeating: 0, count: 4096)
            let count = unsafe read(request.fd, &bytes, bytes.count)
            guard count > 0 else { return false }
            output += bytes.prefix(count)
        }
        return true
    }

    /// Waits for its end.
    ///
    /// - Returns: its wait status, 0 when all went well, and what it printed.
    public func finish() -> (code: Int32, output: String) {
        var request = pollfd(fd: unsafe fileno(stream), events: Int16(POLLIN), revents: 0)
        while isRunning() { _ = unsafe poll(&request, 1, -1) }
        isOpen = false
        return (unsafe pclose(stream), String(decoding: output, as: UTF8.self))
    }
}

/// Runs a shell script in the namespaces of the calling thread.
///
/// - Returns: its wait status, 0 when all went well, and what it printed.
public func shell(_ script: String) throws -> (code: Int32, output: String) {
    try Script(script).finish()
}
