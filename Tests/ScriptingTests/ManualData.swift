// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Capture
import Engine
import Glibc
import Outputs
import Packets
import TestPorts
import Testing

@testable import Scripting

/// A record of the manual as data: values by key; keys may repeat.
struct ManualRecord: Sendable, CustomTestStringConvertible {
    private var values: [String: [String]] = [:]

    init(_ text: Substring) {
        for field in text.split(separator: "\0") {
            guard let equals = field.firstIndex(of: "=") else { continue }
            let value = String(field[field.index(after: equals)...])
            values[String(field[..<equals]), default: []].append(value)
        }
    }

    subscript(key: String) -> [String] { values[key] ?? [] }

    /// The value of a key that is there once, else an empty text.
    func one(_ key: String) -> String { self[key].first ?? "" }

    var testDescription: String {
        let name = one("name").isEmpty ? one("page") : one("name")
        return one("file").isEmpty ? name : "\(name), \(one("file")).lua"
    }
}

/// The manual as data, read once.
struct ManualData {
    let pages: [ManualRecord]
    let names: [ManualRecord]
    let examples: [ManualRecord]
    let errnos: Set<String>
    let leftover: String
    let contents: String
    let allNames: [String]

    static let shared = Result { try ManualData() }

    /// Examples, for tests with one case each; none when the manual cannot be opened, which another test tells.
    static let sharedExamples = (try? shared.get().examples) ?? []

    init() throws {
        let manual = try Manual()
        func records(_ what: String) throws -> [ManualRecord] {
            try manual.export(what).split(separator: "\u{1}").map(ManualRecord.init)
        }
        pages = try records("pages")
        names = try records("schema")
        examples = try records("examples")
        errnos = Set(try manual.export("errnos").split(separator: "\n").map(String.init))
        leftover = try manual.export("leftover")
        contents = try manual.whole(.contents)
        allNames = try manual.whole(.names).split(separator: "\n").map(String.init)
    }
}

/// What a script wrote, by where it went.
struct ManualRun {
    var output: [String] = []
    var diagnostics: [String] = []
    var errors = 0
}

private typealias Emit =
    @convention(c) (
        UnsafeMutableRawPointer?, Int32, UnsafePointer<CChar>?, Int32
    ) -> Int32

/// What the engine's own `emit` does.
private let engineEmit: Emit? = {
    guard let worker = try? Worker(inputs: Inputs([]), settings: Settings(), seed: .fixed) else {
        return nil
    }
    let calls = EngineCalls(worker, writer: RecordWriter(descriptor: 2))
    return unsafe withExtendedLifetime(calls) { unsafe calls.api.pointee.emit }
}()

/// Writes diagnostics among the records, each line behind a byte 1.
private func markDiagnostics(_ calls: EngineCalls) {
    unsafe calls.api.pointee.emit = { worker, kind, bytes, length in
        guard kind == Int32(MOS_EMIT_DIAGNOSTIC) else {
            return unsafe engineEmit?(worker, kind, bytes, length) ?? -EINVAL
        }
        let text = unsafe String(
            decoding: UnsafeRawBufferPointer(start: bytes, count: Int(length)),
            as: UTF8.self
        )
        let marked = "\u{1}" + text.replacing("\n", with: "\n\u{1}")
        return unsafe engineEmit?(
            worker,
            Int32(MOS_EMIT_PRINT),
            marked,
            Int32(marked.utf8.count)
        ) ?? -EINVAL
    }
}

/// The top folder of the repository.
private let root = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()

/// Runs an example of the manual, or `code` in its place, with the engine itself over the capture that it names.
func runManual(
    _ example: ManualRecord,
    code: String? = nil,
    inline: ScriptOptions.InlineMode? = nil
) throws -> ManualRun {
    var settings = Settings()
    for setting in example["setting"] {
        let parts = setting.split(separator: "=", maxSplits: 1).map(String.init)
        try settings.set(parts[0], to: parts[1])
    }
    var options = ScriptOptions()
    options.arguments = example["argument"]
    options.writesAggregatesAsRecords = ["json", "tsv"].contains(example.one("format"))
    options.format = ScriptOptions.Format(rawValue: example.one("format")) ?? .json
    options.errorsInARow = settings.errorsInARow
    options.memoryLimit = settings.scriptMemory
    options.inline = inline
    let name = example.one("capture")
    let capture = "\(root)/examples/captures/\(name.isEmpty ? "web" : name).pcap"
    var inputs =
        inline == nil
        ? Inputs([try CaptureFileSource(path: capture)]) : try bridgedInputs(capture)
    if !example.one("filter").isEmpty { inputs.filter = try FrameFilter(example.one("filter")) }
    let path = "/tmp/mos-manual-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
    defer { _ = unsafe remove(path) }
    let writer = try RecordWriter(path: path)
    let worker = try Worker(inputs: inputs, settings: settings, seed: .fixed)
    let calls = EngineCalls(worker, writer: writer)
    markDiagnostics(calls)
    let host = try unsafe ScriptHost(api: UnsafePointer(calls.api), options: options)
    if example["explain"].isEmpty {
        let file = example.one("file")
        try host.load(code: code ?? example.one("code"), name: file == "-e" ? file : file + ".lua")
    } else {
        var explanation = Explanation()
        explanation.filter = example.one("explain")
        explanation.showsEvents = !example["events"].isEmpty
        try host.explain(explanation)
    }
    var result = ManualRun(errors: try host.run().errors)
    result.errors += try host.report().errors
    writer.flush()
    let text = String(decoding: try ScriptFile.read(path), as: UTF8.self)
    for line in text.replacing(root + "/", with: "").split(separator: "\n").map(expandTabs) {
        if line.hasPrefix("\u{1}") {
            result.diagnostics.append(String(line.dropFirst()))
        } else {
            result.output.append(line)
        }
    }
    return result
}

/// The frames of a capture between two ports, those of 10.0.0.1 from the first.
private func bridgedInputs(_ capture: String) throws -> Inputs {
    let source = try CaptureFileSource(path: capture)
    var arrivals: [MemoryTraffic.Arrival] = []
    var burst = FrameBurst()
    while case .frames = source.receive(into: &burst) {
        for index in 0..<burst.count {
            let isClient = burst[index].bytes.slice(26, 4).array == [10, 0, 0, 1]
            arrivals.append(.init(port: isClient ? 0 : 1, frame: OwnedFrame(burst[index])))
        }
    }
    let traffic = MemoryTraffic(arrivals)
    return Inputs((0..<2).map { MemoryPort($0, of: traffic) }, peers: [1, 0])
}

/// As a terminal shows a line: a tab leads to the next multiple of 8.
private func expandTabs(_ line: Substring) -> String {
    var text = ""
    for character in line {
        if character == "\t" {
            text += String(repeating: " ", count: 8 - text.count % 8)
        } else {
            text.append(character)
        }
    }
    while text.hasSuffix(" ") { text.removeLast() }
    return text
}
