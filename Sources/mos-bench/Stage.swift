// SPDX-License-Identifier: BSD-2-Clause

/// A way to run over a capture, each with more of the work than the one before.
enum Stage: String, CaseIterable {
    case plain = "chunked read, headers touched"
    case source = "source: frames in bursts"
    case decode = "+ decode"
    case checksums = "+ checksums"
    case look = "+ hash, look-up, new flows"
    case stacks = "+ both stacks"
    case worker = "worker, nobody subscribed"
    case packets = "worker, an event per packet"
    case data = "worker, NEW_DATA viewed and consumed"
}
