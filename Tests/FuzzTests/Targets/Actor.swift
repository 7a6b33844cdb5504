// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Engine

/// What callbacks do besides reading, as an input tells: a byte for each event, the kind in its high five bits.
struct Actor {
    /// The most timers that fire in a run.
    static let mostTimers = 100_000

    private let actions: [Int]
    private var events = 0
    /// An event of before, whose flow may be gone.
    private var old: Monitor.Event?
    /// Timers that were set.
    private var timers: [Double] = []
    private var repeating = 0
    private var closed: Set<Int32> = []
    /// Sides that carry nothing any more, as bits.
    private var stopped: [Flow: Int32] = [:]

    private struct Flow: Hashable {
        let socket: Int32
        let generation: UInt32
    }

    init(_ actions: [Int]) { self.actions = actions.contains { $0 != 0 } ? actions : [] }

    /// Nothing but reading is done.
    var isIdle: Bool { actions.isEmpty }

    /// What is wrong with being told of `event` at all.
    func refusal(_ event: Monitor.Event) -> String? {
        guard event.kind < MOS_ON_TIMER else { return nil }
        if closed.contains(event.socket) { return "a closed socket is told something" }
        guard event.flow >= 0, event.side >= 0, event.side < 2 else { return nil }
        let sides = stopped[Flow(socket: event.socket, generation: event.generation)] ?? 0
        return sides & 1 << event.side != 0 ? "a stopped side is told something" : nil
    }

    /// Does what is next.
    mutating func act(on worker: inout Worker, _ event: Monitor.Event) {
        guard !actions.isEmpty else { return }
        defer { events += 1 }
        let action = actions[events % actions.count]
        guard action != 0 else { return }
        let argument = action & 7
        let target = action & 128 != 0 ? old ?? event : event
        if event.flow >= 0, argument == 1 { old = event }
        switch action >> 3 & 15 {
        case 0: call(&worker, target, argument)
        case 1: stop(&worker, target, argument)
        case 2: setOption(&worker, target, [MOS_OPT_CLIBUF, MOS_OPT_SVRBUF], argument)
        case 3: setOption(&worker, target, [MOS_OPT_CLIKEEP, MOS_OPT_SVRKEEP], argument)
        case 4: setPolicy(&worker, target, argument)
        case 5: subscribe(&worker, target, argument, callback: 0)
        case 6: subscribe(&worker, target, argument, callback: 4 + Int32(argument))
        case 7: timer(&worker, argument)
        case 8: closeSocket(&worker, event, argument)
        case 9: read(&worker, target, argument)
        case 10: ask(&worker, target)
        case 11: setOption(&worker, nil, [MOS_OPT_CLIBUF, MOS_OPT_SVRBUF], argument)
        case 12: setOption(&worker, nil, [MOS_OPT_CLIKEEP, MOS_OPT_CLIOVERLAP], argument)
        case 13: filter(&worker, event, argument)
        case 14: worker.requestLeave()
        default: closeFlow(&worker, target, argument)
        }
    }

    private mutating func closeFlow(
        _ worker: inout Worker,
        _ event: Monitor.Event,
        _ argument: Int
    ) {
        let socket = event.socket ^ Int32(argument & 1)
        guard worker.closeFlow(socket, event.flow, event.generation) == 0 else { return }
        stopped[Flow(socket: socket, generation: event.generation)] = 3
    }

    private mutating func stop(_ worker: inout Worker, _ event: Monitor.Event, _ argument: Int) {
        let side = Double(argument % 3)
        let result = worker.setOption(
            event.socket,
            event.flow,
            event.generation,
            option: Int32(MOS_OPT_STOP_MON),
            value: side
        )
        guard result == 0 else { return }
        let bits: Int32 = side == 0 ? 1 : side == 1 ? 2 : 3
        stopped[Flow(socket: event.socket, generation: event.generation), default: 0] |= bits
    }

    /// Of a flow, or without one of socket 0.
    private func setOption(
        _ worker: inout Worker,
        _ event: Monitor.Event?,
        _ options: [Int],
        _ argument: Int
    ) {
        _ = worker.setOption(
            event?.socket ?? 0,
            event?.flow ?? -1,
            event?.generation ?? 0,
            option: Int32(options[argument & 1]),
            value: [0, 1, 100, 1_048_576][argument >> 1]
        )
    }

