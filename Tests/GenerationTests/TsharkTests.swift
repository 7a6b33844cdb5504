// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Foundation
import TestNetworks
import Testing

@testable import Generation

private let hasTshark = FileManager.default.isExecutableFile(atPath: "/usr/bin/tshark")

@Suite(.enabled(if: hasTshark, "tshark is not installed; scripts/setup installs it"))
struct TsharkTests {
    @Test(arguments: Profile.allCases)
    func `tshark finds neither a wrong checksum nor a malformed packet`(_ profile: Profile) throws {
        var options = TrafficOptions(profile)
        options.seed = 41
        options.flows = profile == .syn ? nil : 30
        options.packets = 3000
        options.ipv6 = 0.3
        options.vlan = 0.3
        if profile.hasData { (options.loss, options.reordering) = (0.03, 0.03) }
        let file = try TemporaryFile(bytes: [])
        let writer = try CaptureWriter(path: file.path, linkType: .ethernet)
        for frame in frames(options, count: 3000) { try writer.write(frame) }
        try writer.close()

        // What tshark calls malformed when it puts streams together is a segment that was sent again.
        let judged = try shell(
            """
            tshark -n -r \(file.path) -o ip.check_checksum:TRUE -o tcp.check_checksum:TRUE \\
              -o tcp.desegment_tcp_streams:FALSE -T fields \\
              -e ip.checksum.status -e tcp.checksum.status -e _ws.malformed -e vlan.id 2>/dev/null
            """
        )
        #expect(judged.code == 0)
        let lines = judged.output.split(separator: "\n", omittingEmptySubsequences: false)
            .map { $0.split(separator: "\t", omittingEmptySubsequences: false) }
            .filter { $0.count == 4 }
        #expect(lines.count == 3000)
        // 1 is "good"; IPv6 has no checksum of its own.
        #expect(lines.allSatisfy { $0[0] == "1" || $0[0].isEmpty })
        #expect(lines.allSatisfy { $0[1] == "1" })
        #expect(lines.allSatisfy { $0[2].isEmpty })
        #expect(lines.contains { $0[0].isEmpty } && lines.contains { $0[0] == "1" })
        #expect(lines.contains { !$0[3].isEmpty } && lines.contains { $0[3].isEmpty })
    }
}
