// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Capture
import Engine
import Packets

extension FuzzTarget {
    /// Segments of a few connections in any order: each flow begins and ends once, and what its readers get are the bytes
    /// that were sent, each once and in order, or the word that they are missing.
    ///
    ///     settings 1 | readers 1 | burst 1 | segments, 6 each
    public static let connections = FuzzTarget("connections") { input in
        var bytes = InputBytes(input)
        let settings = settings(bytes.next())
        let manner = bytes.next()
        let burst = 1 + bytes.next() % 64
        let frames = Conversation(&bytes).frames
        do throws(WorkerError) {
            var watch = Watch(
                try Worker(
                    inputs: Inputs([MemorySource(frames, burstLength: burst)]),
                    settings: settings,
                    seed: .fixed
                ),
                manner
            )
            return watch.run(frames.count)
        } catch {
            return error.description
        }
    } seeds: { _ in
        // Handshake, data both ways, a hole that is filled, a close; with few and with many bytes kept.
        let talk: [UInt8] =
            [0x60, 0, 0, 0, 1, 0] + [0x71, 0, 0, 0, 1, 0] + [0, 0, 0, 0, 1, 0]
            + [0, 0, 60, 0, 1, 0] + [1, 0, 200, 0, 1, 0] + [0, 200, 30, 0, 1, 0]
            + [0, 184, 32, 0, 1, 0] + [0, 180, 70, 0, 1, 0] + [0x81, 0, 10, 0, 1, 0]
            + [0x80, 0, 9, 0, 250, 0] + [1, 0, 0, 0, 1, 0]
        return (0..<16).map { [UInt8($0 * 16), UInt8($0), 7] + talk + talk }
    }

    private static func settings(_ byte: Int) -> Settings {
        var settings = Settings()
        settings.maxFlows = byte & 1 == 0 ? 16 : 2
        settings.buffer = [1 << 20, 1000, 64, 300][byte >> 1 & 3]
        settings.bufferPool = byte & 8 == 0 ? 1 << 20 : 4096
        settings.timeWait = byte & 16 == 0 ? 1 : 0
        return settings
    }
}

/// Runs a worker and follows what one socket that reads at once, and one that reads now and then, are told.
private struct Watch: ~Copyable {
    private var monitor: Monitor
    private let eager: Int32
    private let lazy: Int32
    private let manner: Int
    private var flows: [Key: Followed] = [:]
    private var begun = 0
    private var ended = 0

    private struct Key: Hashable {
        let socket: Int32
        let generation: UInt32
    }

    /// How far a socket has come with a flow.
    private struct Followed {
        /// The next byte that it will be told of, of the client's and of the server's receive buffer.
        var position: [Int64] = [0, 0]
        /// Holes ahead, by offset.
        var gaps: [[Int64: Int64]] = [[:], [:]]
        /// The hooks at which it began, and ended.
        var starts = 0
        var ends = 0
    }

    init(_ worker: consuming Worker, _ manner: Int) {
        monitor = Monitor(worker: worker)
        eager = monitor.addSocket()
        lazy = monitor.addSocket()
        self.manner = manner
    }

    mutating func run(_ packets: Int) -> String? {
        // No packet has more than some dozens of events for two sockets; a timer, one.
        let most = 2000 + packets * 200
        var events = 0
        while let event = monitor.next() {
            events += 1
            if events > most { return "events do not end" }
            if let problem = take(event) { return problem }
        }
        if begun != ended || !flows.isEmpty { return "\(begun) flows began, \(ended) ended" }
        if monitor.worker.value(.flowsOpen) != 0 { return "flows are left" }
        return monitor.worker.value(.packets) == Double(packets) ? nil : "packets are lost"
    }

    private mutating func take(_ event: Monitor.Event) -> String? {
        guard event.flow >= 0, event.kind < MOS_ON_TIMER else { return nil }
        let key = Key(socket: event.socket, generation: event.generation)
        // The packet that begins a flow is told of first, but where a SYN-ACK proves that one began before.
        if flows[key] == nil, event.kind != MOS_ON_PKT_IN, event.kind != MOS_ON_CONN_START {
            return "event \(event.kind) of a flow not begun"
        }
        var followed = flows[key] ?? Followed()
        let problem = take(event, &followed)
        flows[key] = followed.ends == 2 ? nil : followed
        if followed.ends == 2 { ended += 1 }
        return problem
    }

