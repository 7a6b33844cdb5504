// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Packets
import TCPTracking

/// The engine's settings, as `--set key=value` names them.
public struct Settings: Sendable {
    /// Connections per worker.
    public var maxFlows = 1_000_000
    /// Seconds without a packet after which an established connection ends.
    public var idleTimeout = 300.0
    /// Seconds without a packet after which a handshake is given up.
    public var handshakeTimeout = 30.0
    /// Seconds without a packet after which a connection that began to close ends.
    public var closeTimeout = 30.0
    /// Seconds that a closed connection is still known.
    public var timeWait = 1.0
    /// Seconds without a packet after which a UDP flow ends.
    public var udpTimeout = 60.0
    /// Seconds without a packet after which an ICMP flow ends.
    public var icmpTimeout = 60.0
    /// Bytes that wait at most per reader and side.
    public var buffer = 1 << 20
    /// Bytes that wait at most per worker.
    public var bufferPool = 256 << 20
    /// Read bytes that are kept per side, for comparing repeats.
    public var keep = 0
    /// Which bytes win where segments overlap with other content.
    public var overlap = OverlapPolicy.first
    /// Track connections whose SYN was not seen.
    public var midstream = false
    /// Packets of a flow after which bytes that were acknowledged but not captured are given up.
    public var gapPackets = 3
    /// Seconds after which they are.
    public var gapTime = 0.1
    /// End the connection that was silent longest when the table is full, instead of refusing the new one.
    public var evicts = false
    /// What a live run gives up first when its sources lose packets.
    public var shedding = Shedding.none
    /// What is done about checksums.
    public var checksums = ChecksumPolicy.auto
    /// Tell connections of different VLANs apart.
    public var vlanInKey = false
    /// Whose flows are seen: those within tunnels, or the tunnels.
    public var decapsulation = Decapsulation.inner
    /// Bytes of incomplete IP packets that wait at most per worker; 0 = fragments are counted only.
    public var fragmentsPool = 16 << 20
    /// Seconds after its first part in which an IP packet must be complete.
    public var fragmentTimeout = 30.0
    /// Errors of a callback on one flow after which it is off there.
    public var errorsInARow = 10
    /// Seconds after which a callback that goes on ends the run, 0 = never; nil: 1 second live, never on captures.
    public var runaway: Double?
    /// Bytes that the scripts of a worker may hold, 0 = as many as there are.
    public var scriptMemory = 1 << 30

    /// What is done to the frames that inline ports receive, for tests.
    public var faults = Faults()
    /// What these faults follow from.
    public var faultSeed: UInt64 = 1

    /// The defaults.
    public init() {}

    /// One setting as `mos settings` lists it.
    public struct Entry: Sendable {
        /// The key.
        public let key: String
        /// The default, as text.
        public let value: String
        /// The unit or the values it may have.
        public let unit: String
        /// What it does.
        public let meaning: String
    }

