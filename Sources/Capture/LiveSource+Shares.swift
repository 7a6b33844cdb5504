// SPDX-License-Identifier: BSD-2-Clause
import CRawSocket
import Glibc
import Packets

extension LiveSource {
    /// Opens an interface for several workers: each is handed what it owns, and a copy of every fragment.
    ///
    /// The kernel delivers nearly everything to its owner at once; what takes a closer look (tunnels, ICMP errors) is handed
    /// on. The sources belong together: whoever stops asking one of them makes the others lose what is its.
    ///
    /// - Parameters:
    ///   - interface: as `ip link` names it, or `any` for all of them.
    ///   - shares: how many workers there are.
    ///   - decapsulation: which of several IP packets within each other tells the owner.
    /// - Returns: one source for each worker, to be used by its thread alone.
    /// - Throws: ``SourceError/unreadable(name:reason:)`` that says what to do.
    public static func open(
        interface: String,
        shares: Int,
        decapsulation: Decapsulation = .inner
    ) throws(SourceError) -> [any PacketSource] {
        if shares == 1 { return [try LiveSource(interface: interface)] }
        return try open(interface, shares, decapsulation, exchange: FrameExchange(count: shares))
    }

    /// The same with another exchange, or with the kernel's own hash instead of a program.
    static func open(
        _ interface: String,
        _ shares: Int,
        _ decapsulation: Decapsulation,
        exchange: FrameExchange?,
        byHash: Bool = false
    ) throws(SourceError) -> [any PacketSource] {
        let captures = try LiveGroup.open(interface, shares, decapsulation, byHash: byHash)
        let sources = captures.enumerated().compactMap { index, capture in
            exchange.flatMap {
                SharedLiveSource(
                    capture,
                    $0,
                    WorkerShare(index: index, of: shares, decapsulation: decapsulation)
                )
            }
        }
        guard sources.count == shares else {
            throw .unreadable(
                name: interface,
                reason: "too many open files for \(shares) workers; raise the limit: ulimit -n"
            )
        }
        try LiveGroup.start(captures)
        return sources
    }
}

/// Several handles of libpcap on one interface, each frame to one of them (PACKET_FANOUT in packet(7)).
enum LiveGroup {
    /// Opens the handles; nothing is received before ``start(_:)``.
    static func open(
        _ interface: String,
        _ count: Int,
        _ decapsulation: Decapsulation,
        byHash: Bool
    ) throws(SourceError) -> [LiveCapture] {
        var captures = try openAll(interface, count)
        var code: Int32 = -1
        if !byHash {
            code = join(captures, CRAW_FANOUT_PROGRAM)
            if code == 0 { code = setProgram(captures[0], count, decapsulation) }
            // A group keeps its kind, so another one takes other sockets.
            if code < 0 { captures = try openAll(interface, count) }
        }
        if code < 0 { code = join(captures, CRAW_FANOUT_HASH) }
        guard code == 0 else {
            throw .unreadable(
                name: interface,
                reason: "cannot be shared by \(count) workers: \(message(-code)); use --cores 1"
            )
        }
        return captures
    }

    /// Lets frames in, and none of those that came before all handles shared the interface: every handle has got them.
    static func start(_ captures: [LiveCapture]) throws(SourceError) {
        // A part of a ring that is not full is shown a while after its first frame.
        usleep(UInt32(LiveHandle.holdBack) * 6 * 1000)
        for capture in captures { capture.discardAll() }
        for capture in captures {
            let code = craw_open_gate(capture.descriptor)
            guard code == 0 else { throw cannotListen(capture.name, code) }
        }
    }

    private static func openAll(
        _ interface: String,
        _ count: Int
    ) throws(SourceError) -> [LiveCapture] {
        var captures: [LiveCapture] = []
        // Each has its part of the packets, and of those that wait.
        let ringLength = max(LiveHandle.ringLength / Int32(count) * 2, 16 << 20)
        for _ in 0..<count {
            let capture = try LiveCapture(
                interface: interface,
                ringLength: min(ringLength, LiveHandle.ringLength)
            )
            let code = craw_close_gate(capture.descriptor)
            guard code == 0 else { throw cannotListen(interface, code) }
            captures.append(capture)
        }
        return captures
    }

    private static func join(_ captures: [LiveCapture], _ kind: Int) -> Int32 {
        var group: UInt16 = 0
        for (index, capture) in captures.enumerated() {
            let code =
                index == 0
                ? unsafe craw_make_fanout(capture.descriptor, Int32(kind), &group)
                : craw_join_fanout(capture.descriptor, Int32(kind), group)
            if code < 0 { return code }
        }
        return 0
    }

    private static func setProgram(
        _ capture: LiveCapture,
        _ count: Int,
        _ decapsulation: Decapsulation
    ) -> Int32 {
        let program = FanoutProgram(of: count, decapsulation: decapsulation)
        return unsafe program.instructions.withUnsafeBufferPointer {
            unsafe craw_set_fanout_program(
                capture.descriptor,
                $0.baseAddress,
                UInt32($0.count)
            )
        }
    }

    private static func cannotListen(_ interface: String, _ code: Int32) -> SourceError {
        .unreadable(name: interface, reason: "cannot be shared by workers: \(message(-code))")
    }
}
