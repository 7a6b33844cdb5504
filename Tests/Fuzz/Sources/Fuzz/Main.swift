// SPDX-License-Identifier: BSD-2-Clause
import CLibFuzzer
import Capture
import FuzzTargets
import Glibc
import Packets

/// The target that `$FUZZ_TARGET` names; libFuzzer keeps all of the command line.
private let target: FuzzTarget = {
    let name = getenv("FUZZ_TARGET").map { String(cString: $0) } ?? ""
    guard let target = FuzzTarget.all.first(where: { $0.name == name }) else {
        fatalError("FUZZ_TARGET is '\(name)', none of --list")
    }
    return target
}()

@main
enum Main {
    static func main() throws {
        switch CommandLine.arguments.dropFirst().first {
        case "--list": for target in FuzzTarget.all { print(target.name) }
        case "--seeds": try writeSeeds(Array(CommandLine.arguments.dropFirst(2)))
        default:
            var count = CommandLine.argc
            var words = CommandLine.unsafeArgv
            withUnsafeMutablePointer(to: &words) { words in
                words.withMemoryRebound(
                    to: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?.self,
                    capacity: 1
                ) { exit(LLVMFuzzerRunDriver(&count, $0, oneInput)) }
            }
        }
    }

    /// `--seeds DIRECTORY CAPTURE...`: writes what the target makes of the captures' frames.
    private static func writeSeeds(_ words: [String]) throws {
        guard let directory = words.first else { fatalError("--seeds DIRECTORY CAPTURE...") }
        for (number, path) in words.dropFirst().enumerated() {
            let source = try CaptureFileSource(path: path)
            var burst = FrameBurst()
            var frames: [[UInt8]] = []
            while case .frames = source.receive(into: &burst) {
                for index in 0..<burst.count { frames.append(burst[index].bytes.array) }
            }
            for (index, seed) in target.seeds(frames).enumerated() {
                guard let file = fopen("\(directory)/seed-\(number)-\(index)", "w") else {
                    fatalError("cannot write \(directory)")
                }
                fwrite(seed, 1, seed.count, file)
                fclose(file)
            }
        }
    }
}

private func oneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    let input = bytes.map { ByteView(base: UnsafeRawPointer($0), count: count) } ?? .empty
    if let problem = target.problem(input) { fatalError("\(target.name): \(problem)") }
    return 0
}
