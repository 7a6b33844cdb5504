// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Capture
import Flows
import Packets

/// What an inline worker knows of a flow beyond its connection: where its ends are, and how frames to them begin.
struct InlineFlow: BitwiseCopyable {
    /// The longest link layer that is remembered: Ethernet's header and some tags.
    static var longestLink: Int { 46 }

    /// The number of the port behind which the client is.
    var clientPort: UInt8 = 0
    /// Bytes of ``link``, 0 = not known: the flow came through a tunnel, say.
    var linkLength: UInt8 = 0
    /// The link layer of the client's frames.
    var link: InlineArray<46, UInt8> = .init(repeating: 0)
}

/// A connection that a script wants reset.
struct PendingReset {
    var slot: Int32
    var generation: UInt32
    /// How much of sequence space the packet that was dropped for it took, and who sent that.
    var undelivered: UInt32 = 0
    var sender: Side?
    /// The server has got nothing of the connection: there is nothing to reset.
    var serverIsUnaware = false
}

extension Worker {
    /// The flow whose other tuple a packet has that the table does not know, and who sent it.
    @inline(__always)
    mutating func findTranslated(_ key: mos_packet) -> (slot: Int32, sender: Side)? {
        translations.isEmpty ? nil : translations.find(key, hash: hashes[current])
    }

    /// Notes where a new flow's first packet came from and how its frame began.
    mutating func noteLink(_ slot: Int32, fromClient: Bool) {
        var known = InlineFlow()
        known.clientPort = UInt8(truncatingIfNeeded: fromClient ? backPort : max(onwardPort, 0))
        let frame = burst[current]
        let length = Int(packets[current].l3)
        if frame.linkType == .ethernet, packets[current].flags & UInt32(MOS_PKT_TUNNEL) == 0,
            length >= 14, length <= InlineFlow.longestLink
        {
            known.linkLength = UInt8(length)
            for index in 0..<length { known.link[index] = frame.bytes[index] }
            // What a client sends to is what its server sends from.
            if !fromClient {
                for index in 0..<6 {
                    known.link[index] = frame.bytes[index + 6]
                    known.link[index + 6] = frame.bytes[index]
                }
            }
        }
        inlineFlows[Int(slot)] = known
    }

    /// The number of the port behind which an end of a flow is; nil when that is not known.
    mutating func port(of side: Side, _ slot: Int32) -> Int? {
        let client = Int(inlineFlows[Int(slot)].clientPort)
        return side == .client ? client : inputs.peer(of: client)
    }
}
