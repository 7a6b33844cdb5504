// SPDX-License-Identifier: BSD-2-Clause
import CRawSocket
import Packets

/// ``WorkerShare`` in classic BPF: which of several sockets on one interface a frame goes to.
///
/// TCP and UDP go to their owner at once. Of what takes more than a few loads (tunnels, ICMP errors, extension headers)
/// the outer addresses decide, so that both directions come to the same socket, and whoever finds it there hands it on.
/// Fragments, too: all workers get them in the end.
struct FanoutProgram {
    /// Where the program finds its words.
    enum Place {
        /// In a socket's frame, from the network header on: incoming and outgoing frames agree there.
        case kernel
        /// In the bytes of an Ethernet frame with one tag at most, for tests.
        case ethernet

        /// What loads the EtherType: SKF_AD_OFF + SKF_AD_PROTOCOL, or the two bytes of the frame.
        fileprivate var etherType: (width: UInt16, operand: UInt32) {
            self == .kernel ? (Code.word, UInt32(bitPattern: -0x1000)) : (Code.half, 12)
        }
        /// The network header: SKF_NET_OFF, or behind Ethernet's.
        fileprivate var network: UInt32 { self == .kernel ? UInt32(bitPattern: -0x10_0000) : 14 }
    }

    /// What the kernel is given.
    private(set) var instructions: [craw_instruction] = []
    private let place: Place
    /// Jumps to be filled in where their target stands.
    private var open: [(at: Int, ifTrue: Target?, ifFalse: Target?)] = []

    private enum Target: Equatable {
        /// A header that many bytes behind the kernel's network header.
        case ipv4(UInt32), ipv6(UInt32)
        case tagged, ports, sum, addresses, owner
    }

    /// The program for `count` workers.
    init(of count: Int, decapsulation: Decapsulation, place: Place = .kernel) {
        self.place = place
        load(place.etherType.width | Code.absolute, place.etherType.operand)
        jump(0x0800, ifTrue: .ipv4(0))
        jump(0x86DD, ifTrue: .ipv6(0))
        jump(0x8100, ifTrue: .tagged)
        jump(0x88A8, ifTrue: .tagged)
        emit(Code.returnValue, 0)
        tagged()
        for offset: UInt32 in [4, 0] {
            ipv4(at: offset)
            ipv6(at: offset)
        }
        ports(decapsulation)
        owner(count)
    }

    /// Scratch words.
    private enum Memory {
        static let addresses: UInt32 = 0
        static let ports: UInt32 = 2
    }

    /// A tag that the kernel left in the frame: its network header is the tag's second half, or the IP header behind.
    private mutating func tagged() {
        mark(.tagged)
        loadNetwork(Code.byte, 4)
        emit(Code.shiftRight, 4)
        emit(Code.toIndex)
        loadNetwork(Code.half, 2)
        // Type and version together: 0x0800 and 4, 0x86DD and 6.
        emit(Code.shiftLeft, 4)
        emit(Code.orIndex)
        jump(0x8004, ifTrue: .ipv4(4))
        jump(0x86DD6, ifTrue: .ipv6(4))
        loadNetwork(Code.byte, 0)
        emit(Code.shiftRight, 4)
        jump(4, ifTrue: .ipv4(0))
        jump(6, ifTrue: .ipv6(0))
        emit(Code.returnValue, 0)
    }

    private mutating func ipv4(at offset: UInt32) {
        mark(.ipv4(offset))
        exclusiveOr(ofWordsAt: [12, 16].map { offset + $0 })
        loadNetwork(Code.half, offset + 6)
        // More fragments follow, or this one does not start at 0.
        jump(0x3FFF, Code.jumpSet, ifTrue: .addresses)
        loadNetwork(Code.byte, offset)
        emit(Code.and, 15)
        emit(Code.shiftLeft, 2)
        emit(Code.toIndex)
        load(Code.word | Code.indirect, place.network &+ offset)
        emit(Code.store, Memory.ports)
        loadNetwork(Code.byte, offset + 9)
        jumpAlways(to: .ports)
    }

    private mutating func ipv6(at offset: UInt32) {
        mark(.ipv6(offset))
        exclusiveOr(ofWordsAt: stride(from: 8, to: 40, by: 4).map { offset + $0 })
        loadNetwork(Code.word, offset + 40)
        emit(Code.store, Memory.ports)
        loadNetwork(Code.byte, offset + 6)
        jumpAlways(to: .ports)
    }

