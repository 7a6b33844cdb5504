// SPDX-License-Identifier: BSD-2-Clause
import CPcap
import CRawSocket
import Packets
import TestPorts
import Testing

@testable import Capture

/// What libpcap's interpreter returns for a program that finds its words in Ethernet frames.
private struct Interpreter {
    private let instructions: [bpf_insn]

    init(of count: Int, _ decapsulation: Decapsulation = .inner) {
        let program = FanoutProgram(of: count, decapsulation: decapsulation, place: .ethernet)
        instructions = program.instructions.map {
            bpf_insn(code: $0.code, jt: $0.jump_true, jf: $0.jump_false, k: $0.operand)
        }
    }

    func owner(_ frame: [UInt8]) -> Int {
        unsafe instructions.withUnsafeBufferPointer { program in
            unsafe frame.withUnsafeBufferPointer { bytes in
                let length = UInt32(bytes.count)
                return unsafe Int(
                    bpf_filter(program.baseAddress, bytes.baseAddress, length, length)
                )
            }
        }
    }
}

struct FanoutProgramTests {
    @Test(arguments: [2, 3, 5, 8, 64])
    func `the program says of TCP and UDP what WorkerShare says`(count: Int) {
        let seed = UInt64.random(in: 0...(.max))
        print("seed \(seed)")
        var random = SplitMix64(seed: seed)
        let program = Interpreter(of: count)
        var owners: Set<Int> = []
        for _ in 0..<3000 {
            let flow = FlowFrames(&random, tags: true)
            let tunnel = WorkerShare.tunnelPorts.contains(
                where: [flow.ports.0, flow.ports.1].contains
            )
            for isBack in [false, true] {
                let frame = flow.frame([1, 2, 3], isBack: isBack)
                let found = program.owner(frame)
                owners.insert(found)
                if flow.isTCP || !tunnel {
                    #expect(found == owner(frame, of: count), "\(flow)")
                }
            }
        }
        #expect(owners.count == count)
    }

    @Test func `what takes a closer look goes where both directions go`() {
        let seed = UInt64.random(in: 0...(.max))
        print("seed \(seed)")
        var random = SplitMix64(seed: seed)
        let program = Interpreter(of: 7)
        let owners = (0..<1000).map { _ in
            let flow = FlowFrames(&random)
            let builder = flow.builder
            let kinds: [(PacketBuilder) -> [UInt8]] = [
                { $0.frame(ICMPMessage(type: 3, code: 1)) },
                { $0.frame(50, [1, 2, 3, 4, 5, 6, 7, 8]) },
                { $0.fragment(17, [UInt8](repeating: 0, count: 64), offset: 64, hasMore: false) },
                { $0.fragment(17, [UInt8](repeating: 0, count: 64), offset: 0, hasMore: true) },
                { $0.frame(UDPDatagram(sourcePort: 9, destinationPort: 4789)) },
                { $0.frame(UDPDatagram(sourcePort: 2152, destinationPort: 9)) },
            ]
            let there = kinds.map { program.owner($0(builder)) }
            #expect(there == kinds.map { program.owner($0(builder.reversed)) })
            // All of them follow from the addresses alone.
            #expect(Set(there).count == 1)
            #expect(there[1] == owner(kinds[1](builder), of: 7))
            return there[0]
        }
        #expect(Set(owners).count == 7)
    }

    @Test func `a tunnel is a datagram when what it carries does not count`() {
        let frame = PacketBuilder().frame(UDPDatagram(sourcePort: 9, destinationPort: 4789))
        let share = WorkerShare(of: 64, decapsulation: .outer)
        #expect(
            Interpreter(of: 64, .outer).owner(frame) == withFrame(frame) { share.owner(of: $0) }
        )
        #expect(Interpreter(of: 64, .outer).owner(frame) != Interpreter(of: 64).owner(frame))
    }

    @Test func `what is no IP, or cut short, goes to worker 0`() {
        let program = Interpreter(of: 5)
        #expect(program.owner(PacketBuilder().frame(etherType: 0x0806, [1, 2, 3])) == 0)
        var random = SplitMix64(seed: 1)
        let frame = FlowFrames(&random).frame([])
        for length in 0..<34 { #expect(program.owner(Array(frame[..<length])) == 0) }
    }

    @Test func `the kernel's program differs in where it loads from`() {
        let kernel = FanoutProgram(of: 4, decapsulation: .inner).instructions
        let ethernet = FanoutProgram(of: 4, decapsulation: .inner, place: .ethernet).instructions
        #expect(kernel.count == ethernet.count && kernel.count < 256)
        for (a, b) in zip(kernel, ethernet).dropFirst() {
            #expect((a.code, a.jump_true, a.jump_false) == (b.code, b.jump_true, b.jump_false))
            let isLoad = a.code & 7 == 0 && a.code & 0xE0 != 0x60
            #expect(a.operand == (isLoad ? b.operand &- 14 &- 0x10_0000 : b.operand))
        }
    }
}
