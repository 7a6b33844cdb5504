// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Glibc

/// One worker's place at the meetings of all.
struct MeetingSeat {
    /// Nil when there is one worker.
    let meeting: Meeting?
    let index: Int

    /// hand_in of `mos_api`.
    @unsafe
    func handIn(_ name: String, _ bytes: UnsafePointer<CChar>?, _ length: Int32) -> Int32 {
        guard let meeting else { return -EOPNOTSUPP }
        guard length >= 0, unsafe bytes != nil || length == 0 else { return -EINVAL }
        return unsafe meeting.handIn(
            name,
            member: index,
            UnsafeRawBufferPointer(start: bytes, count: Int(length))
        )
    }

    /// gathered of `mos_api`.
    func gathered(_ name: String, _ wait: Int32) -> Int32 {
        guard let meeting, index == 0 else { return -EOPNOTSUPP }
        return meeting.gathered(name, waits: wait != 0)
    }

    /// handed_in of `mos_api`; the address goes to `event`.
    @unsafe
    func handedIn(_ name: String, _ from: Int32, _ event: UnsafeMutablePointer<mos_event>) -> Int32
    {
        guard let meeting, index == 0 else { return -EOPNOTSUPP }
        guard let bytes = unsafe meeting.handedIn(name, from: Int(from)) else { return -ENOENT }
        unsafe event.pointee.data = unsafe bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        return Int32(bytes.count)
    }

    /// dismiss of `mos_api`.
    func dismiss(_ name: String) -> Int32 {
        guard let meeting, index == 0 else { return -EOPNOTSUPP }
        return meeting.dismiss(name)
    }
}
