// SPDX-License-Identifier: BSD-2-Clause
import Foundation

/// Hands a value to another thread; the caller waits for that thread.
public final class UncheckedBox<Value>: @unchecked Sendable {
    /// The value.
    public var value: Value

    /// Hands over `value`.
    public init(_ value: Value) { self.value = value }
}

/// Runs `body` on a thread of its own, for which DPDK and the kernel may keep settings.
public func onNewThread<Value>(_ body: () throws -> Value) throws -> Value {
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
