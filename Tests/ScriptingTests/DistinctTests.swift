// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Packets
import Testing

@testable import Scripting

/// A sketch with registers, and its memory.
@safe private final class Sketch {
    let sketch: UnsafeMutablePointer<mos_sketch>
    let size: Int

    /// `room` hashes; 0 = registers.
    init(precision: Int, room: Int = 0) {
        size = room > 0 ? room * 8 : 1 << precision
        unsafe sketch = .allocate(capacity: 1)
        let memory = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 8)
        unsafe memory.initializeMemory(as: UInt8.self, repeating: 0, count: size)
        var one = unsafe mos_sketch()
        unsafe one.memory = memory.assumingMemoryBound(to: UInt8.self)
        unsafe one.precision = Int32(precision)
        unsafe one.room = Int32(room)
        unsafe sketch.initialize(to: one)
    }

    deinit {
        unsafe sketch.pointee.memory.deallocate()
        unsafe sketch.deallocate()
    }

    func add(_ number: Double) -> Int32 {
        unsafe SketchCalls.add(sketch, 0, 2, nil, 0, number)
    }

    func add(_ text: String) -> Int32 {
        unsafe text.withCString {
            unsafe SketchCalls.add(sketch, 0, 3, $0, Int32(text.utf8.count), 0)
        }
    }

    func merge(_ other: Sketch) -> Int32 { unsafe SketchCalls.merge(sketch, other.sketch, 0) }

    var estimate: Double { unsafe SketchCalls.estimate(sketch, 0) }

    var bytes: [UInt8] { (0..<size).map { unsafe sketch.pointee.memory[$0] } }
}

@Suite struct `The number of different values` {
    @Test(arguments: [
        ("", UInt64(0), UInt64(0xEF46_DB37_51D8_E999)), ("a", 0, 0xD24E_C4F1_A98C_6E5B),
        ("abc", 0, 0x44BC_2CF5_AD77_0999),
        ("Nobody inspects the spammish repetition", 0, 0xFBCE_A83C_8A37_8BF1),
    ])
    func `rests on XXH64`(text: String, seed: UInt64, hash: UInt64) {
        let bytes = Array(text.utf8)
        #expect(unsafe bytes.withUnsafeBytes { unsafe XXHash64.hash($0, seed: seed) } == hash)
    }

    @Test func `has the same hash for eight bytes as words and as bytes`() {
        let word: UInt64 = 0x0123_4567_89AB_CDEF
        let hash = unsafe withUnsafeBytes(of: word.littleEndian) {
            unsafe XXHash64.hash($0, seed: 9)
        }
        #expect(XXHash64.hash(word, seed: 9) == hash)
    }

    /// Three standard errors at each of the numbers.
    @Test(arguments: [8, 12, 16])
    func `is within its error up to a million`(precision: Int) {
        let sketch = Sketch(precision: precision)
        let error = 1.04 / Double(1 << precision).squareRoot()
        var next = 10
        for value in 1...1_000_000 {
            #expect(sketch.add(Double(value)) == 0)
            if value == next {
                let relative = sketch.estimate / Double(value) - 1
                #expect(abs(relative) < 3 * error, "\(value) at precision \(precision)")
                next = next * 3 / 2
            }
        }
        let texts = Sketch(precision: precision)
        for value in 1...100_000 { #expect(texts.add("10.0.\(value)") == 0) }
        #expect(abs(texts.estimate / 100_000 - 1) < 3 * error)
    }

    @Test func `is exact while hashes are kept, and full at three quarters, at 192 at most`() {
        for (room, most) in [(8, 6), (64, 48), (256, 192), (1024, 192)] {
            let sketch = Sketch(precision: 12, room: room)
            for value in 1...most { #expect(sketch.add(Double(value)) == 0) }
            for value in 1...most { #expect(sketch.add(Double(value)) == 0) }
            #expect(sketch.estimate == Double(most))
            #expect(sketch.add(0.5) == 1)
            #expect(sketch.estimate == Double(most))
        }
    }

    @Test(arguments: [UInt64(1), UInt64.random(in: 2...1_000_000)])
    func `is the same however values are split and repeated`(seed: UInt64) {
        print("seed \(seed)")
        var random = SplitMix(seed: seed)
        let parts = (0..<4).map { _ in Sketch(precision: 10) }
        let whole = Sketch(precision: 10)
        for _ in 0..<20_000 {
            let value = Double(random.next() % 9000)
            #expect(whole.add(value) == 0)
            #expect(parts[Int(random.next() % 4)].add(value) == 0)
        }
        let few = Sketch(precision: 10, room: 64)
        for value in 0..<40 {
            #expect(few.add(Double(value) + 0.5) == 0 && whole.add(Double(value) + 0.5) == 0)
        }
        let merged = Sketch(precision: 10)
        for part in parts.reversed() + [few] { #expect(merged.merge(part) == 0) }
        #expect(merged.bytes == whole.bytes)
        #expect(few.merge(whole) == 1)
    }

    @Test func `tells types apart, and takes the two zeros for one`() throws {
        let code = """
            local d = mos.distinct "d"
            for _ = 1, 3 do
              for _, v in ipairs { 1, "1", true, 0, -0, "0", "", 0.5, -1, "a\\0b", "a\\0c", 2 ^ 60 } do
                d:add(v)
              end
              d:add(false)
            end
            print(d:own():value())
            """
        #expect(try run(code).printed == ["12"])
    }

    @Test func `grows from few to many`() throws {
        let code = """
            local d, e = mos.distinct("d", { "k" }), mos.distinct("e", { precision = 14 })
            for i = 1, 192 do d:add(i, "exact") d:add(tostring(i), "texts") end
            for i = 1, 100000 do d:add(i, "many") e:add(i) end
            for k, n in d:own():each() do
              print(k, k == "many" and math.abs(n / 100000 - 1) < 0.05 or n)
            end
            print(math.abs(e:own():value() / 100000 - 1) < 0.025)
            """
        #expect(try run(code).printed == ["exact\t192", "many\ttrue", "texts\t192", "true"])
    }
}

/// SplitMix64, for tests.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
