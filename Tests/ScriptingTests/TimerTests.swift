// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Packets
import Testing

@testable import Scripting

/// Orphans from 10.0.0.1 to 10.0.0.2, a second apart.
private func seconds(_ count: Int) -> [OwnedFrame] {
    (0..<count).map { index in
        let bytes = PacketBuilder().frame(TCPSegment(seq: 1, ack: 1, flags: [.ack]))
        return OwnedFrame(
            bytes: bytes,
            wireLength: UInt32(bytes.count),
            time: Timestamp(nanoseconds: (1_700_000_000 + Int64(index)) * 1_000_000_000),
            linkType: .ethernet
        )
    }
}

@Suite struct `Timers of a script` {
    @Test func `T54 fifty thousand fire in order, none is lost, cancelled ones are silent`() throws
    {
        let code = """
            local N, fired, wrong, last, lastid = 50000, 0, 0, 0, 0
            local handles, delays = {}, {}
            local function due(timer)
              fired = fired + 1
              local now, id = mos.now(), delays[timer]
              if now < last or (now == last and id < lastid) then wrong = wrong + 1 end
              if id % 5 == 0 then wrong = wrong + 1 end
              last, lastid = now, id
            end
            mos.settimer(0.5, function()
              for i = 1, N do
                handles[i] = mos.settimer((i * 7919 % 1000) / 500, due)
                delays[handles[i]] = i
              end
              for i = 5, N, 5 do wrong = wrong + (handles[i]:cancel() and 0 or 1) end
              for i = 5, N, 5 do wrong = wrong + (handles[i]:cancel() and 1 or 0) end
            end)
            mos.on_exit(function() print(fired, wrong) end)
            """
        #expect(try runEngine(code, over: seconds(5)) == ["40000\t0"])
    }

    @Test func `T54 cancel inside its own and inside another's callback`() throws {
        let code = """
            local first = mos.now()
            local a, b, c
            a = mos.every(0.25, function(timer)
              print("a", timer == a)
              if b then print(b:cancel(), b:cancel()) b = nil end
            end)
            b = mos.settimer(0.3, function() print "never" end)
            local n = 0
            c = mos.every(0.5, function(timer)
              n = n + 1
              print("c", n)
              if n == 2 then print(timer:cancel(), c:cancel()) print(a:cancel()) end
            end)
            local once
            once = mos.settimer(0.6, function(timer) print("once", timer:cancel()) end)
            """
        #expect(
            try runEngine(code, over: seconds(3)) == [
                "a\ttrue", "true\tfalse", "a\ttrue", "c\t1", "once\tfalse", "a\ttrue", "a\ttrue",
                "c\t2", "true\tfalse", "true",
            ]
        )
    }

    @Test func `T54 one that is set again in its callback does not drift`() throws {
        let code = """
            local zero
            local function again()
              print(("%.6f"):format(mos.now() - 1700000000))
              mos.settimer(0.4, again)
            end
            mos.settimer(0.4, again)
            mos.every(0.7, function() print(("every %.6f"):format(mos.now() - 1700000000)) end)
            """
        #expect(
            try runEngine(code, over: seconds(3)) == [
                "0.400000", "every 0.700000", "0.800000", "1.200000", "every 1.400000",
                "1.600000", "2.000000",
            ]
        )
    }
}
