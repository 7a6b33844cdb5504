// SPDX-License-Identifier: BSD-2-Clause
import CMosABI

/// True when two packets say the same; by name and value where the bytes differ, which padding may.
func areSame(_ a: mos_packet, _ b: mos_packet) -> Bool {
    let haveSameBytes = unsafe withUnsafeBytes(of: a) { a in
        unsafe withUnsafeBytes(of: b) { b in unsafe a.elementsEqual(b) }
    }
    return haveSameBytes || "\(a)" == "\(b)"
}
