// SPDX-License-Identifier: BSD-2-Clause
import Glibc

/// A lock with one condition: those who hold it may wait until somebody has changed something.
///
/// For what workers do together beside the packet path: it is the C library's, because the standard library's lock has no
/// condition.
@safe
public final class Monitor: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    /// A lock that nobody holds.
    public init() {
        unsafe pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        unsafe pthread_condattr_init(&attributes)
        unsafe pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        unsafe pthread_cond_init(changed, &attributes)
        unsafe pthread_condattr_destroy(&attributes)
    }

    deinit {
        unsafe pthread_mutex_destroy(mutex)
        unsafe pthread_cond_destroy(changed)
        unsafe mutex.deallocate()
        unsafe changed.deallocate()
    }

    /// Calls `body` while nobody else holds the lock.
    public func hold<Result>(_ body: () -> Result) -> Result {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        return body()
    }

    /// Calls `body` without the lock; only within ``hold(_:)``.
    public func release<Result>(_ body: () -> Result) -> Result {
        unsafe pthread_mutex_unlock(mutex)
        defer { unsafe pthread_mutex_lock(mutex) }
        return body()
    }

    /// Lets go of the lock until ``wakeAll()`` is called; only within ``hold(_:)``.
    public func wait() { unsafe pthread_cond_wait(changed, mutex) }

    /// The same, but no longer than that; only within ``hold(_:)``.
    public func wait(seconds: Int) { wait(milliseconds: seconds * 1000) }

    /// The same, but no longer than that; only within ``hold(_:)``.
    public func wait(milliseconds: Int) {
        var end = timespec()
        _ = unsafe clock_gettime(CLOCK_MONOTONIC, &end)
        let nanoseconds = end.tv_nsec + milliseconds % 1000 * 1_000_000
        end.tv_sec += milliseconds / 1000 + nanoseconds / 1_000_000_000
        end.tv_nsec = nanoseconds % 1_000_000_000
        unsafe pthread_cond_timedwait(changed, mutex, &end)
    }

    /// Wakes all who wait.
    public func wakeAll() { unsafe pthread_cond_broadcast(changed) }
}
