// SPDX-License-Identifier: BSD-2-Clause
import Foundation
import Testing

@testable import Scripting

extension Meeting {
    fileprivate func give(_ name: String, _ member: Int, _ text: String) -> Int32 {
        unsafe Array(text.utf8).withUnsafeBytes { unsafe handIn(name, member: member, $0) }
    }

    fileprivate func get(_ name: String, _ member: Int) -> String? {
        unsafe handedIn(name, from: member).map { unsafe String(decoding: $0, as: UTF8.self) }
    }
}

@Suite struct `A meeting of workers` {
    @Test func `is complete when all others have come, or ended`() {
        let meeting = Meeting(members: 3, waits: false)
        #expect(meeting.gathered("end", waits: false) == 0)
        #expect(meeting.give("end", 1, "one") == 0)
        #expect(meeting.gathered("end", waits: false) == 0)
        meeting.leave(2)
        #expect(meeting.gathered("end", waits: false) == 1)
        #expect(meeting.get("end", 1) == "one")
        #expect(meeting.get("end", 1) == nil)
        #expect(meeting.get("end", 2) == nil)
        #expect(meeting.get("end", 3) == nil && meeting.get("end", -1) == nil)
    }

    @Test func `is passed by whoever comes to a later one, whose share stays with that`() {
        let meeting = Meeting(members: 2, waits: false)
        #expect(meeting.give("i1:5.000000000", 1, "five") == 0)
        #expect(meeting.give("i1:10.000000000", 1, "ten") == 0)
        #expect(meeting.gathered("i1:9.999999999", waits: false) == 1)
        #expect(meeting.gathered("i1:10.000000001", waits: false) == 0)
        #expect(meeting.gathered("i2:1.000000000", waits: false) == 0)
        #expect(meeting.get("i1:4.000000000", 1) == nil)
        #expect(meeting.get("i1:9.000000000", 1) == "five")
        #expect(meeting.get("i1:9.000000000", 1) == nil)
        #expect(meeting.get("i1:10.000000000", 1) == "ten")
    }

    @Test func `forgets what is dismissed and nothing else`() {
        let meeting = Meeting(members: 2, waits: false)
        for second in 1...3 { #expect(meeting.give("i1:\(second).000000000", 1, "\(second)") == 0) }
        #expect(meeting.dismiss("i1:2.000000000") == 0)
        #expect(meeting.get("i1:9.000000000", 1) == "3")
    }

    @Test func `refuses more than worker 0 takes when nobody may wait`() {
        let meeting = Meeting(members: 2, waits: false)
        let codes = (1...20).map { meeting.give("i1:\($0).000000000", 1, "x") }
        #expect(codes == Array(repeating: 0, count: 16) + Array(repeating: -ENOBUFS, count: 4))
        _ = meeting.get("i1:1.000000000", 1)
        #expect(meeting.give("i1:21.000000000", 1, "x") == 0)
    }

    @Test func `holds those who are far ahead until worker 0 takes, or ends`() {
        for ends in [false, true] {
            let meeting = Meeting(members: 2, waits: true)
            let done = DispatchSemaphore(value: 0)
            let thread = Thread {
                for second in 1...40 { _ = meeting.give("i1:\(second).000000000", 1, "\(second)") }
                done.signal()
            }
            thread.start()
            #expect(meeting.gathered("i1:16.000000000", waits: true) == 1)
            if ends {
                meeting.leave(0)
            } else {
                var taken: [String] = []
                while taken.count < 40 {
                    let name = "i1:\(taken.count + 1).000000000"
                    #expect(meeting.gathered(name, waits: true) == 1)
                    while let text = meeting.get(name, 1) { taken.append(text) }
                }
                #expect(taken == (1...40).map(String.init))
            }
            done.wait()
        }
    }

    @Test(arguments: ["", ":1.000000000", "i1:", "i1:1", "i1:1.5", "i1:x.000000000", "i1:1.2.3"])
    func `has a name, and perhaps a time`(name: String) {
        let meeting = Meeting(members: 2, waits: false)
        #expect(meeting.give(name, 1, "x") == -EINVAL)
        #expect(meeting.gathered(name, waits: false) == -EINVAL)
        #expect(meeting.dismiss(name) == -EINVAL)
        #expect(meeting.get(name, 1) == nil)
    }
}
