// SPDX-License-Identifier: BSD-2-Clause
import Foundation
import Packets
import TestNetworks
import Testing

@testable import Capture

/// Two stations, each in a namespace of its own, and two ports between them in the namespace of the calling thread.
///
///     station 1 ── s0 ═ a0 ── port ─ bridge ─ port ── b0 ═ r0 ── station 2
///     10.9.0.1, fd00::1                                          10.9.0.2, fd00::2
final class TransferBench {
    /// What crossed.
    struct Count {
        var frames = 0
        /// Frames larger than any on a wire.
        var large = 0
    }

    /// The processes that keep the namespaces.
    private let stations: [Substring]
    private let wrap: (RawSocketPort, Int) -> any PacketPort

    /// Makes the stations; `settings` are what else is to be done: here, or by `nsenter -t $s1 -n`, `-t $s2`
    /// at the stations.
    init(
        _ settings: String = "",
        wrap: @escaping (RawSocketPort, Int) -> any PacketPort = { port, _ in port }
    ) throws {
        let result = try shell(Self.network + settings)
        stations = result.output.split(whereSeparator: \.isWhitespace).prefix(2).map { $0 }
        self.wrap = wrap
        try #require(result.code == 0, "\(result.output)")
    }

    deinit { _ = try? shell("kill \(stations.joined(separator: " "))") }

    private static let network = """
        echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6
        make() { # station, interface here, interface there
            unshare -n sleep 300 >/dev/null 2>&1 &
            p=$!
            echo $p
            until [ "$(readlink /proc/$p/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.01; done
            ip link add $2 type veth peer name $3 netns $p
            ip link set $2 up
            local in="nsenter -t $p -n"
            $in sh -c "echo 0 > /proc/sys/net/ipv6/conf/$3/accept_dad"
            $in ip link set lo up
            $in ip link set $3 up
            $in ip address add 10.9.0.$1/24 dev $3
            $in ip address add fd00::$1/64 dev $3
        }
        make 1 a0 s0; s1=$p
        make 2 b0 r0; s2=$p

        """

    /// Runs a Python program at each station, the second first, while the ports forward what comes.
    ///
    /// - Returns: what the programs printed, in order of their ends, what crossed, and the ports.
    func run(_ first: String, _ second: String)
        throws -> (output: String, count: Count, ports: [any PacketPort])
    {
        let ports = [
            wrap(try RawSocketPort(interface: "a0"), 0),
            wrap(try RawSocketPort(interface: "b0"), 1),
        ]
        let files = try [first, second].map { try TemporaryFile(bytes: Array($0.utf8)) }
        let script = try Script(
            """
            nsenter -t \(stations[1]) -n python3 \(files[1].path) &
            nsenter -t \(stations[0]) -n python3 \(files[0].path)
            wait $!
            """
        )
        var wait = SourceWait(ports)
        var count = Count()
        while script.isRunning() {
            for index in 0..<2 {
                let some = forward(from: ports[index], to: ports[1 - index])
                count.frames += some.frames
                count.large += some.large
            }
            _ = wait.wait()
        }
        let result = script.finish()
        try #require(result.code == 0, "\(result.output)")
        return (result.output, count, ports)
    }
}
