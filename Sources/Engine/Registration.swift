// SPDX-License-Identifier: BSD-2-Clause
import Flows

/// What one monitor socket wants of a flow: callback slots by hook and event, buffers, stopped sides.
public struct Registration: BitwiseCopyable, Equatable, Sendable {
    /// The monitor socket.
    public var socket: Int32
    /// Sides that are stopped: bit 0 CLI, bit 1 SVR.
    public var stopped: UInt32 = 0
    /// Sides whose receive buffer it reads: bit 0 CLI's, bit 1 SVR's.
    public var reads: UInt32 = 0
    /// Bytes that may wait in the client's receive buffer; 0 = off.
    public var clientBuffer: UInt32
    /// Bytes that may wait in the server's receive buffer; 0 = off.
    public var serverBuffer: UInt32
    /// The overlap policy that it chose for the client's receive buffer, -1 = none.
    public var clientPolicy: Int8 = -1
    /// That of the server's receive buffer.
    public var serverPolicy: Int8 = -1
    /// Bytes of the client's receive buffer that are kept once they are read.
    public var clientKeep: UInt32 = 0
    /// Bytes of the server's receive buffer that are kept once they are read.
    public var serverKeep: UInt32 = 0
    @usableFromInline var masks: (UInt16, UInt16, UInt16, UInt16) = (0, 0, 0, 0)
    @usableFromInline var slots: InlineArray<30, Int32> = .init(repeating: 0)

    /// Nothing registered.
    public init(socket: Int32, buffer: Int) {
        self.socket = socket
        clientBuffer = UInt32(min(buffer, Int(UInt32.max)))
        serverBuffer = clientBuffer
    }

    /// The events with a callback at `hook`, as bits.
    @inlinable @inline(__always)
    public func mask(_ hook: Hook) -> UInt16 {
        switch hook {
        case .null: masks.0
        case .snd: masks.1
        case .rcv: masks.2
        }
    }

    /// The callback slot of `event` at `hook`, 0 without one.
    @inlinable @inline(__always)
    public func slot(_ hook: Hook, _ event: Int) -> Int32 {
        slots[hook.rawValue &* 10 &+ event]
    }

    /// Registers callback `slot` for `event` at `hook`; 0 removes.
    public mutating func register(_ hook: Hook, _ event: Event, slot: Int32) {
        slots[hook.rawValue * 10 + event.rawValue] = slot
        func changed(_ mask: UInt16) -> UInt16 { slot == 0 ? mask & ~event.bit : mask | event.bit }
        switch hook {
        case .null: masks.0 = changed(masks.0)
        case .snd: masks.1 = changed(masks.1)
        case .rcv: masks.2 = changed(masks.2)
        }
        if slot != 0, event.bit & Event.ofReaders != 0 { reads = 3 }
    }

    /// Bytes that may wait in the receive buffer of `side`.
    @inlinable @inline(__always)
    public func buffer(of side: Side) -> Int { Int(side == .client ? clientBuffer : serverBuffer) }

    /// Sets the bytes that may wait in the receive buffer of `side`; any make it a reader.
    mutating func setBuffer(_ bytes: UInt32, of side: Side) {
        if side == .client { clientBuffer = bytes } else { serverBuffer = bytes }
        if bytes > 0 { reads |= 1 << UInt32(side.rawValue) }
    }

    /// Sets the bytes of the receive buffer of `side` that are kept once they are read.
    mutating func setKeep(_ bytes: UInt32, of side: Side) {
        if side == .client { clientKeep = bytes } else { serverKeep = bytes }
    }

    /// Chooses an overlap policy for the receive buffer of `side`.
    mutating func setPolicy(_ policy: Int8, of side: Side) {
        if side == .client { clientPolicy = policy } else { serverPolicy = policy }
    }

    /// The overlap policy that it chose for the receive buffer of `side`, -1 = none.
    @inlinable
    public func policy(of side: Side) -> Int8 { side == .client ? clientPolicy : serverPolicy }

    /// Bytes of the receive buffer of `side` that are kept once they are read.
    @inlinable @inline(__always)
    public func keep(of side: Side) -> UInt32 {
        buffer(of: side) > 0 && !isStopped(side) ? (side == .client ? clientKeep : serverKeep) : 0
    }

    /// True when it reads the receive buffer of `side`.
    @inlinable @inline(__always)
    public func reads(_ side: Side) -> Bool {
        reads &>> UInt32(side.rawValue) & 1 != 0 && buffer(of: side) > 0 && !isStopped(side)
    }

    /// True when what carries `side` is stopped.
    @inlinable @inline(__always)
    public func isStopped(_ side: Side) -> Bool { stopped &>> UInt32(side.rawValue) & 1 != 0 }

    /// True when everything registered is the same; masks follow from the slots.
    public static func == (a: Registration, b: Registration) -> Bool {
        guard a.socket == b.socket, a.stopped == b.stopped, a.reads == b.reads,
            a.clientBuffer == b.clientBuffer, a.serverBuffer == b.serverBuffer,
            a.clientPolicy == b.clientPolicy, a.serverPolicy == b.serverPolicy,
            a.clientKeep == b.clientKeep, a.serverKeep == b.serverKeep
        else { return false }
        for index in a.slots.indices where a.slots[index] != b.slots[index] { return false }
        return true
    }

    /// The hash under which the set of these registrations is found.
    static func hash(_ registrations: [Registration]) -> UInt32 {
        var hash: UInt64 = 0x9E37_79B9_7F4A_7C15
        for registration in registrations { registration.mix(into: &hash) }
        return UInt32(truncatingIfNeeded: hash ^ hash >> 32)
    }

    private func mix(into hash: inout UInt64) {
        func mix(_ a: UInt32, _ b: UInt32) {
            let product = (hash ^ (UInt64(a) << 32 | UInt64(b)))
                .multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
            hash = product.high ^ product.low &+ 0x9E37_79B9_7F4A_7C15
        }
        let policies =
            UInt32(UInt8(bitPattern: clientPolicy)) << 8
            | UInt32(UInt8(bitPattern: serverPolicy))
        mix(UInt32(bitPattern: socket), stopped << 16 | reads)
        mix(clientBuffer, serverBuffer)
        mix(clientKeep, serverKeep)
        mix(policies, 0)
        for index in stride(from: 0, to: slots.count, by: 2) {
            mix(UInt32(bitPattern: slots[index]), UInt32(bitPattern: slots[index + 1]))
        }
    }
}
