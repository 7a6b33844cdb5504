// SPDX-License-Identifier: BSD-2-Clause
import CPcap
import Packets

/// The frames of one burst, copied out of libpcap's ring.
///
/// There is room for 64 of the largest frames, so that nothing ever moves; pages that were never
/// touched cost nothing.
@safe
struct LiveBurst: ~Copyable {
    private let memory: UnsafeMutableRawPointer
    private let frames: UnsafeMutablePointer<Frame>
    private let linkType: LinkType
    private let nanosecondsPerUnit: Int64
    private var used = 0
    private var count = 0

    init(linkType: LinkType, hasNanoseconds: Bool) {
        self.linkType = linkType
        nanosecondsPerUnit = hasNanoseconds ? 1 : 1000
        unsafe memory = .allocate(
            byteCount: FrameBurst.capacity * Int(LiveHandle.snapLength),
            alignment: 4096
        )
        unsafe frames = .allocate(capacity: FrameBurst.capacity)
    }

    deinit {
        unsafe memory.deallocate()
        unsafe frames.deallocate()
    }

    var isEmpty: Bool { count == 0 }

    mutating func removeAll() {
        used = 0
        count = 0
    }

    /// Appends all frames to `burst`, which is empty.
    func hand(to burst: inout FrameBurst) {
        for index in 0..<count { burst.append(unsafe frames[index]) }
    }

    /// What libpcap calls for each frame; `context` points to the `LiveBurst`.
    static let keep: pcap_handler = { context, header, bytes in
        guard let context = unsafe context, let header = unsafe header, let bytes = unsafe bytes
        else { return }
        let burst = unsafe UnsafeMutableRawPointer(context).assumingMemoryBound(to: LiveBurst.self)
        guard let frame = unsafe burst.pointee.frame(header.pointee, bytes) else { return }
        unsafe burst.pointee.append(frame)
    }

    /// The frame as it lies in libpcap's ring; nil when it is longer than libpcap was told to deliver.
    @inline(__always)
    func frame(_ header: pcap_pkthdr, _ bytes: UnsafePointer<UInt8>) -> Frame? {
        guard header.caplen <= UInt32(LiveHandle.snapLength) else { return nil }
        let fraction = Int64(header.ts.tv_usec) &* nanosecondsPerUnit
        return Frame(
            bytes: unsafe ByteView(base: bytes, count: Int(header.caplen)),
            wireLength: header.len,
            time: Timestamp(nanoseconds: Int64(header.ts.tv_sec) &* 1_000_000_000 &+ fraction),
            linkType: linkType
        )
    }

    /// Adds a copy of `frame`, whose length is within the snapshot's.
    @inline(__always)
    mutating func append(_ frame: Frame) {
        // The count given to libpcap bounds it; a frame beyond is none of ours.
        guard count < FrameBurst.capacity else { return }
        let place = unsafe memory + used
        unsafe place.copyMemory(from: frame.bytes.base, byteCount: frame.bytes.count)
        var kept = frame
        kept.bytes = unsafe ByteView(base: place, count: frame.bytes.count)
        unsafe (frames + count).initialize(to: kept)
        used &+= frame.bytes.count
        count &+= 1
    }
}
