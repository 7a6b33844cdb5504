// SPDX-License-Identifier: BSD-2-Clause
import ArgumentParser
import Capture
import CaptureDPDK
import Engine
import Outputs

/// Where packets come from, and how many.
struct InputOptions: ParsableArguments {
    @Option(
        name: [.customShort("r"), .customLong("read")],
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp(
            "Read a capture (pcap, pcapng, gzip of them), or those in a directory; '-' is standard input.",
            valueName: "file"
        )
    )
    var files: [String] = []

    @Option(
        name: [.customShort("i"), .customLong("interface")],
        help: ArgumentHelp(
            "Watch an interface (eth0), or a DPDK port or vdev (dpdk:0000:03:00.0, dpdk:net_pcap0,...).",
            valueName: "source"
        )
    )
    var interfaces: [String] = []

    @Option(
        name: [.customShort("f"), .customLong("filter")],
        parsing: .unconditional,
        help: ArgumentHelp("Look only at frames that pass a libpcap filter.", valueName: "expr")
    )
    var filter: String?

    @Flag(
        name: [.customShort("C"), .customLong("no-checksums")],
        help: "Trust all checksums, as --set checksums=off does."
    )
    var noChecksums = false

    @Option(
        name: [.customShort("c"), .customLong("count")],
        help: ArgumentHelp("End after that many packets.", valueName: "n")
    )
    var count: UInt64?

    @Option(help: ArgumentHelp("End after that much packet time.", valueName: "seconds"))
    var duration: Double?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Options for DPDK's environment layer, as one text.", valueName: "args")
    )
    var dpdkArgs = ""

    func validate() throws {
        if let duration, !(duration > 0 && duration < 1e9) {
            throw ValidationError("--duration is seconds, more than 0, not \(duration).")
        }
        if count == 0 { throw ValidationError("--count is at least 1.") }
        if !dpdkArgs.isEmpty, !interfaces.contains(where: { $0.hasPrefix("dpdk:") }) {
            throw ValidationError("--dpdk-args has a meaning only with -i dpdk:SPEC.")
        }
    }

    /// Opens everything that is to be read.
    func open(stop: StopRequests) throws -> Inputs {
        var frames: FrameFilter?
        do throws(SourceError) {
            if let filter, !filter.allSatisfy(\.isWhitespace) { frames = try FrameFilter(filter) }
        } catch {
            throw Failure(ExitStatus.usage, error.description)
        }
        var inputs = Inputs(
            try files.flatMap(openFiles) + interfaces.map(openInterface),
            stop: stop
        )
        // As tcpdump does, so that whoever waits for it knows when to send.
        for name in interfaces { Diagnostics.say("mos: listening on \(name)") }
        inputs.filter = frames
        inputs.packetLimit = count
        inputs.duration = duration
        return inputs
    }

    private func openFiles(_ path: String) throws -> [any PacketSource] {
        do throws(SourceError) {
            guard path != "-", CaptureDirectory.exists(path: path) else {
                return [try CaptureFileSource(path: path)]
            }
            return try openDirectory(path)
        } catch {
            throw Failure(ExitStatus.input, error.description)
        }
    }

    /// The captures of a directory; says what else there was.
    private func openDirectory(_ path: String) throws(SourceError) -> [any PacketSource] {
        let directory = try CaptureDirectory(path: path)
        let skipped = directory.skipped
        if !skipped.isEmpty {
            let more = skipped.count > 5 ? ", ..." : ""
            let names = skipped.prefix(5).joined(separator: ", ") + more
            Diagnostics.say("mos: \(path): skipped what is no capture (\(skipped.count)): \(names)")
        }
        guard !directory.captures.isEmpty else {
            throw .unreadable(
                name: path,
                reason: "holds no captures; directories in it are not looked into"
            )
        }
        return directory.captures.map { LateCapture(path: $0) }
    }

    private func openInterface(_ name: String) throws -> any PacketSource {
        do {
            guard name.hasPrefix("dpdk:") else { return try LiveSource(interface: name) }
            return try DPDKSource(
                specification: String(name.dropFirst("dpdk:".count)),
                arguments: dpdkArgs
            )
        } catch let error as SourceError {
            throw Failure(ExitStatus.input, error.description)
        } catch let error as DPDKSetupError {
            throw Failure(ExitStatus.input, error.description)
        }
    }
}
