// SPDX-License-Identifier: BSD-2-Clause

/// Which of the interfaces are the two ends of a pair: 1-2, 3-4 and so on in the order of `-i`, or as `--pair` says.
struct Pairing {
    /// For each interface the number of its peer, from 0; nil when it is only watched.
    let peers: [Int?]

    /// Reads what `--pair` says; the error is a sentence that says what to do.
    init(_ interfaces: [String], pairs: [String]) throws(PairingError) {
        let count = interfaces.count
        guard count >= 2 else {
            throw PairingError(
                "--inline takes two interfaces: what comes to one leaves through the other, as in "
                    + "-i eth0 -i eth1."
            )
        }
        guard !pairs.isEmpty || count.isMultiple(of: 2) else {
            throw PairingError(
                "--inline with \(count) interfaces leaves one without a peer; say which belong "
                    + "together, as in --pair 1-2: the others are only watched."
            )
        }
        var peers = [Int?](repeating: nil, count: count)
        if pairs.isEmpty {
            for index in 0..<count { peers[index] = index ^ 1 }
        }
        for text in pairs {
            let (a, b) = try Self.ends(text, count)
            for end in [a, b] where peers[end] != nil {
                throw PairingError(
                    "--pair \(text): interface \(end + 1) (\(interfaces[end])) is in another pair "
                        + "already; each interface has one peer."
                )
            }
            (peers[a], peers[b]) = (b, a)
        }
        try Self.checkNames(interfaces, peers)
        self.peers = peers
    }

    /// The pairs, each once.
    var pairs: [(Int, Int)] {
        peers.enumerated().compactMap { index, peer in
            peer.flatMap { $0 > index ? (index, $0) : nil }
        }
    }

    /// The numbers in "1-2", from 0.
    private static func ends(_ text: String, _ count: Int) throws(PairingError) -> (Int, Int) {
        let words = text.split(separator: "-", omittingEmptySubsequences: false)
        guard words.count == 2, let a = Int(words[0]), let b = Int(words[1]) else {
            throw PairingError(
                "--pair takes two numbers of interfaces in the order of -i, as in 1-2, not '\(text)'."
            )
        }
        for number in [a, b] where number < 1 || number > count {
            throw PairingError(
                "--pair \(text): there is no interface \(number); -i names \(count), 1 to \(count)."
            )
        }
        if a == b {
            throw PairingError("--pair \(text): an interface is no pair with itself.")
        }
        return (a - 1, b - 1)
    }

    /// What an interface sends into itself would come back for ever.
    private static func checkNames(_ interfaces: [String], _ peers: [Int?]) throws(PairingError) {
        var seen: Set<String> = []
        for (index, name) in interfaces.enumerated() where peers[index] != nil {
            guard seen.insert(name).inserted else {
                throw PairingError("--inline: \(name) is named twice; each port is named once.")
            }
        }
    }
}

/// Why interfaces cannot be paired.
struct PairingError: Error {
    let message: String

    init(_ message: String) { self.message = message }
}
