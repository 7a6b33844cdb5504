// SPDX-License-Identifier: BSD-2-Clause
import Testing

@testable import TCPTracking

struct StateTransitionTests {
    /// An arrow of RFC 9293 figure 5, or of what an observer must infer.
    struct Edge: Hashable, CustomTestStringConvertible {
        let from: TCPState
        let input: StateInput
        let to: TCPState

        init(_ from: TCPState, _ input: StateInput, _ to: TCPState) {
            self.from = from
            self.input = input
            self.to = to
        }

        var testDescription: String { "\(from) --\(input)--> \(to)" }
    }

    static let figure5: [Edge] = [
        // Opening.
        Edge(.none, .sendSYN, .synSent),
        Edge(.listen, .sendSYN, .synSent),
        Edge(.none, .receiveSYN, .synReceived),
        Edge(.listen, .receiveSYN, .synReceived),
        Edge(.synSent, .receiveSYN, .synReceived),
        Edge(.synSent, .receiveSYNACK, .established),
        Edge(.synReceived, .receiveACKofSYN, .established),
        // Closing first.
        Edge(.synReceived, .sendFIN, .finWait1),
        Edge(.established, .sendFIN, .finWait1),
        Edge(.finWait1, .receiveACKofFIN, .finWait2),
        Edge(.finWait1, .receiveFIN, .closing),
        Edge(.finWait2, .receiveFIN, .timeWait),
        Edge(.closing, .receiveACKofFIN, .timeWait),
        // Closing second.
        Edge(.established, .receiveFIN, .closeWait),
        Edge(.closeWait, .sendFINafterFIN, .lastAck),
        Edge(.lastAck, .receiveACKofFIN, .closed),
    ]

    /// What an end says by acknowledging what was not captured, and what comes in the other order.
    static let inferred: [Edge] = [
        Edge(.none, .sendACKofUnseen, .established),
        Edge(.synSent, .sendACKofUnseen, .established),
        Edge(.synReceived, .sendACKofUnseen, .established),
        Edge(.none, .receiveACKofSYN, .established),
        Edge(.synReceived, .receiveFIN, .closeWait),
        Edge(.established, .sendACKofFIN, .closeWait),
        Edge(.synReceived, .sendACKofFIN, .closeWait),
        Edge(.established, .sendFINafterFIN, .lastAck),
        Edge(.synReceived, .sendFINafterFIN, .lastAck),
        Edge(.finWait1, .sendACKofFIN, .closing),
        Edge(.finWait2, .sendACKofFIN, .timeWait),
        // A FIN that does not acknowledge the other's: a simultaneous close.
        Edge(.closeWait, .sendFIN, .closing),
    ]

    @Test(arguments: figure5 + inferred)
    func `an arrow of the figure`(edge: Edge) {
        #expect(edge.from.after(edge.input) == edge.to)
    }

    @Test(arguments: TCPState.allCases)
    func `RST closes every state`(state: TCPState) {
        #expect(state.after(.reset) == .closed)
    }

    @Test(arguments: TCPState.allCases)
    func `no other input moves a state`(state: TCPState) {
        let edges = Self.figure5 + Self.inferred
        for input in StateInput.allCases where input != .reset {
            if edges.contains(where: { $0.from == state && $0.input == input }) { continue }
            #expect(state.after(input) == state, "\(state) \(input)")
        }
    }

    @Test func `only ends that may still send or receive are open`() {
        #expect(
            TCPState.allCases.filter { !$0.isOpen } == [.none, .closed, .timeWait]
        )
    }
}
