// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import CMosLua
import Packets

/// Looks at a running state from another thread, and stops it for good when it does not end.
@safe
public final class ScriptWatch: @unchecked Sendable {
    /// Where a state was stopped.
    public struct Whereabouts: Sendable {
        /// What was running, as a sentence begins: `callback x.lua:3`.
        public let subject: String
        /// The lines below it: the script's frames, then the event.
        public let details: [String]
        /// Its thread has no part of the engine in hand: others may go on with that.
        public let isSteady: Bool
    }

    private let watch: OpaquePointer
    private let event: UnsafeMutablePointer<mos_event>
    private let connections: UnsafeMutablePointer<mos_conn>

    init?(_ state: OpaquePointer, _ api: UnsafePointer<mos_api>) {
        guard let event = unsafe api.pointee.event, let conns = unsafe api.pointee.conns,
            let watch = unsafe mos_lua_watch(state, event)
        else { return nil }
        unsafe self.watch = watch
        unsafe self.event = unsafe event
        unsafe connections = unsafe conns
    }

    /// What the state is doing; `previous` is the epoch at which it was seen last.
    ///
    /// - Parameter previous: asking for times costs, and needs to be done only where nothing has begun since.
    /// - Returns: what is seen.
    public func look(previous: UInt32) -> RunawayClock.Look {
        let pulse = unsafe mos_lua_pulse(watch)
        var look = RunawayClock.Look(epoch: pulse.epoch, isInside: pulse.is_inside)
        guard pulse.is_inside else { return look }
        look.isCallback = pulse.stage == Int32(MOS_STAGE_LOOP)
        look.isWaiting = pulse.is_waiting
        look.processorTime = unsafe mos_lua_processor_time(watch)
        if pulse.epoch == previous { look.isRunnable = unsafe mos_lua_is_runnable(watch) }
        return look
    }

    /// True while the state is being called.
    public var isInside: Bool { unsafe mos_lua_pulse(watch).is_inside }

    /// Stops the state for good, unless it has come beyond `epoch`.
    ///
    /// - Parameters:
    ///   - epoch: that of a look.
    ///   - verdict: what is too long.
    /// - Returns: where it was; nil when it had gone on.
    public func stop(at epoch: UInt32, _ verdict: RunawayClock.Verdict) -> Whereabouts? {
        let isBlocked = if case .blocked = verdict { true } else { false }
        let how = unsafe mos_lua_catch(watch, epoch, isBlocked)
        if how == MOS_CAUGHT_NOTHING { return nil }
        var place = mos_lua_whereabouts()
        unsafe mos_lua_locate(watch, how, &place)
        let callback = unsafe Self.text(of: &place.callback)
        var details = unsafe Self.text(of: &place.frames).split(separator: "\n").map(String.init)
        let name = unsafe Self.text(of: &place.event)
        let hook = unsafe Self.text(of: &place.hook)
        if !name.isEmpty { details.append("    event " + context(name, hook)) }
        return Whereabouts(
            subject: subject(callback),
            details: details,
            isSteady: place.is_steady
        )
    }

    /// Has an error raised at what is interpreted there, unless it has come beyond `epoch`.
    public func interrupt(at epoch: UInt32) { unsafe mos_lua_interrupt(watch, epoch) }

    /// True while the top level of a script runs.
    public var isLoading: Bool { unsafe event.pointee.stage == Int32(MOS_STAGE_LOAD) }

    private func subject(_ callback: String) -> String {
        let place = callback.isEmpty ? "" : " " + callback
        return switch unsafe Int(event.pointee.stage) {
        case Int(MOS_STAGE_LOAD): "the top level of a script"
        case Int(MOS_STAGE_START): "a function of on_start"
        case Int(MOS_STAGE_EXIT): "a function of on_exit"
        case Int(MOS_STAGE_REPORT): "a function of on_report or on_interval"
        case _ where unsafe event.pointee.slot == 1: "the release of a flow"
        case _ where unsafe event.pointee.slot == 2: callback.isEmpty ? "a timer" : "timer" + place
        case _: callback.isEmpty ? "a callback" : "callback" + place
        }
    }

    private func context(_ name: String, _ hook: String) -> String {
        var text = name
        if !hook.isEmpty, hook != "NULL" { text += " at " + hook }
        let side = unsafe Int(event.pointee.side)
        if side == Int(MOS_SIDE_CLI) { text += ", SIDE_CLI" }
        if side == Int(MOS_SIDE_SVR) { text += ", SIDE_SVR" }
        let flow = unsafe event.pointee.flow
        guard flow >= 0 else { return text }
        let conn = unsafe connections[Int(flow)]
        let client = Self.endpoint(conn.cli_addr, conn.cli_port, conn.ip_version)
        let server = Self.endpoint(conn.svr_addr, conn.svr_port, conn.ip_version)
        return text + ", flow \(client) > \(server)"
    }

    private static func endpoint(_ address: mos_addr, _ port: UInt16, _ version: UInt8) -> String {
        let text = AddressText.text(address, version: version)
        return version == 6 ? "[\(text)]:\(port)" : "\(text):\(port)"
    }

    /// The text in a C array of characters.
    @unsafe
    private static func text<Characters>(of characters: inout Characters) -> String {
        unsafe withUnsafeBytes(of: &characters) { bytes in
            unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }
}