    /// The protocol is in the accumulator.
    private mutating func ports(_ decapsulation: Decapsulation) {
        mark(.ports)
        jump(UInt32(IPProtocol.tcp), ifTrue: .sum)
        jump(UInt32(IPProtocol.udp), ifFalse: .addresses)
        if decapsulation == .inner {
            for shift: UInt32 in [0, 16] {
                emit(Code.fetch, Memory.ports)
                emit(Code.shiftRight, shift)
                emit(Code.and, 0xFFFF)
                for port in WorkerShare.tunnelPorts { jump(UInt32(port), ifTrue: .addresses) }
            }
        }
        mark(.sum)
        emit(Code.fetch, Memory.ports)
        emit(Code.toIndex)
        emit(Code.shiftRight, 16)
        emit(Code.xorIndex)
        emit(Code.and, 0xFFFF)
        emit(Code.multiply, WorkerShare.portFactor)
        emit(Code.toIndex)
        emit(Code.fetch, Memory.addresses)
        emit(Code.multiply, WorkerShare.addressFactor)
        emit(Code.addIndex)
        jumpAlways(to: .owner)
    }

    private mutating func owner(_ count: Int) {
        mark(.addresses)
        emit(Code.fetch, Memory.addresses)
        emit(Code.multiply, WorkerShare.addressFactor)
        mark(.owner)
        emit(Code.shiftRight, 16)
        emit(Code.multiply, UInt32(count))
        emit(Code.shiftRight, 16)
        emit(Code.returnAccumulator)
    }

    // MARK: assembling

    private mutating func exclusiveOr(ofWordsAt offsets: [UInt32]) {
        for (index, offset) in offsets.enumerated() {
            loadNetwork(Code.word, offset)
            if index > 0 { emit(Code.xorIndex) }
            emit(index < offsets.count - 1 ? Code.toIndex : Code.store, Memory.addresses)
        }
    }

    private mutating func loadNetwork(_ width: UInt16, _ offset: UInt32) {
        load(width | Code.absolute, place.network &+ offset)
    }

    private mutating func load(_ code: UInt16, _ operand: UInt32) {
        emit(Code.load | code, operand)
    }

    private mutating func emit(_ code: UInt16, _ operand: UInt32 = 0) {
        instructions.append(
            craw_instruction(code: code, jump_true: 0, jump_false: 0, operand: operand)
        )
    }

    private mutating func jump(
        _ operand: UInt32,
        _ code: UInt16 = Code.jumpEqual,
        ifTrue: Target? = nil,
        ifFalse: Target? = nil
    ) {
        open.append((instructions.count, ifTrue, ifFalse))
        emit(code, operand)
    }

    private mutating func jumpAlways(to target: Target) {
        jump(0, Code.jumpSet, ifTrue: target, ifFalse: target)
    }

    /// The next instruction is where jumps to `target` lead; all jumps go forward.
    private mutating func mark(_ target: Target) {
        for jump in open {
            let distance = UInt8(instructions.count - jump.at - 1)
            if jump.ifTrue == target { instructions[jump.at].jump_true = distance }
            if jump.ifFalse == target { instructions[jump.at].jump_false = distance }
        }
    }
}

/// Operation codes (linux/bpf_common.h, linux/filter.h).
private enum Code {
    static let load: UInt16 = 0x00
    static let word: UInt16 = 0x00
    static let half: UInt16 = 0x08
    static let byte: UInt16 = 0x10
    static let absolute: UInt16 = 0x20
    static let indirect: UInt16 = 0x40
    static let fetch: UInt16 = 0x60
    static let store: UInt16 = 0x02
    static let multiply: UInt16 = 0x24
    static let and: UInt16 = 0x54
    static let shiftLeft: UInt16 = 0x64
    static let shiftRight: UInt16 = 0x74
    static let addIndex: UInt16 = 0x0C
    static let xorIndex: UInt16 = 0xAC
    static let jumpEqual: UInt16 = 0x15
    static let jumpSet: UInt16 = 0x45
    static let returnValue: UInt16 = 0x06
    static let returnAccumulator: UInt16 = 0x16
    static let orIndex: UInt16 = 0x4C
    static let toIndex: UInt16 = 0x07
}
