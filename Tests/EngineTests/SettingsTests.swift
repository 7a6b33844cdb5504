// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Testing

@testable import Engine

struct SettingsTests {
    private func message(_ key: String, _ value: String) -> String? {
        var settings = Settings()
        do {
            try settings.set(key, to: value)
            return nil
        } catch {
            return error.message
        }
    }

    @Test func `every listed setting takes its default`() {
        for entry in Settings.all {
            #expect(message(entry.key, entry.value) == nil, "\(entry.key)=\(entry.value)")
        }
    }

    @Test func `values have units`() throws {
        var settings = Settings()
        try settings.set("buffer", to: "64KiB")
        try settings.set("buffer_pool", to: "2G")
        try settings.set("idle_timeout", to: "0.5")
        try settings.set("checksums", to: "strict")
        #expect(settings.buffer == 65536)
        #expect(settings.bufferPool == 2 << 30)
        #expect(settings.idleTimeout == 0.5)
        #expect(settings.checksums == .strict)
        try settings.set("decap", to: "outer")
        try settings.set("fragments_pool", to: "1MiB")
        try settings.set("fragment_timeout", to: "2.5")
        #expect(settings.decapsulation == .outer)
        #expect(settings.fragmentsPool == 1 << 20)
        #expect(settings.fragmentTimeout == 2.5)
        try settings.set("faults.loss", to: "0.01")
        try settings.set("faults.reorder", to: "0.5")
        try settings.set("faults.duplicate", to: "1")
        try settings.set("faults.seed", to: "77")
        #expect(settings.faults == Faults(loss: 0.01, duplication: 1, reordering: 0.5))
        #expect(settings.faultSeed == 77)
    }

    @Test(arguments: [
        ("idle_timeot", "1", "unknown setting 'idle_timeot', did you mean 'idle_timeout'?"),
        ("xyzzy", "1", "unknown setting 'xyzzy'; 'mos settings' lists them"),
        ("idle_timeout", "soon", "setting 'idle_timeout' is seconds"),
        ("max_flows", "0", "setting 'max_flows' is a number from 1 to"),
        ("buffer", "2GiB", "setting 'buffer' is bytes, at most 1073741824"),
        ("buffer", "-1", "setting 'buffer' is bytes"),
        ("vlan_in_key", "maybe", "setting 'vlan_in_key' is on or off, not 'maybe'"),
        ("midstream", "maybe", "setting 'midstream' is on or off, not 'maybe'"),
        ("gap.packets", "0", "setting 'gap.packets' is a number from 1 to 255"),
        ("overlap", "amiga", "setting 'overlap' is first or last or bsd or linux"),
        ("faults.loss", "1.5", "setting 'faults.loss' is from 0 to 1, not '1.5'"),
        ("faults.loss", "nan", "setting 'faults.loss' is from 0 to 1, not 'nan'"),
        ("faults.seed", "-1", "setting 'faults.seed' is a number from 0 to"),
        ("decap", "both", "setting 'decap' is inner or outer, not 'both'"),
    ])
    func `what cannot be is said`(key: String, value: String, words: String) {
        #expect(message(key, value)?.contains(words) == true, "\(message(key, value) ?? "-")")
    }
}
