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
        var bytes: [UInt8]
        /// Its first result when that is a number, else 0.
        var number: Double
        /// Its second result.
        var flag: Bool

        /// The same as a text, which it mostly is.
        var text: String { String(decoding: bytes, as: UTF8.self) }
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
        guard status == 0 else { throw unsafe .script(Self.text(answer)) }
        return unsafe Answer(
            bytes: Self.bytes(answer),
            number: answer.number,
            flag: answer.flag != 0
        )
    }

    private static func characters(_ bytes: UnsafeRawBufferPointer) -> UnsafePointer<CChar>? {
        unsafe bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
    }

    private static func bytes(_ answer: mos_lua_answer) -> [UInt8] {
        guard let first = unsafe answer.text else { return [] }
        return unsafe [UInt8](UnsafeRawBufferPointer(start: first, count: answer.length))
    }

    private static func text(_ answer: mos_lua_answer) -> String {
        unsafe String(decoding: bytes(answer), as: UTF8.self)
    }
}
