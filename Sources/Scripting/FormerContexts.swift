// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import CMosLua
import Engine
import Glibc

/// The contexts of flows that a version of the scripts keeps when another has taken over; see carry.lua.
///
/// What is asked runs in that version's own Lua state, which the state that asks knows nothing of: it is no call back.
final class FormerContexts {
    private let host: ScriptHost
    /// Called when nothing is left.
    private let whenDone: () -> Void

    init(_ host: ScriptHost, whenDone: @escaping () -> Void) {
        self.host = host
        self.whenDone = whenDone
    }

    /// former_context of `mos_api`; bytes, or why there are none, go to the event.
    @unsafe
    func context(_ socket: Int32, _ flow: Int32, _ event: UnsafeMutablePointer<mos_event>) -> Int32
    {
        let answer = unsafe host.lua.ask("former_context", Double(socket), Double(flow))
        guard unsafe answer.flag == 0 else {
            unsafe explain(answer, event)
            return -EINVAL
        }
        return unsafe give(answer, event)
    }

    /// former_contexts of `mos_api`.
    @unsafe
    func some(_ most: Int32, _ event: UnsafeMutablePointer<mos_event>) -> Int32 {
        let answer = unsafe host.lua.ask("former_contexts", Double(most))
        let length = unsafe answer.flag == 0 ? unsafe give(answer, event) : 0
        if length == 0 { whenDone() }
        return length
    }

    /// The flow in that slot is gone.
    func forget(_ flow: Int32) { _ = unsafe host.lua.ask("forget_former", Double(flow)) }

    @unsafe
    private func give(_ answer: mos_lua_answer, _ event: UnsafeMutablePointer<mos_event>) -> Int32 {
        unsafe event.pointee.data = unsafe UnsafeRawPointer(answer.text)?
            .assumingMemoryBound(to: UInt8.self)
        return Int32(clamping: unsafe answer.length)
    }

    @unsafe
    private func explain(_ answer: mos_lua_answer, _ event: UnsafeMutablePointer<mos_event>) {
        unsafe withUnsafeMutableBytes(of: &event.pointee.message) { room in
            let text = unsafe UnsafeRawBufferPointer(start: answer.text, count: answer.length)
            let count = min(text.count, room.count - 1)
            for index in 0..<count { unsafe room[index] = text[index] }
            unsafe room[count] = 0
        }
    }
}
