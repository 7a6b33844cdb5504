// SPDX-License-Identifier: BSD-2-Clause
import Engine

/// The reference of everything that scripts can use, as text.
public final class Manual {
    /// What a name led to.
    public struct Page: Equatable, Sendable {
        /// The page; where there is none, what is near.
        public var text: String
        /// False when no page has the name.
        public var isFound: Bool
    }

    /// The reference as a whole.
    public enum Whole: String, Sendable {
        /// Every name by section, one line each.
        case contents
        /// Every name, one a line.
        case names
        /// All pages as one Markdown text.
        case markdown
        /// A definition file for editors.
        case stubs
        /// A standard for luacheck, as a .luacheckrc.
        case luacheck
        /// The settings of lua-language-server for a folder with the definition file in it.
        case luarc
        /// Every public name with its kind, one a line.
        case surface
    }

    private let lua: LuaState

    /// Opens the manual; no engine is needed.
    ///
    /// - Throws: ``ScriptError`` when the library that holds it does not start.
    public init() throws(ScriptError) {
        lua = unsafe try LuaState.open(api: nil)
        let settings = Settings.all.map { "\($0.key)\t\($0.value)\t\($0.unit)\t\($0.meaning)" }
        let lines = settings.joined(separator: "\n")
        _ = try lua.call("open_manual", lines, Counter.names.joined(separator: "\n"))
    }

    /// The page that a name means: `mos.peek`, `flow:peek`, `rtt`, `gap.packets`, `mtcp_peek`.
    ///
    /// - Parameter name: the name, or a pattern with `*` and `?`.
    /// - Returns: the page, or the list of those that match.
    /// - Throws: ``ScriptError/script(_:)`` when the library fails.
    public func page(_ name: String) throws(ScriptError) -> Page {
        let answer = try lua.call("page", name)
        return Page(text: answer.text, isFound: answer.flag)
    }

    /// All of it in one of its forms.
    ///
    /// - Parameter form: which.
    /// - Returns: the text.
    /// - Throws: ``ScriptError/script(_:)`` when the library fails.
    public func whole(_ form: Whole) throws(ScriptError) -> String {
        try lua.call("manual", form.rawValue).text
    }

    /// A script to begin with.
    ///
    /// - Parameter name: what it is called.
    /// - Returns: its text.
    /// - Throws: ``ScriptError/script(_:)`` when the library fails.
    public func recipe(named name: String) throws(ScriptError) -> String {
        try lua.call("recipe", name).text
    }

    /// What each counter counts, a line each, in the order of `Counter.names`.
    ///
    /// - Returns: the lines.
    /// - Throws: ``ScriptError/script(_:)`` when the library fails.
    public func counterMeanings() throws(ScriptError) -> [String] {
        try export("counters").split(separator: "\n", omittingEmptySubsequences: false)
            .map(String.init)
    }

    /// The manual as data, in the form that manual/export.lua describes.
    func export(_ what: String) throws(ScriptError) -> String {
        try lua.call("export_manual", what).text
    }
}
