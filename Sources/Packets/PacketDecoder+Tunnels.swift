// SPDX-License-Identifier: BSD-2-Clause
import CMosABI

extension PacketDecoder {
    /// The tunnels that `frame` came through.
    ///
    /// Decodes it again: nothing is kept of them with each packet.
    public func tunnelPath(_ frame: Frame) -> TunnelPath {
        var path = TunnelPath()
        var packet = mos_packet()
        packet.begin(frame)
        guard let link = try? LinkHeader(frame.bytes, frame.linkType) else { return path }
        packet.setLink(link)
        guard let result = try? network(frame, link.etherType, &packet) else { return path }
        if mayBeTunnel(result, packet) {
            _ = followTunnels(frame, result, &packet) { path.append($0) }
        }
        return path
    }

    /// Decodes a frame whose IP packet was put together from parts, from that IP packet on.
    ///
    /// - Parameters:
    ///   - frame: what came before the IP header in the frame of `part`, then the whole IP packet.
    ///   - part: the part that completed it: `l3`, `vlan` and `ethertype` are its own.
    ///   - packet: overwritten as a whole.
    ///   - path: the tunnels within the packet are added.
    /// - Returns: what the packet is and what its checksum said.
    public func decode(
        reassembled frame: Frame,
        from part: mos_packet,
        into packet: inout mos_packet,
        path: inout TunnelPath
    ) -> DecodeResult {
        packet.begin(frame)
        packet.vlan = part.vlan
        packet.ethertype = part.ethertype
        packet.l3 = part.l3
        let etherType = part.ip_version == 4 ? EtherType.ipv4 : EtherType.ipv6
        var layers = path
        var result: DecodeResult
        do throws(DecodeError) {
            result = try network(frame, etherType, &packet)
            if mayBeTunnel(result, packet) {
                result = followTunnels(frame, result, &packet) { layers.append($0) }
            }
        } catch {
            result = DecodeResult(malformed: error)
        }
        path = layers
        packet.flags |= part.flags & UInt32(MOS_PKT_TUNNEL) | UInt32(MOS_PKT_REASSEMBLED)
        return result
    }

    /// True when the packet may be a tunnel that is to be looked into.
    @inline(__always)
    func mayBeTunnel(_ result: DecodeResult, _ packet: mos_packet) -> Bool {
        guard decapsulation == .inner else { return false }
        switch result.kind {
        case .udp:
            return result.checksum != .bad
                && (Tunnel.isTunnel(packet.dport) || Tunnel.isTunnel(packet.sport))
        case .otherIP:
            return true
        default:
            return false
        }
    }

    /// Reads the IP packet at `packet.l3`.
    @inline(never)
    private func network(
        _ frame: Frame,
        _ etherType: UInt16,
        _ packet: inout mos_packet
    ) throws(DecodeError) -> DecodeResult {
        let datagram: Datagram
        switch etherType {
        case EtherType.ipv4: datagram = try ipv4(frame, &packet)
        case EtherType.ipv6: datagram = try ipv6(frame, &packet)
        default: return DecodeResult(.nonIP)
        }
        return network(datagram, frame.bytes, &packet)
    }

    /// Goes from tunnel to tunnel; `packet` becomes the innermost IP packet.
    ///
    /// What a tunnel protocol carries and is broken, is malformed. What a port number alone suggests and is not sound,
    /// is no tunnel: the packet stays UDP.
    @inline(never)
    func followTunnels(
        _ frame: Frame,
        _ outer: DecodeResult,
        _ packet: inout mos_packet,
        note: (mos_tunnel) -> Void
    ) -> DecodeResult {
        var result = outer
        var depth = 0
        while mayBeTunnel(result, packet) {
            let body = TunnelBody(packet, frame.bytes)
            if checksums != .off, Tunnel.hasBadChecksum(packet, body) {
                result = DecodeResult(malformed: .tunnelBadChecksum)
                break
            }
            do throws(DecodeError) {
                guard let content = try Tunnel.content(packet, body) else { break }
                guard depth < TunnelPath.capacity else { throw .tunnelTooDeep }
                guard let inner = try enter(content, body, frame, &packet, note: note) else {
                    break
                }
                result = inner
                depth += 1
            } catch {
                result = DecodeResult(malformed: error)
                break
            }
        }
        if depth > 0 { packet.set(MOS_PKT_TUNNEL) }
        return result
    }

    /// Decodes the IP packet that a tunnel carries; nil, with `packet` as it was, when it is none after all.
    private func enter(
        _ content: TunnelContent,
        _ body: TunnelBody,
        _ frame: Frame,
        _ packet: inout mos_packet,
        note: (mos_tunnel) -> Void
    ) throws(DecodeError) -> DecodeResult? {
        var inner = packet
        inner.l3 = Int32(truncatingIfNeeded: content.header.length)
        inner.l4 = -1
        inner.vlan = content.header.vlan
        inner.sport = 0
        inner.dport = 0
        // The tunnel's end is the end of what may be read and of what was on the wire.
        let body = content.length.map { body.bounded($0) } ?? body
        var bounded = frame
        bounded.bytes = body.bytes
        bounded.wireLength = UInt32(truncatingIfNeeded: body.end)
        let result: DecodeResult
        do throws(DecodeError) {
            result = try network(bounded, content.header.etherType, &inner)
        } catch {
            if content.isGuess { return nil }
            throw error
        }
        if content.isGuess, result.error == .ipv4BadChecksum { return nil }
        note(
            mos_tunnel(
                src: packet.src,
                dst: packet.dst,
                id: content.id ?? 0,
                kind: UInt8(truncatingIfNeeded: content.kind),
                ip_version: packet.ip_version,
                has_id: content.id == nil ? 0 : 1,
                pad0: 0
            )
        )
        packet = inner
        return result
    }
}
