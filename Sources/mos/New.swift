// SPDX-License-Identifier: BSD-2-Clause
import ArgumentParser
import Capture
import Generation
import Glibc
import Outputs
import Scripting

/// `mos new`: a script to begin with, a capture for it, and what editors want to find.
struct New: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make a script to begin with, and a capture to run it on.",
        discussion: """
            Writes NAME.lua and NAME.pcap, and beside them, where they are not there yet, mos.d.lua, \
            .luarc.json and .luacheckrc, from which editors know the names of mos. Nothing is overwritten. \
            Exit codes: 0 fine, 2 a name that cannot be, or is taken, 3 a file that cannot be written.
            """
    )

    @Argument(help: "What the script is called; a folder may stand before it.")
    var name: String

    mutating func run() throws {
        let recipe = try Place(name)
        for path in [recipe.script, recipe.capture] where Self.exists(path) {
            throw Failure(
                ExitStatus.usage,
                "\(path) is there already, and mos new overwrites nothing; take another name"
            )
        }
        do {
            let manual = try Manual()
            var written = [recipe.script, recipe.capture]
            try Self.write(try manual.recipe(named: recipe.name), to: recipe.script)
            try Self.writeCapture(recipe.capture)
            let forEditors: [(String, Manual.Whole)] = [
                ("mos.d.lua", .stubs), (".luarc.json", .luarc), (".luacheckrc", .luacheck),
            ]
            for (file, text) in forEditors where !Self.exists(recipe.folder + file) {
                try Self.write(try manual.whole(text), to: recipe.folder + file)
                written.append(recipe.folder + file)
            }
            print("wrote \(written.joined(separator: ", "))")
            print("now:  mos run \(recipe.script) -r \(recipe.capture)")
        } catch let error as ScriptError {
            throw Failure(ExitStatus.script, error.description)
        }
    }

    /// Where the files go.
    private struct Place {
        let folder: String
        let name: String
        var script: String { folder + name + ".lua" }
        var capture: String { folder + name + ".pcap" }

        init(_ path: String) throws {
            let path = path.hasSuffix(".lua") ? String(path.dropLast(4)) : path
            let end = path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex
            folder = String(path[..<end])
            name = String(path[end...])
            let isPlain = name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
            guard isPlain, !name.isEmpty, !name.hasPrefix("-"), name.utf8.count <= 100 else {
                throw Failure(
                    ExitStatus.usage,
                    "'\(name)' cannot be a script's name: letters, digits, _ and - make one, as in "
                        + "'mos new slow_servers'"
                )
            }
            guard folder.isEmpty || New.isFolder(folder) else {
                throw Failure(ExitStatus.usage, "\(folder): no such folder; make it first")
            }
        }
    }

    private static func exists(_ path: String) -> Bool {
        var status = stat()
        return unsafe lstat(path, &status) == 0
    }

    private static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// Writes a file that is not there.
    private static func write(_ text: String, to path: String) throws {
        let file = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw unwritable(path) }
        let bytes = Array(text.utf8)
        var done = 0
        while done < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { room in
                unsafe Glibc.write(
                    file,
                    room.baseAddress.map { unsafe $0 + done },
                    room.count - done
                )
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let failure = unwritable(path)
                close(file)
                throw failure
            }
            done += count
        }
        guard close(file) == 0 else { throw unwritable(path) }
    }

    private static func unwritable(_ path: String) -> Failure {
        Failure(
            ExitStatus.input,
            "\(path): cannot be written: \(unsafe String(cString: strerror(errno)))"
        )
    }

    /// A few short connections, the same each time.
    private static func writeCapture(_ path: String) throws {
        var options = TrafficOptions(.small)
        options.flows = 12
        options.packets = 180
        if let rate = Rate("1kpps") { options.rate = rate }
        var traffic = Traffic(options)
        do throws(CaptureWriteError) {
            let writer = try CaptureWriter(path: path, linkType: .ethernet)
            while let frame = traffic.next() { try writer.write(frame) }
            try writer.close()
        } catch {
            throw Failure(ExitStatus.input, error.description)
        }
    }
}
