// SPDX-License-Identifier: BSD-2-Clause
import Packets

@testable import Capture

/// What a source delivered in all, and how it ended.
struct Delivery: Equatable {
    var frames: [OwnedFrame] = []
    var error: SourceError?
}

/// Takes everything that `source` has; it must have an end.
func drain(_ source: any PacketSource) -> Delivery {
    var delivery = Delivery()
    var burst = FrameBurst()
    while true {
        switch source.receive(into: &burst) {
        case .frames:
            for index in 0..<burst.count { delivery.frames.append(OwnedFrame(burst[index])) }
        case .idle: continue
        case .ended: return delivery
        case .failed(let error):
            delivery.error = error
            return delivery
        }
    }
}

/// Reads `bytes` as a file called `test`, the errors of opening it included.
func read(_ bytes: [UInt8]) -> Delivery {
    do throws(SourceError) {
        return drain(try CaptureFileSource(descriptor: unnamedFile(bytes), name: "test"))
    } catch {
        return Delivery(error: error)
    }
}

/// Frames from memory, at most `burstLength` at a time.
final class ListSource: PacketSource {
    let name = "list"
    let isLive = false
    private(set) var statistics = SourceStatistics()
    private var frames: ArraySlice<OwnedFrame>
    private let burstLength: Int
    private let ending: SourceError?
    private var store = FrameStore()

    init(_ frames: [OwnedFrame], burstLength: Int = 64, ending: SourceError? = nil) {
        self.frames = frames[...]
        self.burstLength = burstLength
        self.ending = ending
    }

    func receive(into burst: inout FrameBurst) -> Reception {
        burst.removeAll()
        if frames.isEmpty {
            if let ending { return .failed(ending) }
            return .ended
        }
        store.replace(by: frames.prefix(burstLength), in: &burst)
        frames = frames.dropFirst(burstLength)
        statistics.received += UInt64(burst.count)
        return .frames
    }
}