    private func setPolicy(_ worker: inout Worker, _ event: Monitor.Event, _ argument: Int) {
        _ = worker.setOption(
            event.socket,
            event.flow,
            event.generation,
            option: Int32(argument & 1 == 0 ? MOS_OPT_CLIOVERLAP : MOS_OPT_SVROVERLAP),
            value: Double(argument)
        )
    }

    private func subscribe(
        _ worker: inout Worker,
        _ event: Monitor.Event,
        _ argument: Int,
        callback: Int32
    ) {
        let kinds = [
            MOS_ON_PKT_IN, MOS_ON_REXMIT, MOS_ON_CONN_END, MOS_ON_CONN_NEW_DATA, MOS_ON_ERROR,
            MOS_ON_GAP, MOS_ON_TCP_STATE_CHANGE, MOS_ON_ZERO_WINDOW,
        ]
        for hook in [MOS_NULL, MOS_HK_SND, MOS_HK_RCV] {
            _ = worker.subscribe(
                event.socket,
                flow: event.flow,
                generation: event.generation,
                event: Int32(kinds[argument]),
                hook: Int32(hook),
                callback: callback
            )
        }
        while worker.takeFreedSlot() != 0 {}
    }

    private mutating func timer(_ worker: inout Worker, _ argument: Int) {
        if argument & 1 != 0, let id = timers.popLast() {
            _ = worker.cancelTimer(id)
            return
        }
        let repeats = argument & 2 != 0 && repeating < 3
        if repeats { repeating += 1 }
        let id = worker.setTimer(seconds: Double(argument) * 0.01, interval: repeats ? 100 : 0)
        if id > 0 { timers.append(id) }
    }

    private mutating func closeSocket(
        _ worker: inout Worker,
        _ event: Monitor.Event,
        _ argument: Int
    ) {
        let socket = argument < 4 ? event.socket : Int32(argument - 4)
        guard argument & 3 == 3, worker.closeSocket(socket) == 0 else { return }
        closed.insert(socket)
    }

    private func read(_ worker: inout Worker, _ event: Monitor.Event, _ argument: Int) {
        let (flow, generation) = (event.flow, event.generation)
        let side = Int32(argument & 1)
        let socket = argument & 2 == 0 ? event.socket : Int32(argument >> 2)
        // Others follow how far their socket has read.
        _ = worker.view(socket, flow, generation, side: side)
        _ = worker.ppeek(socket, flow, generation, side: side, offset: 5, length: 50)
        _ = worker.consume(socket, flow, generation, side: side, count: 0)
    }

    private func ask(_ worker: inout Worker, _ event: Monitor.Event) {
        for option in MOS_OPT_CLIBUF...MOS_OPT_SVRKEEP {
            for index: Int32 in 0...2 {
                _ = worker.getOption(
                    event.socket,
                    event.flow,
                    event.generation,
                    option: Int32(option),
                    index: index
                )
            }
        }
    }

    private func call(_ worker: inout Worker, _ event: Monitor.Event, _ argument: Int) {
        switch argument {
        case 1: _ = worker.icmpQuote()
        case 2: _ = worker.icmpFlow(event.socket)
        case 3: _ = worker.tunnel(flow: event.flow, generation: event.generation)
        case 4: _ = worker.tunnel(flow: Int32(MOS_NO_FLOW), generation: 0)
        case 5: _ = worker.counterValues()
        case 6: _ = worker.view(event.socket, event.flow, event.generation, side: 7)
        default: break
        }
    }

    private func filter(_ worker: inout Worker, _ event: Monitor.Event, _ argument: Int) {
        _ = worker.bindFilter(
            event.socket,
            which: Int32([MOS_FILTER_SYN, MOS_FILTER_ORPHAN, MOS_FILTER_RAW][argument % 3]),
            argument < 3 ? nil : argument < 6 ? "tcp port 40001" : "no such filter"
        )
    }
}
