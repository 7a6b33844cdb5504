// SPDX-License-Identifier: BSD-2-Clause
import CPcap
import Packets

/// A compiled filter as the packet path calls it: a plain value, nothing to retain.
///
/// It is valid as long as the ``PacketFilter`` that it came from.
@safe
public struct FilterProgram: @unchecked Sendable {
    private let instructions: UnsafePointer<bpf_insn>

    fileprivate init(_ instructions: UnsafePointer<bpf_insn>) {
        unsafe self.instructions = instructions
    }

    /// True when the filter lets a frame of these bytes pass.
    ///
    /// - Parameters:
    ///   - bytes: the captured bytes; a load beyond them is a mismatch.
    ///   - wireLength: what the filter's `len` is compared with.
    /// - Returns: whether it passes.
    @inline(__always)
    public func matches(_ bytes: ByteView, wireLength: UInt32) -> Bool {
        let first = unsafe bytes.base.assumingMemoryBound(to: UInt8.self)
        // No frame has 2^32 bytes: sources end such lengths as damage.
        let captured = UInt32(truncatingIfNeeded: bytes.count)
        return unsafe bpf_filter(instructions, first, wireLength, captured) != 0
    }
}

/// A libpcap filter expression, compiled for one link layer (pcap-filter(7)).
@safe
public final class PacketFilter: @unchecked Sendable {
    /// What was compiled; empty lets everything pass.
    public let expression: String
    /// The link layer that frames must have.
    public let linkType: LinkType
    /// The compiled filter, for the packet path.
    public let program: FilterProgram
    private var compiled: bpf_program

    /// Compiles `expression`.
    ///
    /// Names of hosts and networks in it are looked up here and now.
    ///
    /// - Parameters:
    ///   - expression: as tcpdump takes it.
    ///   - linkType: the link layer of the frames to come.
    /// - Throws: ``SourceError/badFilter(expression:reason:)`` with libpcap's words.
    public init(_ expression: String, linkType: LinkType) throws(SourceError) {
        let (compiled, reason) = unsafe compile(expression, linkType)
        guard reason == nil, let instructions = unsafe compiled.bf_insns else {
            throw .badFilter(expression: expression, reason: reason ?? "it is too long")
        }
        self.expression = expression
        self.linkType = linkType
        unsafe self.compiled = compiled
        unsafe program = FilterProgram(instructions)
    }

    deinit { unsafe pcap_freecode(&compiled) }

    /// True when the filter lets a frame of these bytes pass.
    ///
    /// - Parameters:
    ///   - bytes: the captured bytes; a load beyond them is a mismatch.
    ///   - wireLength: what the filter's `len` is compared with.
    /// - Returns: whether it passes.
    public func matches(_ bytes: ByteView, wireLength: UInt32) -> Bool {
        program.matches(bytes, wireLength: wireLength)
    }
}

private func compile(_ expression: String, _ linkType: LinkType) -> (bpf_program, String?) {
    var program = unsafe bpf_program()
    guard let handle = unsafe pcap_open_dead(linkType.dlt, 262_144) else {
        return unsafe (program, "there is no memory for it")
    }
    defer { unsafe pcap_close(handle) }
    let failed = unsafe pcap_compile(handle, &program, expression, 1, PCAP_NETMASK_UNKNOWN) != 0
    return unsafe (program, failed ? String(cString: pcap_geterr(handle)) : nil)
}
