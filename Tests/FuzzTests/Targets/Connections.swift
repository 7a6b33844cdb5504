// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Capture
import Engine
import Packets
import TCPTracking

extension FuzzTarget {
    /// Segments of a few connections in any order: each flow begins and ends once, and what its readers get are the bytes
    /// that were sent, each once and in order, or the word that they are missing.
    ///
    ///     settings 1 | manner 1 | burst 1 | segments, 6 each
    ///
    /// With bit 7 of the burst five bytes more follow it, see ``Setup``, and segments have 8 bytes.
    public static let connections = FuzzTarget("connections") { input in
        var bytes = InputBytes(input)
        let setup = Setup(&bytes)
        let conversation = Conversation(&bytes, isShaped: setup.isExtended)
        let source = MemorySource(conversation.frames, burstLength: setup.burst)
        do throws(WorkerError) {
            let worker = try Worker(
                inputs: Inputs([source]),
                settings: setup.settings,
                seed: .fixed
            )
            var watch = Watch(worker, setup, setup.acts ? conversation.actions : [])
            return watch.run(conversation.frames.count)
        } catch {
            return error.description
        }
    } seeds: { _ in
        // Handshake, data both ways, a hole that is filled, a close; with few and with many bytes kept.
        let talk: [[UInt8]] = [
            [0x60, 0, 0, 0, 1, 0], [0x71, 0, 0, 0, 1, 0], [0, 0, 0, 0, 1, 0],
            [0, 0, 60, 0, 1, 0], [1, 0, 200, 0, 1, 0], [0, 200, 30, 0, 1, 0],
            [0, 184, 32, 0, 1, 0], [0, 180, 70, 0, 1, 0], [0x81, 0, 10, 0, 1, 0],
            [0x80, 0, 9, 0, 250, 0], [1, 0, 0, 0, 1, 0],
        ]
        let twice = talk + talk
        let joined = [UInt8](twice.joined())
        let plain = (0..<16).map { number -> [UInt8] in
            [UInt8(number * 16), UInt8(number), 7] + joined
        }
        return plain + (0..<24).map { shaped(twice, $0) }
    }

    /// The same in other shapes, with callbacks that do something now and then.
    private static func shaped(_ segments: [[UInt8]], _ number: Int) -> [UInt8] {
        func byte(_ value: Int) -> UInt8 { UInt8(truncatingIfNeeded: value) }
        var bytes = [byte(number * 16), byte(number), 0x87]
        bytes += [byte(number * 5), byte(number % 15), byte(number * 21), byte(number), 0]
        for (index, segment) in segments.enumerated() {
            bytes += segment
            bytes += [byte(index * number), index % 5 == 0 ? byte(number * 8 + index) : 0]
        }
        return bytes
    }
}

/// How a worker is set up, and what watches it.
struct Setup {
    let settings: Settings
    /// How the lazy socket reads.
    let manner: Int
    let burst: Int
    /// Everything below counts.
    let isExtended: Bool
    /// Sockets besides the eager and the lazy one: bit 0 one that reads without NEW_DATA, bit 1 one for ends, bit 2 RAW,
    /// bit 3 FLOW; bit 4 they are made first.
    let others: Int
    /// Callbacks change options, registrations, sockets.
    let acts: Bool

    /// Reads three bytes, or eight.
    init(_ bytes: inout InputBytes) {
        var settings = Settings()
        let first = bytes.next()
        settings.maxFlows = first & 1 == 0 ? 16 : 2
        settings.buffer = [1 << 20, 1000, 64, 300][first >> 1 & 3]
        settings.bufferPool = first & 8 == 0 ? 1 << 20 : 4096
        settings.timeWait = first & 16 == 0 ? 1 : 0
        manner = bytes.next()
        let burst = bytes.next()
        self.burst = 1 + burst % 64
        isExtended = burst & 128 != 0
        others = isExtended ? Self.extend(&settings, &bytes) : 0
        acts = others & 32 != 0
        self.settings = settings
    }

    /// Reads five bytes.
    private static func extend(_ settings: inout Settings, _ bytes: inout InputBytes) -> Int {
        let switches = bytes.next()
        settings.midstream = switches & 1 != 0
        settings.evicts = switches & 2 != 0
        settings.vlanInKey = switches & 4 != 0
        settings.decapsulation = switches & 8 != 0 ? .outer : .inner
        settings.checksums = [.auto, .strict, .off, .auto][switches >> 4 & 3]
        settings.gapTime = switches & 64 != 0 ? 0 : 0.1
        settings.gapPackets = switches & 128 != 0 ? 1 : 3
        settings.overlap = OverlapPolicy.allCases[bytes.next() % OverlapPolicy.allCases.count]
        let others = bytes.next()
        let sizes = bytes.next()
        settings.keep = [0, 10, 300, 1 << 20][sizes & 3]
        settings.fragmentsPool = [16 << 20, 8192, 0, 2048][sizes >> 2 & 3]
        settings.idleTimeout = [300, 10, 1, 0][sizes >> 4 & 3]
        settings.handshakeTimeout = sizes & 64 != 0 ? 0 : 30
        settings.closeTimeout = sizes & 128 != 0 ? 0 : 30
        settings.fragmentTimeout = bytes.next() & 1 == 0 ? 30 : 0
        return others
    }
}
