// SPDX-License-Identifier: BSD-2-Clause
import Flows

/// How far one monitor socket has read the two receive buffers of one flow.
///
/// 64 bytes, linked per flow.
struct Reader: BitwiseCopyable {
    /// The flow's next reader, -1 = none.
    var next: Int32
    /// The monitor socket.
    var socket: Int32
    /// The sides whose receive buffer it reads, as bits.
    var reads: UInt32
    private var spare: UInt32 = 0
    private var clientOffset: Int64 = 0
    private var serverOffset: Int64 = 0
    private var clientMissed: Int64 = 0
    private var serverMissed: Int64 = 0
    private var spares: (Int64, Int64) = (0, 0)

    init(socket: Int32, next: Int32) {
        self.socket = socket
        self.next = next
        reads = 0
    }

    /// True when it reads the receive buffer of `side`.
    @inline(__always)
    func reads(_ side: Side) -> Bool { reads &>> UInt32(side.rawValue) & 1 != 0 }

    /// The stream offset of the first byte that it has not read, by receive buffer.
    subscript(offset side: Side) -> Int64 {
        @inline(__always) get { side == .client ? clientOffset : serverOffset }
        @inline(__always) set {
            if side == .client { clientOffset = newValue } else { serverOffset = newValue }
        }
    }

    /// Bytes lost to overruns that the script has not been told of, by receive buffer.
    subscript(missed side: Side) -> Int64 {
        get { side == .client ? clientMissed : serverMissed }
        set { if side == .client { clientMissed = newValue } else { serverMissed = newValue } }
    }
}
