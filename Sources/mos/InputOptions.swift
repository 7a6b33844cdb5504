// SPDX-License-Identifier: BSD-2-Clause
import ArgumentParser
import Capture
import CaptureDPDK
import Engine
import Outputs
import Scripting

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
        help: ArgumentHelp(
            "Bridge the interfaces in pairs, and let scripts drop and change packets; without a value fail-open.",
            discussion: "When a script fails, fail-open lets packets pass, fail-closed drops them.",
            valueName: "fail-open|fail-closed"
        )
    )
    var inline: ScriptOptions.Inline?

    @Option(
        name: .customLong("pair"),
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp(
            "Which two -i are bridged, by their numbers, as 1-3; without it 1-2, 3-4 and so on.",
            valueName: "a-b"
        )
    )
    var pairs: [PortPair] = []

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
        if let problem = PortPair.problem(
            isInline: inline != nil,
            pairs: pairs,
            interfaces: interfaces.count,
            files: files.count
        ) {
            throw ValidationError(problem)
        }
    }

    /// Opens everything that is to be read.
    func open(stop: StopRequests, faults: Faults, seed: UInt64) throws -> Inputs {
        var frames: FrameFilter?
        do throws(SourceError) {
            if let filter, !filter.allSatisfy(\.isWhitespace) { frames = try FrameFilter(filter) }
        } catch {
            throw Failure(ExitStatus.usage, error.description)
        }
        let peers = inline == nil ? [] : PortPair.peers(pairs, of: interfaces.count)
        var sources = try files.flatMap(openFiles)
        for (index, name) in interfaces.enumerated() {
            guard !peers.isEmpty, peers[index] != nil else {
                sources.append(try openInterface(name))
                continue
            }
            let port = try openPort(name)
            sources.append(
                faults == Faults()
                    ? port : FaultyPort(port, faults: faults, seed: seed + UInt64(index))
            )
        }
        var inputs = Inputs(sources, peers: peers, stop: stop)
        announce(peers)
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

    /// As tcpdump does, so that whoever waits for it knows when to send.
    private func announce(_ peers: [Int?]) {
        for (index, name) in interfaces.enumerated() {
            guard let inline, let peer = peers[index] else {
                Diagnostics.say("mos: listening on \(name)")
                continue
            }
            guard index < peer else { continue }
            Diagnostics.say("mos: bridging \(name) - \(interfaces[peer]) (\(inline.rawValue))")
        }
    }

    /// An interface through which packets are handed on.
    private func openPort(_ name: String) throws -> any PacketPort {
        if name.hasPrefix("dpdk:") { return try openDPDK(name, sends: true) }
        do throws(SourceError) {
            return try RawSocketPort(interface: name)
        } catch {
            throw Failure(ExitStatus.input, error.description)
        }
    }

    private func openInterface(_ name: String) throws -> any PacketSource {
        if name.hasPrefix("dpdk:") { return try openDPDK(name, sends: false) }
        do throws(SourceError) {
            return try LiveSource(interface: name)
        } catch {
            throw Failure(ExitStatus.input, error.description)
        }
    }

    private func openDPDK(_ name: String, sends: Bool) throws -> DPDKSource {
        do throws(DPDKSetupError) {
            return try DPDKSource(
                specification: String(name.dropFirst("dpdk:".count)),
                arguments: dpdkArgs,
                sends: sends
            )
        } catch {
            throw Failure(ExitStatus.input, error.description)
        }
    }
}
