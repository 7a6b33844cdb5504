// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Capture
import Flows
import Packets
import TestPorts
import Testing

@testable import Engine

/// Case T60, T50: what leaves an inline worker.
struct ForwardingTests {
    private let exchange: [Line] =
        Line.handshake + [
            .client([.psh, .ack], 1, 1, "AAAA"), .server(.ack, 1, 5),
            .server([.psh, .ack], 1, 5, "BB"), .client(.finAck, 5, 3), .server(.finAck, 3, 6),
            .client(.ack, 6, 4),
        ]

    @Test(arguments: [1, 2, 64])
    func `T60 frames leave as they came, each through the other port`(burst: Int) throws {
        let run = try InlineRun(exchange, burstLength: burst)
        run.recorder.stream()
        run.run()
        let (up, down) = ([0, 2, 3, 6, 8], [1, 4, 5, 7])
        #expect(run.server.sent.map(\.bytes) == up.map { run.arrived[$0] })
        #expect(run.client.sent.map(\.bytes) == down.map { run.arrived[$0] })
        #expect(run.server.sent.allSatisfy { $0.origin == "port 1" && !$0.isChanged })
        #expect(run.recorder.worker.value(.forwarded) == 9)
    }

    @Test func `without a script everything passes`() throws {
        let run = try InlineRun(exchange)
        run.run()
        #expect(run.server.sent.count + run.client.sent.count == exchange.count)
    }

    @Test func `what is malformed, not IP, of a wrong checksum or kept out by the filter passes`()
        throws
    {
        let arp: [UInt8] =
            Array(repeating: 0xFF, count: 12) + [8, 6] + Array(repeating: 1, count: 46)
        let broken: [UInt8] = Array(repeating: 2, count: 12) + [8, 0, 0x45, 0]
        let lines: [Line] = [
            .frame(arp), .client(.syn, 0), .frame(broken), .frame(Array(repeating: 7, count: 9)),
            .client(.ack, 1, 1, "x").checksum(.bad), .client(.ack, 1, 1).flow(9),
        ]
        let run = try InlineRun(lines) {
            $0.filter = try? FrameFilter("tcp port 40000 or arp")
        }
        run.recorder.stream()
        run.recorder.raw("raw")
        let seen = run.run()
        #expect(run.server.sent.map(\.bytes) == run.arrived.filter { $0.count >= 14 })
        #expect(run.recorder.worker.value(.filtered) == 3)
        #expect(run.recorder.worker.value(.forwardRefused) == 1)
        #expect(seen.filter { $0.hasPrefix("raw") }.count == 3)
    }

    @Test func `T50 a dropped packet has been monitored, its repeat is a REXMIT`() throws {
        let lines =
            Line.handshake + [
                .client([.psh, .ack], 1, 1, "AAAA"), .client([.psh, .ack], 1, 1, "AAAA"),
            ]
        for hook in [Hook.snd, .rcv] {
            let run = try InlineRun(lines)
            run.recorder.stream()
            let seen = run.run { here in
                guard here.event == .packetIn, here.hook == hook.number, here.number == 4 else {
                    return
                }
                #expect(run.change(here, MOS_DROP) == 0)
            }
            #expect(run.toServer == ["S 0,0", "A 1,1", "PA 1,1 'AAAA'"])
            #expect(run.recorder.worker.value(.scriptDropped) == 1)
            #expect(seen.contains("4 SVR NEW_DATA 'AAAA'"))
            #expect(seen.contains("5 RCV SVR REXMIT"))
        }
    }

    @Test func `orphans and packets of RAW sockets can be dropped`() throws {
        let lines: [Line] = [.client(.ack, 1, 1, "x"), .client(.syn, 0)]
        let run = try InlineRun(lines)
        run.recorder.stream("s", [.orphan])
        run.recorder.raw("raw")
        run.run { here in
            if here.event == .orphan || here.number == 2 {
                #expect(run.change(here, MOS_DROP) == 0)
            }
        }
        #expect(run.server.sent.isEmpty)
        #expect(run.recorder.worker.value(.scriptDropped) == 2)
    }

    @Test func `at CONN_END the packet has left`() throws {
        let run = try InlineRun(Line.handshake + [.server(.rst, 1)])
        run.recorder.stream()
        var codes: [Int32] = []
        run.run { here in
            if here.event == .connEnd { codes.append(run.change(here, MOS_DROP)) }
        }
        #expect(codes == [-61, -61])
        #expect(run.toClient == ["SA 0,1", "R 1,0"])
    }

    @Test func `what is not inline sends nothing and says so`() throws {
        let recorder = try Recorder(exchange)
        recorder.stream()
        var codes: Set<Int32> = []
        recorder.run { here in
            let change = PacketChange(what: Int32(MOS_DROP), offset: 0, length: 0, bytes: .empty)
            codes.insert(
                recorder.worker.changePacket(here.socket, here.flow, here.generation, change)
            )
        }
        #expect(codes == [-1])
        #expect(recorder.worker.value(.forwarded) == 0)
    }

    @Test func `a full transmit queue is counted and loses what does not fit`() throws {
        let run = try InlineRun(exchange)
        run.server.room = 2
        run.run()
        #expect(run.toServer == ["S 0,0", "A 1,1"])
        #expect(run.recorder.worker.value(.forwardDropped) == 3)
        #expect(run.client.sent.count == 4)
    }

    // MARK: Fragments

    /// A handshake, then a segment whose IP packet comes in three parts, with a whole packet of the other end between.
    private var cut: [Line] {
        let segment = TCPSegment(
            seq: 1001,
            ack: 5001,
            flags: [.psh, .ack],
            payload: Array(repeating: UInt8(ascii: "A"), count: 100)
        )
        let parts = PacketBuilder().fragments(segment, cuts: [40, 80])
        return Line.handshake + [
            .frame(parts[2]), .frame(parts[0]), .server(.ack, 1, 1), .frame(parts[1]),
            .client(.ack, 101, 1),
        ]
    }

    @Test(arguments: [1, 64])
    func `parts are held until the packet is complete, and leave as they came`(burst: Int) throws {
        let run = try InlineRun(cut, burstLength: burst)
        run.recorder.stream()
        let seen = run.run()
        #expect(seen.contains { $0.hasPrefix("7 SVR NEW_DATA 'AAAA") })
        #expect(run.server.sent.map(\.bytes) == [0, 2, 3, 4, 6, 7].map { run.arrived[$0] })
    }

    @Test func `a packet that came in parts is dropped with all of them`() throws {
        let run = try InlineRun(cut)
        run.recorder.stream()
        run.run { here in
            if here.number == 7, here.event == .packetIn { run.change(here, MOS_DROP) }
        }
        #expect(run.server.sent.map(\.bytes) == [0, 2, 7].map { run.arrived[$0] })
        #expect(run.recorder.worker.value(.scriptDropped) == 1)
    }

    @Test func `parts that are never completed do not leave and are counted`() throws {
        let run = try InlineRun(Array(cut.dropLast(2)))
        run.run()
        #expect(run.server.sent.map(\.bytes) == [0, 2].map { run.arrived[$0] })
        #expect(run.recorder.worker.value(.fragmentsTimeout) == 1)
    }

    @Test func `where nothing is put together parts pass one by one`() throws {
        let run = try InlineRun(cut, settings: { $0.fragmentsPool = 0 })
        run.run()
        #expect(run.server.sent.count == 6)
    }
}
