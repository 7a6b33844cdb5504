// SPDX-License-Identifier: BSD-2-Clause

/// Which bytes win where a segment overlaps with one that waits and has other content; numbered as the shared layout
/// numbers them.
public enum OverlapPolicy: UInt8, CaseIterable, Sendable, CustomStringConvertible {
    /// What came first stays.
    case first = 0
    /// What came last wins.
    case last = 1
    /// What BSD systems do.
    case bsd = 2
    /// What Linux does.
    case linux = 3
    /// What Windows does.
    case windows = 4
    /// What Solaris does.
    case solaris = 5

    /// The name of the setting's value.
    public var description: String {
        switch self {
        case .first: "first"
        case .last: "last"
        case .bsd: "bsd"
        case .linux: "linux"
        case .windows: "windows"
        case .solaris: "solaris"
        }
    }
}
