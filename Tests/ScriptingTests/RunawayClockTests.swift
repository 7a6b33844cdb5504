// SPDX-License-Identifier: BSD-2-Clause
import Testing

@testable import Scripting

/// What a clock of one second says of looks that are each 0.1 seconds apart; the number of the look, counted from 1.
private func judge(
    _ looks: [RunawayClock.Look],
    elapsed: Double = 0.1
) -> (at: Int, verdict: RunawayClock.Verdict)? {
    var clock = RunawayClock(limit: 1)
    for (index, look) in looks.enumerated() {
        if let verdict = clock.note(look, elapsed: elapsed) { return (index + 1, verdict) }
    }
    return nil
}

/// `count` looks, of which each differs from the one before as `change` says.
private func looks(_ count: Int, _ change: (Int, inout RunawayClock.Look) -> Void)
    -> [RunawayClock.Look]
{
    (0..<count).map { index in
        var look = RunawayClock.Look(epoch: 1)
        change(index, &look)
        return look
    }
}

@Suite struct `The clock of a callback` {
    @Test func `counts the processor time of one that runs`() throws {
        let verdict = try #require(judge(looks(100) { $1.processorTime = Double($0) * 0.1 }))
        #expect(verdict.at == 12 || verdict.at == 11)
        guard case .running(let seconds) = verdict.verdict else {
            Issue.record("it is not said to run")
            return
        }
        #expect(abs(seconds - 1) < 0.11)
    }

    @Test func `begins anew with every event`() {
        #expect(
            judge(
                looks(100) {
                    $1.epoch = UInt32($0 / 9)
                    $1.processorTime = Double($0) * 0.1
                }
            ) == nil
        )
    }

    @Test func `counts time in which it is blocked`() throws {
        let verdict = try #require(judge(looks(100) { $1.isRunnable = false }))
        guard case .blocked = verdict.verdict else {
            Issue.record("it is not said to be blocked")
            return
        }
    }

    @Test func `does not count time in which others had the processor`() {
        #expect(judge(looks(100) { $1.processorTime = Double($0) * 0.001 }) == nil)
    }

    @Test func `does not count what the engine waits for`() {
        #expect(
            judge(
                looks(100) {
                    $1.isRunnable = false
                    $1.isWaiting = true
                }
            ) == nil
        )
    }

    @Test func `counts processor time in calls of the engine`() {
        #expect(
            judge(
                looks(100) {
                    $1.isWaiting = true
                    $1.processorTime = Double($0) * 0.1
                }
            ) != nil
        )
    }

    @Test func `does not count waiting for packets`() {
        #expect(
            judge(
                looks(100) {
                    $1.isInside = false
                    $1.processorTime = Double($0) * 0.1
                }
            ) == nil
        )
    }

    @Test
    func `counts no more than the time between two looks, whatever the processor's clock says`() {
        #expect(judge(looks(3) { $1.processorTime = Double($0) * 100 }) == nil)
    }

    @Test
    func `is patient with what runs apart from packets, and does not mind that it is blocked`()
        throws
    {
        func outside(_ processor: Double) -> [RunawayClock.Look] {
            looks(300) {
                $1.isCallback = false
                $1.isRunnable = processor > 0
                $1.processorTime = Double($0) * processor
            }
        }
        #expect(judge(outside(0)) == nil)
        let verdict = try #require(judge(outside(0.1)))
        #expect((100...103).contains(verdict.at))
    }
}
