// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Packets
import Testing

@testable import TCPTracking

/// What each policy does with two overlapping segments, one way after another.
struct OverlapPolicyTests {
    /// The nine ways: where the new segment lies against the stored one, `oooo` at 14, and what is there then.
    ///
    /// Source: the table of Novak and Sturges' "Target-Based TCP Stream Reassembly" as Snort and Suricata apply it.
    struct Way: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let offset: Int64
        let length: Int
        /// When the stored one stays, and when the new one replaces it.
        let old: String
        let new: String
        let replacedBy: Set<OverlapPolicy>
    }

    static let bsd: Set<OverlapPolicy> = [.bsd, .windows, .windows2003, .macOS]
    static let linux: Set<OverlapPolicy> = [.linux, .hpux10, .irix]
    static let solaris: Set<OverlapPolicy> = [.solaris, .hpux11]
    static let ways = [
        Way("before, ends before", 12, 4, "nnoooo", "nnnnoo", bsd.union(linux).union([.oldLinux])),
        Way("before, ends with it", 12, 6, "nnoooo", "nnnnnn", not(.first)),
        Way("before, ends behind", 12, 8, "nnoooonn", "nnnnnnnn", not(.first)),
        Way("begins with it, ends before", 14, 2, "oooo", "nnoo", [.last]),
        Way("the same place", 14, 4, "oooo", "nnnn", solaris.union([.oldLinux])),
        Way("begins with it, ends behind", 14, 6, "oooonn", "nnnnnn", not(.first).subtracting(bsd)),
        Way("behind, ends before", 15, 2, "oooo", "onno", [.last]),
        Way("behind, ends with it", 15, 3, "oooo", "onnn", [.last]),
        Way("behind, ends behind", 15, 5, "oooonn", "onnnnn", solaris),
    ]

    private static func not(_ group: OverlapPolicy) -> Set<OverlapPolicy> {
        Set(OverlapPolicy.allCases.filter { $0.rule != group.rule })
    }

    @Test(arguments: ways, OverlapPolicy.allCases)
    func `who wins where a new segment begins`(way: Way, policy: OverlapPolicy) throws {
        var bench = try ReassemblyBench(seed: 1, pool: 1 << 20, policy: policy)
        _ = bench.merge(Array("oooo".utf8), at: 14)
        _ = bench.merge([UInt8](repeating: UInt8(ascii: "n"), count: way.length), at: way.offset)
        let isReplaced = policy == .last || way.replacedBy.contains(policy)
        let start = min(way.offset, 14)
        // Pieces may lie apart: what is read is read when the hole is filled.
        _ = bench.merge([UInt8](repeating: UInt8(ascii: "."), count: Int(start)), at: 0)
        let bytes = bench.reassembler.bytes(bench.stream, at: 0).array
        let text = String(decoding: bytes.dropFirst(Int(start)), as: UTF8.self)
        #expect(text == (isReplaced ? way.new : way.old))
        bench.release()
        #expect(bench.problem == nil)
    }

    @Test(arguments: OverlapPolicy.allCases)
    func `delivered bytes never change`(policy: OverlapPolicy) throws {
        var bench = try ReassemblyBench(seed: 1, pool: 1 << 20, policy: policy)
        _ = bench.merge(Array("kept".utf8), at: 0)
        _ = bench.merge(Array("xxxxmore".utf8), at: 0)
        _ = bench.merge(Array("zzzz".utf8), at: 4)
        let text = String(
            decoding: bench.reassembler.bytes(bench.stream, at: 0).array,
            as: UTF8.self
        )
        #expect(text == "keptmore")
        bench.release()
    }

    @Test func `names are those of the setting, of Snort and of Suricata`() {
        for policy in OverlapPolicy.allCases {
            #expect(OverlapPolicy(named: policy.description) == policy)
        }
        let others: [String: OverlapPolicy] = [
            "old_linux": .oldLinux, "win_2003": .windows2003, "win2k3": .windows2003,
            "windows2k3": .windows2003, "hpux": .hpux11, "bsd-right": .bsdRight,
            "old-solaris": .oldSolaris,
        ]
        for (name, policy) in others { #expect(OverlapPolicy(named: name) == policy) }
        #expect(OverlapPolicy(named: "amiga") == nil)
        #expect(OverlapPolicy(named: "") == nil)
    }

    @Test func `numbers are those of the shared layout`() {
        #expect(OverlapPolicy.allCases.count == MOS_OVERLAP_POLICY_COUNT)
        #expect(Int(OverlapPolicy.hpux11.rawValue) == MOS_OVERLAP_POLICY_HPUX11)
        #expect(Int(OverlapPolicy.oldSolaris.rawValue) == MOS_OVERLAP_POLICY_OLD_SOLARIS)
    }
}

extension OverlapPolicyTests.Way {
    init(
        _ name: String,
        _ offset: Int64,
        _ length: Int,
        _ old: String,
        _ new: String,
        _ replacedBy: Set<OverlapPolicy>
    ) {
        self.init(
            testDescription: name,
            offset: offset,
            length: length,
            old: old,
            new: new,
            replacedBy: replacedBy
        )
    }
}
