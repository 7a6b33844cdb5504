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

/// Runs `body` on `count` threads at the same time, with their numbers; what each gave, in order.
public func onNewThreads<Value>(_ count: Int, _ body: @escaping (Int) -> Value) -> [Value] {
    let outcomes = (0..<count).map { _ in UncheckedBox<Value?>(nil) }
    let work = UncheckedBox(body)
    let done = DispatchSemaphore(value: 0)
    for (index, outcome) in outcomes.enumerated() {
        Thread {
            outcome.value = work.value(index)
            done.signal()
        }
        .start()
    }
    for _ in outcomes { done.wait() }
    return outcomes.compactMap(\.value)
}