    /// All settings with their defaults.
    public static let all: [Entry] = [
        Entry(
            key: "max_flows",
            value: "1000000",
            unit: "connections",
            meaning: "connections per worker; memory grows as it fills"
        ),
        Entry(
            key: "table_full",
            value: "refuse",
            unit: "refuse|evict",
            meaning:
                "the next connection is not tracked, and counted; or the longest silent one ends"
        ),
        Entry(
            key: "idle_timeout",
            value: "300",
            unit: "seconds",
            meaning: "an established connection ends after this long without a packet"
        ),
        Entry(
            key: "handshake_timeout",
            value: "30",
            unit: "seconds",
            meaning: "a handshake is given up after this long without a packet"
        ),
        Entry(
            key: "close_timeout",
            value: "30",
            unit: "seconds",
            meaning: "a connection that began to close ends after this long without a packet"
        ),
        Entry(
            key: "time_wait",
            value: "1",
            unit: "seconds",
            meaning: "a closed connection is still known this long after its last packet"
        ),
        Entry(
            key: "udp_timeout",
            value: "60",
            unit: "seconds",
            meaning: "a UDP flow ends after this long without a packet"
        ),
        Entry(
            key: "icmp_timeout",
            value: "60",
            unit: "seconds",
            meaning: "an ICMP flow ends after this long without a packet"
        ),
        Entry(
            key: "buffer",
            value: "1MiB",
            unit: "bytes",
            meaning: "unread bytes kept per reader and side, those behind a hole included"
        ),
        Entry(
            key: "buffer_pool",
            value: "256MiB",
            unit: "bytes",
            meaning: "bytes kept per worker in all"
        ),
        Entry(
            key: "keep",
            value: "0",
            unit: "bytes",
            meaning: "read bytes kept per side, to compare repeats with"
        ),
        Entry(
            key: "overlap",
            value: "first",
            unit: OverlapPolicy.allCases.map(\.description).joined(separator: "|"),
            meaning: "which bytes win where segments overlap with different content"
        ),
        Entry(
            key: "midstream",
            value: "off",
            unit: "on|off",
            meaning: "whether connections are tracked whose SYN was not seen"
        ),
        Entry(
            key: "gap.packets",
            value: "3",
            unit: "packets",
            meaning:
                "bytes acknowledged but not captured are a gap after so many packets of the flow"
        ),
        Entry(
            key: "gap.time",
            value: "0.1",
            unit: "seconds",
            meaning: "or after this long"
        ),
        Entry(
            key: "shed",
            value: "none",
            unit: "none|flows|buffers",
            meaning: "what a live run gives up first while packets are dropped"
        ),
        Entry(
            key: "checksums",
            value: "auto",
            unit: "auto|strict|off",
            meaning: "auto accepts what the sending machine leaves to its network card"
        ),
        Entry(
            key: "vlan_in_key",
            value: "off",
            unit: "on|off",
            meaning: "tell connections of different VLANs apart"
        ),
        Entry(
            key: "decap",
            value: "inner",
            unit: "inner|outer",
            meaning: "flows are those of the innermost IP packet, or those of the outermost"
        ),
        Entry(
            key: "fragments_pool",
            value: "16MiB",
            unit: "bytes",
            meaning: "IP fragments kept per worker until their packet is complete; 0 = none"
        ),
        Entry(
            key: "fragment_timeout",
            value: "30",
            unit: "seconds",
            meaning: "an IP packet not complete after this long is given up"
        ),
        Entry(
            key: "errors_in_a_row",
            value: "10",
            unit: "errors",
            meaning: "errors of a callback on one flow after which it is off there"
        ),
        Entry(
            key: "runaway",
            value: "auto",
            unit: "auto|off|seconds",
            meaning:
                "a callback that goes on for longer ends the run; auto: 1 live, off on captures"
        ),
        Entry(
            key: "script_memory",
            value: "1GiB",
            unit: "bytes",
            meaning: "what the scripts of a worker may hold; 0 = as much as there is"
        ),
        Entry(
            key: "faults.loss",
            value: "0",
            unit: "probability",
            meaning: "for tests: frames that inline ports lose on purpose"
        ),
        Entry(
            key: "faults.reorder",
            value: "0",
            unit: "probability",
            meaning: "for tests: frames that inline ports receive late, behind up to three others"
        ),
        Entry(
            key: "faults.duplicate",
            value: "0",
            unit: "probability",
            meaning: "for tests: frames that inline ports receive twice"
        ),
        Entry(
            key: "faults.seed",
            value: "1",
            unit: "number",
            meaning: "the same seed gives the same faults for the same frames"
        ),
    ]

    /// Changes a setting.
    ///
    /// - Parameters:
    ///   - key: as `mos settings` lists it.
    ///   - value: its new value as text; bytes may end in KiB, MiB, GiB.
    /// - Throws: ``SettingError`` that says what may be.
    public mutating func set(_ key: String, to value: String) throws(SettingError) {
        switch key {
        case "max_flows": maxFlows = try count(key, value, 1...100_000_000)
        case "idle_timeout": idleTimeout = try seconds(key, value)
        case "handshake_timeout": handshakeTimeout = try seconds(key, value)
        case "close_timeout": closeTimeout = try seconds(key, value)
        case "time_wait": timeWait = try seconds(key, value)
        case "udp_timeout": udpTimeout = try seconds(key, value)
        case "icmp_timeout": icmpTimeout = try seconds(key, value)
        case "buffer": buffer = try bytes(key, value, upTo: 1 << 30)
        case "buffer_pool": bufferPool = try bytes(key, value, upTo: 1 << 36)
        case "runaway":
            switch value {
            case "auto": runaway = nil
            case "off": runaway = 0
            default: runaway = try limit(key, value)
            }
        case "script_memory": scriptMemory = try memory(key, value)
        case "errors_in_a_row": errorsInARow = try count(key, value, 1...1_000_000)
        case "vlan_in_key": vlanInKey = try choice(key, value, ["on", "off"]) == "on"
        case "table_full": evicts = try choice(key, value, ["refuse", "evict"]) == "evict"
        case "shed":
            let chosen = try choice(key, value, Shedding.allCases.map(\.rawValue))
            shedding = Shedding(rawValue: chosen) ?? .none
        case "keep": keep = try bytes(key, value, upTo: 1 << 30)
        case "overlap":
            if let policy = OverlapPolicy(named: value) {
                overlap = policy
            } else {
                _ = try choice(key, value, OverlapPolicy.allCases.map(\.description))
            }
        case "midstream": midstream = try choice(key, value, ["on", "off"]) == "on"
        case "gap.packets": gapPackets = try count(key, value, 1...255)
        case "gap.time": gapTime = try seconds(key, value)
        case "decap":
            decapsulation = try choice(key, value, ["inner", "outer"]) == "outer" ? .outer : .inner
        case "fragments_pool": fragmentsPool = try bytes(key, value, upTo: 1 << 36)
        case "fragment_timeout": fragmentTimeout = try seconds(key, value)
        case "faults.loss": faults.loss = try probability(key, value)
        case "faults.reorder": faults.reordering = try probability(key, value)
        case "faults.duplicate": faults.duplication = try probability(key, value)
        case "faults.seed": faultSeed = UInt64(try count(key, value, 0...Int.max))
        case "checksums":
            let chosen = try choice(key, value, ["auto", "strict", "off"])
            checksums = chosen == "off" ? .off : chosen == "strict" ? .strict : .auto
        default:
            let near = nearest(key, among: Self.all.map(\.key))
            throw SettingError(
                message: "unknown setting '\(key)'" + (near.map { ", did you mean '\($0)'?" } ?? "")
                    + "; 'mos settings' lists them"
            )
        }
    }

