// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Engine
import Scripting

/// What a run saw and what it lost, for standard error.
struct Summary {
    private let counters: [(name: String, value: Double)]
    private let checksumHint: String?
    private let isInline: Bool
    /// Why sources could not go on.
    let inputErrors: [SourceError]

    /// What all workers saw together; their run is over.
    init(_ workers: [EngineCalls]) {
        counters = Self.sum(workers)
        // Captures fail alike for all that read them.
        var errors: [SourceError] = []
        for worker in workers {
            errors += worker.withWorker { $0.inputErrors }.filter { !errors.contains($0) }
        }
        inputErrors = errors
        checksumHint = workers.lazy.compactMap { $0.withWorker { $0.checksumHint } }.first
        isInline = workers[0].withWorker { $0.isInline }
    }

    /// What all workers have counted so far, also while they run.
    static func sum(_ workers: [EngineCalls]) -> [(name: String, value: Double)] {
        var sum = workers[0].counterValues()
        for worker in workers.dropFirst() {
            for (index, counter) in worker.counterValues().enumerated() {
                sum[index].value += counter.value
            }
        }
        return sum
    }

    private func value(_ counter: Counter) -> Int {
        let value = counters[counter.rawValue].value
        return value.isNaN ? 0 : Int(value)
    }

    /// Lines that each end with a line end.
    var text: String {
        var lines = inputErrors.map { "mos: \($0.description)" }
        lines.append(seen)
        if isInline { lines.append(forwarded) }
        let losses = losses
        lines.append("mos: lost: " + (losses.isEmpty ? "nothing" : losses.joined(separator: ", ")))
        if !refused.isEmpty {
            lines.append("mos: not understood: " + refused.joined(separator: ", "))
        }
        if let checksumHint { lines.append("mos: " + checksumHint) }
        return lines.joined(separator: "\n") + "\n"
    }

    /// All counters that are not 0, one a line.
    static func allCounters(_ workers: [EngineCalls]) -> String {
        sum(workers).filter { $0.value > 0 }.map { "mos: \($0.name) \(Int($0.value))\n" }.joined()
    }

    private var seen: String {
        var text = "mos: \(value(.packets)) packets"
        if value(.filtered) > 0 { text += " (\(value(.filtered)) kept out by -f)" }
        text += ": \(value(.tcp)) tcp, \(value(.udp)) udp, \(value(.icmp)) icmp"
        let others = value(.otherIP) + value(.nonIP) + value(.fragments)
        if others > 0 { text += ", \(others) other" }
        return text + "; \(value(.flows)) flows, \(value(.orphans)) orphan packets"
    }

    private var forwarded: String {
        "mos: forwarded: \(value(.forwarded)) frames, of these \(value(.changed)) changed and "
            + "\(value(.injected)) made by scripts; \(value(.scriptDropped)) dropped by scripts"
    }

    /// Every place where something was lost, with its counter's name.
    private var losses: [String] {
        let places: [(Counter, String)] = [
            (.sourceDropped, "packets dropped before they were read"),
            (.interfaceDropped, "packets dropped by the interface"),
            (.ringDropped, "packets dropped on their way to the worker that owns them"),
            (.flowsRefused, "flows refused by a full table"),
            (.flowsEvicted, "flows evicted from a full table"),
            (.flowsShed, "flows not started while packets were dropped"),
            (.segmentsShed, "segments not kept while packets were dropped"),
            (.overrunBytes, "bytes overrun unread"), (.bufferLimit, "times a buffer's limit"),
            (.bufferPoolFull, "segments that found the buffer pool full"),
            (.fragmentsTimeout, "IP packets of which fragments are missing"),
            (.fragmentsDropped, "IP packets for whose fragments there was no room"),
            (.gapBytes, "bytes of streams that were never captured"),
            (.timersRefused, "timers refused"),
            (.aggregateKeysRefused, "values of keys for which an aggregate had no room"),
            (.forwardDropped, "frames that found a transmit queue full"),
            (.forwardRefused, "frames that a port could not send"),
            (.translationsRefused, "changed packets whose answers cannot find their flow"),
        ]
        return places.filter { value($0.0) > 0 }.map { "\(value($0.0)) \($0.1)" }
    }

    /// True when packets or flows were lost because this machine was too slow or had too little room for them; not by
    /// the network, nor by scripts that do not read.
    var hasDrops: Bool {
        let drops: [Counter] = [
            .sourceDropped, .interfaceDropped, .ringDropped, .forwardDropped, .forwardRefused,
            .flowsRefused, .flowsEvicted, .flowsShed, .segmentsShed, .bufferPoolFull,
            .fragmentsDropped,
        ]
        return drops.contains { value($0) > 0 }
    }

    /// Packets that no flow could be found for, by reason.
    private var refused: [String] {
        counters.filter {
            $0.value > 0
                && ($0.name.hasPrefix("malformed_") || $0.name.hasPrefix("bad_")
                    || $0.name == Counter.fragmentsBad.name
                    || $0.name == Counter.fragmentsOverlap.name
                    || $0.name == Counter.truncated.name)
        }.map { "\(Int($0.value)) \($0.name)" }
    }
}
