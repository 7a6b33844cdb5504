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
            """
            Forward packets between pairs of interfaces. When a script fails they pass (fail-open, also \
            meant by --inline alone) or are dropped (fail-closed).
            """,
            valueName: "mode"
        )
    )
    var inline: ScriptOptions.InlineMode?

    @Option(
        name: .customLong("pair"),
        help: ArgumentHelp(
            "Which interfaces belong together, by their places among the -i; else 1-2, 3-4, ...",
            valueName: "a-b"
        )
    )
    var pairs: [String] = []

    @Option(
        name: [.customShort("f"), .customLong("filter")],
        parsing: .unconditional,
        help: ArgumentHelp("Look only at frames that pass a libpcap filter.", valueName: "expr")
    )
    var filter: String?

    @Option(
        name: [.customShort("c"), .customLong("count")],
        help: ArgumentHelp("End after that many packets, of all workers together.", valueName: "n")
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
        if inline == nil, !pairs.isEmpty {
            throw ValidationError("--pair has a meaning only with --inline.")
        }
        if inline != nil, !interfaces.isEmpty || files.isEmpty { _ = try pairing() }
        if !dpdkArgs.isEmpty, !interfaces.contains(where: { $0.hasPrefix("dpdk:") }) {
            throw ValidationError("--dpdk-args has a meaning only with -i dpdk:SPEC.")
        }
    }

    /// Which interfaces are inline; none without `--inline`.
    private func pairing() throws -> Pairing? {
        guard inline != nil else { return nil }
        do throws(PairingError) {
            return try Pairing(interfaces, pairs: pairs)
        } catch {
            throw ValidationError(error.message)
        }
    }

    /// Opens everything that is to be read.
    func open(stop: StopRequests, settings: Settings, workers: Int) throws -> OpenedInputs {
        _ = try frameFilter()
        let pairing = try pairing()
        if settings.faults != Faults(), pairing == nil {
            throw Failure(ExitStatus.usage, "settings 'faults.*' have a meaning only with --inline")
        }
        let ports = try interfaces.enumerated().map { index, name in
            guard pairing?.peers[index] != nil else {
                return try openInterface(name, workers: workers, settings)
            }
            return [try openPort(name, number: index, settings)]
        }
        let inputs = OpenedInputs(
            sources: try files.flatMap { try CaptureFiles.open($0, workers: workers) } + ports,
            peers: pairing?.peers ?? [],
            stop: stop,
            showsEverything: !files.isEmpty,
            options: self,
            allowance: files.isEmpty && workers > 1 ? count.map { PacketAllowance($0) } : nil
        )
        announce(pairing)
        return inputs
    }

    /// What keeps frames out, compiled anew for each worker.
    func frameFilter() throws -> FrameFilter? {
        guard let filter, !filter.allSatisfy(\.isWhitespace) else { return nil }
        do throws(SourceError) {
            return try FrameFilter(filter)
        } catch {
            throw Failure(ExitStatus.usage, error.description)
        }
    }

    /// As tcpdump does, so that whoever waits for it knows when to send.
    private func announce(_ pairing: Pairing?) {
        if let pairing, let inline {
            for (a, b) in pairing.pairs {
                let names = "\(interfaces[a]) - \(interfaces[b])"
                Diagnostics.say("mos: bridging \(names) (\(inline.rawValue))")
            }
        }
        for (index, name) in interfaces.enumerated() where pairing?.peers[index] == nil {
            Diagnostics.say("mos: listening on \(name)")
        }
    }

    private func openInterface(_ name: String, workers: Int, _ settings: Settings) throws
        -> [any PacketSource]
    {
        try namingFailures {
            if let port = specification(name) {
                return try DPDKSource.open(
                    specification: port,
                    arguments: dpdkArgs,
                    shares: workers,
                    decapsulation: settings.decapsulation
                )
            }
            return try LiveSource.open(
                interface: name,
                shares: workers,
                decapsulation: settings.decapsulation
            )
        }
    }

    /// One port of a pair.
    private func openPort(_ name: String, number: Int, _ settings: Settings) throws
        -> any PacketPort
    {
        let port: any PacketPort = try namingFailures {
            if let port = specification(name) {
                return try DPDKSource(specification: port, arguments: dpdkArgs, sends: true)
            }
            return try RawSocketPort(interface: name)
        }
        if settings.faults == Faults() { return port }
        // Another seed for each port, so that they do not lose the same frames.
        let seed = settings.faultSeed &+ UInt64(number)
        return FaultyPort(port, faults: settings.faults, seed: seed)
    }

    /// What follows `dpdk:`; nil for a kernel interface.
    private func specification(_ name: String) -> String? {
        name.hasPrefix("dpdk:") ? String(name.dropFirst("dpdk:".count)) : nil
    }

    private func namingFailures<Source>(_ open: () throws -> Source) throws -> Source {
        do {
            return try open()
        } catch let error as SourceError {
            throw Failure(ExitStatus.input, error.description)
        } catch let error as DPDKSetupError {
            throw Failure(ExitStatus.input, error.description)
        }
    }
}
