// SPDX-License-Identifier: BSD-2-Clause
import CMosLua

/// How `mos explain` shows what the engine does.
public struct Explanation: Sendable {
    /// A libpcap expression that selects flows by their first packet, and packets of no flow; nil = all.
    public var filter: String?
    /// Every event is shown, with its hook.
    public var showsEvents = false
    /// Rows are shown at once, tagged with their flow, in the place of one flow after the other.
    public var isInterleaved = false
    /// Records are written in the place of text.
    public var writesRecords = false
    /// Escape sequences for colours are written.
    public var hasColour = false
    /// Bytes are kept that repeats are compared with; otherwise the setting `keep` decides.
    public var keepsBytes = true
    /// The numbers of the flows that are shown; none = all.
    public var flows: [Int] = []
    /// Flows with a higher number are not shown; nil = all are.
    public var maxFlows: Int?
    /// Rows kept of a flow until it ends; 0 = all.
    public var packets = 1000

    /// All flows, as text.
    public init() {}

    /// The options as explain/main.lua reads them: `name=value`, each closed by a zero byte.
    var encoded: String {
        var text = ""
        func add(_ name: String, _ value: some CustomStringConvertible) {
            text += "\(name)=\(value)\0"
        }
        if let filter { add("filter", filter) }
        for flow in flows { add("flow", flow) }
        if let maxFlows { add("max_flows", maxFlows) }
        for (name, flag) in [
            ("events", showsEvents), ("interleaved", isInterleaved), ("objects", writesRecords),
            ("colour", hasColour), ("keep", keepsBytes),
        ] where flag { add(name, 1) }
        add("packets", packets)
        return text
    }
}

extension ScriptHost {
    /// Registers for everything that happens, to explain it; ``run()`` then does so.
    ///
    /// - Parameter explanation: what is shown, and how.
    /// - Throws: ``ScriptError/script(_:)`` when a filter is not understood.
    public func explain(_ explanation: Explanation) throws(ScriptError) {
        var index: Int32 = 0
        while let module = unsafe mos_lua_explain_at(index) {
            let name = unsafe String(cString: module.pointee.name)
            let text = unsafe UnsafeRawBufferPointer(
                start: module.pointee.text,
                count: module.pointee.length
            )
            _ = try lua.call("provide", name, bytes: unsafe Array(text))
            index += 1
        }
        _ = try lua.call("explain", explanation.encoded)
    }

    /// What was explained, as a line; the run is over.
    ///
    /// - Returns: the line.
    /// - Throws: ``ScriptError/script(_:)`` when the library fails.
    public func explained() throws(ScriptError) -> String {
        try lua.call("explained").text
    }
}
