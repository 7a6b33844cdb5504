// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Capture
import Flows
import Packets
import Testing

@testable import Engine

/// Case T62 of the contract: whatever bytes come, nothing traps, every packet is counted once, all is given back.
struct AnyBytesTests {
    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func `T62 random frames`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let types: [LinkType] = [
            .ethernet, .raw, .linuxCooked, .linuxCooked2, .null, .loop, .nflog,
            LinkType(rawValue: 999),
        ]
        let frames = (0..<400).map { index in
            let length = Int(random.below(120))
            return OwnedFrame(
                bytes: (0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) },
                wireLength: UInt32(length + Int(random.below(3)) * 700),
                time: Wire.time(Double(index)),
                linkType: types[Int(random.below(UInt64(types.count)))]
            )
        }
        try feed(frames, seed)
    }

    @Test(arguments: 1...24 as ClosedRange<UInt64>)
    func `T62 conversations with flipped, cut, repeated and shuffled packets`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var frames = conversations(&random)
        for index in frames.indices {
            if random.chance(0.2) { mutate(&frames[index], &random) }
            if random.chance(0.1) {
                frames.swapAt(index, Int(random.below(UInt64(frames.count))))
            }
            if random.chance(0.1) {
                frames[Int(random.below(UInt64(frames.count)))] = frames[index]
            }
        }
        try feed(frames, seed)
    }

    @Test(arguments: 1...24 as ClosedRange<UInt64>)
    func `T62 segments with any numbers and flags on few connections`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let frames = (0..<600).map { index in
            OwnedFrame(bytes: anySegment(&random), time: Wire.time(Double(index) * 0.01))
        }
        try feed(frames, seed)
    }

    /// Segments whose numbers lie close enough to fit together now and then.
    private func anySegment(_ random: inout SplitMix64) -> [UInt8] {
        let isClient = random.chance(0.5)
        let flags: [TCPFlags] = [
            .syn, .synAck, .ack, .ack, .ack, .ack, .ack, .finAck, .rst, .rstAck, [], .fin,
            TCPFlags(rawValue: UInt8(truncatingIfNeeded: random.next())),
        ]
        let isFar = random.chance(0.05)
        let base: UInt32 = isClient ? 0xFFFF_FFE0 : 5000
        let other: UInt32 = isClient ? 5000 : 0xFFFF_FFE0
        var segment = TCPSegment(
            seq: isFar ? UInt32(truncatingIfNeeded: random.next()) : base,
            ack: other,
            flags: flags[Int(random.below(UInt64(flags.count)))],
            window: UInt16(truncatingIfNeeded: random.next()),
            payload: [UInt8](repeating: 65 + UInt8(random.below(26)), count: Int(random.below(40)))
        )
        // Numbers modulo 2^32.
        segment.seq &+= UInt32(random.below(200))
        segment.ack &+= UInt32(random.below(200))
        segment.sourcePort += UInt16(random.below(4))
        let builder = isClient ? PacketBuilder() : PacketBuilder().reversed
        return builder.frame(isClient ? segment : segment.reversed)
    }

    private func conversations(_ random: inout SplitMix64) -> [OwnedFrame] {
        let builders = [
            PacketBuilder(), PacketBuilder(ip: .ipv6), PacketBuilder(vlanTags: [VLANTag(3)]),
            PacketBuilder(tunnels: [BuiltTunnel(.vxlan(1)), BuiltTunnel(.gre(key: 1))]),
        ]
        return builders.flatMap { builder in
            (0..<6).flatMap { flow in
                let lines =
                    Line.handshake
                    + (0..<8).map {
                        .client(.ack, 1 + UInt32($0) * 10, 1, String(repeating: "c", count: 10))
                    }
                    + (0..<8).map {
                        .server(.ack, 1 + UInt32($0) * 10, 81, String(repeating: "s", count: 10))
                    }
                    + [.client(.finAck, 81, 81), .server(.finAck, 81, 82), .client(.ack, 82, 82)]
                let datagrams = datagrams(builder, UInt16(flow))
                return Line.frames(
                    lines.map { $0.flow(UInt16(flow)) } + datagrams,
                    Wire(builder: builder)
                )
            }
        }
    }

    @Test(arguments: 1...12 as ClosedRange<UInt64>)
    func `T62 fragments, flipped, cut, repeated and shuffled`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let tunnel = BuiltTunnel(.geneve(1))
        let builders = [
            PacketBuilder(), PacketBuilder(ip: .ipv6), PacketBuilder(tunnels: [tunnel]),
        ]
        var frames = (0..<120).flatMap { number in
            var segment = TCPSegment(flags: number % 10 == 0 ? .syn : .ack)
            segment.seq = number < 3 ? 0 : 1 + UInt32(number) * 20
            segment.payload = [UInt8](repeating: 65, count: number < 3 ? 0 : 20)
            return builders[number % 3].fragments(
                segment,
                cuts: number < 3 ? [8] : [8, 24],
                identification: UInt32(number / 3)
            ).map { OwnedFrame(bytes: $0, time: Wire.time(Double(number) * 0.3)) }
        }
        for index in frames.indices {
            if random.chance(0.2) { mutate(&frames[index], &random) }
            if random.chance(0.2) {
                frames.swapAt(index, Int(random.below(UInt64(frames.count))))
            }
            if random.chance(0.2) {
                frames[Int(random.below(UInt64(frames.count)))] = frames[index]
            }
        }
        try feed(frames, seed)
    }

    /// A question, an echo, and errors that quote the question and a TCP segment.
    private func datagrams(_ builder: PacketBuilder, _ flow: UInt16) -> [Line] {
        let question = UDPDatagram(sourcePort: 40000 + flow, payload: [1, 2, 3])
        let isIPv6 = builder.ip.source.version == 6
        let plain = PacketBuilder(linkType: .raw, ip: builder.ip)
        let errors = [plain.frame(question), plain.frame(TCPSegment())].map {
            ICMPMessage(type: isIPv6 ? 1 : 3, payload: $0)
        }
        let echo = ICMPMessage(type: isIPv6 ? 128 : 8, rest: UInt32(flow) << 16)
        return [.frame(builder.frame(question)), .frame(builder.frame(echo))]
            + errors.map { .frame(builder.reversed.frame($0)) }
    }

    private func mutate(_ frame: inout OwnedFrame, _ random: inout SplitMix64) {
        guard !frame.bytes.isEmpty else { return }
        switch random.below(4) {
        case 0:
            frame.bytes = Array(frame.bytes.prefix(Int(random.below(UInt64(frame.bytes.count)))))
        case 1:
            frame.wireLength = UInt32(frame.bytes.count)
            frame.bytes = Array(frame.bytes.prefix(Int(random.below(UInt64(frame.bytes.count)))))
        case 2:
            frame.time = Wire.time(Double(random.below(1 << 20)) - 1000)
        default:
            for _ in 0...random.below(4) {
                let place = Int(random.below(UInt64(frame.bytes.count)))
                frame.bytes[place] ^= 1 << UInt8(random.below(8))
            }
        }
    }

    /// Runs everything over the frames, with three sockets that read in different ways.
    private func feed(_ frames: [OwnedFrame], _ seed: UInt64) throws {
        for policy in [ChecksumPolicy.auto, .off] {
            let recorder = try Recorder(frames: frames) {
                $0.checksums = policy
                $0.buffer = 64
                $0.bufferPool = 4096
                $0.maxFlows = 8
                $0.fragmentsPool = 16 << 10
            }
            recorder.stream("eager", Event.ofFlows + [.orphan])
            let lazy = recorder.stream("lazy", Event.ofFlows)
            recorder.flow("flow")
            let raw = recorder.raw("raw", [.packetIn, .orphan])
            var bytes = 0
            recorder.run { event in
                if event.socket == raw { _ = recorder.worker.icmpFlow(raw) }
                if event.socket == lazy, event.event == .connEnd {
                    bytes += recorder.take(.server).count
                }
                if let side = event.side { _ = recorder.ppeek(side, at: bytes % 50, 30) }
            }
            expectSums(recorder, frames.count, seed)
        }
    }

    private func expectSums(_ recorder: Recorder, _ frames: Int, _ seed: UInt64) {
        let worker = { (counter: Counter) in recorder.worker.value(counter) }
        let kinds: [Counter] = [.tcp, .udp, .icmp, .otherIP, .nonIP, .fragments]
        // Those count by protocol besides.
        let double = [
            "malformed_ipv4_bad_checksum", "malformed_tcp_header_length", "malformed_udp_length",
        ]
        let malformed = recorder.worker.counterValues()
            .filter { $0.name.hasPrefix("malformed_") && !double.contains($0.name) }
            .reduce(0) { $0 + $1.value }
        #expect(worker(.packets) == Double(frames), "seed \(seed)")
        // What fragments became is counted besides them.
        let seen = kinds.reduce(malformed) { $0 + worker($1) }
        #expect(seen - worker(.fragmentsReassembled) == Double(frames), "seed \(seed)")
        #expect(worker(.flowsOpen) == 0, "seed \(seed)")
        #expect(recorder.bytesHeld == 0, "seed \(seed)")
        #expect(recorder.readersHeld == 0, "seed \(seed)")
        let ends = recorder.lines.filter {
            ($0.hasPrefix("eager") || $0.hasPrefix("flow ")) && $0.contains("SND CLI CONN_END")
        }
        #expect(worker(.flows) == Double(ends.count), "seed \(seed)")
    }
}
