// SPDX-License-Identifier: BSD-2-Clause
import CProcessors
import Glibc

/// A thread for one worker, bound to a processor.
final class WorkerThread {
    private let thread: pthread_t

    /// What the thread does, and where.
    private final class Errand {
        let processor: Int?
        let body: () -> Void

        init(_ processor: Int?, _ body: @escaping () -> Void) {
            self.processor = processor
            self.body = body
        }

        func run() {
            if let processor { Processors.bind(to: processor) }
            body()
        }
    }

    /// Starts a thread; nil when the system refuses.
    ///
    /// - Parameters:
    ///   - processor: the processor that it runs on, nil = wherever the system likes.
    ///   - body: what it does.
    init?(on processor: Int?, _ body: @escaping () -> Void) {
        let errand = unsafe Unmanaged.passRetained(Errand(processor, body))
        var thread = pthread_t()
        let code = unsafe pthread_create(
            &thread,
            nil,
            { errand in
                guard let errand = unsafe errand else { return nil }
                unsafe Unmanaged<Errand>.fromOpaque(errand).takeRetainedValue().run()
                return nil
            },
            errand.toOpaque()
        )
        guard code == 0 else {
            unsafe errand.release()
            return nil
        }
        self.thread = thread
    }

    /// Waits for its end.
    func join() { _ = pthread_join(thread, nil) }
}

/// The processors that this process may use.
enum Processors {
    /// Their numbers, in order.
    static var allowed: [Int] {
        var numbers = [Int32](repeating: 0, count: 8192)
        let count = unsafe cprocessors_allowed(&numbers, Int32(numbers.count))
        return numbers.prefix(Int(count)).map(Int.init)
    }

    /// Binds the calling thread to one of them; where that is refused it runs anywhere.
    fileprivate static func bind(to processor: Int) { _ = cprocessors_bind(Int32(processor)) }
}
