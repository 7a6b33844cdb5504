// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Flows
import Packets
import Testing

@testable import Engine

/// TCP health: what is told of the sending of each end, at the end of a ladder.
struct HealthTests {
    /// What both ends left, and the kinds of the repeats in order.
    private struct Outcome {
        var flights: [UInt32] = [0, 0]
        var client = mos_health()
        var server = mos_health()
        var conn = mos_conn()
        var kinds: [Int] = []
    }

    private func outcome(
        _ lines: [Line],
        wire: Wire = Wire(),
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> Outcome {
        let recorder = try Recorder(lines, wire: wire)
        recorder.stream("", [.rexmit, .connEnd])
        var outcome = Outcome()
        recorder.run { event in
            if event.event == .rexmit { outcome.kinds.append(Int(event.packet?.rexmit_kind ?? 99)) }
            guard event.event == .connEnd, let conn = event.connection else { return }
            outcome.conn = conn
            outcome.client = recorder.health(event.flow, sentBy: .client) ?? mos_health()
            outcome.flights = Side.allCases.map {
                recorder.stream(event.flow, sentBy: $0)?.in_flight ?? 0
            }
            outcome.server = recorder.health(event.flow, sentBy: .server) ?? mos_health()
        }
        #expect(outcome.conn.generation != 0, sourceLocation: sourceLocation)
        return outcome
    }

    private let opening: [Line] = [
        .client(.syn, 0).at(0), .server(.synAck, 0, 1).at(0.050), .client(.ack, 1, 1).at(0.060),
    ]

    /// Ten bytes.
    private let ten = "0123456789"

    // MARK: Round-trip times

    @Test func `the handshake gives the time of each leg`() throws {
        let conn = try outcome(opening).conn
        #expect(conn.svr_rtt == 50_000)
        #expect(conn.cli_rtt == 10_000)
    }

    @Test func `a repeated SYN leaves the server's leg unknown`() throws {
        let conn = try outcome([
            .client(.syn, 0).at(0), .client(.syn, 0).at(1), .server(.synAck, 0, 1).at(1.05),
            .client(.ack, 1, 1).at(1.06),
        ]).conn
        #expect(conn.svr_rtt == 0)
        #expect(conn.cli_rtt == 0)
    }

    @Test func `a repeated SYN-ACK leaves the client's leg unknown`() throws {
        let conn = try outcome([
            .client(.syn, 0).at(0), .server(.synAck, 0, 1).at(0.05),
            .server(.synAck, 0, 1).at(1.05), .client(.ack, 1, 1).at(1.06),
        ]).conn
        #expect(conn.svr_rtt == 50_000)
        #expect(conn.cli_rtt == 0)
    }

    @Test func `data is measured from its segment to the acknowledgement that covers it`() throws {
        let health = try outcome(
            opening + [
                .client(.ack, 1, 1, ten).at(1), .server(.ack, 1, 11).at(1.1),
                .client(.ack, 11, 1, ten).at(2), .server(.ack, 1, 21, ten).at(2.3),
                .client(.ack, 21, 11).at(2.31),
            ]
        )
        #expect(health.client.rtt_count == 2)
        #expect(health.client.rtt_min == 100_000)
        #expect(health.client.rtt_max == 300_000)
        #expect(health.client.rtt_sum == 400_000)
        #expect(health.server.rtt_count == 1)
        #expect(health.server.rtt_min == 10_000)
    }

    @Test func `one segment at a time is measured`() throws {
        let health = try outcome(
            opening + [
                .client(.ack, 1, 1, ten).at(1), .client(.ack, 11, 1, ten).at(1.01),
                .server(.ack, 1, 21).at(1.1),
            ]
        )
        #expect(health.client.rtt_count == 1)
        #expect(health.client.rtt_min == 100_000)
    }

    @Test func `what was sent twice is not measured`() throws {
        let health = try outcome(
            opening + [
                .client(.ack, 1, 1, ten).at(1), .client(.ack, 1, 1, ten).at(1.5),
                .server(.ack, 1, 11).at(1.6), .client(.ack, 11, 1, ten).at(2),
                .server(.ack, 1, 21).at(2.1),
            ]
        )
        #expect(health.client.rtt_count == 1)
        #expect(health.client.rtt_max == 100_000)
    }

    @Test func `what waits behind a hole is not measured`() throws {
        let health = try outcome(
            opening + [
                .client(.ack, 11, 1, ten).at(1), .client(.ack, 1, 1, ten).at(1.5),
                .server(.ack, 1, 21).at(1.6),
            ]
        )
        #expect(health.client.rtt_count == 0)
    }

    @Test func `after the first samples one packet of 16 is measured`() throws {
        var lines = opening
        for index: UInt32 in 0..<64 {
            lines.append(.client(.ack, 1 + 10 * index, 1, ten))
            lines.append(.server(.ack, 1, 11 + 10 * index))
        }
        // Eight, then of packets 11 to 66 of the client those whose number is a multiple of 16.
        #expect(try outcome(lines).client.rtt_count == 8 + 4)
    }

    @Test func `the first byte and silences are timed from the flow's start`() throws {
        let health = try outcome(
            opening + [
                .client(.ack, 1, 1, ten).at(0.25), .server(.ack, 1, 11).at(0.3),
                .server(.ack, 1, 11, ten).at(4.5), .client(.ack, 11, 11).at(4.6),
                .client(.ack, 11, 11, ten).at(5.5),
            ]
        )
        #expect(health.client.first_byte == 250_000)
        #expect(health.server.first_byte == 4_500_000)
        #expect(health.server.idle == 4200)
        // Less than a second is no silence.
        #expect(health.client.idle == 0)
    }

    // MARK: In flight

    @Test func `what was sent and not acknowledged is in flight`() throws {
        let health = try outcome(
            opening + [
                .client(.ack, 1, 1, ten), .client(.ack, 11, 1, ten), .server(.ack, 1, 11),
                .client(.ack, 21, 1, ten), .client(.ack, 31, 1, ten), .server(.ack, 1, 41),
                .client(.ack, 41, 1, ten),
            ]
        )
        #expect(health.flights == [30, 0])
    }

    @Test func `what is in flight at the end counts, a FIN does not`() throws {
        let health = try outcome(
            opening + [
                .client(.ack, 1, 1, ten), .client(.ack, 11, 1, ten), .client(.finAck, 21, 1, ten),
            ]
        )
        #expect(health.flights[0] == 30)
    }

    // MARK: Repeats by kind

    @Test func `a repeat of the first unacknowledged segment after silence is the timer's`() throws
    {
        let health = try outcome(
            opening + [.client(.ack, 1, 1, ten), .client(.ack, 1, 1, ten).after(0.3)]
        )
        #expect(health.kinds == [MOS_REXMIT_RTO])
        #expect(health.client.rexmit_rto == 1)
        #expect(health.client.retransmitted == 1)
    }

    @Test func `a repeat after three duplicate ACKs is fast, and so are those up to its repair`()
        throws
    {
        let health = try outcome(
            opening + [
                .client(.ack, 1, 1, ten), .client(.ack, 11, 1, ten), .client(.ack, 21, 1, ten),
                .client(.ack, 31, 1, ten), .client(.ack, 41, 1, ten), .server(.ack, 1, 11),
                .server(.ack, 1, 11), .server(.ack, 1, 11), .server(.ack, 1, 11),
                .client(.ack, 11, 1, ten), .server(.ack, 1, 31), .client(.ack, 31, 1, ten),
                .server(.ack, 1, 51), .client(.ack, 51, 1, ten),
                .client(.ack, 51, 1, ten).after(0.3),
            ]
        )
        #expect(health.kinds == [MOS_REXMIT_FAST, MOS_REXMIT_FAST, MOS_REXMIT_RTO])
        #expect(health.client.rexmit_fast == 2)
        #expect(health.server.dup_acks == 3)
    }

    @Test func `two duplicate ACKs are no report of a loss`() throws {
        let health = try outcome(
            opening + [
                .client(.ack, 1, 1, ten), .client(.ack, 11, 1, ten), .server(.ack, 1, 1),
                .server(.ack, 1, 1), .client(.ack, 1, 1, ten),
            ]
        )
        // The first ACK of the server follows its SYN-ACK, which acknowledged as much.
        #expect(health.server.dup_acks == 2)
        #expect(health.kinds == [MOS_REXMIT_RTO])
    }

    @Test func `a repeat that SACK asks for is fast`() throws {
        let block = TCPOption.sack([SACKBlock(1021, 1031)])
        let health = try outcome(
            opening + [
                .client(.ack, 1, 1, ten), .client(.ack, 11, 1, ten), .client(.ack, 21, 1, ten),
                .server(.ack, 1, 11), .server(.ack, 1, 11).options([block]),
                .client(.ack, 11, 1, ten), .server(.ack, 1, 31),
            ]
        )
        #expect(health.kinds == [MOS_REXMIT_FAST])
        #expect(health.server.sack_blocks == 1)
    }

    @Test func `a lost repeat is sent again by the timer`() throws {
        let health = try outcome(
            opening + [
                .client(.ack, 1, 1, ten), .client(.ack, 11, 1, ten), .server(.ack, 1, 1),
                .server(.ack, 1, 1), .server(.ack, 1, 1), .server(.ack, 1, 1),
                .client(.ack, 1, 1, ten), .client(.ack, 1, 1, ten).after(0.4),
                .client(.ack, 11, 1, ten),
            ]
        )
        #expect(health.kinds == [MOS_REXMIT_FAST, MOS_REXMIT_RTO, MOS_REXMIT_RTO])
    }

    @Test func `a repeat of what was acknowledged is spurious`() throws {
        let health = try outcome(
            opening + [
                .client(.ack, 1, 1, ten), .server(.ack, 1, 11), .client(.ack, 1, 1, ten).after(0.3),
            ]
        )
        #expect(health.kinds == [MOS_REXMIT_SPURIOUS])
        #expect(health.client.rexmit_spurious == 1)
    }

    @Test func `the last segment of a flight again after two round trips is a probe`() throws {
        let health = try outcome(
            opening + [
                .client(.ack, 1, 1, ten), .client(.ack, 11, 1, ten),
                .client(.ack, 11, 1, ten).after(0.12),
            ]
        )
        #expect(health.kinds == [MOS_REXMIT_PROBE])
        #expect(health.client.rexmit_probe == 1)
    }

    @Test func `SYN and FIN have kinds too`() throws {
        let health = try outcome([
            .client(.syn, 0), .client(.syn, 0).after(1), .server(.synAck, 0, 1),
            .client(.ack, 1, 1),
            .client(.finAck, 1, 1), .client(.finAck, 1, 1).after(0.5), .server(.ack, 1, 2),
            .client(.finAck, 1, 1),
        ])
        #expect(health.kinds == [MOS_REXMIT_RTO, MOS_REXMIT_RTO, MOS_REXMIT_SPURIOUS])
    }

    @Test func `a keep-alive repeats a byte and has no kind`() throws {
        let health = try outcome(
            opening + [
                .client(.ack, 1, 1, ten), .server(.ack, 1, 11), .client(.ack, 10, 1, "9").after(9),
            ]
        )
        #expect(health.kinds == [MOS_REXMIT_NONE])
        #expect(health.client.retransmitted == 1)
        #expect(health.client.rexmit_spurious == 0)
    }

    // MARK: Duplicate ACKs

    @Test func `an ACK with data, with another window, or of all that was sent is no duplicate`()
        throws
    {
        let health = try outcome(
            opening + [
                .client(.ack, 1, 1), .client(.ack, 1, 1, ten), .server(.ack, 1, 1, ten),
                .server(.ack, 11, 1).window(1000), .server(.ack, 11, 11), .server(.ack, 11, 11),
            ]
        )
        #expect(health.client.dup_acks == 0)
        #expect(health.server.dup_acks == 0)
    }

    @Test func `duplicate ACKs are counted for the whole run`() throws {
        let recorder = try Recorder(
            opening + [
                .client(.ack, 1, 1, ten), .server(.ack, 1, 1), .server(.ack, 1, 1),
                .server(.ack, 1, 11).window(0), .server(.ack, 1, 11).window(5),
            ]
        )
        recorder.stream("", [.connEnd])
        recorder.run()
        #expect(recorder.worker.value(.dupACKs) == 2)
        #expect(recorder.worker.value(.zeroWindows) == 1)
    }

    // MARK: ECN

    /// The flags of both SYNs, and which of them spoke for ECN, as the bit of `known`.
    private static let negotiations: [(TCPFlags, TCPFlags, UInt8, UInt8)] = [
        ([.syn, .ece, .cwr], [.syn, .ack, .ece], 32, 32),
        ([.syn], [.syn, .ack, .ece], 0, 32),
        ([.syn, .ece, .cwr], [.syn, .ack], 32, 0),
        ([.syn, .ece, .cwr], [.syn, .ack, .ece, .cwr], 32, 0),
    ]

    @Test(arguments: negotiations.indices)
    func `ECN is what the SYNs say`(index: Int) throws {
        let (syn, synAck, client, server) = Self.negotiations[index]
        let conn = try outcome([.client(syn, 0), .server(synAck, 0, 1), .client(.ack, 1, 1)]).conn
        #expect(conn.cli.known & 32 == client)
        #expect(conn.svr.known & 32 == server)
    }

    @Test(arguments: [IPFields.ipv4, .ipv6])
    func `packets that met congestion and echoes are counted`(ip: IPFields) throws {
        var marked = ip
        marked.trafficClass = 3
        // Every packet of this wire is marked.
        let health = try outcome(
            opening + [
                .client(.ack, 1, 1, ten), .server([.ack, .ece], 1, 11), .client(.ack, 11, 1, ten),
            ],
            wire: Wire(builder: PacketBuilder(ip: marked))
        )
        #expect(health.client.ecn_ce == 2)
        #expect(health.server.ecn_ce == 1)
        #expect(health.server.ecn_ece == 1)
        #expect(health.client.ecn_ece == 0)
    }
}