    private func count(_ key: String, _ value: String, _ range: ClosedRange<Int>)
        throws(SettingError) -> Int
    {
        guard let number = Int(value), range.contains(number) else {
            throw SettingError(
                message: "setting '\(key)' is a number from \(range.lowerBound) to "
                    + "\(range.upperBound), not '\(value)'"
            )
        }
        return number
    }

    private func seconds(_ key: String, _ value: String) throws(SettingError) -> Double {
        guard let number = Double(value), number >= 0, number <= 1e9 else {
            throw SettingError(
                message: "setting '\(key)' is seconds, 0 to 1000000000, not '\(value)'"
            )
        }
        return number
    }

    private func limit(_ key: String, _ value: String) throws(SettingError) -> Double {
        guard let number = Double(value), number == 0 || (0.01...1e6).contains(number) else {
            throw SettingError(
                message:
                    "setting '\(key)' is auto, off, or seconds, 0.01 to 1000000, not '\(value)'"
            )
        }
        return number
    }

    private func memory(_ key: String, _ value: String) throws(SettingError) -> Int {
        let number = try bytes(key, value, upTo: 1 << 44)
        guard number == 0 || number >= 16 << 20 else {
            throw SettingError(message: "setting '\(key)' is 0 or at least 16MiB, not '\(value)'")
        }
        return number
    }

    private func probability(_ key: String, _ value: String) throws(SettingError) -> Double {
        guard let number = Double(value), number >= 0, number <= 1 else {
            throw SettingError(message: "setting '\(key)' is from 0 to 1, not '\(value)'")
        }
        return number
    }

    private func bytes(_ key: String, _ value: String, upTo limit: Int) throws(SettingError) -> Int
    {
        let units: [(suffix: String, factor: Int)] = [
            ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("K", 1 << 10), ("M", 1 << 20),
            ("G", 1 << 30),
        ]
        var digits = value
        var factor = 1
        for unit in units where value.hasSuffix(unit.suffix) {
            digits = String(value.dropLast(unit.suffix.count))
            factor = unit.factor
            break
        }
        guard let number = Int(digits), number >= 0, number <= limit / factor else {
            throw SettingError(
                message:
                    "setting '\(key)' is bytes, at most \(limit), as in 65536 or 64KiB, not '\(value)'"
            )
        }
        return number * factor
    }

    private func choice(_ key: String, _ value: String, _ values: [String])
        throws(SettingError) -> String
    {
        guard values.contains(value) else {
            throw SettingError(
                message: "setting '\(key)' is \(values.joined(separator: " or ")), not '\(value)'"
                    + (values.count == 1 ? ": nothing else is supported by this version" : "")
            )
        }
        return value
    }
}

/// A setting that does not exist or does not take that value.
public struct SettingError: Error, Equatable, CustomStringConvertible {
    /// One sentence.
    public let message: String
    /// The same sentence.
    public var description: String { message }
}

/// The candidate that `word` was probably meant to be; nil when none is near.
public func nearest(_ word: String, among candidates: [String]) -> String? {
    let limit = max(1, word.count / 3)
    return candidates.map { (editDistance(word, $0), $0) }.filter { $0.0 <= limit }.min {
        $0.0 < $1.0
    }?.1
}

private func editDistance(_ a: String, _ b: String) -> Int {
    let target = Array(b)
    var row = Array(0...target.count)
    for (i, x) in a.enumerated() {
        var diagonal = row[0]
        row[0] = i + 1
        for j in target.indices {
            let cost = min(row[j + 1] + 1, row[j] + 1, diagonal + (target[j] == x ? 0 : 1))
            diagonal = row[j + 1]
            row[j + 1] = cost
        }
    }
    return row[target.count]
}
