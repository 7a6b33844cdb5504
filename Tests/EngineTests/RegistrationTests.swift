// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Flows
import Packets
import Testing

@testable import Engine

/// Section 3 of the contract: who is called, from when on, until when.
struct RegistrationTests {
    private let talk =
        Line.handshake + [
            .client(.ack, 1, 1, "one"), .server(.ack, 1, 4, "two"), .client(.ack, 4, 4, "three"),
        ]

    @Test func `T49 on a flow a callback counts for that flow alone`() throws {
        let recorder = try Recorder([
            .client(.syn, 0), .client(.syn, 0).flow(1), .server(.synAck, 0, 1),
            .server(.synAck, 0, 1).flow(1),
        ])
        let socket = recorder.stream("", [.connStart])
        recorder.run { event in
            if event.number == 2 { recorder.subscribeHere(socket, .packetIn, .snd) }
        }
        #expect(
            recorder.lines.filter { $0.contains("PKT_IN") } == ["flow 1: 4 SND SVR PKT_IN"]
        )
    }

    @Test func `T49 it counts at once, for the later hook of the packet in hand too`() throws {
        let recorder = try Recorder([.client(.syn, 0)])
        let socket = recorder.stream("", [.connStart])
        recorder.run { event in
            if event.hook == Hook.snd.number { recorder.subscribeHere(socket, .packetIn, .rcv) }
        }
        #expect(
            recorder.lines == [
                "1 SND CLI CONN_START", "1 RCV SVR PKT_IN", "1 RCV SVR CONN_START",
            ]
        )
    }

    @Test func `T49 it counts for a later event of the same hook`() throws {
        let recorder = try Recorder([.client(.syn, 0)])
        let socket = recorder.stream("", [])
        recorder.subscribe(socket, .packetIn, .snd)
        recorder.run { _ in recorder.subscribeHere(socket, .connStart, .snd) }
        #expect(recorder.lines == ["1 SND CLI PKT_IN", "1 SND CLI CONN_START"])
    }

    @Test func `a reader registered at HK_SND gets the packet in hand`() throws {
        let recorder = try Recorder(talk)
        let socket = recorder.stream("", [])
        recorder.subscribe(socket, .packetIn, .snd)
        recorder.run { event in
            if event.number == 4 { recorder.subscribeHere(socket, .newData, .null) }
        }
        #expect(
            recorder.lines.filter { $0.contains("NEW_DATA") } == [
                "4 SVR NEW_DATA 'one'", "5 CLI NEW_DATA 'two'", "6 SVR NEW_DATA 'three'",
            ]
        )
    }

    @Test func `on a socket a callback counts for flows that start later`() throws {
        let recorder = try Recorder([
            .client(.syn, 0), .server(.synAck, 0, 1), .client(.syn, 0).flow(1),
        ])
        let socket = recorder.stream("", [.connStart])
        recorder.run { event in
            if event.number == 1, event.hook == Hook.snd.number {
                recorder.subscribe(socket, .packetIn, .snd)
            }
        }
        #expect(
            recorder.lines.filter { $0.contains("PKT_IN") } == ["flow 1: 3 SND CLI PKT_IN"]
        )
    }

    @Test func `T48 removal inside the running callback holds at once`() throws {
        let recorder = try Recorder(talk)
        let socket = recorder.stream("", [.packetIn])
        recorder.run { event in
            if event.number == 2 { recorder.subscribeHere(socket, .packetIn, .rcv, false) }
            if event.number == 3 { recorder.subscribeHere(socket, .packetIn, .snd, false) }
        }
        #expect(
            recorder.lines == [
                "1 SND CLI PKT_IN", "1 RCV SVR PKT_IN", "2 SND SVR PKT_IN", "3 SND CLI PKT_IN",
            ]
        )
    }

    @Test func `T47 registering again replaces`() throws {
        let recorder = try Recorder([.client(.syn, 0), .server(.synAck, 0, 1)])
        let socket = recorder.stream("", [.packetIn])
        var slots: [Int32] = []
        recorder.run { event in
            if event.hook == Hook.snd.number { slots.append(event.slot) }
            if event.number == 1 { recorder.subscribeHere(socket, .packetIn, .snd) }
        }
        #expect(slots.count == 2)
        #expect(Set(slots).count == 2)
    }

    @Test func `a replaced callback slot is free when no registration names it`() throws {
        let recorder = try Recorder([.client(.syn, 0), .server(.synAck, 0, 1)])
        let socket = recorder.stream("", [.connStart])
        // Sets without flows go at once.
        recorder.worker.sets.idleLimit = 0
        var freed: [Int32] = []
        var first: Int32 = 0
        recorder.run { event in
            guard event.hook == Hook.snd.number else { return }
            recorder.subscribeHere(socket, .stateChange, .rcv)
            first = event.slot
            recorder.subscribeHere(socket, .stateChange, .rcv)
        }
        while true {
            let slot = recorder.worker.takeFreedSlot()
            if slot == 0 { break }
            freed.append(slot)
        }
        // The socket still names its own; both of the flow went with it.
        #expect(!freed.contains(first))
        #expect(freed.count == 2)
    }

    @Test func `flows with equal registrations share one set`() throws {
        let recorder = try Recorder((0..<100).map { .client(.syn, 0).flow($0) })
        let socket = recorder.stream("", [.connStart])
        var most = 0
        recorder.run { event in
            guard event.hook == Hook.snd.number else { return }
            _ = recorder.worker.subscribe(
                socket,
                flow: event.flow,
                generation: event.generation,
                event: Event.newData.number,
                hook: Hook.null.number,
                callback: Recorder.firstForeignSlot
            )
            most = max(most, recorder.worker.sets.count)
        }
        #expect(recorder.worker.value(.flows) == 100)
        #expect(most == 2)
        #expect(recorder.worker.sets.touchedEntries == 2)
    }

    @Test func `what is registered can be asked for, of sockets and of flows`() throws {
        let recorder = try Recorder([.client(.syn, 0)])
        let socket = recorder.stream("", [.connStart])
        let other = recorder.stream("other", [])
        recorder.filter(other, MOS_FILTER_SYN, "udp")
        func ask(_ socket: Int32, _ flow: Int32, _ generation: UInt32, _ event: Event, _ hook: Hook)
            -> Int32
        {
            recorder.worker.registered(
                socket,
                flow: flow,
                generation: generation,
                event: event.number,
                hook: hook.number
            )
        }
        var asked: [Int32] = []
        recorder.run { event in
            guard event.hook == Hook.snd.number else { return }
            recorder.subscribeHere(socket, .packetIn, .rcv)
            asked = [
                ask(socket, event.flow, event.generation, .connStart, .snd) - event.slot,
                ask(socket, event.flow, event.generation, .packetIn, .rcv) - event.slot,
                ask(socket, event.flow, event.generation, .packetIn, .snd),
                ask(socket, -1, 0, .connStart, .rcv) - event.slot,
                ask(socket, -1, 0, .packetIn, .rcv),
                ask(other, event.flow, event.generation, .connStart, .snd),
                ask(socket, event.flow, event.generation + 1, .connStart, .snd),
                ask(7, -1, 0, .connStart, .snd),
                recorder.worker.registered(socket, flow: -1, generation: 0, event: 99, hook: 4),
            ]
        }
        #expect(asked == [0, 2, 0, 1, 0, -9, -9, -22, -22])
    }

    @Test func `what a flow has no room for is refused before and after others had it`() throws {
        let recorder = try Recorder([.frame(PacketBuilder().frame(UDPDatagram()))])
        let socket = recorder.flow("", [.connStart])
        var results: [Int32] = []
        recorder.run { event in
            for _ in 0..<2 {
                results.append(
                    recorder.worker.subscribe(
                        socket,
                        flow: event.flow,
                        generation: event.generation,
                        event: Event.newData.number,
                        hook: Hook.null.number,
                        callback: Recorder.firstForeignSlot
                    )
                )
            }
        }
        #expect(results == [-22, -22, -22, -22])
        #expect(recorder.worker.subscribe(0, event: 16, hook: 4, slot: -1) == -22)
        #expect(recorder.worker.subscribe(0, event: 16, hook: 4, slot: 1 << 24) == -22)
    }

    @Test func `slots that a socket names are free when it names others, or is closed`() throws {
        let recorder = try Recorder([])
        let socket = recorder.stream("", [])
        for slot in [5, 6, 7] as [Int32] {
            let result = recorder.worker.subscribe(
                socket,
                event: Event.packetIn.number,
                hook: Hook.snd.number,
                slot: slot
            )
            #expect(result == 0)
        }
        #expect([5, 6].contains(recorder.worker.takeFreedSlot()))
        #expect([5, 6].contains(recorder.worker.takeFreedSlot()))
        #expect(recorder.worker.takeFreedSlot() == 0)
        #expect(recorder.worker.closeSocket(socket) == 0)
        #expect(recorder.worker.takeFreedSlot() == 7)
    }

    @Test func `T36 STOP_MON with one side stops what carries that side`() throws {
        let recorder = try Recorder(talk)
        recorder.stream("", [.packetIn, .newData, .connEnd])
        recorder.run { event in
            if event.number == 3, event.hook == Hook.snd.number {
                #expect(recorder.set(MOS_OPT_STOP_MON, Double(MOS_SIDE_SVR)) == 0)
            }
        }
        #expect(
            recorder.lines.dropFirst(4) == [
                "3 SND CLI PKT_IN",
                "4 SND CLI PKT_IN",
                "5 RCV CLI PKT_IN",
                "5 CLI NEW_DATA 'two'",
                "6 SND CLI PKT_IN",
                "@0.005 SND CLI CONN_END shutdown",
            ]
        )
    }

    @Test func `T63 STOP_MON with both sides ends all callbacks, CONN_END included`() throws {
        let recorder = try Recorder(talk + [.client(.rst, 9), .client(.ack, 9, 4)])
        recorder.stream("", Event.ofFlows + [.orphan])
        recorder.run { event in
            if event.number == 2 { recorder.set(MOS_OPT_STOP_MON, Double(MOS_SIDE_BOTH)) }
        }
        #expect(
            recorder.lines.dropFirst(6) == [
                "2 SND SVR PKT_IN",
                // The stub goes with the connection; what comes behind its end is an orphan.
                "8 ORPHAN",
            ]
        )
    }

    @Test func `close of a flow ends callbacks of that flow and socket alone`() throws {
        let recorder = try Recorder(talk)
        let first = recorder.stream("first", [.packetIn, .connEnd])
        recorder.stream("second", [.connEnd])
        recorder.run { event in
            if event.socket == first, event.number == 1 {
                #expect(
                    recorder.worker.closeFlow(event.socket, event.flow, event.generation) == 0
                )
            }
        }
        #expect(
            recorder.lines == [
                "first 1 SND CLI PKT_IN",
                "second @0.005 SND CLI CONN_END shutdown",
                "second @0.005 RCV SVR CONN_END shutdown",
            ]
        )
    }

    @Test func `close of a socket ends its callbacks, in the running packet too`() throws {
        let recorder = try Recorder(talk)
        let first = recorder.stream("first", [.packetIn, .connEnd])
        recorder.stream("second", [.newData])
        recorder.run { event in
            if event.socket == first, event.number == 2 {
                #expect(recorder.worker.closeSocket(first) == 0)
            }
        }
        #expect(
            recorder.lines == [
                "first 1 SND CLI PKT_IN", "first 1 RCV SVR PKT_IN", "first 2 SND SVR PKT_IN",
                "second 4 SVR NEW_DATA 'one'", "second 5 CLI NEW_DATA 'two'",
                "second 6 SVR NEW_DATA 'three'",
            ]
        )
    }

    @Test func `a closed or unknown socket is EINVAL, a flow gone EBADF`() throws {
        let recorder = try Recorder([.client(.syn, 0), .client(.rst, 1)])
        let socket = recorder.stream("", [.connStart])
        var flow: Happening?
        recorder.run { flow = $0 }
        let gone = try #require(flow)
        #expect(
            recorder.worker.view(socket, gone.flow, gone.generation, side: 0) == -9
        )
        #expect(recorder.worker.closeSocket(socket) == 0)
        #expect(recorder.worker.closeSocket(socket) == -22)
        #expect(recorder.worker.closeSocket(7) == -22)
        #expect(recorder.worker.bindFilter(socket, which: 0, "tcp") == -22)
        #expect(recorder.worker.subscribe(socket, event: 16, hook: 4, slot: 3) == -22)
    }

    @Test func `there are 32 sockets and no more`() throws {
        let recorder = try Recorder(Line.handshake)
        for number in 0..<32 { recorder.stream("\(number)", [.connStart]) }
        #expect(recorder.worker.makeSocket(type: 100) == -23)
        #expect(recorder.run().count == 64)
    }

    @Test func `another socket type is EINVAL`() throws {
        let recorder = try Recorder([])
        #expect(recorder.worker.makeSocket(type: 99) == -22)
    }
}
