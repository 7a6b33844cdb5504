// SPDX-License-Identifier: BSD-2-Clause
import Testing

@testable import TCPTracking

/// 100 bytes of 1000 in flight are sent again; a round trip takes 50 ms.
struct RetransmissionKindTests {
    private func repeated(
        _ range: Range<Int64>,
        una: Int64 = 0,
        recovering: Bool = false,
        after silence: Int64,
        rtt: Int64 = 50_000
    ) -> RetransmissionKind {
        Repetition(
            start: range.lowerBound,
            end: range.upperBound,
            top: 1000,
            una: una,
            isRecovering: recovering,
            silence: silence,
            rtt: rtt
        ).kind
    }

    @Test func `the first unacknowledged segment after a long silence is the timer's`() {
        #expect(repeated(0..<100, after: 300_000) == .rto)
    }

    @Test func `without any report of a loss it is the timer's, however soon`() {
        #expect(repeated(0..<100, after: 10) == .rto)
        #expect(repeated(300..<400, after: 10) == .rto)
    }

    @Test func `an answer to a report of loss is fast`() {
        #expect(repeated(0..<100, recovering: true, after: 10) == .fast)
        #expect(repeated(500..<600, recovering: true, after: 50_000) == .fast)
    }

    @Test func `a report of loss that stays unanswered for long ends in the timer`() {
        #expect(repeated(0..<100, recovering: true, after: 200_000) == .rto)
        // Near the receiver the answer takes a whole round trip, which may be longer than short timers.
        #expect(repeated(0..<100, recovering: true, after: 600_000, rtt: 600_000) == .fast)
        #expect(repeated(0..<100, recovering: true, after: 750_000, rtt: 600_000) == .rto)
    }

    @Test func `what was acknowledged already is spurious, whatever else speaks`() {
        #expect(repeated(0..<100, una: 100, recovering: true, after: 300_000) == .spurious)
        #expect(repeated(0..<100, una: 99, after: 300_000) == .rto)
        #expect(repeated(900..<1000, una: 1000, after: 100_000) == .spurious)
    }

    @Test func `the last segment of the flight after a silence of a round trip is a probe`() {
        #expect(repeated(900..<1000, after: 100_000) == .probe)
        #expect(repeated(900..<1000, after: 50_000) == .probe)
        #expect(repeated(900..<1000, after: 49_999) == .rto)
    }

    @Test func `a probe repeats neither the first of the flight nor less than its end`() {
        #expect(repeated(900..<1000, una: 900, after: 100_000) == .rto)
        #expect(repeated(800..<900, after: 100_000) == .rto)
    }

    @Test func `a probe without a known round trip needs some silence`() {
        #expect(repeated(900..<1000, after: 1_999, rtt: 0) == .rto)
        #expect(repeated(900..<1000, after: 2_000, rtt: 0) == .probe)
    }
}
