// SPDX-License-Identifier: BSD-2-Clause
import Testing

@testable import Capture

@Suite struct PollPauseTests {
    @Test func `a silent port is polled at once, then after short and then after long pauses`() {
        var pause = PollPause()
        for _ in 0..<PollPause.spins { #expect(pause.next() == 0) }
        for _ in 0..<PollPause.shortPauses { #expect(pause.next() == 50_000) }
        for _ in 0..<3 { #expect(pause.next() == 1_000_000) }
    }

    @Test func `a packet makes the port be polled at once again`() {
        var pause = PollPause()
        for _ in 0...(PollPause.spins + PollPause.shortPauses) { _ = pause.next() }
        pause.reset()
        #expect(pause.next() == 0)
    }
}
