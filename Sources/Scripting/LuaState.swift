// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import CMosLua

/// A LuaJIT state with the script library in it; the functions of host.lua are what can be called.
///
/// Every call is protected in C: a Lua error comes back as a value and never unwinds a Swift frame.
@safe
struct LuaState: ~Copyable {
    /// What a function of host.lua gave back.
    struct Answer {
        /// Its first result when that is a text, else empty.
        var text: String
        /// Its first result when that is a number, else 0.
        var number: Double
        /// Its second result.
        var flag: Bool
    }

    private let state: OpaquePointer

    private init(owning state: OpaquePointer) { unsafe self.state = state }

    /// A state bound to the engine behind `api`; without one only what needs no engine works.
    static func open(api: UnsafePointer<mos_api>?) throws(ScriptError) -> LuaState {
        var answer = unsafe mos_lua_answer()
        guard let state = unsafe mos_lua_open(api, &answer) else { throw .outOfMemory }
        let lua = unsafe LuaState(owning: state)
        let problem = unsafe text(answer)
        if !problem.isEmpty { throw .scriptLibrary(problem) }
        return lua
    }

    deinit { unsafe mos_lua_close(state) }

    /// Limits what it allocates from now on, 0 = no limit.
    func limitMemory(to bytes: Int) { unsafe mos_lua_limit(state, max(0, bytes)) }

    /// Lets other threads look at it.
    func watch(_ api: UnsafePointer<mos_api>) -> ScriptWatch? { unsafe ScriptWatch(state, api) }

    /// Calls the function `name` of host.lua.
    ///
    /// - Parameters:
    ///   - name: the function.
    ///   - first: its first argument.
    ///   - second: its second argument.
    /// - Returns: its results.
    /// - Throws: ``ScriptError/script(_:)`` with what it raised.
    func call(_ name: String, _ first: String = "", _ second: String = "") throws(ScriptError)
        -> Answer
    {
        try call(name, first, bytes: Array(second.utf8))
    }

    /// The same with bytes that need not be valid UTF-8.
    func call(_ name: String, _ first: String, bytes: [UInt8]) throws(ScriptError) -> Answer {
        let answer = unsafe try callRaw(name, first, bytes)
        return unsafe Answer(
            text: Self.text(answer),
            number: answer.number,
            flag: answer.flag != 0
        )
    }

    /// The same with a result that is bytes.
    func callForBytes(_ name: String, _ first: String, bytes: [UInt8] = []) throws(ScriptError)
        -> [UInt8]
    {
        let answer = unsafe try callRaw(name, first, bytes)
        return unsafe Array(UnsafeRawBufferPointer(start: answer.text, count: answer.length))
    }

    /// Calls the function `name` of host.lua with two numbers.
    ///
    /// - Returns: its results, valid until the next call.
    @unsafe
    func ask(_ name: String, _ first: Double, _ second: Double = 0) -> mos_lua_answer {
        var answer = unsafe mos_lua_answer()
        if unsafe mos_lua_ask(state, name, first, second, &answer) != 0 {
            unsafe answer.flag = 1
        }
        return unsafe answer
    }

    @unsafe
    private func callRaw(_ name: String, _ first: String, _ bytes: [UInt8]) throws(ScriptError)
        -> mos_lua_answer
    {
        let head = Array(first.utf8)
        var answer = unsafe mos_lua_answer()
        let status = unsafe bytes.withUnsafeBytes { tail in
            unsafe head.withUnsafeBytes { head in
                unsafe mos_lua_call(
                    state,
                    name,
                    Self.characters(head),
                    head.count,
                    Self.characters(tail),
                    tail.count,
                    &answer
                )
            }
        }
        guard status == 0 else { throw .script(unsafe Self.text(answer)) }
        return unsafe answer
    }

    private static func characters(_ bytes: UnsafeRawBufferPointer) -> UnsafePointer<CChar>? {
        unsafe bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
    }

    private static func text(_ answer: mos_lua_answer) -> String {
        guard let first = unsafe answer.text else { return "" }
        let bytes = unsafe UnsafeRawBufferPointer(start: first, count: answer.length)
        return unsafe String(decoding: bytes, as: UTF8.self)
    }
}
