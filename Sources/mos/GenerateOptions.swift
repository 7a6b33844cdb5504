// SPDX-License-Identifier: BSD-2-Clause
import ArgumentParser
import Generation

/// What traffic `mos generate` makes.
struct GenerateOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Equal seeds give equal frames.", valueName: "number"))
    var seed: UInt64 = 1

    @Option(
        help: ArgumentHelp(
            """
            Connections at a time; for syn and open: in all, each once (small 1000, mixed 2000, bulk 40, \
            open and tiny 100000, syn 1000000).
            """,
            valueName: "n"
        )
    )
    var flows: Int?

    @Option(
        name: [.customShort("c"), .long],
        help: ArgumentHelp(
            """
            End after that many packets. A file without it gets 1800000 (small), 1310000 (mixed), 870000 \
            (bulk), 2000000 (tiny), one a connection (syn), five (open); sending goes on until Ctrl-C.
            """,
            valueName: "n"
        )
    )
    var packets: Int?

    @Option(help: ArgumentHelp("End after that much time of the frames.", valueName: "seconds"))
    var duration: Double?

    @Option(
        help: ArgumentHelp(
            """
            How fast the frames follow each other: 100000pps, 1.5Mpps, 500Mbps, 1Gbps; with -i also max, \
            as fast as the port takes them.
            """,
            valueName: "rate"
        )
    )
    var rate = "1Mpps"

    @Option(
        help: ArgumentHelp(
            "Data segments that are lost and sent again, 0 to 10% (mixed: about 1%).",
            valueName: "share"
        )
    )
    var loss: Share?

    @Option(
        help: ArgumentHelp(
            "Data segments that come behind the next one, 0 to 10% (mixed: about 1%).",
            valueName: "share"
        )
    )
    var reorder: Share?

    @Option(
        help: ArgumentHelp("Connections over IPv6, 0 to 100% (mixed: 25%).", valueName: "share")
    )
    var ipv6: Share?

    @Option(
        help: ArgumentHelp(
            "Connections with a VLAN tag, 100 to 115, from 0 to 100%.",
            valueName: "share"
        )
    )
    var vlan = Share(0)

    /// Frames are sent as fast as the port takes them.
    var isUnpaced: Bool { rate.lowercased() == "max" }

    /// Nanoseconds after which it ends.
    var end: Int64 { duration.map { Int64($0 * 1e9) } ?? .max }

    func validate() throws {
        if let flows, !(1...TrafficOptions.flowLimit).contains(flows) {
            throw ValidationError("--flows is from 1 to \(TrafficOptions.flowLimit), not \(flows).")
        }
        if let packets, packets < 1 {
            throw ValidationError("--packets is at least 1, not \(packets).")
        }
        if let duration, !(duration > 0 && duration < 1e9) {
            throw ValidationError("--duration is seconds, more than 0, not \(duration).")
        }
        if !isUnpaced, Rate(rate) == nil {
            throw ValidationError(
                "--rate is packets or bits a second, as in 100000pps, 1.5Mpps, 500Mbps or 1Gbps, or max, "
                    + "not '\(rate)'."
            )
        }
        let limit = TrafficOptions.faultLimit
        for (name, share) in [("loss", loss), ("reorder", reorder)] {
            guard let share, share.value > limit else { continue }
            throw ValidationError("--\(name) is from 0 to \(Share(limit)), not \(share).")
        }
    }

    /// Refuses what has no meaning for the profile.
    func check(_ profile: Profile) throws {
        guard !profile.hasData, loss != nil || reorder != nil else { return }
        throw ValidationError(
            "--loss and --reorder are about data in order to be sent again; '\(profile.rawValue)' has "
                + "none: take small, mixed, bulk or tiny."
        )
    }

    /// What is to be made.
    func options(_ profile: Profile) -> TrafficOptions {
        var options = TrafficOptions(profile)
        options.seed = seed
        options.flows = flows
        options.packets = packets
        options.ipv6 = ipv6?.value
        options.vlan = vlan.value
        options.loss = loss?.value
        options.reordering = reorder?.value
        if let rate = Rate(rate) { options.rate = rate }
        return options
    }
}

/// A part of the whole: "0.25" or "25%".
struct Share: ExpressibleByArgument, CustomStringConvertible {
    let value: Double

    init(_ value: Double) { self.value = value }

    init?(argument: String) {
        let isPercent = argument.hasSuffix("%")
        guard let number = Double(isPercent ? String(argument.dropLast()) : argument) else {
            return nil
        }
        value = isPercent ? number / 100 : number
        guard value >= 0, value <= 1 else { return nil }
    }

    /// As it may be written, "25%".
    var description: String {
        let percent = value * 100
        let whole = percent.rounded()
        return abs(percent - whole) < 1e-9 ? "\(Int(whole))%" : "\(percent)%"
    }
}
