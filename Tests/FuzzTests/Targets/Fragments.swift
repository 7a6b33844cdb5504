// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Capture
import Engine
import Flows
import Packets

extension FuzzTarget {
    /// Parts of IP packets in any order: what is put together is what ``FragmentModel`` says; and packets cut into parts
    /// become themselves again in an engine, or are counted as lost.
    ///
    ///     bit 0: which of the two, bits 1 and 2: pool, bit 3: time-out | parts, 6 each; packets, 8 each
    public static let fragments = FuzzTarget("fragments") { input in
        var bytes = InputBytes(input)
        let head = bytes.next()
        let pool = [16 << 20, 8 * 2048, 3 * 2048, 0][head >> 1 & 3]
        let timeout = head & 8 == 0 ? 30.0 : 1
        if head & 1 == 0 { return comparedWithModel(&bytes, pool: pool, timeout: timeout) }
        return comparedWithWhole(&bytes, pool: pool, timeout: timeout)
    } seeds: { _ in
        let parts: [[UInt8]] = [
            [0, 0, 3, 0x80, 0, 0], [0, 2, 4, 0x80, 0, 0], [0, 3, 30, 0, 0, 0],
            [4, 1, 2, 0x80, 0, 0], [4, 0, 1, 0x80, 0, 0], [4, 3, 9, 0, 0, 0],
        ]
        let packets: [[UInt8]] = [
            [0, 100, 0x15, 0, 0, 0, 0, 1], [1, 200, 0x25, 0, 0, 3, 0, 1],
            [6, 60, 0x13, 0x40, 0, 0, 0, 1], [3, 90, 0x35, 0, 9, 0, 0, 1],
        ]
        return (0..<16).map { head in
            [UInt8(head)] + (head & 1 == 0 ? parts + parts : packets + packets).flatMap { $0 }
        }
    }

    private static func comparedWithModel(
        _ bytes: inout InputBytes,
        pool: Int,
        timeout: Double
    ) -> String? {
        let span = Int64(timeout * 1e9)
        guard
            var box = FragmentReassembler(pool: pool, timeout: span, seed: .fixed, vlanInKey: false)
        else { return "no memory" }
        var model = FragmentModel(cells: pool / 2048, timeout: span)
        var time: Int64 = 0
        var count = 0
        while !bytes.isEmpty, count < 100 {
            count += 1
            let part = ModelledPart(&bytes, &time)
            let expected = model.take(part, at: time)
            if let problem = part.compare(&box, expected, at: time) {
                return "part \(count): \(problem)"
            }
            if box.counts != model.counts {
                return "part \(count): \(box.counts), not \(model.counts)"
            }
            if box.waiting != model.waiting || box.bytesInUse != model.cellsInUse * 2048 {
                return "part \(count): \(box.waiting) wait in \(box.bytesInUse) bytes, not "
                    + "\(model.waiting) in \(model.cellsInUse * 2048)"
            }
        }
        box.giveUpAll()
        return box.waiting == 0 && box.bytesInUse == 0 ? nil : "something is left"
    }

    /// Every UDP datagram that arrives is one that was sent; every one that was sent arrives or is counted as lost.
    private static func comparedWithWhole(
        _ bytes: inout InputBytes,
        pool: Int,
        timeout: Double
    ) -> String? {
        var settings = Settings()
        settings.maxFlows = 64
        settings.fragmentsPool = pool
        settings.fragmentTimeout = timeout
        let cut = CutDatagrams(&bytes)
        let inputs = Inputs([MemorySource(cut.frames, burstLength: 7)])
        do throws(WorkerError) {
            var monitor = Monitor(
                worker: try Worker(inputs: inputs, settings: settings, seed: .fixed)
            )
            _ = monitor.addSocket(type: MOS_SOCK_MONITOR_FLOW, only: [MOS_ON_PKT_IN])
            return cut.problem(&monitor, hasPool: pool > 0)
        } catch {
            return error.description
        }
    }
}

/// UDP datagrams of different content, cut into fragments that are lost, repeated, overlap, come in any order, and lie
/// in tunnels that may be cut themselves.
private struct CutDatagrams {
    private(set) var frames: [OwnedFrame] = []
    private var payloads: [[UInt8]] = []
    /// Which have at least one part that reached the input.
    private var sent: Set<Int> = []

    init(_ input: inout InputBytes) {
        var time: Int64 = 1_700_000_000_000_000_000
        while !input.isEmpty, payloads.count < 60 {
            let kind = input.next()
            let length = 4 + input.next() * (kind & 64 == 0 ? 1 : 30)
            let number = payloads.count
            payloads.append(
                (0..<length).map { index in
                    index < 4
                        ? UInt8(number) : UInt8(truncatingIfNeeded: index &* 37 ^ number &* 11)
                }
            )
            let pieces = Pieces(&input, Self.builder(kind), payloads[number], number)
            for piece in pieces.frames {
                sent.insert(number)
                frames.append(OwnedFrame(bytes: piece, time: Timestamp(nanoseconds: time)))
            }
            // Parts of several datagrams mix.
            let swaps = input.next()
            if swaps > 0, frames.count > 4 {
                frames.swapAt(frames.count - 1, frames.count - 2 - swaps % 3)
            }
            time += Int64(input.next()) * 20_000_000
        }
        // Captures are in order of time; parts are not.
        let times = frames.map(\.time).sorted()
        for index in frames.indices { frames[index].time = times[index] }
    }

