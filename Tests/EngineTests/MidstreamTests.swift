// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Engine
import Packets
import Testing

/// Connections whose SYN was not seen, captures of one direction, and addresses that are used again (case T57).
struct MidstreamTests {
    private func recorder(_ lines: [Line], _ kinds: [Event]) throws -> Recorder {
        let recorder = try Recorder(lines) { $0.midstream = true }
        recorder.stream("", kinds)
        return recorder
    }

    private func midstream(_ kinds: [Event], _ lines: [Line]) throws -> [String] {
        try recorder(lines, kinds).run()
    }

    private let all: [Event] = [.packetIn, .connStart, .stateChange, .newData, .gap, .connEnd]

    @Test func `switched off, packets of unknown connections are orphans`() throws {
        let ladder: [Line] = [.client(.ack, 100, 200, "hello"), .server(.ack, 200, 105)]
        #expect(try events([.connStart, .orphan], ladder) == ["1 ORPHAN", "2 ORPHAN"])
    }

    @Test func `a flow begins with its first captured packet, offsets with its first byte`() throws
    {
        let ladder: [Line] = [
            .client(.ack, 100, 200, "hello"), .server(.ack, 200, 105, "world"),
        ]
        #expect(
            try midstream(all, ladder) == [
                "1 SND CLI PKT_IN", "1 SND CLI CONN_START", "1 SND CLI STATE [ESTABLISHED -]",
                "1 RCV SVR PKT_IN", "1 RCV SVR CONN_START",
                "1 RCV SVR STATE [ESTABLISHED ESTABLISHED]",
                "1 SVR NEW_DATA 'hello'",
                "2 SND SVR PKT_IN", "2 RCV CLI PKT_IN", "2 CLI NEW_DATA 'world'",
                "@0.001 SND CLI CONN_END shutdown", "@0.001 RCV SVR CONN_END shutdown",
            ]
        )
    }

    @Test func `ports tell who is the server; its CONN_START comes first`() throws {
        // The ladder's server has port 80.
        let ladder: [Line] = [.server(.ack, 200, 105, "world")]
        #expect(
            try midstream(all, ladder).prefix(6) == [
                "1 SND CLI CONN_START", "1 RCV SVR CONN_START",
                "1 SND SVR PKT_IN", "1 SND SVR STATE [- ESTABLISHED]",
                "1 RCV CLI PKT_IN", "1 RCV CLI STATE [ESTABLISHED ESTABLISHED]",
            ]
        )
    }

    @Test func `a SYN-ACK tells who is the server`() throws {
        let recorder = try recorder(
            [.server(.synAck, 0, 1), .client(.ack, 1, 1, "GET"), .server(.ack, 1, 4, "200")],
            [.connStart, .stateChange, .newData]
        )
        var midstream: UInt8?
        #expect(
            recorder.run {
                midstream = ($0.connection?.flags).map { $0 & UInt8(MOS_CONN_MIDSTREAM) }
            } == [
                "1 SND CLI CONN_START", "1 RCV SVR CONN_START",
                "1 RCV CLI STATE [ESTABLISHED SYN_RCVD]",
                "2 RCV SVR STATE [ESTABLISHED ESTABLISHED]", "2 SVR NEW_DATA 'GET'",
                "3 CLI NEW_DATA '200'",
            ]
        )
        #expect(midstream == UInt8(MOS_CONN_MIDSTREAM))
    }

    @Test func `a SYN filter judges the packet as if the client had sent it`() throws {
        for (filter, count) in [("tcp dst port 80", 2), ("tcp src port 80", 0)] {
            let recorder = try recorder([.server(.ack, 200, 105, "world")], [.connStart])
            recorder.filter(0, MOS_FILTER_SYN, filter)
            #expect(recorder.run().count == count, "\(filter)")
        }
    }

    @Test func `what was missed before the first captured byte is no gap`() throws {
        let ladder: [Line] = [
            .client(.ack, 100, 200, "GET"), .server(.ack, 1660, 103, "tail"),
            .client(.ack, 103, 1664).at(1), .client(.ack, 103, 1664).at(2),
        ]
        #expect(
            try midstream([.newData, .gap], ladder) == [
                "1 SVR NEW_DATA 'GET'", "2 CLI NEW_DATA 'tail'",
            ]
        )
    }

    @Test func `a FIN first, a RST first`() throws {
        #expect(
            try midstream([.stateChange, .connEnd], [.client(.finAck, 5, 9), .server(.ack, 9, 6)])
                .prefix(3) == [
                    "1 SND CLI STATE [FIN_WAIT_1 -]", "1 RCV SVR STATE [FIN_WAIT_1 CLOSE_WAIT]",
                    "2 RCV CLI STATE [FIN_WAIT_2 CLOSE_WAIT]",
                ]
        )
        #expect(
            try midstream([.connStart, .connEnd], [.client(.rst, 5)]) == [
                "1 SND CLI CONN_START", "1 RCV SVR CONN_START", "1 SND CLI CONN_END reset",
                "1 RCV SVR CONN_END reset",
            ]
        )
    }

    @Test func `a capture of the server's direction alone`() throws {
        let ladder: [Line] = [
            .server(.synAck, 0, 1), .server(.ack, 1, 40, "200"), .server(.ack, 4, 90, "404"),
            .server(.finAck, 7, 91),
        ]
        #expect(
            try midstream([.newData, .gap, .stateChange], ladder) == [
                "1 RCV CLI STATE [ESTABLISHED SYN_RCVD]",
                "2 SND SVR STATE [ESTABLISHED ESTABLISHED]",
                "2 CLI NEW_DATA '200'", "3 CLI NEW_DATA '404'",
                "4 SND SVR STATE [ESTABLISHED FIN_WAIT_1]",
                "4 RCV CLI STATE [CLOSE_WAIT FIN_WAIT_1]",
            ]
        )
    }

    @Test func `T57 a SYN on an established connection is refused`() throws {
        let ladder = Line.handshake + [.client(.syn, 70000), .client(.ack, 1, 1, "alive")]
        #expect(
            try events([.packetIn, .newData, .connEnd, .connStart], ladder).dropFirst(8) == [
                "4 SND CLI PKT_IN invalid", "4 RCV SVR PKT_IN invalid",
                "5 SND CLI PKT_IN", "5 RCV SVR PKT_IN", "5 SVR NEW_DATA 'alive'",
                "@0.004 SND CLI CONN_END shutdown", "@0.004 RCV SVR CONN_END shutdown",
            ]
        )
    }

    @Test func `T57 until the other end answers it`() throws {
        let ladder =
            Line.handshake + [
                .client(.ack, 1, 1, "old"), .client(.syn, 70000).options([.mss(1400)]),
                .server(.synAck, 90000, 70001), .client(.ack, 70001, 90001, "new"),
            ]
        #expect(
            try events([.connStart, .connEnd, .stateChange, .newData], ladder).dropFirst(6) == [
                "4 SVR NEW_DATA 'old'",
                "6 SND CLI CONN_END reuse", "6 RCV SVR CONN_END reuse",
                "6 SND CLI CONN_START", "6 RCV SVR CONN_START",
                "6 RCV CLI STATE [ESTABLISHED SYN_RCVD]",
                "7 RCV SVR STATE [ESTABLISHED ESTABLISHED]", "7 SVR NEW_DATA 'new'",
                "@0.006 SND CLI CONN_END shutdown", "@0.006 RCV SVR CONN_END shutdown",
            ]
        )
    }

    @Test func `T57 a new connection that no filter wants is not tracked`() throws {
        // The server opens it: the filter speaks of connections to port 80.
        let ladder =
            Line.handshake + [
                .server(.syn, 70000), .client(.synAck, 90000, 70001),
                .server(.ack, 70001, 90001, "new"),
            ]
        let recorder = try Recorder(ladder)
        recorder.stream("", [.connStart, .connEnd, .orphan])
        recorder.filter(0, MOS_FILTER_SYN, "tcp dst port 80")
        #expect(
            recorder.run().dropFirst(2) == [
                "5 SND CLI CONN_END reuse", "5 RCV SVR CONN_END reuse", "5 ORPHAN", "6 ORPHAN",
            ]
        )
        #expect(recorder.worker.value(.flows) == 1)
    }

    @Test func `T57 a SYN on a connection that was silent for long starts a new one`() throws {
        let ladder = Line.handshake + [.client(.syn, 70000).at(31)]
        #expect(
            try events([.connStart, .connEnd], ladder).dropFirst(2).prefix(4) == [
                "4 SND CLI CONN_END reuse", "4 RCV SVR CONN_END reuse",
                "4 SND CLI CONN_START", "4 RCV SVR CONN_START",
            ]
        )
    }

    @Test func `a SYN-ACK that answers nobody changes nothing`() throws {
        let ladder =
            Line.handshake + [.client(.syn, 70000), .server(.synAck, 90000, 70002)]
        #expect(try events([.connStart], ladder).count == 2)
    }

    @Test func `T56 a full table evicts the connection that was silent longest`() throws {
        let ladder: [Line] = [
            .client(.syn, 0).flow(1), .client(.syn, 0).flow(2), .client(.syn, 0).flow(1),
            .client(.syn, 0).flow(3),
        ]
        let recorder = try Recorder(ladder) {
            $0.maxFlows = 2
            $0.evicts = true
        }
        recorder.stream("", [.connStart, .connEnd])
        #expect(
            recorder.run().filter { $0.contains("SND") } == [
                "flow 1: 1 SND CLI CONN_START", "flow 2: 2 SND CLI CONN_START",
                "flow 2: 4 SND CLI CONN_END evicted", "flow 3: 4 SND CLI CONN_START",
                "flow 1: @0.003 SND CLI CONN_END shutdown",
                "flow 3: @0.003 SND CLI CONN_END shutdown",
            ]
        )
        #expect(recorder.worker.value(.flowsEvicted) == 1)
        #expect(recorder.worker.value(.flowsRefused) == 0)
    }
}
