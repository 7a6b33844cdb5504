// SPDX-License-Identifier: BSD-2-Clause

/// Why a script could not be set up.
public enum ScriptError: Error, CustomStringConvertible, Equatable {
    /// LuaJIT could not get the memory for a state.
    case outOfMemory
    /// The script library does not start or does not fit the engine.
    case scriptLibrary(String)
    /// The file cannot be read.
    case unreadable(path: String, reason: String)
    /// The text is not Lua; file and line are in the message.
    case syntax(String)
    /// The top level of the script raised an error; the user's frames are in the message.
    case script(String)

    /// One sentence, then for errors of scripts the frames.
    public var description: String {
        switch self {
        case .outOfMemory: "there is no memory for a Lua state"
        case .scriptLibrary(let message): "the script library cannot start: \(message)"
        case .unreadable(let path, let reason): "cannot read the script \(path): \(reason)"
        case .syntax(let message): message
        case .script(let message): message
        }
    }
}