    private mutating func take(_ event: Monitor.Event, _ followed: inout Followed) -> String? {
        if followed.ends > 0, event.kind != MOS_ON_CONN_END { return "an event behind the end" }
        switch event.kind {
        case MOS_ON_CONN_END:
            if followed.starts != 2 { return "a flow ends that has not begun" }
            followed.ends += 1
        case MOS_ON_CONN_START:
            followed.starts += 1
            if followed.starts > 2 { return "a flow begins twice" }
            if followed.starts == 1 { begun += 1 }
        case MOS_ON_GAP:
            guard event.length > 0 else { return "an empty gap" }
            followed.gaps[Int(event.side)][event.offset] = event.length
        case MOS_ON_CONN_NEW_DATA:
            if event.socket == eager { return read(event, &followed, all: true, mayBeEmpty: false) }
            switch manner & 3 {
            case 0: return read(event, &followed, all: false, mayBeEmpty: true)
            case 1: return read(event, &followed, all: true, mayBeEmpty: true)
            default: return nil
            }
        case MOS_ON_ERROR where event.socket == lazy && manner & 4 != 0:
            return read(event, &followed, all: true, mayBeEmpty: true)
        default: break
        }
        if manner & 8 != 0, event.side == 0 || event.side == 1 { return look(event, followed) }
        return nil
    }

    /// Reads what there is, or half of it; a reader that always takes all is never told of nothing.
    private mutating func read(
        _ event: Monitor.Event,
        _ followed: inout Followed,
        all: Bool,
        mayBeEmpty: Bool
    ) -> String? {
        var isFirst = true
        while true {
            guard let unread = monitor.view(event) else { return "the buffer cannot be read" }
            if unread.bytes.isEmpty { return isFirst && !mayBeEmpty ? "new data is empty" : nil }
            isFirst = false
            if let problem = check(event, unread, &followed) { return problem }
            let count = all ? unread.bytes.count : (unread.bytes.count + 1) / 2
            guard monitor.consume(event, count) == count else { return "not all is consumed" }
            followed.position[Int(event.side)] += Int64(count)
            if !all { return nil }
        }
    }

    private func check(
        _ event: Monitor.Event,
        _ unread: Monitor.Unread,
        _ followed: inout Followed
    ) -> String? {
        let side = Int(event.side)
        var expected = followed.position[side] + unread.missed
        while let length = followed.gaps[side].removeValue(forKey: expected) { expected += length }
        // An overrun may have taken what lay around a gap.
        let isKnown = unread.missed == 0
        if isKnown, unread.offset != expected {
            return "reading goes on at \(unread.offset) instead of \(expected)"
        }
        if unread.offset < followed.position[side] { return "reading goes back" }
        followed.position[side] = unread.offset
        return areSent(event, unread.bytes, at: unread.offset)
            ? nil : "a byte at \(unread.offset) of side \(event.side) was never sent"
    }

    /// Looks at what is kept anywhere near.
    private mutating func look(_ event: Monitor.Event, _ followed: Followed) -> String? {
        let offset = max(0, followed.position[Int(event.side)] - 20 + Int64(manner >> 4) * 16)
        guard let bytes = monitor.ppeek(event, at: offset, 50) else { return nil }
        return areSent(event, bytes, at: offset)
            ? nil : "a kept byte at \(offset) of side \(event.side) was never sent"
    }

    private func areSent(_ event: Monitor.Event, _ bytes: [UInt8], at offset: Int64) -> Bool {
        let sender = monitor.sender(event)
        let first = sender.firstByte &+ UInt32(truncatingIfNeeded: offset)
        return bytes.enumerated().allSatisfy { index, byte in
            byte == Conversation.byte(first &+ UInt32(index), isClient: sender.port != 80)
        }
    }
}
