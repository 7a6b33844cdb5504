// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Testing

@testable import Packets

struct WorkerShareTests {
    private func owner(_ bytes: [UInt8], of count: Int = 5, _ link: LinkType = .ethernet) -> Int {
        ByteView.of(bytes) { view in
            WorkerShare(of: count).owner(
                of: Frame(
                    bytes: view,
                    wireLength: UInt32(bytes.count),
                    time: Timestamp(nanoseconds: 0),
                    linkType: link
                )
            )
        }
    }

    private func ends(_ number: Int, version: Int = 4) -> (IPFields, IPFields) {
        var there = version == 4 ? IPFields.ipv4 : .ipv6
        let (high, low) = (number >> 8, number & 255)
        if version == 4 {
            there.source = IPAddress("10.1.\(high).\(low)") ?? there.source
        } else {
            there.source = IPAddress("2001:db8::\(String(number, radix: 16)):7") ?? there.source
        }
        var back = there
        (back.source, back.destination) = (there.destination, there.source)
        return (there, back)
    }

    @Test func `both directions of a flow have one owner, whatever is around it`() {
        for version in [4, 6] {
            for number in 0..<50 {
                let (there, back) = ends(number, version: version)
                let port = UInt16(40000 + number)
                let request = TCPSegment(sourcePort: port, destinationPort: 80, payload: [1])
                let answer = TCPSegment(sourcePort: 80, destinationPort: port)
                let expected = owner(PacketBuilder(ip: there).frame(request))
                #expect(owner(PacketBuilder(ip: back).frame(answer)) == expected)
                let tagged = PacketBuilder(vlanTags: [VLANTag(5)], ip: back)
                #expect(owner(tagged.frame(answer)) == expected)
                let bare = PacketBuilder(linkType: .raw, ip: there)
                #expect(owner(bare.frame(request), .raw) == expected)
                // What is wrong with it changes nothing: its checksum is its owner's business.
                let bad = PacketBuilder(ip: there, checksum: .bad)
                #expect(owner(bad.frame(request)) == expected)
            }
        }
    }

    @Test(arguments: [UInt64(1), 2, 3])
    func `the straight way from frame to owner says what the decoder's fields say`(seed: UInt64) {
        print("seed \(seed)")
        var random = SeededGenerator(seed: seed)
        let share = WorkerShare(of: 7)
        for _ in 0..<3000 {
            let packet = RandomPacket(&random)
            let bytes = packet.frame
            let decoded = Decoded(bytes)
            let expected = ByteView.of(bytes) {
                share.owner(of: decoded.packet, kind: decoded.result.kind, $0)
            }
            #expect(owner(bytes, of: 7) == expected)
        }
    }

    @Test func `an ICMP error belongs to the packet that it quotes`() {
        for number in 0..<50 {
            let (there, back) = ends(number)
            let segment = TCPSegment(sourcePort: 40000, destinationPort: 80)
            let quoted = PacketBuilder(linkType: .raw, ip: there).frame(segment)
            let error = ICMPMessage(type: 3, code: 3, payload: quoted)
            #expect(
                owner(PacketBuilder(ip: back).frame(error))
                    == owner(PacketBuilder(ip: there).frame(segment))
            )
        }
    }

    @Test func `a tunnelled packet belongs to the inner addresses, fragments to everyone`() {
        for number in 0..<50 {
            let (there, _) = ends(number)
            let segment = TCPSegment(sourcePort: 40000, destinationPort: 80)
            let inner = PacketBuilder(linkType: .raw, ip: there).frame(segment)
            #expect(
                owner(PacketBuilder().frame(IPProtocol.ipv4, inner))
                    == owner(PacketBuilder(ip: there).frame(segment))
            )
        }
        var part = IPFields.ipv4
        part.hasMoreFragments = true
        part.doesNotFragment = false
        #expect(owner(PacketBuilder(ip: part).frame(TCPSegment())) == WorkerShare.everyone)
        #expect(owner([UInt8](repeating: 255, count: 60)) == 0)
        #expect(owner([]) == 0)
    }

    /// Ports and addresses that count up together must not cancel each other.
    @Test(arguments: [2, 3, 8, 64])
    func `flows are spread evenly`(count: Int) {
        var loads = [Int](repeating: 0, count: count)
        for number in 0..<6400 {
            let (there, _) = ends(number)
            let segment = TCPSegment(sourcePort: UInt16(1024 + number), destinationPort: 443)
            loads[owner(PacketBuilder(ip: there).frame(segment), of: count)] += 1
        }
        let mean = 6400 / count
        let (least, most) = (loads.min() ?? 0, loads.max() ?? 0)
        #expect(least * 10 > mean * 6, "\(loads)")
        #expect(most * 10 < mean * 15, "\(loads)")
    }

    @Test func `the ports of tunnels are those that the decoder knows`() {
        let known = (UInt16.min...UInt16.max).filter { Tunnel.isTunnel($0) }
        #expect(Set(WorkerShare.tunnelPorts) == Set(known))
    }
}
