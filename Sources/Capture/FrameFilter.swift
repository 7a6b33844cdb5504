// SPDX-License-Identifier: BSD-2-Clause
import Packets

/// A filter expression for frames of any link layer, compiled for each when its first frame comes.
///
/// Where the expression makes no sense for a link layer (`ether host` on raw IP), no such frame passes.
public final class FrameFilter {
    /// What was compiled; empty lets everything pass.
    public let expression: String
    private var filters: [LinkType: PacketFilter?] = [:]
    private var lastType: LinkType
    private var lastProgram: FilterProgram?

    private static let usual: [LinkType] = [
        .ethernet, .raw, .linuxCooked2, .linuxCooked, .null, .loop, .ipv4, .ipv6,
    ]

    /// Compiles `expression` for Ethernet, or for another common link layer when it has no meaning there.
    ///
    /// - Parameter expression: as tcpdump takes it.
    /// - Throws: ``SourceError/badFilter(expression:reason:)`` with libpcap's words when it compiles for none.
    public init(_ expression: String) throws(SourceError) {
        self.expression = expression
        var firstError: SourceError?
        for linkType in Self.usual {
            do throws(SourceError) {
                let filter = try PacketFilter(expression, linkType: linkType)
                filters[linkType] = filter
                lastType = linkType
                lastProgram = filter.program
                return
            } catch {
                firstError = firstError ?? error
            }
        }
        throw firstError ?? .badFilter(expression: expression, reason: "it does not compile")
    }

    /// True when the filter lets `frame` pass.
    @inline(__always)
    public func matches(_ frame: Frame) -> Bool {
        if frame.linkType != lastType { select(frame.linkType) }
        return lastProgram?.matches(frame.bytes, wireLength: frame.wireLength) ?? false
    }

    @inline(never)
    private func select(_ linkType: LinkType) {
        if filters[linkType] == nil {
            filters[linkType] = .some(try? PacketFilter(expression, linkType: linkType))
        }
        lastType = linkType
        lastProgram = filters[linkType]??.program
    }
}

/// A ``FrameFilter`` as the packet path calls it: a plain value, nothing to retain.
///
/// It is valid as long as the ``FrameFilter`` that it came from.
@safe
public struct FrameFilterReference: @unchecked Sendable {
    private let filter: Unmanaged<FrameFilter>

    /// Refers to `filter`, which somebody else keeps.
    public init(_ filter: FrameFilter) { unsafe self.filter = .passUnretained(filter) }

    /// True when the filter lets `frame` pass.
    @inline(__always)
    public func matches(_ frame: Frame) -> Bool {
        unsafe filter._withUnsafeGuaranteedRef { $0.matches(frame) }
    }
}
