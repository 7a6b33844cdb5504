// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Packets

/// The addresses that scripts read through; fixed for the life of the worker.
extension Worker {
    /// The event in hand.
    @unsafe public var eventAddress: UnsafeMutablePointer<mos_event> { unsafe event.pointer }
    /// Connection 0.
    @unsafe public var connectionsAddress: UnsafeMutablePointer<mos_conn> {
        unsafe table.conns.base
    }
    /// Extension 0.
    @unsafe public var extensionsAddress: UnsafeMutablePointer<mos_ext> { unsafe table.exts.base }
    /// The high half of the serial number of connection 0.
    @unsafe public var serialsHighAddress: UnsafeMutablePointer<UInt32> {
        unsafe table.serialsHighAddress
    }
    /// Counter 0.
    @unsafe public var countersAddress: UnsafeMutablePointer<Double> { unsafe counters.values.base }

    /// The name of the source in hand as a C string, valid until the next call.
    @unsafe
    public mutating func sourceNameAddress() -> UnsafePointer<CChar> {
        sourceName = ContiguousArray(inputs.name.utf8CString)
        // The array is kept by the worker; its storage stays where it is until it is replaced.
        return unsafe sourceName.withUnsafeBufferPointer { unsafe $0.baseAddress.unsafelyUnwrapped }
    }
}

extension Worker {
    /// Puts a path where scripts can read it.
    mutating func tell(_ path: TunnelPath) -> Int32 {
        for index in 0..<path.count { unsafe toldPath.base[index] = path[index] }
        unsafe event.setData(address: UnsafeRawPointer(toldPath.base))
        return Int32(path.count)
    }
}
