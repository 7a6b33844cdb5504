// SPDX-License-Identifier: BSD-2-Clause
import Packets
import TCPTracking

extension FuzzTarget {
    /// A stream that somebody edits, whose receiver gets what ``EditedStream`` says; or a frame that is changed, which
    /// decodes to what ``ChangedFrame`` asks for.
    ///
    ///     bit 7: which of the two | origin and initial sequence number, 1 each | steps
    ///                             | link type and changes, 1 each | the frame
    public static let edits = FuzzTarget("edits") { input in
        if input.count > 0, input[0] > 127 {
            var frame = ChangedFrame(input.slice(1, input.count))
            return frame.problem(changes: input.count > 2 ? Int(input[2]) : 1)
        }
        var bytes = InputBytes(input.slice(1, input.count))
        var stream = EditedStream(&bytes)
        var steps = 0
        while !bytes.isEmpty, steps < 200 {
            steps += 1
            if let problem = stream.step(&bytes) { return "step \(steps): \(problem)" }
        }
        return stream.finish()
    } seeds: { frames in
        let steps: [UInt8] = [
            0, 20, 2, 5, 0, 0, 3, 65, 1, 0, 12, 3, 12, 1, 1, 9, 6, 66, 0, 0, 2, 1, 67, 1,
            3, 9, 20, 2, 2, 1, 4, 4, 70, 2, 4, 0, 3, 30, 0, 1, 6, 0, 0, 30, 4, 1, 1, 2, 3, 4, 5, 6,
            7, 8, 9, 10, 11, 12, 13, 14, 15, 1, 5, 0, 0, 70, 0, 1, 6, 1, 7, 0, 0, 39, 3, 39, 0, 0,
            4,
        ]
        return (0..<16).map {
            [0, UInt8($0 & 3), UInt8($0 >> 2)] + steps + steps.reversed() + steps
        } + frames.prefix(30).map { [128, 0, 5] + $0 } + changeable.map { [128, 0, 30] + $0 }
    }

    /// Frames with what makes changes hard.
    private static var changeable: [[UInt8]] {
        var optioned = IPFields.ipv4
        optioned.options = [7, 7, 4, 0, 0, 0, 0, 148, 4, 0, 0]
        var routed = IPFields.ipv6
        routed.extensions = [.hopByHop(), .routing(segmentsLeft: 1, ["2001:db8::7"])]
        let payload = [UInt8](repeating: 65, count: 90)
        let blocks = [SACKBlock(1, 2), SACKBlock(5, 9)]
        let segment = TCPSegment(
            flags: [.psh, .fin, .cwr, .urg],
            urgent: 40,
            options: [.noOperation, .sack(blocks), .noOperation],
            payload: payload
        )
        return [IPFields.ipv4, .ipv6, optioned, routed].flatMap { ip -> [[UInt8]] in
            BuiltChecksum.allCases.flatMap { checksum -> [[UInt8]] in
                let builder = PacketBuilder(vlanTags: [VLANTag(5)], ip: ip, checksum: checksum)
                return [
                    builder.frame(segment), builder.frame(UDPDatagram(payload: payload)),
                    builder.frame(ICMPMessage(payload: payload)),
                ]
            }
        }
    }
}
