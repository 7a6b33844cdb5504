// SPDX-License-Identifier: BSD-2-Clause
import ArgumentParser
import Capture
import Packets

/// `mos-bench bridge`: what it costs to carry a frame from one kernel interface to another, without an engine.
struct BridgeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bridge",
        abstract: "Carry frames from port A to port B and print the processor time of each step.",
        discussion: """
            Needs two pairs of virtual interfaces and root. In a namespace of its own:

            unshare -n sh -c 'ip link add s0 type veth peer name a0; ip link add b0 type veth peer name r0; \
            for i in s0 a0 b0 r0; do ip link set $i up; done; mos-bench bridge s0 a0 b0 r0'
            """
    )

    @Argument(help: "Where frames come from, the peer of port A.")
    var sender: String

    @Argument(help: "Port A, which receives.")
    var a: String

    @Argument(help: "Port B, which sends.")
    var b: String

    @Argument(help: "The peer of port B, where frames arrive.")
    var receiver: String

    @Option(help: "How many frames.")
    var frames = 1_000_000

    @Option(help: "Bytes of a frame.")
    var length = 64

    /// What the steps cost in all, in nanoseconds.
    private struct Cost {
        var send: Int64 = 0
        var receive: Int64 = 0
        var forward: Int64 = 0
    }

    func validate() throws {
        guard frames > 0, (14...1514).contains(length) else {
            throw ValidationError("--frames is at least 1, --length from 14 to 1514.")
        }
    }

    func run() throws {
        let ports = try [sender, a, b, receiver].map { try RawSocketPort(interface: $0) }
        var cost = Cost()
        var left = frames
        var arrived = 0
        var burst = FrameBurst()
        while left > 0 {
            // Few enough to stay in the kernel's buffers.
            let round = min(left, 16 * DepartureList.capacity)
            left -= round
            cost.send += elapsed { send(round, through: ports[0]) }
            carry(from: ports[1], to: ports[2], &cost)
            while case .frames = ports[3].receive(into: &burst) { arrived += burst.count }
        }
        print("\(arrived) of \(frames) frames of \(length) bytes arrived; ns a frame:")
        for (name, time) in [
            ("send alone", cost.send), ("receive", cost.receive), ("send", cost.forward),
            ("receive and send", cost.receive + cost.forward),
        ] {
            print("  \(name): \(time / Int64(frames))")
        }
    }

    private func send(_ count: Int, through port: RawSocketPort) {
        let frame =
            [UInt8](repeating: 2, count: 12) + [0x88, 0xB5]
            + [UInt8](repeating: 0, count: length - 14)
        var list = DepartureList()
        ByteView.of(frame) { bytes in
            var left = count
            while left > 0 {
                list.removeAll()
                for _ in 0..<min(left, DepartureList.capacity) {
                    list.append(Departure(bytes: bytes, place: -1))
                }
                left -= list.count
                port.send(list, from: port)
            }
        }
    }

    private func carry(from port: RawSocketPort, to peer: RawSocketPort, _ cost: inout Cost) {
        var burst = FrameBurst()
        var list = DepartureList()
        var now = ProcessorTime.now
        while case .frames = port.receive(into: &burst) {
            list.removeAll()
            for index in 0..<burst.count {
                list.append(Departure(bytes: burst[index].bytes, place: Int32(index)))
            }
            let between = ProcessorTime.now
            cost.receive += between - now
            peer.send(list, from: port)
            now = ProcessorTime.now
            cost.forward += now - between
        }
    }

    private func elapsed(_ body: () -> Void) -> Int64 {
        let start = ProcessorTime.now
        body()
        return ProcessorTime.now - start
    }
}
