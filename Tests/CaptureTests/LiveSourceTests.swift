// SPDX-License-Identifier: BSD-2-Clause
import Foundation
import Packets
import Testing

@testable import Capture

/// True when `ip` with these arguments did what it was told.
private func ip(_ arguments: String...) -> Bool {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["ip"] + arguments
    process.standardError = nil
    guard (try? process.run()) != nil else { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
}

private let isRoot = geteuid() == 0

/// Needs the kernel's own interfaces, so most of it runs as root only.
struct LiveSourceTests {
    @Test func `an interface that does not exist is refused with the names of those that do`() {
        // Other tests make and remove interfaces at the same time: only the one that stays is looked for.
        let error = #expect(throws: SourceError.self) { try LiveSource(interface: "nowhere0") }
        let words = error?.description ?? ""
        #expect(words.hasPrefix("nowhere0: no such interface; there are "))
        #expect(words.split(separator: " ").contains { $0 == "lo" || $0 == "lo," })
    }

    @Test(.enabled(if: isRoot, "capturing needs root"))
    func `datagrams on the loopback interface arrive whole and in order`() throws {
        let source = try LiveSource(interface: "lo")
        #expect(source.linkType == .ethernet && source.isLive)
        let marker = Array("mos-live-\(getpid())-".utf8)
        let payloads = (0..<200).map { marker + frame(40 + 250 * $0, tag: $0) }
        for payload in payloads { #expect(sendToDiscardPort(payload)) }
        var found: [[UInt8]] = []
        var times: [Timestamp] = []
        var burst = FrameBurst()
        var wait = SourceWait([source])
        var patience = 300
        while found.count < payloads.count && patience > 0 {
            switch source.receive(into: &burst) {
            case .frames:
                for index in 0..<burst.count {
                    let bytes = burst[index].bytes.array
                    guard bytes.count >= 42, bytes[42...].starts(with: marker) else { continue }
                    found.append(Array(bytes[42...]))
                    times.append(burst[index].time)
                    #expect(burst[index].wireLength == bytes.count)
                }
            case .idle:
                _ = wait.wait()
                patience -= 1
            case .ended, .failed: patience = 0
            }
        }
        #expect(found == payloads)
        #expect(times == times.sorted())
        #expect((times.first?.nanoseconds ?? 0) > 1_700_000_000_000_000_000)
        #expect(source.statistics.received >= 200)
        #expect(source.statistics.dropped == 0)
    }

    @Test(.enabled(if: isRoot, "making interfaces needs root"))
    func `an interface that is down is refused, and one that goes away fails`() throws {
        let (name, peer) = ("mosa\(getpid() % 100_000)", "mosb\(getpid() % 100_000)")
        try #require(ip("link", "add", name, "type", "veth", "peer", "name", peer))
        defer { _ = ip("link", "del", name) }
        #expect(
            throws: SourceError.unreadable(
                name: name,
                reason: "the interface is down; bring it up: ip link set \(name) up"
            )
        ) { try LiveSource(interface: name) }
        try #require(ip("link", "set", peer, "up") && ip("link", "set", name, "up"))
        let source = try LiveSource(interface: name)
        try #require(ip("link", "del", name))
        var burst = FrameBurst()
        var failure: SourceError?
        var wait = SourceWait([source])
        for _ in 0..<300 where failure == nil {
            switch source.receive(into: &burst) {
            case .failed(let error): failure = error
            default: _ = wait.wait()
            }
        }
        #expect(
            failure
                == .unreadable(
                    name: name,
                    reason: "the interface is gone; start again when it is back"
                )
        )
    }
}
