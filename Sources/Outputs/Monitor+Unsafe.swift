// SPDX-License-Identifier: BSD-2-Clause
import Glibc

/// A lock with one condition: those who hold it may wait until somebody has changed something.
@safe
final class Monitor: @unchecked Sendable {
    private let mutex = unsafe UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let changed = unsafe UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    init() {
        unsafe pthread_mutex_init(mutex, nil)
        unsafe pthread_cond_init(changed, nil)
    }

    deinit {
        unsafe pthread_mutex_destroy(mutex)
        unsafe pthread_cond_destroy(changed)
        unsafe mutex.deallocate()
        unsafe changed.deallocate()
    }

    /// Calls `body` while nobody else holds the lock.
    func hold(_ body: () -> Void) {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        body()
    }

    /// Lets go of the lock until ``wakeAll()`` is called; only within ``hold(_:)``.
    func wait() { unsafe pthread_cond_wait(changed, mutex) }

    /// Wakes all who wait.
    func wakeAll() { unsafe pthread_cond_broadcast(changed) }
}
