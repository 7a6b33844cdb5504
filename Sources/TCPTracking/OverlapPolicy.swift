// SPDX-License-Identifier: BSD-2-Clause

/// Which bytes win where a segment overlaps with one that waits and has other content; numbered as the shared layout
/// numbers them.
///
/// The names are those under which Snort (`stream5`, `stream_tcp`) and Suricata (`host-os-policy`) know systems.
public enum OverlapPolicy: UInt8, CaseIterable, Sendable, CustomStringConvertible {
    /// What came first stays.
    case first = 0
    /// What came last wins.
    case last = 1
    /// FreeBSD, NetBSD, OpenBSD, AIX.
    case bsd = 2
    /// Linux 2.4 and later.
    case linux = 3
    /// Windows 98, NT, 2000, XP.
    case windows = 4
    /// Solaris 9 and later.
    case solaris = 5
    /// Linux 2.2 and earlier.
    case oldLinux = 6
    /// macOS 10.3 and later.
    case macOS = 7
    /// Windows Server 2003.
    case windows2003 = 8
    /// Windows Vista and later.
    case vista = 9
    /// HP-UX 10.
    case hpux10 = 10
    /// HP-UX 11 and later.
    case hpux11 = 11
    /// IRIX 6 and later.
    case irix = 12
    /// Suricata's bsd-right, which differs from FIRST for IP fragments alone.
    case bsdRight = 13
    /// Solaris before 9.
    case oldSolaris = 14

    /// The name of the setting's value.
    public var description: String {
        switch self {
        case .oldLinux: "old-linux"
        case .macOS: "macos"
        case .windows2003: "win2003"
        case .bsdRight: "bsd-right"
        case .oldSolaris: "old-solaris"
        case .first: "first"
        case .last: "last"
        case .bsd: "bsd"
        case .linux: "linux"
        case .windows: "windows"
        case .solaris: "solaris"
        case .vista: "vista"
        case .hpux10: "hpux10"
        case .hpux11: "hpux11"
        case .irix: "irix"
        }
    }

    /// The policy with that name, in the spelling of the setting, of Snort or of Suricata; nil without one.
    public init?(named name: String) {
        let spelling = String(name.map { $0 == "_" ? "-" : $0 })
        switch spelling {
        case "win-2003", "win2k3", "windows2k3", "windows2003": self = .windows2003
        case "win-xp", "win-2000": self = .windows
        case "hpux": self = .hpux11
        default:
            guard let policy = Self.allCases.first(where: { $0.description == spelling }) else {
                return nil
            }
            self = policy
        }
    }
}

/// What a policy does with a new segment that overlaps with a stored one: for each of the nine ways in which two
/// segments can lie, whether the new one's bytes replace the stored ones.
///
/// | the new one begins | before | before | before | same   | same | same  | behind | behind | behind |
/// |--------------------|--------|--------|--------|--------|------|-------|--------|--------|--------|
/// | and ends           | before | same   | behind | before | same | behind| before | same   | behind |
/// | first              | old    | old    | old    | old    | old  | old   | old    | old    | old    |
/// | last               | new    | new    | new    | new    | new  | new   | new    | new    | new    |
/// | bsd                | new    | new    | new    | old    | old  | old   | old    | old    | old    |
/// | linux              | new    | new    | new    | old    | old  | new   | old    | old    | old    |
/// | old-linux          | new    | new    | new    | old    | new  | new   | old    | old    | old    |
/// | solaris            | old    | new    | new    | old    | new  | new   | old    | old    | new    |
///
/// Source: Novak, Sturges, "Target-Based TCP Stream Reassembly", 2007, as Snort's `stream_tcp` and Suricata's stream
/// engine put it into practice. The README says where those two differ and whom we follow.
public struct OverlapRule: Equatable, Sendable {
    /// Bit 3 * begin + end is set where the new bytes win; 0 = before, 1 = same, 2 = behind.
    let wins: UInt16

    /// What was seen first stays: vista, bsd-right, old-solaris.
    public static let first = OverlapRule(wins: 0)
    /// What was seen last wins.
    public static let last = OverlapRule(wins: 0b111_111_111)
    /// windows, win2003, macos.
    static let bsd = OverlapRule(wins: 0b000_000_111)
    /// hpux10, irix.
    static let linux = OverlapRule(wins: 0b000_100_111)
    static let oldLinux = OverlapRule(wins: 0b000_110_111)
    /// hpux11.
    static let solaris = OverlapRule(wins: 0b100_110_110)

    /// True when the bytes of `new` replace those of `old`; they overlap.
    public func prefersNew(_ new: Range<Int64>, over old: Range<Int64>) -> Bool {
        let begin = Self.place(new.lowerBound, old.lowerBound)
        let end = Self.place(new.upperBound, old.upperBound)
        return wins & 1 << (3 * begin + end) != 0
    }

    private static func place(_ new: Int64, _ old: Int64) -> UInt16 {
        new < old ? 0 : new == old ? 1 : 2
    }

    /// True when where stored segments begin and end decides; then they must not be joined behind a hole.
    var looksAtSegments: Bool { self != .first && self != .last }
}

extension OverlapPolicy {
    /// What it does.
    public var rule: OverlapRule {
        switch self {
        case .first, .vista, .bsdRight, .oldSolaris: .first
        case .last: .last
        case .bsd, .windows, .windows2003, .macOS: .bsd
        case .linux, .hpux10, .irix: .linux
        case .oldLinux: .oldLinux
        case .solaris, .hpux11: .solaris
        }
    }
}