    private static func builder(_ kind: Int) -> PacketBuilder {
        let ip = kind & 1 == 0 ? IPFields.ipv4 : .ipv6
        switch kind >> 1 & 7 {
        case 3: return PacketBuilder(ip: ip, tunnels: [BuiltTunnel(.gre(key: 1))])
        case 4: return PacketBuilder(ip: ip, tunnels: [BuiltTunnel(.geneve(3), ip: .ipv6)])
        case 5: return PacketBuilder(vlanTags: [VLANTag(3)], ip: ip)
        default: return PacketBuilder(ip: ip)
        }
    }

    /// What is wrong with what an engine made of them.
    func problem(_ monitor: inout Monitor, hasPool: Bool) -> String? {
        var arrived: Set<Int> = []
        while let event = monitor.next() {
            guard event.kind == MOS_ON_PKT_IN, event.hook == MOS_HK_SND else { continue }
            guard let (packet, payload) = monitor.packet() else { return "no packet in hand" }
            let number = payload.first.map { Int($0) } ?? -1
            guard number < payloads.count, number >= 0, payload == payloads[number] else {
                return "\(payload.count) bytes of datagram \(number) are not what was sent"
            }
            if Int(packet.dport) != 5000 { return "to port \(packet.dport)" }
            arrived.insert(number)
        }
        let losses: [Counter] = [
            .fragmentsTimeout, .fragmentsOverlap, .fragmentsDropped, .fragmentsBad,
        ]
        var lost = 0.0
        for counter in losses { lost += monitor.count(counter) }
        let missing = sent.subtracting(arrived).count
        // Without a pool fragments are counted alone.
        if hasPool, Double(missing) > lost { return "\(missing) are missing, \(lost) counted" }
        if !hasPool, missing > 0, monitor.count(.fragments) == 0 { return "none was counted" }
        return monitor.count(.packets) == Double(frames.count) ? nil : "packets are lost"
    }
}

/// The fragments of one datagram, as six bytes tell.
private struct Pieces {
    private(set) var frames: [[UInt8]] = []

    init(_ input: inout InputBytes, _ builder: PacketBuilder, _ payload: [UInt8], _ number: Int) {
        let whole = datagram(payload)
        let manner = input.next()
        let odd = input.next()
        let step = 8 * (1 + (manner & 15) * (whole.count > 1000 ? 12 : 1))
        let overlap = odd & 1 != 0 ? 8 : 0
        let lost = odd & 2 != 0 ? odd >> 3 & 7 : -1
        let repeated = odd & 4 != 0 ? odd >> 3 & 7 : -1
        guard manner & 0x40 == 0 || whole.count <= step else {
            cutOuter(builder, whole, number)
            return
        }
        var start = 0
        var index = 0
        while start < whole.count {
            let end = min(whole.count, start + step + overlap)
            let piece = builder.fragment(
                IPProtocol.udp,
                Array(whole[start..<end]),
                offset: start,
                hasMore: end < whole.count,
                identification: UInt32(1000 + number)
            )
            if index != lost { frames.append(piece) }
            if index == repeated { frames.append(piece) }
            index += 1
            start += step
        }
        if manner & 0x10 != 0 { frames.reverse() }
        if manner & 0x20 != 0, frames.count > 2 { frames.swapAt(0, frames.count / 2) }
    }

    /// Header and payload; no checksum, so that a byte in the wrong place shows.
    private func datagram(_ payload: [UInt8]) -> [UInt8] {
        func octets(_ number: Int) -> [UInt8] { [UInt8(number >> 8), UInt8(number & 0xFF)] }
        return octets(6000) + octets(5000) + octets(8 + payload.count) + [0, 0] + payload
    }

    /// A fragment that carries all, itself within a GRE packet that is cut in two.
    private mutating func cutOuter(_ builder: PacketBuilder, _ whole: [UInt8], _ number: Int) {
        let ip = IPFields(source: "192.0.2.1", destination: "192.0.2.2")
        let inner = PacketBuilder(ip: builder.ip).frame(IPProtocol.udp, whole).dropFirst(14)
        let type: [UInt8] = builder.ip.source.version == 4 ? [8, 0] : [0x86, 0xDD]
        let carried = [0, 0] + type + inner
        let cut = carried.count / 16 * 8
        let outer = PacketBuilder(ip: ip)
        for (start, end) in [(0, cut), (cut, carried.count)] where end > start {
            frames.append(
                outer.fragment(
                    47,
                    Array(carried[start..<end]),
                    offset: start,
                    hasMore: end < carried.count,
                    identification: UInt32(1000 + number)
                )
            )
        }
    }
}
