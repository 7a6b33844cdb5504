// SPDX-License-Identifier: BSD-2-Clause
import CRawSocket
import Glibc
import Synchronization

/// What wakes a worker that waits in poll(2), rung by others only when it sleeps.
///
///     sleeper: sleeps = true, fence, looks into its rings, polls     one of the two sees what
///     others:  publish, fence, sleeps was true? ring                 the other has written
@safe
final class WorkerBell: @unchecked Sendable {
    /// For poll(2).
    let descriptor: Int32
    fileprivate let sleeps: UnsafeMutablePointer<Atomic<Bool>>

    /// A bell that is silent; nil when the process may open no further descriptor.
    init?() {
        descriptor = craw_make_bell()
        if descriptor < 0 { return nil }
        unsafe sleeps = .allocate(capacity: 1)
        unsafe sleeps.initialize(to: Atomic(false))
    }

    deinit {
        close(descriptor)
        unsafe sleeps.deallocate()
    }
}

/// A ``WorkerBell`` as the packet path uses it; somebody else keeps the bell.
@safe
struct WorkerBellReference {
    private let descriptor: Int32
    private let sleeps: UnsafeMutablePointer<Atomic<Bool>>

    init(_ bell: WorkerBell) {
        descriptor = bell.descriptor
        unsafe sleeps = bell.sleeps
    }

    /// What was published ahead of this is seen by its worker, who is woken when it sleeps.
    @inline(__always)
    func ring() {
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        guard unsafe sleeps.pointee.load(ordering: .relaxed) else { return }
        // Of several who find it asleep, one wakes it.
        if unsafe sleeps.pointee.exchange(false, ordering: .relaxed) {
            craw_ring_bell(descriptor)
        }
    }

    /// Its worker is about to sleep: what is published from now on rings; what was before is still to be looked for.
    func fallAsleep() {
        unsafe sleeps.pointee.store(true, ordering: .relaxed)
        atomicMemoryFence(ordering: .sequentiallyConsistent)
    }

    /// Its worker is awake.
    func wakeUp() {
        unsafe sleeps.pointee.store(false, ordering: .relaxed)
        craw_silence_bell(descriptor)
    }
}
