// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Capture
import Flows
import Packets
import Testing

@testable import Engine

/// Whatever a script calls in whatever callback, nothing traps and all is given back (cases T36, T63).
struct AnyCallsTests {
    @Test(arguments: 1...40 as ClosedRange<UInt64>)
    func `any calls on flows of today and yesterday`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let recorder = try Recorder(conversations(&random), burstLength: 5) {
            $0.buffer = 300
            $0.bufferPool = 8192
            $0.timeWait = 0.01
        }
        for name in ["A", "B", "C"] { recorder.stream(name, Event.ofFlows) }
        recorder.flow("D")
        recorder.reads = false
        var seen: [Happening] = []
        recorder.run { event in
            if event.flow >= 0, random.chance(0.05) { seen.append(event) }
            for _ in 0..<random.below(3) {
                let isOld = random.chance(0.2) && !seen.isEmpty
                let target = isOld ? seen[Int(random.below(UInt64(seen.count)))] : event
                call(&recorder.worker, target, &random)
            }
        }
        #expect(recorder.worker.value(.flowsOpen) == 0, "seed \(seed)")
        #expect(recorder.bytesHeld == 0, "seed \(seed)")
        #expect(recorder.readersHeld == 0, "seed \(seed)")
        // No set is held but those that the next flows would get.
        #expect(recorder.worker.sets.countInUse <= recorder.worker.startSets.count, "seed \(seed)")
    }

    private func call(
        _ worker: inout Worker,
        _ event: Happening,
        _ random: inout SplitMix64
    ) {
        let socket = Int32(random.below(5))
        let (flow, generation) = (event.flow, event.generation)
        let side = Int32(random.below(2))
        switch random.below(12) {
        case 0, 1:
            _ = worker.view(socket, flow, generation, side: side)
        case 2, 3:
            let count = Double(random.below(100))
            _ = worker.consume(socket, flow, generation, side: side, count: count)
        case 4:
            let offset = Double(random.below(600))
            _ = worker.ppeek(socket, flow, generation, side: side, offset: offset, length: 50)
        case 5, 6:
            subscribe(&worker, event, socket, &random)
        case 7:
            let option = Int32(MOS_OPT_CLIBUF) + side
            let size = Double([0, 0, 1, 100, 1 << 20][Int(random.below(5))])
            _ = worker.setOption(socket, flow, generation, option: option, value: size)
        case 8 where random.chance(0.3):
            let value = Double(random.below(3))
            let option = Int32(MOS_OPT_STOP_MON)
            _ = worker.setOption(socket, flow, generation, option: option, value: value)
        case 9 where random.chance(0.02):
            _ = worker.closeSocket(socket)
        case 10:
            let option = Int32(MOS_OPT_CLIBUF) + Int32(random.below(14))
            _ = worker.getOption(socket, flow, generation, option: option, index: side)
        default:
            let id = worker.setTimer(seconds: Double(random.below(100)) / 1000, interval: 0)
            if random.chance(0.5) { _ = worker.cancelTimer(id - Double(random.below(3))) }
        }
    }

    private func subscribe(
        _ worker: inout Worker,
        _ event: Happening,
        _ socket: Int32,
        _ random: inout SplitMix64
    ) {
        let wanted = Event.ofFlows[Int(random.below(UInt64(Event.ofFlows.count)))]
        let hook = wanted.hooks[Int(random.below(UInt64(wanted.hooks.count)))]
        // The same few slots, so that sets are shared and freed.
        let slot = random.chance(0.5) ? 0 : Recorder.firstForeignSlot + Int32(random.below(5))
        _ = worker.subscribe(
            socket,
            flow: event.flow,
            generation: event.generation,
            event: wanted.number,
            hook: hook.number,
            callback: slot
        )
    }

    /// Overlapping conversations with losses, repeats and disorder, some reset.
    private func conversations(_ random: inout SplitMix64) -> [Line] {
        var lines: [(Int, Line)] = []
        for flow in 0..<12 as Range<UInt16> {
            var talk = Line.handshake
            for step in 0..<14 as Range<UInt32> {
                let text = String(repeating: "x", count: 40)
                talk.append(.client(.ack, 1 + step * 35, 1, text))
                talk.append(.server(.ack, 1 + step * 35, 1, text))
            }
            let closing: [Line] =
                random.chance(0.3)
                ? [.client(.rst, 496)]
                : [.client(.finAck, 496, 496), .server(.finAck, 496, 497), .client(.ack, 497, 497)]
            for (index, line) in (talk + closing).enumerated() where !random.chance(0.1) {
                let place = Int(flow) * 20 + index * 3 + Int(random.below(8))
                lines.append((place, line.flow(flow)))
            }
        }
        for _ in 0..<60 {
            let ping = ICMPMessage(rest: UInt32(random.below(3)) << 16)
            let datagram = UDPDatagram(sourcePort: UInt16(40000 + random.below(3)))
            let bytes =
                random.chance(0.3) ? PacketBuilder().frame(ping) : PacketBuilder().frame(datagram)
            lines.append((Int(random.below(300)), .frame(bytes)))
        }
        let order = lines.indices.sorted { (lines[$0].0, $0) < (lines[$1].0, $1) }
        return order.map { lines[$0].1 }
    }
}
