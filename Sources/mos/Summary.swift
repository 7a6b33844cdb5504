// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Engine

/// What a run saw and what it lost, for standard error.
struct Summary {
    private let counters: [(name: String, value: Double)]
    private let checksumHint: String?
    private let isInline: Bool
    /// Why sources could not go on.
    let inputErrors: [SourceError]

    init(_ worker: borrowing Worker) {
        counters = worker.counterValues()
        inputErrors = worker.inputErrors
        checksumHint = worker.checksumHint
        isInline = worker.isInline
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
    var allCounters: String {
        counters.filter { $0.value > 0 }.map { "mos: \($0.name) \(Int($0.value))\n" }.joined()
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
            (.overrunBytes, "bytes overrun unread"), (.bufferLimit, "times a buffer's limit"),
            (.bufferPoolFull, "segments that found the buffer pool full"),
            (.fragmentsTimeout, "IP packets of which fragments are missing"),
            (.fragmentsDropped, "IP packets for whose fragments there was no room"),
            (.gapBytes, "bytes of streams that were never captured"),
            (.timersRefused, "timers refused"),
            (.forwardDropped, "frames that found a transmit queue full"),
            (.forwardRefused, "frames that a port could not send"),
            (.translationsRefused, "changed packets whose answers cannot find their flow"),
        ]
        return places.filter { value($0.0) > 0 }.map { "\(value($0.0)) \($0.1)" }
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
