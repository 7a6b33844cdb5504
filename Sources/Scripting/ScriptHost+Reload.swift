// SPDX-License-Identifier: BSD-2-Clause

/// What one version of the scripts and the next say to each other; see reload.lua.
extension ScriptHost {
    /// Everything that the next version can be told of this one.
    ///
    /// - Parameter wants: what that asks for: "l" = locals, "r" = this one has failed.
    /// - Returns: it, as bytes.
    /// - Throws: ``ScriptError/script(_:)`` when there is no memory for it.
    func handOver(_ wants: String) throws(ScriptError) -> [UInt8] {
        try lua.callForBytes("hand_over", wants)
    }

    /// What this version asks the one before for.
    func wants() throws(ScriptError) -> String { try lua.call("wants").text }

    /// This version is to go on where the one is that gave `text`.
    ///
    /// - Throws: that it cannot; nothing has changed then.
    func prepare(_ text: [UInt8]) throws(ScriptError) {
        _ = try lua.call("prepare", "", bytes: text)
    }

    /// It goes on there; its calls must reach the engine by now.
    ///
    /// - Returns: what was kept and what was lost.
    func takeOver(_ mode: String = "") throws(ScriptError) -> [String] {
        try lua.call("take_over", mode).text.split(separator: "\n").map(String.init)
    }

    /// Calls the functions of `mos.on_reload`.
    ///
    /// - Throws: what they raise.
    func tell() throws(ScriptError) { _ = try lua.call("tell") }

    /// This version stands.
    ///
    /// - Returns: true while the one before still has contexts of flows.
    func accept() throws(ScriptError) -> Bool { try lua.call("accept").flag }

    /// This version has gone.
    ///
    /// - Returns: the errors of its callbacks.
    func retire() -> Int { (try? Int(lua.call("retire").number)) ?? 0 }

    /// The files that the scripts are made of, those that they `require` included.
    ///
    /// - Throws: ``ScriptError/script(_:)`` when there is no memory to tell.
    public func files() throws(ScriptError) -> [String] {
        try lua.call("files").text.split(separator: "\n").map(String.init)
    }
}
