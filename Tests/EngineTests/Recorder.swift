// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Capture
import Flows
import Packets
import Testing

@testable import Engine

/// Runs a worker over packet ladders and writes down what its callbacks would see.
final class Recorder {
    var worker: Worker
    /// One line an event.
    private(set) var lines: [String] = []
    /// NEW_DATA callbacks read everything; the line shows it.
    var reads = true
    /// The event in hand.
    private(set) var event: Happening?
    private var names: [String] = []
    private var nextSlot: Int32 = 3
    private var meanings: [Int32: Meaning] = [:]

    /// Callback slots from here on are the tests' own: nobody checks what they were registered for.
    static let firstForeignSlot: Int32 = 1000

    /// What a callback slot was registered for.
    private struct Meaning: Equatable {
        var socket: Int32
        var event: Event
        var hook: Int32
    }

    /// A worker for capture files with those ladders.
    init(
        files: [[Line]],
        wire: Wire = Wire(),
        burstLength: Int = 64,
        inputs change: (inout Inputs) -> Void = { _ in },
        stop: StopRequests = StopRequests(),
        settings: (inout Settings) -> Void = { _ in }
    ) throws {
        let sources = files.enumerated().map { number, lines in
            FrameList(
                Line.frames(lines, wire),
                name: "file \(number + 1)",
                burstLength: burstLength
            )
        }
        var inputs = Inputs(sources, stop: stop)
        change(&inputs)
        worker = try Worker(inputs: inputs, settings: Self.settings(settings), seed: .fixed)
    }

    /// A worker for any sources.
    init(inputs: consuming Inputs, settings: (inout Settings) -> Void = { _ in }) throws {
        worker = try Worker(inputs: inputs, settings: Self.settings(settings), seed: .fixed)
    }

    /// A worker for any frames.
    init(frames: [OwnedFrame], settings: (inout Settings) -> Void = { _ in }) throws {
        worker = try Worker(
            inputs: Inputs([FrameList(frames)]),
            settings: Self.settings(settings),
            seed: .fixed
        )
    }

    /// One of several workers that are all shown the same frames.
    init(
        frames: [OwnedFrame],
        share: WorkerShare,
        burstLength: Int = 64,
        settings: (inout Settings) -> Void = { _ in }
    ) throws {
        var inputs = Inputs([FrameList(frames, burstLength: burstLength)])
        inputs.showsEverything = true
        worker = try Worker(
            inputs: inputs,
            settings: Self.settings(settings),
            seed: .fixed,
            share: share
        )
    }

    private static func settings(_ change: (inout Settings) -> Void) -> Settings {
        var settings = Settings()
        settings.maxFlows = 1000
        change(&settings)
        return settings
    }

    /// A worker for one capture file.
    convenience init(
        _ lines: [Line],
        wire: Wire = Wire(),
        burstLength: Int = 64,
        stop: StopRequests = StopRequests(),
        settings: (inout Settings) -> Void = { _ in }
    ) throws {
        try self.init(
            files: [lines],
            wire: wire,
            burstLength: burstLength,
            stop: stop,
            settings: settings
        )
    }

    /// Makes a stream socket with callbacks at all hooks of those events.
    @discardableResult
    func stream(_ name: String = "", _ events: [Event] = Event.ofFlows) -> Int32 {
        socket(Int32(MOS_SOCK_MONITOR_STREAM), name, events)
    }

    /// Makes a RAW socket with callbacks for those events.
    @discardableResult
    func raw(_ name: String = "", _ events: [Event] = [.packetIn]) -> Int32 {
        socket(Int32(MOS_SOCK_MONITOR_RAW), name, events)
    }

    /// Makes a FLOW socket with callbacks at all hooks of those events.
    @discardableResult
    func flow(_ name: String = "", _ events: [Event] = Event.ofDatagrams) -> Int32 {
        socket(Int32(MOS_SOCK_MONITOR_FLOW), name, events)
    }

    private func socket(_ type: Int32, _ name: String, _ events: [Event]) -> Int32 {
        let socket = worker.makeSocket(type: type)
        names.append(name)
        for event in events {
            for hook in type == Int32(MOS_SOCK_MONITOR_RAW) ? [.null] : event.hooks {
                subscribe(socket, event, hook)
            }
        }
        return socket
    }

    /// Registers one callback for later flows; `false` removes it.
    func subscribe(_ socket: Int32, _ event: Event, _ hook: Hook, _ isOn: Bool = true) {
        let slot = isOn ? newSlot(socket, event, hook) : 0
        let result = worker.subscribe(socket, event: event.number, hook: hook.number, slot: slot)
        #expect(result == 0)
    }

    /// Registers one callback for the flow in hand; `false` removes it.
    func subscribeHere(_ socket: Int32, _ event: Event, _ hook: Hook, _ isOn: Bool = true) {
        guard let here = self.event else { return }
        let slot = isOn ? newSlot(socket, event, hook) : 0
        let result = worker.subscribe(
            socket,
            flow: here.flow,
            generation: here.generation,
            event: event.number,
            hook: hook.number,
            callback: slot
        )
        #expect(result == 0)
    }

    private func newSlot(_ socket: Int32, _ event: Event, _ hook: Hook) -> Int32 {
        defer { nextSlot += 1 }
        meanings[nextSlot] = Meaning(socket: socket, event: event, hook: hook.number)
        return nextSlot
    }

