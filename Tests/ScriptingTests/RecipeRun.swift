// SPDX-License-Identifier: BSD-2-Clause
import Glibc
import Testing

@testable import Scripting

/// A folder for scripts that is gone with the value.
final class ScriptFolder {
    let path: String

    init(_ files: [String: String]) throws {
        path = "/tmp/mos-tests-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
        #expect(unsafe mkdir(path, 0o700) == 0)
        for (name, text) in files { try write(name, text) }
    }

    func write(_ name: String, _ text: String) throws {
        let descriptor = unsafe open(path + "/" + name, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        let bytes = Array(text.utf8)
        #expect(unsafe Glibc.write(descriptor, bytes, bytes.count) == bytes.count)
        close(descriptor)
    }

    func read(_ name: String) throws -> String {
        String(decoding: try ScriptFile.read(path + "/" + name), as: UTF8.self)
    }

    deinit { _ = unsafe system("rm -r '\(path)'") }
}

/// The tests of a script that is given as text, by name, with their failures; paths without the folder.
func recipeResults(
    _ code: String,
    file: String = "script.lua",
    others: [String: String] = [:],
    mode: ScriptOptions.TestMode = .init()
) throws -> [(name: String, result: RecipeTestResult)] {
    let folder = try ScriptFolder(others.merging([file: code]) { $1 })
    var tests = RecipeTests(file: folder.path + "/" + file)
    tests.mode = mode
    return try tests.list().map { test in
        var result = tests.run(test)
        result.failures = result.failures.map { $0.replacing(folder.path + "/", with: "") }
        return (test.name, result)
    }
}

/// The same as `mos test` shows it, without what stands below the results.
func runRecipeTests(_ code: String, file: String) throws -> [String] {
    var lines = [file]
    for (name, result) in try recipeResults(code, file: file) {
        lines.append("  \(result.failures.isEmpty ? "ok  " : "FAIL")  \(name)")
        for failure in result.failures {
            lines += failure.split(separator: "\n").map { "        " + $0 }
        }
    }
    return lines
}

/// The failures of the one test with that body, in a script that begins with `code`.
func failures(_ body: String, in code: String = "", options: String = "nil") throws -> [String] {
    let script = code + "\nmos.test(\"it\", \(options), function(t)\n" + body + "\nend)\n"
    return try recipeResults(script).flatMap(\.result.failures)
}
