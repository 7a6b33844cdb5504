// SPDX-License-Identifier: BSD-2-Clause
import Synchronization

/// Asks a worker to leave its loop between packets; for other threads.
public final class Attention: Sendable {
    private let raised = Atomic<Bool>(false)

    /// Nobody asked yet.
    public init() {}

    /// The worker leaves its loop when it looks next: between bursts, also while no packets come.
    public func raise() { raised.store(true, ordering: .releasing) }

    /// True once when it was asked for.
    func take() -> Bool {
        raised.load(ordering: .relaxed) && raised.exchange(false, ordering: .acquiring)
    }
}
