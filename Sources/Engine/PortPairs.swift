// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Packets

/// Which ports are the two ends of an inline pair: what one receives leaves through the other.
struct PortPairs: ~Copyable {
    /// What is known of a source once and for all.
    private struct Port {
        /// The port itself, nil where frames can only arrive.
        var port: (any PacketPort)?
        var peer: Int?
        var mtu: Int
        var carriesOffloads: Bool
    }

    private let ports: [Port]
    let isInline: Bool

    init(_ sources: [any PacketSource], peers: [Int?]) {
        precondition(peers.isEmpty || peers.count == sources.count, "a peer, or nil, per source")
        isInline = peers.contains { $0 != nil }
        guard isInline else {
            ports = []
            return
        }
        ports = sources.enumerated().map { index, source in
            let port = source as? any PacketPort
            if let peer = peers[index] {
                precondition(
                    port != nil && peer != index && peers.indices.contains(peer)
                        && peers[peer] == index,
                    "a source and its peer are two ports, and each other's peers"
                )
            }
            return Port(
                port: port,
                peer: peers[index],
                mtu: port?.mtu ?? 0,
                carriesOffloads: [index, peers[index] ?? index].allSatisfy {
                    (sources[$0] as? any PacketPort)?.carriesOffloads ?? false
                }
            )
        }
    }

    @inline(__always)
    func peer(of index: Int) -> Int? { isInline ? ports[index].peer : nil }

    @inline(__always)
    func mtu(of index: Int) -> Int { ports[index].mtu }

    @inline(__always)
    func carriesOffloads(_ index: Int) -> Bool { ports[index].carriesOffloads }

    var departures: DepartureStatistics {
        var sum = DepartureStatistics()
        for case let port? in ports.lazy.map(\.port) {
            let one = port.departures
            sum.sent += one.sent
            sum.dropped += one.dropped
            sum.refused += one.refused
        }
        return sum
    }

    func send(_ list: borrowing DepartureList, through: Int, from: Int) {
        guard let port = ports[through].port, let origin = ports[from].port else {
            preconditionFailure("source \(through) or \(from) is no port of a pair")
        }
        port.send(list, from: origin)
    }
}
