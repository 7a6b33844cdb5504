// SPDX-License-Identifier: BSD-2-Clause
import Packets
import Testing

struct DecodeErrorTests {
    @Test func `raw values index an array of counters`() {
        #expect(DecodeError.allCases.map(\.rawValue) == Array(0..<DecodeError.allCases.count))
    }

    @Test func `every error has a counter name of its own in snake case`() {
        let names = DecodeError.allCases.map(\.description)
        #expect(Set(names).count == names.count)
        for name in names {
            #expect(name.allSatisfy { $0 == "_" || $0.isNumber || ($0.isASCII && $0.isLowercase) })
        }
    }
}
