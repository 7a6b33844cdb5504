// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Engine
import Flows
import Packets
import Testing

/// What the script side's loop relies on beside events.
struct LoopTests {
    @Test func `the loop is left when asked, and goes on where it was`() throws {
        let recorder = try Recorder(Line.handshake)
        recorder.stream("", [.packetIn])
        recorder.run { event in
            if event.number == 2 { recorder.worker.requestLeave() }
        }
        #expect(recorder.happening().code == Int32(MOS_LEAVE_REGENERATE))
        // The packet in hand is finished first.
        #expect(recorder.lines.count == 4)
        recorder.run()
        #expect(recorder.happening().code == Int32(MOS_LEAVE_END))
        #expect(recorder.lines.suffix(2) == ["3 SND CLI PKT_IN", "3 RCV SVR PKT_IN"])
        #expect(recorder.worker.next() == 0)
    }

    @Test func `who keeps something for a flow is told when it is gone, behind CONN_END`() throws {
        let recorder = try Recorder([
            .client(.syn, 0), .server(.rstAck, 0, 1), .client(.syn, 0).flow(1),
        ])
        recorder.stream("", [.connStart, .connEnd])
        recorder.run { event in
            if event.number == 1 { recorder.markContext(event.flow) }
        }
        #expect(
            recorder.lines == [
                "1 SND CLI CONN_START", "1 RCV SVR CONN_START",
                "2 SND CLI CONN_END refused", "2 RCV SVR CONN_END refused", "2 RELEASE",
                "flow 1: 3 SND CLI CONN_START", "flow 1: 3 RCV SVR CONN_START",
                "flow 1: @0.002 SND CLI CONN_END shutdown",
                "flow 1: @0.002 RCV SVR CONN_END shutdown",
            ]
        )
    }

    @Test func `typed state is zero when a flow starts, whoever had the slot`() throws {
        let recorder = try Recorder([
            .client(.syn, 0), .server(.rstAck, 0, 1), .client(.syn, 0).flow(1),
        ])
        recorder.stream("", [.connStart, .connEnd])
        #expect(recorder.worker.makeFlowState(size: 0, layout: "") == -22)
        #expect(recorder.worker.makeFlowState(size: 5000, layout: "") == -22)
        #expect(recorder.worker.makeFlowState(size: 16, layout: "") == 0)
        let state = recorder.foundState
        var found: [UInt8] = []
        var flows: Set<Int32> = []
        recorder.run { event in
            flows.insert(event.flow)
            if event.event == .connStart, event.hook == Hook.snd.number {
                found.append(state.read(event.flow, 16))
                state.write(event.flow, 16, 77)
            }
        }
        #expect(flows == [0])
        #expect(found == [0, 0])
    }

    @Test func `the source in hand has a number and a name`() throws {
        let recorder = try Recorder(files: [
            [.client(.syn, 0)], [.server(.synAck, 0, 1).at(1)], [], [.client(.ack, 1, 1).at(2)],
        ])
        recorder.raw()
        var sources: [String] = []
        recorder.run { _ in sources.append(recorder.source) }
        #expect(sources == ["0 file 1", "1 file 2", "3 file 4"])
    }

    @Test func `counters have names, once each`() throws {
        let recorder = try Recorder([.client(.syn, 0)])
        recorder.stream("", [.connStart])
        recorder.run()
        let values = recorder.worker.counterValues()
        #expect(Set(values.map(\.name)).count == values.count)
        #expect(values.first { $0.name == "packets" }?.value == 1)
        #expect(values.first { $0.name == "flows" }?.value == 1)
        #expect(values.contains { $0.name == "malformed_tcp_truncated" && $0.value == 0 })
    }
}
