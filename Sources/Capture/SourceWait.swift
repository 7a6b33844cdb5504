// SPDX-License-Identifier: BSD-2-Clause
import Glibc

/// Waits until one of several sources has something, some ten milliseconds at most.
///
/// Nobody waits for one source while another has frames: all are asked, and only when none had anything is there one
/// wait for all of them.
@safe
public struct SourceWait: ~Copyable {
    private let requests: UnsafeMutablePointer<pollfd>
    private let count: Int
    private let isPolled: Bool
    private var pause = PollPause()
    /// A descriptor said that there was something: when nothing comes all the same, that is said no second time.
    private var saidReady = false

    /// Milliseconds after which the clock and the user's requests are looked at.
    private static let longest: Int32 = 10

    /// A wait for `sources`, which somebody else keeps open.
    public init(_ sources: [any PacketSource]) {
        var descriptors: [Int32] = []
        var isPolled = false
        for source in sources {
            switch source.readiness {
            case .descriptor(let descriptor): descriptors.append(descriptor)
            case .polled: isPolled = true
            case .ownWait: break
            }
        }
        self.isPolled = isPolled
        count = descriptors.count
        unsafe requests = .allocate(capacity: max(1, count))
        for (index, descriptor) in descriptors.enumerated() {
            let request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            unsafe (requests + index).initialize(to: request)
        }
    }

    deinit { unsafe requests.deallocate() }

    /// A source had something.
    public mutating func reset() {
        pause.reset()
        saidReady = false
    }

    /// Waits, after every source was asked in vain.
    ///
    /// - Returns: true when it is worth while to ask all of them again at once.
    public mutating func wait() -> Bool {
        if isPolled { return sleep(nanoseconds: pause.next()) }
        let isReady = unsafe count > 0 && poll(requests, nfds_t(count), Self.longest) > 0
        saidReady = isReady && !saidReady
        return saidReady
    }

    /// A port has no descriptor, so whoever watches one as well sleeps no longer than it may be left alone.
    private func sleep(nanoseconds: Int) -> Bool {
        if nanoseconds == 0 { return true }
        var time = timespec(tv_sec: 0, tv_nsec: nanoseconds)
        _ = unsafe nanosleep(&time, nil)
        return false
    }
}
