// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Engine
import Packets
import Testing

/// Cases T01, T12, T13, T23, T24 of the contract.
struct HandshakeTests {
    @Test func `T01 a handshake moves both stacks step by step`() throws {
        let recorder = try Recorder(Line.handshake)
        recorder.stream()
        #expect(
            recorder.run() == [
                "1 SND CLI PKT_IN",
                "1 SND CLI CONN_START",
                "1 SND CLI STATE [SYN_SENT -]",
                "1 RCV SVR PKT_IN",
                "1 RCV SVR CONN_START",
                "1 RCV SVR STATE [SYN_SENT SYN_RCVD]",
                "2 SND SVR PKT_IN",
                "2 RCV CLI PKT_IN",
                "2 RCV CLI STATE [ESTABLISHED SYN_RCVD]",
                "3 SND CLI PKT_IN",
                "3 RCV SVR PKT_IN",
                "3 RCV SVR STATE [ESTABLISHED ESTABLISHED]",
                "@0.002 SND CLI CONN_END shutdown",
                "@0.002 RCV SVR CONN_END shutdown",
            ]
        )
    }

    @Test func `T12 a SYN again is a repeat that starts and moves nothing`() throws {
        let ladder: [Line] = [.client(.syn, 0), .client(.syn, 0)]
        #expect(
            try events([.packetIn, .connStart, .stateChange, .rexmit], ladder).dropFirst(6) == [
                "2 SND CLI PKT_IN",
                "2 RCV SVR REXMIT",
                "2 RCV SVR PKT_IN",
            ]
        )
    }

    @Test func `T13 a SYN-ACK again is a repeat that moves nothing`() throws {
        let ladder = Line.handshake + [.server(.synAck, 0, 1)]
        #expect(
            try events([.packetIn, .stateChange, .rexmit], ladder).suffix(3) == [
                "4 SND SVR PKT_IN",
                "4 RCV CLI REXMIT",
                "4 RCV CLI PKT_IN",
            ]
        )
    }

    @Test func `T13 a SYN-ACK again before the ACK leaves the server in SYN-RECEIVED`() throws {
        let ladder: [Line] = [
            .client(.syn, 0), .server(.synAck, 0, 1), .server(.synAck, 0, 1), .client(.ack, 1, 1),
        ]
        #expect(
            try events([.stateChange, .rexmit], ladder).suffix(2) == [
                "3 RCV CLI REXMIT",
                "4 RCV SVR STATE [ESTABLISHED ESTABLISHED]",
            ]
        )
    }

    @Test func `T23 a RST to the SYN refuses the connection`() throws {
        let ladder: [Line] = [.client(.syn, 0), .server(.rstAck, 0, 1)]
        #expect(
            try events([.stateChange, .newData, .connEnd], ladder).dropFirst(2) == [
                "2 SND SVR STATE [SYN_SENT CLOSED]",
                "2 RCV CLI STATE [CLOSED CLOSED]",
                "2 SND CLI CONN_END refused",
                "2 RCV SVR CONN_END refused",
            ]
        )
    }

    @Test func `a RST that does not acknowledge the SYN refuses nothing`() throws {
        // RFC 9293 section 3.10.7.3: in SYN-SENT a RST without an acceptable ACK is dropped.
        let ladder: [Line] = [
            .client(.syn, 0), .server(.rstAck, 0, 7), .server(.synAck, 0, 1), .client(.ack, 1, 1),
        ]
        #expect(
            try events([.packetIn, .stateChange, .connEnd], ladder).dropFirst(4) == [
                "2 SND SVR PKT_IN invalid",
                "2 RCV CLI PKT_IN invalid",
                "3 SND SVR PKT_IN",
                "3 RCV CLI PKT_IN",
                "3 RCV CLI STATE [ESTABLISHED SYN_RCVD]",
                "4 SND CLI PKT_IN",
                "4 RCV SVR PKT_IN",
                "4 RCV SVR STATE [ESTABLISHED ESTABLISHED]",
                "@0.003 SND CLI CONN_END shutdown",
                "@0.003 RCV SVR CONN_END shutdown",
            ]
        )
    }

    @Test func `T24 without the SYN-ACK both ends are established by inference`() throws {
        let ladder: [Line] = [
            .client(.syn, 0),
            .client(.ack, 1, 1),
            .client(.ack, 1, 1, "GET /"),
            .server(.ack, 1, 6, "200 OK"),
        ]
        #expect(
            try events([.stateChange, .newData, .connEnd], ladder).dropFirst(2) == [
                "2 SND CLI STATE [ESTABLISHED SYN_RCVD]",
                "2 RCV SVR STATE [ESTABLISHED ESTABLISHED]",
                "3 SVR NEW_DATA 'GET /'",
                "4 CLI NEW_DATA '200 OK'",
                "@0.003 SND CLI CONN_END shutdown",
                "@0.003 RCV SVR CONN_END shutdown",
            ]
        )
    }

    @Test func `T24 data alone tells that the SYN-ACK was there`() throws {
        let ladder: [Line] = [
            .client(.syn, 0), .server(.ack, 1, 1, "220 ready"), .client(.ack, 1, 10, "QUIT"),
        ]
        let recorder = try Recorder(ladder)
        recorder.stream("", [.newData])
        var states = ""
        recorder.run { states = $0.states }
        #expect(recorder.lines == ["2 CLI NEW_DATA '220 ready'", "3 SVR NEW_DATA 'QUIT'"])
        #expect(states == "[ESTABLISHED ESTABLISHED]")
    }

    @Test func `an ACK of something never sent does not answer a SYN`() throws {
        let ladder: [Line] = [.client(.syn, 0), .server(.synAck, 0, 77)]
        #expect(
            try events([.packetIn, .stateChange], ladder).dropFirst(4) == [
                "2 SND SVR PKT_IN invalid",
                "2 RCV CLI PKT_IN invalid",
            ]
        )
    }
}
