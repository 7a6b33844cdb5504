// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Flows
import Testing

@testable import Engine

/// ON_ZERO_WINDOW: when an end closes its window, and when it opens it.
struct ZeroWindowTests {
    private let request: [Line] = Line.handshake + [.client(.ack, 1, 1, "abcd").after(1)]

    @Test func `a window closes and opens, with its duration`() throws {
        let recorder = try Recorder(
            request + [
                .server(.ack, 1, 5).window(0), .server(.ack, 1, 5).window(0).after(0.5),
                .server(.ack, 1, 5).window(100).after(0.75), .client(.ack, 5, 1, "efgh"),
            ]
        )
        recorder.stream("", [.zeroWindow])
        var durations: [Double] = []
        recorder.run { _ in durations.append(recorder.duration) }
        #expect(recorder.lines == ["5 SVR ZERO_WINDOW", "7 SVR ZERO_WINDOW"])
        #expect(durations == [-1, 1.25])
    }

    @Test func `it comes between the receiver's stack and its PKT_IN`() throws {
        let lines = try events(
            [.zeroWindow, .packetIn, .rexmit, .newData],
            request + [.client(.ack, 1, 1, "abcdefg").window(0)]
        )
        #expect(
            lines.suffix(5) == [
                "5 SND CLI PKT_IN", "5 RCV SVR REXMIT", "5 CLI ZERO_WINDOW", "5 RCV SVR PKT_IN",
                "5 SVR NEW_DATA 'efg'",
            ]
        )
    }

    @Test(arguments: [false, true])
    func `sockets come in the order of the packet's way`(isServer: Bool) throws {
        let closing: Line =
            isServer ? .server(.ack, 1, 5).window(0) : .client(.ack, 5, 1).window(0)
        let recorder = try Recorder(request + [closing])
        recorder.stream("a", [.zeroWindow])
        recorder.stream("b", [.zeroWindow])
        let order = isServer ? ["b", "a"] : ["a", "b"]
        let side = isServer ? "SVR" : "CLI"
        #expect(recorder.run() == order.map { "\($0) 5 \(side) ZERO_WINDOW" })
    }

    @Test func `windows of SYN and RST do not count`() throws {
        let lines = try events(
            [.zeroWindow],
            [
                .client(.syn, 0).window(0), .server(.synAck, 0, 1).window(0), .client(.ack, 1, 1),
                .server(.rstAck, 1, 1).window(0),
            ]
        )
        #expect(lines.isEmpty)
    }

    @Test func `an older segment's window is not believed`() throws {
        let lines = try events(
            [.zeroWindow],
            request + [
                .client(.ack, 5, 1, "efgh"), .server(.ack, 1, 9), .server(.ack, 1, 5).window(0),
            ]
        )
        #expect(lines.isEmpty)
    }

    @Test func `data in order of an end whose window is closed counts as ever`() throws {
        let recorder = try Recorder(
            request + [
                .server(.ack, 1, 5, "x").window(0), .server(.ack, 2, 5, "y").window(0),
                .client(.ack, 5, 3), .server(.ack, 3, 5, "z").window(9).after(2),
            ]
        )
        recorder.stream("", [.zeroWindow, .newData, .connEnd])
        var health: mos_health?
        recorder.run { event in
            if event.event == .connEnd { health = recorder.health(event.flow, sentBy: .server) }
        }
        #expect(
            recorder.lines.prefix(6) == [
                "4 SVR NEW_DATA 'abcd'", "5 SVR ZERO_WINDOW", "5 CLI NEW_DATA 'x'",
                "6 CLI NEW_DATA 'y'", "8 SVR ZERO_WINDOW", "8 CLI NEW_DATA 'z'",
            ]
        )
        #expect(health?.zero_windows == 1)
        #expect(health?.zero_window_time == 2_002_000)
    }
}
