// SPDX-License-Identifier: BSD-2-Clause
import ArgumentParser
import Capture
import CaptureDPDK
import Engine
import Generation
import Glibc
import Outputs
import Packets

/// `mos generate`: traffic that follows from a seed, to a file or through a port.
struct Generate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make TCP traffic from a seed: a capture, or frames sent through a DPDK port.",
        usage: """
            mos generate PROFILE FILE [options]
            mos generate PROFILE -i dpdk:SPEC [--rate RATE] [options]
            """,
        discussion: """
            Profiles:
            \(Profile.allCases.map { "  \($0.rawValue): \($0.summary)" }.joined(separator: "\n"))

            Equal seeds and options give equal frames, with right checksums. What was written or sent is told \
            on standard error. Exit codes: 0 fine, 2 usage, 3 the output failed, 130 interrupted.
            """
    )

    @Argument(help: "The kind of traffic.")
    var profile: Profile

    @Argument(help: "The capture to write (pcap with nanoseconds); '-' is standard output.")
    var file: String?

    @Option(
        name: [.customShort("i"), .customLong("interface")],
        help: ArgumentHelp(
            "Send through a DPDK port or vdev: dpdk:0000:03:00.0, dpdk:net_af_packet0,iface=eth0.",
            valueName: "source"
        )
    )
    var interface: String?

    @OptionGroup var traffic: GenerateOptions

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Options for DPDK's environment layer, as one text.", valueName: "args")
    )
    var dpdkArgs = ""

    func validate() throws {
        switch (file, interface) {
        case (nil, nil):
            throw ValidationError(
                "No output: give a FILE ('-' is standard output), or -i dpdk:SPEC."
            )
        case (_?, _?):
            throw ValidationError("Traffic goes to a FILE or through -i, not both.")
        case (_, let interface?) where !interface.hasPrefix("dpdk:"):
            throw ValidationError(
                "-i \(interface): frames are sent through DPDK; for a kernel interface: "
                    + "-i dpdk:net_af_packet0,iface=\(interface)."
            )
        case ("-", _) where isatty(STDOUT_FILENO) == 1:
            throw ValidationError("Standard output is a terminal; send it to a file or a pipe.")
        default: break
        }
        if interface == nil, traffic.isUnpaced {
            throw ValidationError("--rate max has a meaning only with -i: a capture has times.")
        }
        if interface == nil, !dpdkArgs.isEmpty {
            throw ValidationError("--dpdk-args has a meaning only with -i dpdk:SPEC.")
        }
        try traffic.check(profile)
    }

    func run() throws {
        let stop = Interruption.install()
        if let interface {
            try send(through: interface, stop)
        } else {
            try write(to: file ?? "-", stop)
        }
        if stop.isRaised { throw Failure(ExitStatus.interrupted) }
    }

    // MARK: To a file

    private func write(to path: String, _ stop: StopRequests) throws {
        var options = traffic.options(profile)
        if traffic.duration == nil { options.packets = options.packets ?? options.packetsOfCapture }
        let end = traffic.end
        var traffic = Traffic(options)
        do throws(CaptureWriteError) {
            let writer = try CaptureWriter(path: path, linkType: .ethernet)
            var bytes: UInt64 = 0
            var first: Int64?
            while !stop.isRaised, let frame = traffic.next() {
                let time = frame.time.nanoseconds
                first = first ?? time
                if let first, time &- first >= end { break }
                try writer.write(frame)
                bytes += UInt64(frame.bytes.count)
            }
            let count = writer.count
            try writer.close()
            let name = path == "-" ? "standard output" : path
            Diagnostics.say("mos: wrote \(count) packets, \(bytes) bytes, to \(name)")
        } catch {
            throw Failure(ExitStatus.input, error.description)
        }
    }

    // MARK: Through a port

    private func send(through name: String, _ stop: StopRequests) throws {
        let port: DPDKSource
        do throws(DPDKSetupError) {
            port = try DPDKSource(
                specification: String(name.dropFirst("dpdk:".count)),
                arguments: dpdkArgs,
                sends: true
            )
        } catch {
            throw Failure(ExitStatus.input, error.description)
        }
        Diagnostics.say("mos: sending through \(name)")
        var sender = TrafficSender(
            Traffic(traffic.options(profile)),
            through: port,
            isPaced: !traffic.isUnpaced
        )
        let end = traffic.end
        sender.run(now: Self.now, sleep: Self.sleep) { stop.isRaised || $0 >= end }
        report(sender.tally, port.departures)
        if sender.tally.isStuck {
            throw Failure(
                ExitStatus.input,
                "\(name): the port took nothing for a second; is its link up?"
            )
        }
    }

    private func report(_ tally: TrafficSender.Tally, _ departures: DepartureStatistics) {
        let seconds = max(Double(tally.nanoseconds) / 1e9, 1e-9)
        let mean = tally.frames == 0 ? 0 : Double(tally.bytes) / Double(tally.frames)
        let packets = Double(departures.sent) / seconds
        Diagnostics.say(
            "mos: sent \(departures.sent) packets in \(hundredths(seconds)) s: "
                + "\(Int(packets)) packets and \(Int(packets * mean * 8)) bits a second"
        )
        let lost = tally.frames - min(tally.frames, departures.sent + departures.refused)
        let losses = [(departures.refused, "refused by the port"), (lost, "dropped by it")]
            .filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
        Diagnostics.say(
            "mos: lost: " + (losses.isEmpty ? "nothing" : losses.joined(separator: ", "))
        )
    }

    private func hundredths(_ value: Double) -> String {
        let whole = Int((value * 100).rounded())
        let rest = whole % 100
        return "\(whole / 100).\(rest < 10 ? "0" : "")\(rest)"
    }

    private static func now() -> Int64 {
        var time = timespec()
        _ = unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    private static func sleep(_ nanoseconds: Int64) {
        guard nanoseconds > 0 else { return }
        var time = timespec(
            tv_sec: Int(nanoseconds / 1_000_000_000),
            tv_nsec: Int(nanoseconds % 1_000_000_000)
        )
        _ = unsafe nanosleep(&time, nil)
    }
}

extension Profile: ExpressibleByArgument {}