    /// Sets a filter that must compile.
    func filter(_ socket: Int32, _ which: Int, _ expression: String) {
        let result = worker.bindFilter(socket, which: Int32(which), expression)
        #expect(result == 0)
    }

    /// Runs to the end of the input; `body` is every callback, run after the event was written down.
    @discardableResult
    func run(_ body: (Happening) -> Void = { _ in }) -> [String] {
        while true {
            let slot = worker.next()
            if slot == 0 { return lines }
            let happening = happening()
            event = happening
            check(slot, happening)
            lines.append(text(happening))
            body(happening)
            event = nil
        }
    }

    /// A callback is called for what it was registered for.
    private func check(_ slot: Int32, _ happening: Happening) {
        #expect(slot == happening.slot)
        guard let event = happening.event, slot < Self.firstForeignSlot else { return }
        let meaning = Meaning(socket: happening.socket, event: event, hook: happening.hook)
        #expect(meanings[slot] == meaning)
    }

    /// Bytes that wait for readers or behind holes.
    var bytesHeld: Int { worker.reassembler.pool.bytesInUse }

    /// Readers of flows that are still there.
    var readersHeld: Int { worker.readers.count }

    private func text(_ happening: Happening) -> String {
        var text = happening.description
        if happening.event == .newData, reads, let side = happening.side {
            text += " '\(take(side))'"
        }
        if let connection = happening.connection, connection.cli_port > 40000 {
            text = "flow \(connection.cli_port - 40000): " + text
        }
        let name = happening.socket >= 0 ? names[Int(happening.socket)] : ""
        return name.isEmpty ? text : "\(name) \(text)"
    }
}

extension Event {
    /// Everything that flows have.
    static let ofFlows: [Event] = allCases.filter { $0 != .orphan && $0 != .zeroWindow }

    /// Everything that UDP and ICMP flows have.
    static let ofDatagrams: [Event] = [.packetIn, .connStart, .connEnd]

    /// The hooks that a stream socket may register it at.
    var hooks: [Hook] {
        switch self {
        case .packetIn, .connStart, .stateChange, .connEnd: [.snd, .rcv]
        case .rexmit: [.rcv]
        case .newData, .error, .gap, .zeroWindow, .orphan: [.null]
        }
    }
}

/// What a callback can ask of the flow in hand.
extension Recorder {
    /// Reads everything that is unread in the receive buffer of `side`.
    func take(_ side: Side, _ count: Double = .infinity) -> String {
        guard let event else { return "" }
        let text = view(side)
        let taken = min(count, Double(text.utf8.count))
        _ = worker.consume(
            event.socket,
            event.flow,
            event.generation,
            side: Int32(side.rawValue),
            count: taken
        )
        return String(text.prefix(Int(taken)))
    }

    /// What is unread, without reading it; "-errno" where there is none to read.
    func view(_ side: Side) -> String {
        guard let event else { return "" }
        let count = worker.view(
            event.socket,
            event.flow,
            event.generation,
            side: Int32(side.rawValue)
        )
        return count < 0 ? "\(count)" : foundText(count)
    }

    /// Kept bytes anywhere in the receive buffer of `side`, to the end of their fragment.
    func ppeek(_ side: Side, at offset: Int, _ length: Int32) -> String? {
        guard let event else { return nil }
        let count = worker.ppeek(
            event.socket,
            event.flow,
            event.generation,
            side: Int32(side.rawValue),
            offset: Double(offset),
            length: length
        )
        return count < 0 ? nil : foundText(count)
    }

    /// Sets an option of the flow in hand.
    @discardableResult
    func set(_ option: Int, _ value: Double) -> Int32 {
        guard let event else { return -1 }
        return worker.setOption(
            event.socket,
            event.flow,
            event.generation,
            option: Int32(option),
            value: value
        )
    }

    /// The numbers of an option of the flow in hand; nil where a list has ended.
    func get(_ option: Int, index: Int32 = 0) -> [Int]? {
        guard let event else { return nil }
        let count = worker.getOption(
            event.socket,
            event.flow,
            event.generation,
            option: Int32(option),
            index: index
        )
        return count > 0 ? Array(foundValues.prefix(Int(count))) : nil
    }

    /// The fragments of the receive buffer of `side`, as "[offset+length]".
    func fragments(_ side: Side) -> String {
        let option = side == .client ? MOS_OPT_FRAGINFO_CLIBUF : MOS_OPT_FRAGINFO_SVRBUF
        var text = ""
        var index: Int32 = 0
        while let range = get(option, index: index) {
            text += "[\(range[0])+\(range[1])]"
            index += 1
        }
        return text
    }
}

/// The events of a ladder with one socket that is registered for `events`.
///
/// In bursts of one packet each segment finds its flow and may go the ordinary way; in a burst that starts the flow none
/// does. Both give the same.
func events(_ events: [Event], _ lines: [Line], wire: Wire = Wire()) throws -> [String] {
    func run(burstLength: Int) throws -> [String] {
        let recorder = try Recorder(lines, wire: wire, burstLength: burstLength)
        recorder.stream("", events)
        return recorder.run()
    }
    let whole = try run(burstLength: 64)
    #expect(try run(burstLength: 1) == whole, "bursts of one packet")
    return whole
}
