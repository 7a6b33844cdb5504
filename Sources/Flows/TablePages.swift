// SPDX-License-Identifier: BSD-2-Clause
import Synchronization

/// What the tables of this process got that asked for huge pages.
public enum TablePages {
    private static let reserved = Atomic<Int>(0)
    private static let others = Atomic<Int>(0)

    /// Tables that lie on huge pages which the system had reserved.
    public static var onReservedHugePages: Int { reserved.load(ordering: .relaxed) }
    /// Tables that lie on ordinary pages, for which transparent huge pages were asked.
    public static var onOrdinaryPages: Int { others.load(ordering: .relaxed) }

    static func note(isReserved: Bool) {
        if isReserved {
            reserved.add(1, ordering: .relaxed)
        } else {
            others.add(1, ordering: .relaxed)
        }
    }
}
