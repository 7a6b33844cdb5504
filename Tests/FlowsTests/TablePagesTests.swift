// SPDX-License-Identifier: BSD-2-Clause
import Flows
import Testing

@Suite struct `Memory that wants huge pages` {
    @Test(arguments: [1, 1 << 18, (1 << 18) + 1, 1 << 20])
    func `is zero from end to end and can be written, whatever pages it got`(words: Int) {
        var memory = ReservedMemory<UInt64>(capacity: words, hugePages: true)!
        #expect((0..<words).allSatisfy { memory[$0] == 0 })
        memory[0] = 1
        memory[words - 1] = 2
        #expect(memory[words - 1] == 2)
    }

    @Test func `may be more than the machine has, for only what is touched is taken`() {
        var memory = ReservedMemory<UInt64>(capacity: 1 << 38, hugePages: true)!
        memory[1 << 37] = 7
        #expect(memory[1 << 37] == 7)
    }

    @Test func `is counted by what it got`() {
        let before = TablePages.onReservedHugePages + TablePages.onOrdinaryPages
        let memory = ReservedMemory<UInt64>(capacity: 1, hugePages: true)!
        #expect(memory[0] == 0)
        #expect(TablePages.onReservedHugePages + TablePages.onOrdinaryPages > before)
    }
}
