// SPDX-License-Identifier: BSD-2-Clause
import Packets
import Testing

struct MutableByteViewTests {
    @Test func `what is written is read again, in network byte order`() {
        var bytes = [UInt8](repeating: 0, count: 8)
        MutableByteView.of(&bytes) { view in
            view[0] = 1
            view.set(UInt16(0x0203), at: 1)
            view.set(UInt32(0x0405_0607), at: 3)
            #expect(view.u16(1) == 0x0203 && view.u32(3) == 0x0405_0607 && view[0] == 1)
            #expect(view.view.count == 8)
        }
        #expect(bytes == [1, 2, 3, 4, 5, 6, 7, 0])
    }

    @Test func `bytes move within a view, also over each other`() {
        var bytes: [UInt8] = [1, 2, 3, 4, 5, 6]
        MutableByteView.of(&bytes) { $0.set($0.view.slice(0, 4), at: 2) }
        #expect(bytes == [1, 2, 1, 2, 3, 4])
        MutableByteView.of(&bytes) { $0.clear(1, 3) }
        #expect(bytes == [1, 0, 0, 0, 3, 4])
    }

    @Test func `a slice is cut to what is there`() {
        var bytes: [UInt8] = [1, 2, 3]
        let counts = MutableByteView.of(&bytes) { view in
            [view.slice(1, 10).count, view.slice(5, 1).count, view.slice(-4, 2).count]
        }
        #expect(counts == [2, 0, 2])
        #expect(MutableByteView.empty.count == 0)
        var none: [UInt8] = []
        #expect(MutableByteView.of(&none) { $0.count } == 0)
    }

    @Test func `what lies outside is not written`() async {
        await #expect(processExitsWith: .failure) {
            var bytes: [UInt8] = [1, 2, 3]
            MutableByteView.of(&bytes) { $0.set(UInt16(1), at: 2) }
        }
        await #expect(processExitsWith: .failure) {
            var bytes: [UInt8] = [1, 2, 3]
            MutableByteView.of(&bytes) { $0.set($0.view, at: 1) }
        }
        await #expect(processExitsWith: .failure) {
            var bytes: [UInt8] = [1, 2, 3]
            MutableByteView.of(&bytes) { $0[-1] = 0 }
        }
        await #expect(processExitsWith: .failure) {
            var bytes: [UInt8] = [1, 2, 3]
            MutableByteView.of(&bytes) { $0.clear(1, .max) }
        }
    }
}
