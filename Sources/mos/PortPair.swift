// SPDX-License-Identifier: BSD-2-Clause
import ArgumentParser

/// Two interfaces that are bridged, as `--pair 1-2` names them: by their places on the command line, from 1.
struct PortPair: Equatable, ExpressibleByArgument {
    let first: Int
    let second: Int

    init?(argument: String) {
        let parts = argument.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let first = Int(parts[0]), let second = Int(parts[1]), first > 0,
            second > 0
        else { return nil }
        self.first = first
        self.second = second
    }

    /// What is wrong with a command line as far as bridging goes, nil when nothing is.
    static func problem(isInline: Bool, pairs: [PortPair], interfaces: Int, files: Int) -> String? {
        guard isInline else {
            return pairs.isEmpty ? nil : "--pair has a meaning only with --inline."
        }
        if files > 0 { return "--inline bridges interfaces (-i); captures (-r) cannot be bridged." }
        if interfaces < 2 { return "--inline needs two interfaces: -i A -i B." }
        if pairs.isEmpty {
            return interfaces % 2 == 0
                ? nil
                : "\(interfaces) interfaces do not make pairs; say which with --pair 1-2."
        }
        let named = pairs.flatMap { [$0.first, $0.second] }
        if let number = named.first(where: { $0 > interfaces }) {
            return "--pair names interface \(number), but there are \(interfaces) (-i)."
        }
        for (index, number) in named.enumerated() where named[..<index].contains(number) {
            return "--pair names interface \(number) twice; each has one peer."
        }
        return nil
    }

    /// The peer of each of so many interfaces: neighbours, when nothing is said.
    static func peers(_ pairs: [PortPair], of interfaces: Int) -> [Int?] {
        guard !pairs.isEmpty else { return (0..<interfaces).map { $0 ^ 1 } }
        var peers = [Int?](repeating: nil, count: interfaces)
        for pair in pairs {
            peers[pair.first - 1] = pair.second - 1
            peers[pair.second - 1] = pair.first - 1
        }
        return peers
    }
}
