// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Glibc

/// Where the workers of a run meet: each hands in bytes, worker 0 takes those of the others.
///
/// A meeting's name is a series and, behind a colon, seconds of packet time: "i1:1700000000.500000000"; or a series alone: "end".
/// Members come to a series in the order of time and may leave meetings out: what one hands in later counts as having
/// come. One that has ended counts as having come to all.
@safe
public final class Meeting: @unchecked Sendable {
    /// What one member handed in for one meeting.
    @safe
    private struct Share {
        let time: Int64
        let bytes: UnsafeMutableRawBufferPointer
    }

    /// What is known of one series.
    private struct Series {
        /// By member: what was not taken yet, oldest first.
        var waiting: [[Share]]
        /// By member: the last meeting that it came to.
        var reached: [Int64]

        init(members: Int) {
            waiting = Array(repeating: [], count: members)
            reached = Array(repeating: .min, count: members)
        }
    }

    /// Shares of one member and series that may wait to be taken.
    private static let most = 16

    private let monitor = Monitor()
    private let waits: Bool
    private var series: [String: Series] = [:]
    private var hasLeft: [Bool]
    /// What worker 0 took last.
    private var held: UnsafeMutableRawBufferPointer?

    /// How many workers meet.
    public let members: Int

    /// A place for `members` workers.
    ///
    /// - Parameters:
    ///   - members: how many.
    ///   - waits: whoever is far ahead of worker 0 waits for it, as on captures; else what it hands in is refused.
    public init(members: Int, waits: Bool) {
        self.members = members
        self.waits = waits
        hasLeft = Array(repeating: false, count: members)
    }

    deinit {
        for one in series.values {
            for share in one.waiting.joined() { unsafe share.bytes.deallocate() }
        }
        unsafe held?.deallocate()
    }

    /// Member `index` has ended, however it did: nobody waits for it any more.
    public func leave(_ index: Int) {
        monitor.hold {
            hasLeft[index] = true
            monitor.wakeAll()
        }
    }

    /// Takes a copy of what `member` knows for the meeting.
    ///
    /// - Returns: 0, or -ENOBUFS when too much of it waits already, -EINVAL for a name that is none.
    func handIn(_ name: String, member: Int, _ bytes: UnsafeRawBufferPointer) -> Int32 {
        guard let (key, time) = Self.parse(name) else { return -EINVAL }
        return monitor.hold {
            while of(key).waiting[member].count >= Self.most {
                guard waits, !hasLeft[0] else { return -ENOBUFS }
                monitor.wait()
            }
            let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 16)
            unsafe copy.copyMemory(from: bytes)
            var one = of(key)
            unsafe one.waiting[member].append(Share(time: time, bytes: copy))
            one.reached[member] = max(one.reached[member], time)
            series[key] = one
            monitor.wakeAll()
            return 0
        }
    }

    /// Whether all but worker 0 have come to the meeting or beyond it, or have ended.
    ///
    /// - Parameters:
    ///   - name: the meeting.
    ///   - waits: does not come back before they have.
    /// - Returns: 1 or 0; -EINVAL for a name that is none.
    func gathered(_ name: String, waits: Bool) -> Int32 {
        guard let (key, time) = Self.parse(name) else { return -EINVAL }
        return monitor.hold {
            while !haveCome(key, time) {
                guard waits else { return 0 }
                monitor.wait()
            }
            return 1
        }
    }

    /// The oldest of what `member` handed in for the meeting or one before it; each is given once.
    ///
    /// - Returns: the bytes, which stay until the next call; nil when there is no more.
    func handedIn(_ name: String, from member: Int) -> UnsafeRawBufferPointer? {
        guard let (key, time) = Self.parse(name), (0..<members).contains(member) else { return nil }
        return unsafe monitor.hold {
            forget()
            guard let first = of(key).waiting[member].first, first.time <= time else {
                return nil
            }
            series[key]?.waiting[member].removeFirst()
            unsafe held = unsafe first.bytes
            monitor.wakeAll()
            return unsafe UnsafeRawBufferPointer(first.bytes)
        }
    }

    /// Forgets what is left of the meeting and those before it.
    ///
    /// - Returns: 0; -EINVAL for a name that is none.
    func dismiss(_ name: String) -> Int32 {
        guard let (key, time) = Self.parse(name) else { return -EINVAL }
        monitor.hold {
            forget()
            for member in 0..<members {
                while let first = series[key]?.waiting[member].first, first.time <= time {
                    unsafe first.bytes.deallocate()
                    series[key]?.waiting[member].removeFirst()
                }
            }
            monitor.wakeAll()
        }
        return 0
    }

    private func of(_ key: String) -> Series { series[key] ?? Series(members: members) }

    private func haveCome(_ key: String, _ time: Int64) -> Bool {
        let reached = of(key).reached
        return (1..<max(members, 1)).allSatisfy { hasLeft[$0] || reached[$0] >= time }
    }

    private func forget() {
        unsafe held?.deallocate()
        unsafe held = nil
    }

    /// Series and nanoseconds of a name; nil for what is no name.
    private static func parse(_ name: String) -> (series: String, time: Int64)? {
        let parts = name.split(separator: ":", omittingEmptySubsequences: false)
        guard let series = parts.first, !series.isEmpty, parts.count <= 2 else { return nil }
        guard parts.count == 2 else { return (String(series), 0) }
        let numbers = parts[1].split(separator: ".", omittingEmptySubsequences: false)
        guard numbers.count == 2, numbers[1].utf8.count == 9, let seconds = Int64(numbers[0]),
            let nanoseconds = Int64(numbers[1]), (0..<9_000_000_000).contains(seconds),
            nanoseconds >= 0
        else { return nil }
        return (String(series), seconds * 1_000_000_000 + nanoseconds)
    }
}
