// SPDX-License-Identifier: BSD-2-Clause

extension WorkerShare {
    /// The UDP ports of tunnels: whose a datagram is may be told by what it carries.
    public static var tunnelPorts: [UInt16] { Tunnel.ports }
}
