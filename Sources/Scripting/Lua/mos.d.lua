---@meta
-- The names that scripts of mos find, for editors. Made by `mos doc --stubs`: do not edit.
-- luacheck: std luajit, globals mos, no max line length, no unused args, ignore 211 241

---@alias mos.Side integer SIDE_CLI, SIDE_SVR or SIDE_BOTH
---@alias mos.Hook integer HK_SND, HK_RCV or NULL
---@alias mos.Event integer one of ON_*, or what mos.define_event and mos.alloc_event give
---@alias mos.Option integer an option of getsockopt and setsockopt
---@alias mos.SocketType integer one of SOCK_MONITOR_*
---@alias mos.OverlapPolicy integer one of OVERLAP_POLICY_*
---@alias mos.Change integer constants of setlastpkt, added

---What is called at an event; `arg` for ON_ERROR, ON_GAP and ON_ZERO_WINDOW. On RAW sockets,
---and for ON_ORPHAN, the first argument is the socket.
---@alias mos.Callback fun(flow: mos.Flow, side: mos.Side, event: mos.Event, arg: mos.Arg): any

---@class mos.Counters
---@field packets number frames read, those that -f kept out included
---@field bytes number bytes on the wire
---@field filtered number frames that -f kept out: nothing else counts them
---@field ipv4 number packets with an IPv4 header
---@field ipv6 number packets with an IPv6 header
---@field tcp number TCP packets
---@field udp number UDP packets
---@field icmp number ICMP and ICMPv6 packets
---@field other_ip number packets of other protocols of IP
---@field non_ip number ARP, LLDP and whatever else is not IP
---@field truncated number IP packets that the capture cut
---@field tunnelled number frames whose IP packet was carried by a tunnel
---@field fragments number parts of IP packets
---@field fragments_reassembled number packets put together from fragments
---@field fragments_timeout number packets of which parts did not come in time
---@field fragments_overlap number IPv4 parts, and IPv6 packets, that overlap
---@field fragments_dropped number packets given up for want of room
---@field fragments_bad number parts that cannot be one
---@field offloaded_ip number IPv4 header checksums left to the network card
---@field offloaded_tcp number TCP checksums left to the network card
---@field offloaded_udp number UDP checksums left to the network card
---@field bad_tcp_checksum number wrong TCP checksums
---@field bad_udp_checksum number wrong UDP checksums
---@field bad_icmp_checksum number wrong ICMP checksums
---@field bad_ip_checksum number wrong IPv4 header checksums
---@field bad_tcp_options number broken TCP option lists; the segment counts all the same
---@field flows number flows started, UDP and ICMP included
---@field flows_open number flows that are open now
---@field flows_refused number first packets of flows for which the table had no room
---@field flows_evicted number flows that ended because the table was full
---@field flows_shed number first packets of flows that were not started under overload
---@field udp_flows number UDP flows that FLOW sockets started
---@field icmp_flows number ICMP flows that FLOW sockets started
---@field orphans number IP packets of no flow
---@field invalid number segments that TCP would refuse
---@field retransmitted number segments that repeat sequence space
---@field out_of_order number segments that came ahead of a hole
---@field dup_acks number duplicate ACKs (RFC 5681 section 2)
---@field zero_windows number times that an end closed its window
---@field gaps number holes given up
---@field gap_bytes number bytes of holes given up
---@field late number segments with bytes of a hole that was given up before
---@field overlaps_differ number segments that repeat bytes with others
---@field overruns number times that readers lost bytes because they did not read
---@field overrun_bytes number bytes that readers lost because they did not read
---@field buffer_limit number holes given up because too much waited behind them
---@field buffer_pool_full number times that bytes found no room in the pool
---@field segments_shed number times that bytes were not kept under overload
---@field timers_refused number timers beyond 2^20, and waits for holes
---@field clock_steps number jumps of the clock of more than a day that were believed
---@field callback_errors number errors that scripts raised
---@field callback_pauses number pauses of callbacks that raise too many errors
---@field loop_errors number errors outside callbacks (memory)
---@field aggregate_keys_refused number values of keys for which an aggregate had no room
---@field source_dropped number packets that the kernel or port lost before we saw them
---@field interface_dropped number packets that the interface or its driver lost
---@field ring_dropped number packets lost on the way to the worker that owns them
---@field handed_over number packets that came to one worker and were handed to another
---@field forwarded number frames forwarded to the other port of a pair
---@field forward_dropped number frames that found a transmit queue full
---@field forward_refused number frames that a port could not send
---@field script_dropped number packets that scripts dropped
---@field changed number packets that scripts changed
---@field injected number packets that scripts sent
---@field translations_refused number changed packets whose answers cannot find their flow
---@field malformed_link_unknown number frames of a link layer that nothing here decodes
---@field malformed_ethernet_truncated number frames that end within their Ethernet header
---@field malformed_vlan_truncated number frames that end within a VLAN tag
---@field malformed_vlan_too_many_tags number frames with more than 8 tags
---@field malformed_carrier_truncated number frames that end within MPLS, PPP, 802.11 or the like
---@field malformed_carrier_too_deep number frames with more than 8 such headers, or 16 labels
---@field malformed_tunnel_truncated number packets that end within a tunnel's header
---@field malformed_tunnel_too_deep number packets with more than 8 tunnels
---@field malformed_tunnel_bad_checksum number packets with a wrong GRE checksum
---@field malformed_cooked_truncated number frames that end within their Linux cooked header
---@field malformed_loopback_truncated number frames that end within their BSD loopback header
---@field malformed_raw_truncated number empty frames of a raw IP link
---@field malformed_ip_version number the version field is not what the layer below announced
---@field malformed_ipv4_truncated number frames that end within the IPv4 header
---@field malformed_ipv4_header_length number IPv4 header lengths below 20 bytes
---@field malformed_ipv4_options number IPv4 option lists with a length that leads nowhere
---@field malformed_ipv4_total_length number IPv4 total lengths below the header's
---@field malformed_ipv4_bad_checksum number the same packets as bad_ip_checksum
---@field malformed_ipv6_truncated number frames that end within the IPv6 header
---@field malformed_ipv6_extension_truncated number frames that end within an extension header
---@field malformed_ipv6_too_many_extensions number more than 16 extension headers
---@field malformed_tcp_truncated number packets that end within the TCP header
---@field malformed_tcp_header_length number TCP data offsets below 20 bytes or beyond the packet
---@field malformed_udp_truncated number packets that end within the UDP header
---@field malformed_udp_length number UDP lengths below 8 or beyond the packet
---@field malformed_icmp_truncated number ICMP messages of fewer than 8 bytes

---@class mos
---@field source string? name of the capture or interface in hand
---@field args table<string|integer, string> the arguments behind `--`: mos.args.name for --name=value, others in order
---@field worker integer number of this worker, from 0
---@field workers integer how many workers there are
---@field short integer the names of one-liners, as an environment: setfenv(1, mos.short)
mos = {}

---A socket that watches TCP connections.
---@type mos.SocketType
mos.SOCK_MONITOR_STREAM = 100

---A socket that watches packets.
---@type mos.SocketType
mos.SOCK_MONITOR_RAW = 101

---A socket that watches UDP and ICMP flows.
---@type mos.SocketType
mos.SOCK_MONITOR_FLOW = 102

---After the sender's stack.
---@type mos.Hook
mos.HK_SND = 4

---After the receiver's stack.
---@type mos.Hook
mos.HK_RCV = 5

---The hook, or side, of what belongs to neither.
---@type mos.Hook
mos.NULL = 3

---The side that sent the first SYN.
---@type mos.Side
mos.SIDE_CLI = 0

---The other side.
---@type mos.Side
mos.SIDE_SVR = 1

---Both sides, where a call takes them.
---@type mos.Side
mos.SIDE_BOTH = 2

---Setlastpkt: the packet is not handed on.
---@type mos.Change
mos.DROP = 0x1000

---Setlastpkt: bytes of one region are replaced.
---@type mos.Change
mos.OVERWRITE = 0x8000

---Setlastpkt: bytes are added to the payload.
---@type mos.Change
mos.INSERT = 0x4000

---Setlastpkt: bytes of the payload are taken out.
---@type mos.Change
mos.CHOMP = 0x2000

---The region from the frame's first byte to the IP header.
---@type mos.Change
mos.ETH_HDR = 0x10000

---The region of the IP header.
---@type mos.Change
mos.IP_HDR = 0x20000

---The region of the transport header, options included.
---@type mos.Change
mos.TCP_HDR = 0x40000

---The region behind the transport header.
---@type mos.Change
mos.TCP_PAYLOAD = 0x80000

---The IP header's checksum is set right afterwards.
---@type mos.Change
mos.UPDATE_IP_CHKSUM = 0x100000

---The transport checksum is set right afterwards.
---@type mos.Change
mos.UPDATE_TCP_CHKSUM = 0x200000

---The bytes that came first stay.
---@type mos.OverlapPolicy
mos.OVERLAP_POLICY_FIRST = 0

---The bytes that came last replace.
---@type mos.OverlapPolicy
mos.OVERLAP_POLICY_LAST = 1

---As FreeBSD, NetBSD, OpenBSD and AIX do.
---@type mos.OverlapPolicy
mos.OVERLAP_POLICY_BSD = 2

---As Linux 2.4 and later do.
---@type mos.OverlapPolicy
mos.OVERLAP_POLICY_LINUX = 3

---As Linux 2.2 and earlier do.
---@type mos.OverlapPolicy
mos.OVERLAP_POLICY_OLD_LINUX = 6

---As Windows up to XP does.
---@type mos.OverlapPolicy
mos.OVERLAP_POLICY_WINDOWS = 4

---As Windows Server 2003 does.
---@type mos.OverlapPolicy
mos.OVERLAP_POLICY_WIN2003 = 8

---As Windows Vista and later do.
---@type mos.OverlapPolicy
mos.OVERLAP_POLICY_VISTA = 9

---As macOS does.
---@type mos.OverlapPolicy
mos.OVERLAP_POLICY_MACOS = 7

---As Solaris 9 and later do.
---@type mos.OverlapPolicy
mos.OVERLAP_POLICY_SOLARIS = 5

---As Solaris before 9 does.
---@type mos.OverlapPolicy
mos.OVERLAP_POLICY_OLD_SOLARIS = 14

---As HP-UX 10 does.
---@type mos.OverlapPolicy
mos.OVERLAP_POLICY_HPUX10 = 10

---As HP-UX 11 and later do.
---@type mos.OverlapPolicy
mos.OVERLAP_POLICY_HPUX11 = 11

---As IRIX does.
---@type mos.OverlapPolicy
mos.OVERLAP_POLICY_IRIX = 12

---As FIRST; it differs for IP fragments alone.
---@type mos.OverlapPolicy
mos.OVERLAP_POLICY_BSD_RIGHT = 13

---A packet with valid headers and checksum that maps to the flow, refused by TCP or not; on a raw socket every packet that its filter passes, once.
---Hooks: HK_SND, HK_RCV. Side: sender; receiver; NULL on raw sockets.
---@type mos.Event
mos.ON_PKT_IN = 16

---The first SYN of a connection, never a repeated one; the first packet of a UDP or ICMP flow.
---Hooks: HK_SND, HK_RCV. Side: SIDE_CLI; SIDE_SVR.
---@type mos.Event
mos.ON_CONN_START = 17

---A real transition of that stack; without a hook: at both.
---Hooks: HK_SND, HK_RCV. Side: the stack that moved.
---@type mos.Event
mos.ON_TCP_STATE_CHANGE = 18

---The segment repeats sequence space seen before, SYN and FIN too.
---Hooks: HK_RCV. Side: receiver.
---@type mos.Event
mos.ON_REXMIT = 19

---The connection is over: once per hook, with states, context and flow.end_reason.
---Hooks: HK_SND, HK_RCV. Side: SIDE_CLI; SIDE_SVR.
---@type mos.Event
mos.ON_CONN_END = 20

---Contiguous bytes became readable.
---Hooks: NULL. Side: the receiving side.
---@type mos.Event
mos.ON_CONN_NEW_DATA = 21

---Reassembly had to refuse or discard: arg.code is "OVERRUN", "WINDOW", "PAWS" or "LIMIT".
---Hooks: NULL. Side: the receiving side.
---@type mos.Event
mos.ON_ERROR = 22

---Bytes that will not come; the stream goes on behind them.
---Hooks: NULL. Side: the receiving side.
---@type mos.Event
mos.ON_GAP = 23

---The window went to zero; again, with arg.duration in seconds, when it opens.
---Hooks: NULL. Side: the side that closed its window.
---@type mos.Event
mos.ON_ZERO_WINDOW = 24

---An IP packet of no tracked connection; the callback's first argument is the socket.
---Hooks: NULL. Side: NULL.
---@type mos.Event
mos.ON_ORPHAN = 25

---Bytes kept unread for the client's receive buffer; 0 = off.
---Can be read and set.
---@type mos.Option
mos.CLIBUF = 200

---Bytes kept unread for the server's receive buffer; 0 = off.
---Can be read and set.
---@type mos.Option
mos.SVRBUF = 201

---Which of two overlapping segments the client would take.
---Can be read and set.
---@type mos.Option
mos.CLIOVERLAP = 202

---Which of two overlapping segments the server would take.
---Can be read and set.
---@type mos.Option
mos.SVROVERLAP = 203

---What the client's buffer holds: a list of {offset=, len=}.
---Can be read.
---@type mos.Option
mos.FRAGINFO_CLIBUF = 204

---What the server's buffer holds: a list of {offset=, len=}.
---Can be read.
---@type mos.Option
mos.FRAGINFO_SVRBUF = 205

---{init_seq=, last_byte_read=, next_byte_expected=, last_byte_received=} of the client's buffer.
---Can be read.
---@type mos.Option
mos.INFO_CLIBUF = 206

---The same of the server's buffer.
---Can be read.
---@type mos.Option
mos.INFO_SVRBUF = 207

---The client's state, a short name, nil before the stack exists.
---Can be read.
---@type mos.Option
mos.TCP_STATE_CLI = 208

---The server's state.
---Can be read.
---@type mos.Option
mos.TCP_STATE_SVR = 209

---Ends callbacks for what carries that side; SIDE_BOTH for all.
---Can be set.
---@type mos.Option
mos.STOP_MON = 210

---Time of the flow's last packet, seconds.
---Can be read.
---@type mos.Option
mos.TIMESTAMP = 211

---Read bytes that the client's buffer keeps, for ppeek and to compare repeats with.
---Can be read and set.
---@type mos.Option
mos.CLIKEEP = 212

---Read bytes that the server's buffer keeps, for ppeek and to compare repeats with.
---Can be read and set.
---@type mos.Option
mos.SVRKEEP = 213

---Makes a monitor socket.
---
---The socket. It sees nothing until something is registered on it.
---@param type number SOCK_MONITOR_STREAM (TCP connections), SOCK_MONITOR_FLOW (UDP and ICMP flows) or SOCK_MONITOR_RAW (packets)
---@param name? string what messages call it; left out: its place in the order of creation, "1", "2", ...
---@return mos.Socket? s
---@return string? message why there is nothing
---@return any code an errno name
function mos.socket(type, name) end

---Says which packets and connections a socket sees.
---
---true.
---@param s mos.Socket an open one
---@param filters table libpcap expressions by name; a name left out lets everything pass. STREAM sockets have syn and orphan, FLOW sockets syn, RAW sockets raw
---@return boolean
function mos.bind_filter(s, filters) end

---Calls fn(flow, side, event, arg) at that event; nil removes.
---
---true.
---@overload fun(s_or_flow: mos.Socket|mos.Flow, event: mos.Event, fn: mos.Callback?): boolean
---@param s_or_flow mos.Socket|mos.Flow a socket: for flows that start later; a flow: for that flow alone and at once, even for the later hook of the packet in hand
---@param event mos.Event a constant mos.ON_..., or the id of a user-defined event
---@param hook mos.Hook mos.HK_SND, mos.HK_RCV or mos.NULL; left out: the event's first, of ON_TCP_STATE_CHANGE both
---@param fn? mos.Callback called as fn(flow, side, event, arg); nil removes what is registered
---@return boolean?
---@return string? message why there is nothing
---@return any code an errno name
function mos.register_callback(s_or_flow, event, hook, fn) end

---Makes an event out of another one and a filter.
---
---The id, a number to be registered as an event. Equal base, filter and arg give the same id.
---@param base mos.Event the event that it refines: mos.ON_..., or the id of a user-defined one
---@param filter mos.Callback called as filter(flow, side, id, arg) with the new event's own id, when base fires; the new event fires when it returns anything but false and nil
---@param arg? any handed to the filter and to callbacks; left out: those of ON_ERROR, ON_GAP and ON_ZERO_WINDOW hand on theirs
---@return number? id
---@return string? message why there is nothing
---@return any code an errno name
function mos.define_event(base, filter, arg) end

---Makes an event that is raised by hand.
---
---The id, a number to be registered as an event, and raised by mos.raise_event.
---@param parent mos.Event the event that it belongs to: mos.ON_..., or the id of a user-defined one
---@return number? id
---@return string? message why there is nothing
---@return any code an errno name
function mos.alloc_event(parent) end

---Raises an allocated event, while a filter or a callback of its parent runs.
---
---true. The event's callbacks run within the same dispatch, behind those of its parent and of the events defined on that.
---@param id mos.Event what mos.alloc_event gave
---@return boolean
function mos.raise_event(id) end

---Takes contiguous unread bytes as a string.
---
---The contiguous unread bytes as a string. The read offset of this socket moves behind them. Nothing to read is the empty string, also while that side has no stack yet.
---@param flow mos.Flow a flow of a STREAM socket
---@param side mos.Side whose receive buffer: SIDE_SVR has what the client sent, SIDE_CLI what the server sent
---@param max? integer at most so many bytes; left out: all there are
---@return string? bytes
---@return string? message why there is nothing
---@return any code an errno name
function mos.peek(flow, side, max) end

---Shows contiguous unread bytes in place.
---
---A view of the contiguous unread bytes, in place; empty when there are none. Nothing moves: say with consume how much was read.
---@param flow mos.Flow a flow of a STREAM socket
---@param side mos.Side whose receive buffer: SIDE_SVR has what the client sent, SIDE_CLI what the server sent
---@return mos.View? data
---@return string? message why there is nothing
---@return any code an errno name
function mos.view(flow, side) end

---Moves the read offset.
---
---How far the read offset moved: n, or less where a view shows less.
---@param flow mos.Flow a flow of a STREAM socket
---@param side mos.Side whose receive buffer: SIDE_SVR has what the client sent, SIDE_CLI what the server sent
---@param n integer how many bytes were read, counted from where a view begins
---@return number moved
function mos.consume(flow, side, n) end

---Reads anywhere in what is kept of a stream.
---
---The bytes that are kept there as a string: those behind a hole too, the packet in hand from its HK_RCV on. It ends with the fragment that holds offset, or with the packet in hand: ask again behind it. Nothing moves.
---@param flow mos.Flow a flow of a STREAM socket
---@param side mos.Side whose receive buffer: SIDE_SVR has what the client sent, SIDE_CLI what the server sent
---@param len integer at most so many bytes
---@param offset number the stream offset of the first one; a fraction is cut off
---@return string? bytes
---@return string? message why there is nothing
---@return any code an errno name
function mos.ppeek(flow, side, len, offset) end

---The packet in hand.
---
---The packet in hand. The page packet lists its fields.
---@param flow_or_s mos.Socket|mos.Flow the flow whose packet is in hand; of events without a flow the socket
---@return mos.Packet? packet
---@return string? message why there is nothing
---@return any code an errno name
function mos.getlastpkt(flow_or_s) end

---Inline: drops or changes the packet in hand.
---
---true.
---@param flow_or_s mos.Socket|mos.Flow the flow whose packet is in hand; of a RAW socket's packet, or an orphan, the socket
---@param side mos.Side as in the C API; it is the packet in hand with any, and with nil
---@param offset number where, from the region's first byte
---@param data string|mos.View the bytes; of CHOMP how many they are, as a number; of DROP nothing
---@param flags mos.Change exactly one action: DROP, OVERWRITE, INSERT or CHOMP. With OVERWRITE exactly one region: ETH_HDR, IP_HDR, TCP_HDR or TCP_PAYLOAD; with INSERT and CHOMP TCP_PAYLOAD or none. Besides UPDATE_IP_CHKSUM and UPDATE_TCP_CHKSUM. Add them up
---@return boolean?
---@return string? message why there is nothing
---@return any code an errno name
function mos.setlastpkt(flow_or_s, side, offset, data, flags) end

---Inline: sends a packet of one's own.
---
---true.
---@param flow_or_s mos.Socket|mos.Flow the flow whose ends get it; a socket where a packet of no flow is in hand: whoever sent that is taken for the client
---@param frame_or_fields string|mos.View|table a whole frame, a string or a view, from its Ethernet header on; or, of a TCP flow, a table of fields of a segment
---@param side? mos.Side the side that gets it; the table's field side says so, too. Of a socket it may be left out: the server
---@return boolean?
---@return string? message why there is nothing
---@return any code an errno name
function mos.sendpkt(flow_or_s, frame_or_fields, side) end

---Inline: drops the packet in hand, resets both ends and ends the flow.
---
---true. To ask for it twice is to ask once.
---@param flow mos.Flow a TCP flow
---@return boolean?
---@return string? message why there is nothing
---@return any code an errno name
function mos.reset_conn(flow) end

---The same as flow.ctx.
---
---What was set for this flow and socket; nil when nothing was. The same as flow.ctx.
---@param flow mos.Flow any flow of this run
---@return any value
function mos.get_uctx(flow) end

---The same as flow.ctx = value.
---
---Nothing. The same as flow.ctx = value.
---@param flow mos.Flow any flow of this run
---@param value any kept for this flow and socket; nil forgets it
function mos.set_uctx(flow, value) end

---Declares typed scalars that every flow of this script has as flow.state.
---
---Nothing. Every flow of this script's sockets has the scalars as flow.state, all zero when the flow starts.
---@param declaration string C declarations of int8_t, uint8_t, int16_t, uint16_t, int32_t, uint32_t, float, double, bool and fixed arrays of them, 4096 bytes at most
function mos.flow_state(declaration) end

---Reads an option.
---
---The option's value; each option's page says what it is.
---@param s_or_flow mos.Socket|mos.Flow a socket: what its later flows begin with; a flow: what it has
---@param option mos.Option a constant, as mos.CLIBUF: "mos doc options" lists them
---@return any
function mos.getsockopt(s_or_flow, option) end

---Sets an option.
---
---true.
---@param s_or_flow mos.Socket|mos.Flow a socket: for flows that start later; a flow: at once
---@param option mos.Option a constant, as mos.CLIBUF: "mos doc options" lists them
---@param value number what the option takes: its page says what
---@return boolean?
---@return string? message why there is nothing
---@return any code an errno name
function mos.setsockopt(s_or_flow, option, value) end

---Address and port of that side; SIDE_BOTH: the client's, then the server's.
---
---Address as text, port as number; with SIDE_BOTH four values. The same as flow.cli.addr, flow.cli.port and so on.
---@param flow mos.Flow any flow of this run
---@param side mos.Side SIDE_CLI or SIDE_SVR; SIDE_BOTH: the client's address and port, then the server's
---@return string
---@return number
---@return string?
---@return number?
function mos.getpeername(flow, side) end

---Looks a flow up by its ends.
---
---The flow between these two ends, in either order, TCP before UDP; nil when there is none, or s does not watch it.
---@param addr string address of one end, IPv4 or IPv6
---@param port number its port
---@param addr2 string address of the other end
---@param port2 number its port
---@param s? mos.Socket the flow as this socket sees it; left out: as the first that watches it
---@return mos.Flow? flow
function mos.find_flow(addr, port, addr2, port2, s) end

---Calls fn(handle) once, in packet time.
---
---The timer; timer:cancel() stops it.
---@param seconds number from now on, in packet time, 0 to 10^9
---@param fn fun(timer: mos.Timer) called once as fn(timer)
---@return mos.Timer? timer
---@return string? message why there is nothing
---@return any code an errno name
function mos.settimer(seconds, fn) end

---Calls fn(handle) at that interval, in packet time.
---
---The timer; timer:cancel() stops it, also within fn.
---@param seconds number the interval, in packet time: 0.001 to 10^9
---@param fn fun(timer: mos.Timer) called as fn(timer), the first time after one interval
---@return mos.Timer? timer
---@return string? message why there is nothing
---@return any code an errno name
function mos.every(seconds, fn) end

---Packet time, seconds.
---
---Packet time in seconds since 1970; 0 before the first packet. While a timer or a time-out runs it is its deadline.
---@return number seconds
function mos.now() end

---Calls fn() before the first packet.
---
---Nothing. Several functions run in the order of their calls.
---@param fn function called as fn() before the first packet
function mos.on_start(fn) end

---Calls fn() after the last packet, also after Ctrl-C.
---
---Nothing. Several functions run in the order of their calls.
---@param fn function called as fn() after the last packet
function mos.on_exit(fn) end

---Calls fn() once, at the end, on what all workers know.
---
---Nothing. Several functions run in the order of their calls.
---@param fn function called as fn()
function mos.on_report(fn) end

---Calls fn(time) at that interval, in packet time, on what all workers know.
---
---Nothing.
---@param seconds number the interval, in packet time: 0.001 to 10^6
---@param fn fun(time: number) called as fn(time), time in seconds
---@param options? table clear: a list of aggregates that begin anew each time
function mos.on_interval(seconds, fn, options) end

---Ends callbacks.
---
---true.
---@param s_or_flow mos.Socket|mos.Flow what gets no more callbacks
---@return boolean
function mos.close(s_or_flow) end

---Sends a record to the outputs.
---
---true.
---@param stream string tells records of different shapes apart: letters, digits, _ and -; the tsv format alone writes it
---@param record table string keys; values are strings, numbers, booleans, lists, tables of them
function mos.emit(stream, record) end

---A running "md5", "sha1" or "sha256": h:update(view or string), h:hex().
---
---A running hash. hash:update(bytes) takes in bytes, hash:hex() ends it.
---@param kind string "md5", "sha1" or "sha256"
---@return mos.Hash? hash
---@return string? message why there is nothing
---@return any code an errno name
function mos.hash(kind) end

---The engine's counters by name.
---
---A fresh table of all counters by name, as they are now. Those of checksums are missing under -C, the drops of interfaces where nobody knows them.
---@return table<string, number> counters
function mos.stats() end

---Sums by key, over all workers.
---
---A counter: a sum for each key, or one without labels.
---@param name string letters, digits and _; the aggregates of all workers with that name are one. No other of its kind may have it
---@param labels? table names of the parts of a key, at most 8; also options by name: keys (100000), how many keys there may be; help, a text
---@return mos.Counter counter
function mos.counter(name, labels) end

---Values that go up and down, by key.
---
---A gauge: a value for each key, or one without labels.
---@param name string letters, digits and _; the aggregates of all workers with that name are one. No other of its kind may have it
---@param labels? table names of the parts of a key, at most 8; also options by name: keys (100000), how many keys there may be; help, a text; keep: "sum", "last", "max" or "min"
---@return mos.Gauge gauge
function mos.gauge(name, labels) end

---How values are distributed, by key.
---
---A histogram: how values are distributed, for each key, or one without labels.
---@param name string letters, digits and _; the aggregates of all workers with that name are one. No other of its kind may have it
---@param labels? table names of the parts of a key, at most 8; also options by name: keys (100000), how many keys there may be; help, a text; bounds: a list of growing numbers; linear: {from, to, step}
---@return mos.Histogram histogram
function mos.histogram(name, labels) end

---The keys that count most, in bounded memory.
---
---What keeps the keys with the largest sums, and forgets others.
---@param name string letters, digits and _; the aggregates of all workers with that name are one. No other of its kind may have it
---@param labels? table names of the parts of a key, at most 8; also options by name: keys (100000), how many keys there may be; help, a text; without labels a key has one part
---@return mos.Topk topk
function mos.topk(name, labels) end

---How many different values, by key.
---
---What tells how many different values there were, for each key, or one without labels.
---@param name string letters, digits and _; the aggregates of all workers with that name are one. No other of its kind may have it
---@param labels? table names of the parts of a key, at most 8; also options by name: keys (100000), how many keys there may be; help, a text; error: the standard error, 0.002 to 0.13, or precision: its bits, 6 to 18 (12)
---@return mos.Distinct distinct
function mos.distinct(name, labels) end

---Declares a test of the script, which "mos test" runs.
---
---Nothing. In every other run than that of "mos test" fn is never called, and nothing is made of it.
---@param name string what it is about, a line of its own in the file
---@param options? table capture (a path, from the script's folder on) with filter; settings, as --set has them, with _ for the points of their names; args, those of the script; inline: true, "fail-open", "fail-closed"; expect: what the functions of t.expect take, by name
---@param fn? function called as fn(t): packets and expectations
function mos.test(name, options, fn) end

---Declares traffic on which "mos bench" measures the script.
---
---Nothing. In every other run than that of "mos bench" fn is never called.
---@param name string what it is about
---@param options? table capture with filter, or profile with flows and seed, where no function makes the packets; packets (100000); settings, args as in mos.test
---@param fn? function called as fn(b) again and again, each time with other addresses, until there are enough packets; b has all of ladder
function mos.bench(name, options, fn) end

---Names a function across reloads; gives it back.
---
---The function, or the table: so that it can be named where it is made.
---@param name string any text
---@param fn any a function, or a table that is a metatable
---@return any fn
function mos.name(name, fn) end

---Calls fn(old) when this version has taken the place of another.
---
---Nothing. Several functions run in the order of their calls.
---@param fn function called as fn(old)
function mos.on_reload(fn) end

---@class mos.Socket
---@field id number its number, from 0 in creation order
---@field type number SOCK_MONITOR_STREAM, SOCK_MONITOR_RAW or SOCK_MONITOR_FLOW
---@field name string its name
local Socket = {}

---Calls fn(flow, side, event, arg) at that event; nil removes.
---
---true.
---@overload fun(self: mos.Socket, event: mos.Event, fn: mos.Callback?): boolean
---@param event mos.Event a constant mos.ON_..., or the id of a user-defined event
---@param hook mos.Hook mos.HK_SND, mos.HK_RCV or mos.NULL; left out: the event's first, of ON_TCP_STATE_CHANGE both
---@param fn? mos.Callback called as fn(flow, side, event, arg); nil removes what is registered
---@return boolean?
---@return string? message why there is nothing
---@return any code an errno name
function Socket:on(event, hook, fn) end

---Calls fn(flow, side, event, arg) at that event; nil removes.
---
---true.
---@overload fun(self: mos.Socket, event: mos.Event, fn: mos.Callback?): boolean
---@param event mos.Event a constant mos.ON_..., or the id of a user-defined event
---@param hook mos.Hook mos.HK_SND, mos.HK_RCV or mos.NULL; left out: the event's first, of ON_TCP_STATE_CHANGE both
---@param fn? mos.Callback called as fn(flow, side, event, arg); nil removes what is registered
---@return boolean?
---@return string? message why there is nothing
---@return any code an errno name
function Socket:register_callback(event, hook, fn) end

---Says which packets and connections a socket sees.
---
---true.
---@param filters table libpcap expressions by name; a name left out lets everything pass. STREAM sockets have syn and orphan, FLOW sockets syn, RAW sockets raw
---@return boolean
function Socket:bind_filter(filters) end

---Reads an option.
---
---The option's value; each option's page says what it is.
---@param option mos.Option a constant, as mos.CLIBUF: "mos doc options" lists them
---@return any
function Socket:getsockopt(option) end

---Sets an option.
---
---true.
---@param option mos.Option a constant, as mos.CLIBUF: "mos doc options" lists them
---@param value number what the option takes: its page says what
---@return boolean?
---@return string? message why there is nothing
---@return any code an errno name
function Socket:setsockopt(option, value) end

---The packet in hand.
---
---The packet in hand. The page packet lists its fields.
---@return mos.Packet? packet
---@return string? message why there is nothing
---@return any code an errno name
function Socket:packet() end

---Inline: drops the packet in hand.
---
---true.
---@return boolean?
---@return string? message why there is nothing
---@return any code an errno name
function Socket:drop() end

---Inline: replaces bytes of the packet in hand.
---
---true.
---@param region mos.Change mos.ETH_HDR, mos.IP_HDR, mos.TCP_HDR or mos.TCP_PAYLOAD
---@param offset number where, from the region's first byte
---@param data string|mos.View the bytes that replace as many
---@param flags? mos.Change mos.UPDATE_IP_CHKSUM, mos.UPDATE_TCP_CHKSUM, their sum, or 0; left out: both
---@return boolean?
---@return string? message why there is nothing
---@return any code an errno name
function Socket:overwrite(region, offset, data, flags) end

---Inline: sends a packet of one's own.
---
---true.
---@param frame any
---@param side? mos.Side the side that gets it; the table's field side says so, too. Of a socket it may be left out: the server
---@return boolean?
---@return string? message why there is nothing
---@return any code an errno name
function Socket:send(frame, side) end

---Ends callbacks.
---
---true.
---@return boolean
function Socket:close() end

---@class mos.Flow
---@field cli mos.FlowSide the client's side
---@field svr mos.FlowSide the server's side
---@field ctx? any any value, per flow and socket; nil until it is set
---@field state table the scalars of mos.flow_state
---@field id number a number never used twice in a run: the key for tables
---@field slot number a small number, reused when the flow is gone
---@field socket mos.Socket the monitor socket
---@field uid string a text from start time and addresses, the same for any number of workers
---@field community_id string Community ID, version 1, seed 0
---@field end_reason? string why it ended; nil while it lives
---@field start_time number time of its first packet, seconds
---@field last_time number time of its last packet, seconds
---@field duration number from its first packet to its last, seconds
---@field proto string "tcp", "udp" or "icmp"
---@field icmp_type? number type of an ICMP flow's first message; nil for TCP and UDP
---@field icmp_code? number code of an ICMP flow's first message; nil for TCP and UDP
---@field icmp_id? number identifier of an ICMP flow's messages; nil for TCP and UDP, and messages without one
---@field rtt? number round trip of the handshake: the same as handshake_rtt, seconds; nil while unknown
---@field response_time? number from the client's first payload byte to the server's, seconds; nil until the server has answered, and for UDP and ICMP
---@field bytes number payload bytes of both sides, repeated ones included, bytes
---@field packets number packets of both sides, packets
---@field handshake_rtt? number from the SYN to the last ACK of the handshake, seconds; nil while unknown
---@field ecn? boolean true when both ends agreed on ECN; nil when a SYN was not captured
---@field ip_version number 4 or 6
---@field vlan? number VLAN id of its first packet's innermost tag; nil without a tag
---@field tunnel? table[] the tunnels of its first packet, the outermost first; nil without one
---@field midstream boolean true when its beginning was not seen
local Flow = {}

---Calls fn(flow, side, event, arg) at that event; nil removes.
---
---true.
---@overload fun(self: mos.Flow, event: mos.Event, fn: mos.Callback?): boolean
---@param event mos.Event a constant mos.ON_..., or the id of a user-defined event
---@param hook mos.Hook mos.HK_SND, mos.HK_RCV or mos.NULL; left out: the event's first, of ON_TCP_STATE_CHANGE both
---@param fn? mos.Callback called as fn(flow, side, event, arg); nil removes what is registered
---@return boolean?
---@return string? message why there is nothing
---@return any code an errno name
function Flow:on(event, hook, fn) end

---Calls fn(flow, side, event, arg) at that event; nil removes.
---
---true.
---@overload fun(self: mos.Flow, event: mos.Event, fn: mos.Callback?): boolean
---@param event mos.Event a constant mos.ON_..., or the id of a user-defined event
---@param hook mos.Hook mos.HK_SND, mos.HK_RCV or mos.NULL; left out: the event's first, of ON_TCP_STATE_CHANGE both
---@param fn? mos.Callback called as fn(flow, side, event, arg); nil removes what is registered
---@return boolean?
---@return string? message why there is nothing
---@return any code an errno name
function Flow:register_callback(event, hook, fn) end

---Shows contiguous unread bytes in place.
---
---A view of the contiguous unread bytes, in place; empty when there are none. Nothing moves: say with consume how much was read.
---@param side mos.Side whose receive buffer: SIDE_SVR has what the client sent, SIDE_CLI what the server sent
---@return mos.View? data
---@return string? message why there is nothing
---@return any code an errno name
function Flow:view(side) end

---Moves the read offset.
---
---How far the read offset moved: n, or less where a view shows less.
---@param side mos.Side whose receive buffer: SIDE_SVR has what the client sent, SIDE_CLI what the server sent
---@param n integer how many bytes were read, counted from where a view begins
---@return number moved
function Flow:consume(side, n) end

---Takes contiguous unread bytes as a string.
---
---The contiguous unread bytes as a string. The read offset of this socket moves behind them. Nothing to read is the empty string, also while that side has no stack yet.
---@param side mos.Side whose receive buffer: SIDE_SVR has what the client sent, SIDE_CLI what the server sent
---@param max? integer at most so many bytes; left out: all there are
---@return string? bytes
---@return string? message why there is nothing
---@return any code an errno name
function Flow:peek(side, max) end

---Reads anywhere in what is kept of a stream.
---
---The bytes that are kept there as a string: those behind a hole too, the packet in hand from its HK_RCV on. It ends with the fragment that holds offset, or with the packet in hand: ask again behind it. Nothing moves.
---@param side mos.Side whose receive buffer: SIDE_SVR has what the client sent, SIDE_CLI what the server sent
---@param len integer at most so many bytes
---@param offset number the stream offset of the first one; a fraction is cut off
---@return string? bytes
---@return string? message why there is nothing
---@return any code an errno name
function Flow:ppeek(side, len, offset) end

---The packet in hand.
---
---The packet in hand. The page packet lists its fields.
---@return mos.Packet? packet
---@return string? message why there is nothing
---@return any code an errno name
function Flow:packet() end

---Reads an option.
---
---The option's value; each option's page says what it is.
---@param option mos.Option a constant, as mos.CLIBUF: "mos doc options" lists them
---@return any
function Flow:getsockopt(option) end

---Sets an option.
---
---true.
---@param option mos.Option a constant, as mos.CLIBUF: "mos doc options" lists them
---@param value number what the option takes: its page says what
---@return boolean?
---@return string? message why there is nothing
---@return any code an errno name
function Flow:setsockopt(option, value) end

---Ends callbacks.
---
---true.
---@return boolean
function Flow:close() end

---Start_time as two integers: seconds, nanoseconds.
---
---flow.start_time as two integers: seconds since 1970, and nanoseconds within the second.
---@return number
---@return number
function Flow:start_parts() end

---Last_time as two integers.
---
---flow.last_time as two integers: seconds since 1970, and nanoseconds within the second.
---@return number
---@return number
function Flow:last_parts() end

---Inline: drops the packet in hand.
---
---true.
---@return boolean?
---@return string? message why there is nothing
---@return any code an errno name
function Flow:drop() end

---Inline: replaces bytes of the packet in hand.
---
---true.
---@param region mos.Change mos.ETH_HDR, mos.IP_HDR, mos.TCP_HDR or mos.TCP_PAYLOAD
---@param offset number where, from the region's first byte
---@param data string|mos.View the bytes that replace as many
---@param flags? mos.Change mos.UPDATE_IP_CHKSUM, mos.UPDATE_TCP_CHKSUM, their sum, or 0; left out: both
---@return boolean?
---@return string? message why there is nothing
---@return any code an errno name
function Flow:overwrite(region, offset, data, flags) end

---Inline: puts bytes into the payload of the packet in hand.
---
---true.
---@param offset number where in the packet's payload, from 0; its length appends
---@param data string|mos.View the bytes
---@return boolean?
---@return string? message why there is nothing
---@return any code an errno name
function Flow:insert(offset, data) end

---Inline: takes bytes out of the payload of the packet in hand.
---
---true.
---@param offset number where in the packet's payload, from 0
---@param len integer how many bytes go, 1 at least
---@return boolean?
---@return string? message why there is nothing
---@return any code an errno name
function Flow:chomp(offset, len) end

---Inline: sends a packet of one's own.
---
---true.
---@param frame_or_fields string|mos.View|table a whole frame, a string or a view, from its Ethernet header on; or, of a TCP flow, a table of fields of a segment
---@param side? mos.Side the side that gets it; the table's field side says so, too. Of a socket it may be left out: the server
---@return boolean?
---@return string? message why there is nothing
---@return any code an errno name
function Flow:send(frame_or_fields, side) end

---Inline: drops the packet in hand, resets both ends and ends the flow.
---
---true. To ask for it twice is to ask once.
---@return boolean?
---@return string? message why there is nothing
---@return any code an errno name
function Flow:reset() end

---@class mos.FlowSide
---@field addr string its address
---@field addr_bytes string its address, 4 or 16 bytes in network order
---@field port number its port; of ICMP the first message's type (cli) and code (svr)
---@field state? string short name of its TCP state, as "SYN_RCVD"; nil before its stack exists, and for UDP and ICMP
---@field packets number packets it sent, packets
---@field bytes number payload bytes it sent, repeated ones included, bytes
---@field unique_bytes number payload bytes it sent, each counted once, bytes
---@field gap_bytes number bytes of its stream that were declared lost, bytes
---@field gaps number holes of its stream that were declared
---@field retransmitted number segments that repeat sequence space, segments
---@field rexmit_rto number of these, repeats by the retransmission timer, segments
---@field rexmit_fast number of these, repeats that duplicate ACKs or SACK asked for, segments
---@field rexmit_spurious number of these, repeats of what was acknowledged already, segments
---@field rexmit_probe number of these, tail-loss probes, segments
---@field out_of_order number segments that came ahead of a hole, segments
---@field dup_acks number duplicate ACKs it sent
---@field sack_blocks number SACK blocks it sent
---@field zero_windows number times it closed its window
---@field zero_window_time number how long its window was zero, seconds
---@field rtt? number round trip of the handshake from the capture to it, seconds; nil while unknown
---@field rtt_min? number shortest round trip of its data, seconds; nil without a sample
---@field rtt_mean? number mean round trip of its data, seconds; nil without a sample
---@field rtt_max? number longest round trip of its data, seconds; nil without a sample
---@field rtt_samples number how many round trips of its data were measured
---@field in_flight_max number most bytes of it sent and not yet acknowledged, bytes
---@field ecn? boolean true when its SYN spoke for ECN; nil when its SYN was not captured
---@field ce number packets of it that met congestion (CE), packets
---@field ece number packets of it that echo one (ECE), packets
---@field first_byte? number from the flow's start to its first payload byte, seconds; nil before it
---@field idle_max number longest silence of the flow that it broke; 0 below two seconds, seconds
---@field flags number every TCP flag it sent, OR-ed
---@field window number its last advertised window, unscaled
---@field mss? number its maximum segment size, bytes; nil without the option
---@field wscale? number its window scale, a shift count; nil without the option
---@field synack boolean true when it sent a SYN that acknowledges the other's
---@field isn? number its initial sequence number; nil while unknown
local FlowSide = {}

---True when it sent all of these TCP flags.
---
---true when it sent all of these flags, not necessarily in one packet. Of UDP and ICMP flows false.
---@param letters string one or more of F, S, R, P, A, U, E, C
---@return boolean
function FlowSide:has(letters) end

---@class mos.Packet
---@field ts number capture time since 1970, seconds
---@field ts_sec number capture time, whole seconds, seconds
---@field ts_nsec number capture time, what exceeds the whole second, nanoseconds
---@field number number its number in the run, from 1
---@field len number length on the wire, bytes
---@field caplen number length captured, bytes
---@field offset? number stream offset of its first payload byte; nil when it belongs to no stream
---@field payload mos.View its transport payload, as far as it was captured
---@field payload_len number length of its payload by the IP header, captured or not, bytes
---@field frame mos.View the whole captured frame
---@field ptr ffi.cdata* pointer to the frame, for ffi
---@field eth? mos.EthHeader its Ethernet header; nil on other link layers
---@field ip? mos.IpHeader its IP header; nil when it is not IP
---@field tcp? mos.TcpHeader its TCP header; nil when it is not TCP, or cut within the header
---@field udp? mos.UdpHeader its UDP header; nil when it is not UDP, or cut within the header
---@field icmp? mos.IcmpHeader its ICMP header; nil when it is not ICMP, or cut within the header
---@field vlan? number VLAN id of its innermost tag; nil without a tag
---@field invalid? string why TCP would refuse it; nil when TCP would take it
---@field bad_checksum boolean true when a checksum is wrong
---@field malformed? string what is wrong with its headers, named as its counter; nil when its headers are sound
---@field offloaded boolean true when its checksum was left to the sender's network card
---@field truncated boolean true when the capture cut it
---@field fragment boolean true for an IP fragment
---@field reassembled boolean true when it was put together from IP fragments
---@field tunnel? table[] the tunnels it came through, the outermost first; nil without one
---@field keepalive boolean true for a TCP keep-alive
---@field rexmit boolean true when it repeats sequence space
---@field rexmit_kind? string why it was repeated; nil when it was not, and for keep-alives
---@field differs? boolean whether a repeat carries other bytes than before; nil when unknown, and for what is no repeat
---@field late boolean true when it fills a gap that was declared before
local Packet = {}

---@class mos.EthHeader
---@field src string source address
---@field dst string destination address
---@field type number EtherType behind the tags
local EthHeader = {}

---@class mos.IpHeader
---@field version number 4 or 6
---@field src string source address
---@field dst string destination address
---@field src_bytes string source address, 4 or 16 bytes in network order
---@field dst_bytes string destination address, 4 or 16 bytes in network order
---@field proto number protocol number behind extension headers
---@field ttl number time to live, or hop limit
---@field tos number type of service, or traffic class
---@field len number length of the packet by its header, bytes
---@field id? number identification; nil for IPv6
local IpHeader = {}

---@class mos.TcpHeader
---@field sport number source port
---@field dport number destination port
---@field seq number sequence number
---@field ack number acknowledgement number
---@field flags number flags, as the byte in the header
---@field window number window, unscaled
---@field urgent number urgent pointer
---@field header_len number length of the header, options included, bytes
---@field mss? number maximum segment size, bytes; nil without the option
---@field wscale? number window scale, a shift count; nil without the option
---@field sack_permitted boolean true with a SACK option of either kind
---@field sack? table[] blocks of the SACK option, each {left, right}; nil without one
---@field tsval? number timestamp value; nil without the option
---@field tsecr? number timestamp echo reply; nil without the option
local TcpHeader = {}

---True when all of these flags are set.
---
---true when the segment has all of these flags.
---@param letters string one or more of F, S, R, P, A, U, E, C
---@return boolean
function TcpHeader:has(letters) end

---@class mos.UdpHeader
---@field sport number source port
---@field dport number destination port
---@field len number length by its header, bytes
local UdpHeader = {}

---@class mos.IcmpHeader
---@field type number type
---@field code number code
---@field about? mos.Flow the flow that an ICMP error is about; nil for other messages, and when no such flow is known
---@field quoted? table ends and protocol of the packet that an ICMP error quotes; nil for other messages
local IcmpHeader = {}

---@class mos.View
---@field ptr ffi.cdata* pointer to its first byte, for ffi
---@field offset number stream offset of its first byte
local View = {}

---First and last position of a plain text, or nil.
---
---The positions of its first and last byte, from 1; nil when it is not there.
---@param text string a plain text, no pattern
---@param init? number the position to begin at, as in string.find
---@return number?
---@return number
function View:find(text, init) end

---True when it begins with text.
---
---true when the bytes begin with it.
---@param text string a plain text
---@return boolean
function View:starts(text) end

---The byte at an offset.
---
---The byte, 0 to 255.
---@param offset number where, from 0
---@return number
function View:u8(offset) end

---Two bytes at an offset, big-endian.
---
---The number that they are in network order.
---@param offset number where the first of two bytes is, from 0
---@return number
function View:u16(offset) end

---Four bytes at an offset, big-endian.
---
---The number that they are in network order.
---@param offset number where the first of four bytes is, from 0
---@return number
function View:u32(offset) end

---Eight bytes at an offset, exact to 2^53.
---
---The number that they are in network order, as a double: exact to 2^53.
---@param offset number where the first of eight bytes is, from 0
---@return number
function View:u64(offset) end

---A string, by the rules of string.sub.
---
---These bytes as a string, by the rules of string.sub.
---@param i? number the first position, from 1; below 0: from the end; left out: 1
---@param j? number the last position; left out: -1
---@return string
function View:sub(i, j) end

---The line that begins there, without its CR LF; nil without a line end.
---
---The line without its end, LF or CR LF; nil while no line end is there. The next one begins behind view:find("\n", position).
---@param position? number where the line begins, from 1; left out: 1
---@return string?
function View:line(position) end

---A view of a part.
---
---A view of that part, valid as long as the whole. It is a new object.
---@param offset number where the part begins, from 0
---@param len? number its length; left out: to the end
---@return mos.View
function View:slice(offset, len) end

---@class mos.Arg
---@field code? string what had to be refused or discarded; nil for other events than ON_ERROR
---@field reason? string why the bytes will not come; nil for other events than ON_GAP
---@field offset number stream offset of the first byte concerned
---@field length number how many bytes, bytes
---@field duration? number how long a window was zero, seconds; nil when it closed, and for other events
local Arg = {}

---@class mos.Timer
local Timer = {}

---Stops it; true when it would have fired again.
---
---true when it would have fired (again); false when it has fired or was cancelled before.
---@return boolean was_pending
function Timer:cancel() end

---@class mos.Hash
local Hash = {}

---Takes in a string or a view; the hash itself.
---
---The hash itself, so that calls can be chained.
---@param bytes string|mos.View what to take in
---@return mos.Hash hash
function Hash:update(bytes) end

---The digest in hexadecimal; ends the hash.
---
---The digest in hexadecimal digits. The hash has ended then; asking again gives the same text.
---@return string text
function Hash:hex() end

---@class mos.Counter
---@field name string the counter's name
local Counter = {}

---Adds n to the sum of a key.
---
---Nothing. A new key for which there is no room is not taken in: the counter aggregate_keys_refused tells how often.
---@param n number a finite number
---@param ... any a string, a number or a boolean for each label, in their order; nothing without labels
function Counter:add(n, ...) end

---Adds 1 to the sum of a key.
---
---Nothing. A new key for which there is no room is not taken in: the counter aggregate_keys_refused tells how often.
---@param ... any a string, a number or a boolean for each label, in their order; nothing without labels
function Counter:count(...) end

---The sum of a key, 0 without one.
---
---The sum; 0 for a key that is not there.
---@param ... any a string, a number or a boolean for each label, in their order; nothing without labels
---@return number sum
function Counter:value(...) end

---Iterates over key and sum, by key.
---
---For for: the parts of the key, then what value gives. Keys come in order: false, true, numbers, strings by their bytes.
---@return fun(): ... iterator
function Counter:each() end

---The same over the n largest sums, the largest first.
---
---For for: as each, but the largest first, and those that are alike by key.
---@param n number how many keys at most
---@return fun(): ... iterator
function Counter:top(n) end

---The same as this worker alone knows it, readable at any time.
---
---A counter with the methods that read, for what this worker knows: the same each time.
---@return mos.Counter mine
function Counter:own() end

---@class mos.Gauge
---@field name string the gauge's name
local Gauge = {}

---Sets the value of a key.
---
---Nothing. A new key for which there is no room is not taken in: the counter aggregate_keys_refused tells how often.
---@param v number a finite number
---@param ... any a string, a number or a boolean for each label, in their order; nothing without labels
function Gauge:set(v, ...) end

---Adds v to the value of a key.
---
---Nothing. A new key for which there is no room is not taken in: the counter aggregate_keys_refused tells how often.
---@param v number a finite number, below 0 too
---@param ... any a string, a number or a boolean for each label, in their order; nothing without labels
function Gauge:add(v, ...) end

---The value of a key, nil before it was set.
---
---The value; nil for a key that is not there.
---@param ... any a string, a number or a boolean for each label, in their order; nothing without labels
---@return number? v
function Gauge:value(...) end

---Iterates over key and value, by key.
---
---For for: the parts of the key, then what value gives. Keys come in order: false, true, numbers, strings by their bytes.
---@return fun(): ... iterator
function Gauge:each() end

---The same over the n largest values, the largest first.
---
---For for: as each, but the largest first, and those that are alike by key.
---@param n number how many keys at most
---@return fun(): ... iterator
function Gauge:top(n) end

---The same as this worker alone knows it, readable at any time.
---
---A gauge with the methods that read, for what this worker knows: the same each time.
---@return mos.Gauge mine
function Gauge:own() end

---@class mos.Histogram
---@field name string the histogram's name
local Histogram = {}

---Takes in a value.
---
---Nothing. A new key for which there is no room is not taken in: the counter aggregate_keys_refused tells how often.
---@param v number a finite number
---@param ... any a string, a number or a boolean for each label, in their order; nothing without labels
function Histogram:add(v, ...) end

---How many values a key has.
---
---How many values; 0 for a key that is not there.
---@param ... any a string, a number or a boolean for each label, in their order; nothing without labels
---@return number n
function Histogram:count(...) end

---The sum of a key's values.
---
---Their sum; 0 for a key that is not there.
---@param ... any a string, a number or a boolean for each label, in their order; nothing without labels
---@return number sum
function Histogram:sum(...) end

---The least value of a key, nil without one.
---
---The least value, exactly; nil without values.
---@param ... any a string, a number or a boolean for each label, in their order; nothing without labels
---@return number? v
function Histogram:min(...) end

---The largest value of a key, nil without one.
---
---The largest value, exactly; nil without values.
---@param ... any a string, a number or a boolean for each label, in their order; nothing without labels
---@return number? v
function Histogram:max(...) end

---The mean of a key's values, nil without one.
---
---sum / count; nil without values.
---@param ... any a string, a number or a boolean for each label, in their order; nothing without labels
---@return number? v
function Histogram:avg(...) end

---The value that a share q of a key's values does not exceed, nil without one.
---
---A value that a share q of all values does not exceed; nil without values. 0 gives the least, 1 the largest value.
---@param q number 0 to 1: 0.5 is the median
---@param ... any a string, a number or a boolean for each label, in their order; nothing without labels
---@return number? v
function Histogram:quantile(q, ...) end

---Iterates over lower edge, upper edge and count.
---
---For for: the least value of a bucket, the first that is too large for it, and how many values it
---has. By default those buckets that have some; with bounds and linear all.
---@param ... any a string, a number or a boolean for each label, in their order; nothing without labels
---@return fun(): ... iterator
function Histogram:buckets(...) end

---Iterates over key and number of values, by key.
---
---For for: the parts of the key, then what count gives. Keys come in order: false, true, numbers, strings by their bytes.
---@return fun(): ... iterator
function Histogram:each() end

---The same over the n keys with most values, those with most first.
---
---For for: as each, but the keys with most values first, and those that are alike by key.
---@param n number how many keys at most
---@return fun(): ... iterator
function Histogram:top(n) end

---The same as this worker alone knows it, readable at any time.
---
---A histogram with the methods that read, for what this worker knows: the same each time.
---@return mos.Histogram mine
function Histogram:own() end

---@class mos.Topk
---@field name string the topk's name
local Topk = {}

---Adds n to the sum of a key.
---
---Nothing.
---@param n number a finite number, 0 or more
---@param ... any a string, a number or a boolean for each label, in their order; nothing without labels
function Topk:add(n, ...) end

---Adds 1 to the sum of a key.
---
---Nothing.
---@param ... any a string, a number or a boolean for each label, in their order; nothing without labels
function Topk:count(...) end

---Iterates over key, sum and what that may lack, the largest sums first.
---
---For for: as each, but the largest first, and those that are alike by key.
---@param n number how many keys at most
---@return fun(): ... iterator
function Topk:top(n) end

---The same over all keys that are there, by key.
---
---For for: the parts of the key, then what value gives. Keys come in order: false, true, numbers, strings by their bytes.
---@return fun(): ... iterator
function Topk:each() end

---The sum of a key, and what that may lack.
---
---The sum of a key, and what it may lack: the true sum is between sum and sum + lacks. 0 and error() for a key that is not there.
---@param ... any a string, a number or a boolean for each label, in their order; nothing without labels
---@return number
---@return number
function Topk:value(...) end

---The most that a key may have had that is not there.
---
---What a key may have had that is not there; 0 while nothing was dropped.
---@return number most
function Topk:error() end

---The same as this worker alone knows it, readable at any time.
---
---A topk with the methods that read, for what this worker knows: the same each time.
---@return mos.Topk mine
function Topk:own() end

---@class mos.Distinct
---@field name string the distinct's name
local Distinct = {}

---Takes in a value.
---
---Nothing. A new key for which there is no room is not taken in: the counter aggregate_keys_refused tells how often.
---@param value any a string, a number or a boolean; the number 1 and the string "1" are two values
---@param ... any a string, a number or a boolean for each label, in their order; nothing without labels
function Distinct:add(value, ...) end

---How many different values a key has had.
---
---How many different values; 0 for a key that is not there.
---@param ... any a string, a number or a boolean for each label, in their order; nothing without labels
---@return number n
function Distinct:value(...) end

---Iterates over key and number, by key.
---
---For for: the parts of the key, then what value gives. Keys come in order: false, true, numbers, strings by their bytes.
---@return fun(): ... iterator
function Distinct:each() end

---The same over the n largest numbers, the largest first.
---
---For for: as each, but the largest first, and those that are alike by key.
---@param n number how many keys at most
---@return fun(): ... iterator
function Distinct:top(n) end

---The same as this worker alone knows it, readable at any time.
---
---A distinct with the methods that read, for what this worker knows: the same each time.
---@return mos.Distinct mine
function Distinct:own() end

---@class ffi.mos_time*: ffi.cdata*
---@field sec integer
---@field nsec integer

---@class ffi.mos_addr*: ffi.cdata*
---@field a integer
---@field b integer

---@class ffi.mos_packet*: ffi.cdata*
---@field src ffi.mos_addr*
---@field dst ffi.mos_addr*
---@field number number
---@field offset number
---@field time ffi.mos_time*
---@field len integer
---@field caplen integer
---@field l3 integer
---@field l4 integer
---@field payload integer
---@field payload_len integer
---@field seq integer
---@field ack integer
---@field tsval integer
---@field tsecr integer
---@field flags integer
---@field sport integer
---@field dport integer
---@field window integer
---@field mss integer
---@field vlan integer
---@field ethertype integer
---@field ip_version integer
---@field proto integer
---@field tcp_flags integer
---@field wscale integer
---@field invalid integer
---@field link integer
---@field malformed integer
---@field rexmit_kind integer
---@field wire_payload_len integer

---@class ffi.mos_tunnel*: ffi.cdata*
---@field src ffi.mos_addr*
---@field dst ffi.mos_addr*
---@field id integer
---@field kind integer
---@field ip_version integer
---@field has_id integer
---@field pad0 integer

---@class ffi.mos_endpoint*: ffi.cdata*
---@field iss integer
---@field nxt integer
---@field packets integer
---@field wnd integer
---@field mss integer
---@field state integer
---@field wscale integer
---@field flags integer
---@field known integer

---@class ffi.mos_conn*: ffi.cdata*
---@field cli_addr ffi.mos_addr*
---@field svr_addr ffi.mos_addr*
---@field cli_port integer
---@field svr_port integer
---@field vlan integer
---@field ip_version integer
---@field proto integer
---@field generation integer
---@field flags integer
---@field end_reason integer
---@field timing integer
---@field lag integer
---@field start ffi.mos_time*
---@field last ffi.mos_time*
---@field cli ffi.mos_endpoint*
---@field svr ffi.mos_endpoint*
---@field ext integer
---@field set integer
---@field wheel_next integer
---@field wheel_prev integer
---@field cli_rtt integer
---@field svr_rtt integer

---@class ffi.mos_stream*: ffi.cdata*
---@field next integer
---@field top integer
---@field bytes number
---@field in_flight integer
---@field sample_seq integer
---@field ack integer
---@field tsval integer
---@field runs integer
---@field ordered_run integer
---@field last_run integer
---@field charged integer
---@field run_count integer
---@field flags integer
---@field policy integer
---@field suspect integer
---@field dup_run integer
---@field pad0 integer

---@class ffi.mos_health*: ffi.cdata*
---@field fin integer
---@field gap_bytes number
---@field repeated number
---@field rtt_sum number
---@field rtt_min integer
---@field rtt_max integer
---@field rtt_count integer
---@field sample_time integer
---@field recover integer
---@field first_byte integer
---@field idle integer
---@field retransmitted integer
---@field rexmit_rto integer
---@field rexmit_fast integer
---@field rexmit_spurious integer
---@field rexmit_probe integer
---@field out_of_order integer
---@field dup_acks integer
---@field sack_blocks integer
---@field zero_windows integer
---@field gap_count integer
---@field zero_window_time integer
---@field zero_window_since integer
---@field ecn_ce integer
---@field ecn_ece integer
---@field gaps integer
---@field suspect_time integer

---@class ffi.mos_reader*: ffi.cdata*
---@field cli_offset integer
---@field svr_offset integer
---@field cli_missed integer
---@field svr_missed integer
---@field next integer
---@field socket integer
---@field reads integer
---@field pad0 integer

---@class ffi.mos_ext*: ffi.cdata*
---@field cli ffi.mos_stream*
---@field svr ffi.mos_stream*
---@field cli_health ffi.mos_health*
---@field svr_health ffi.mos_health*
---@field reader ffi.mos_reader*

---@class ffi.mos_outgoing*: ffi.cdata*
---@field side integer
---@field has integer
---@field seq integer
---@field ack integer
---@field window integer
---@field flags integer
---@field ttl integer
---@field payload_len integer

---@class ffi.mos_ends*: ffi.cdata*
---@field a ffi.mos_addr*
---@field b ffi.mos_addr*
---@field a_port integer
---@field b_port integer
---@field ip_version integer
---@field pad0 integer
---@field pad1 integer
---@field pad2 integer

---@class ffi.mos_sketch*: ffi.cdata*
---@field memory ffi.cdata*
---@field precision integer
---@field room integer
---@field count integer
---@field pad0 integer

---@class ffi.mos_event*: ffi.cdata*
---@field slot integer
---@field event integer
---@field hook integer
---@field side integer
---@field socket integer
---@field flow integer
---@field generation integer
---@field code integer
---@field offset number
---@field length number
---@field timer number
---@field now ffi.mos_time*
---@field epoch integer
---@field has_packet integer
---@field packet ffi.mos_packet*
---@field frame ffi.cdata*
---@field data ffi.cdata*
---@field data_offset number
---@field missed number
---@field value number
---@field source integer
---@field message string
---@field stage integer
---@field waiting integer

---@class ffi.mos_api*: ffi.cdata*
---@field abi integer
---@field size_packet integer
---@field size_conn integer
---@field size_ext integer
---@field size_event integer
---@field pad0 integer
---@field worker ffi.cdata*
---@field event ffi.mos_event*
---@field conns ffi.mos_conn*
---@field exts ffi.mos_ext*
---@field serial_high ffi.cdata*
---@field counters ffi.cdata*
---@field counter_count integer
---@field pad1 integer
---@field counter_name function
---@field source_name function
---@field next function
---@field leave function
---@field socket function
---@field close_socket function
---@field bind_filter function
---@field subscribe function
---@field subscribe_flow function
---@field freed_slot function
---@field view function
---@field consume function
---@field ppeek function
---@field set_option function
---@field get_option function
---@field close_flow function
---@field set_timer function
---@field cancel_timer function
---@field emit function
---@field flow_state function
---@field hash_new function
---@field hash_update function
---@field hash_final function
---@field hash_free function
---@field tunnel function
---@field icmp_quote function
---@field icmp_flow function
---@field registered function
---@field find_flow function
---@field change_packet function
---@field send_frame function
---@field send_segment function
---@field reset_flow function
---@field worker_index integer
---@field worker_count integer
---@field hand_in function
---@field gathered function
---@field handed_in function
---@field dismiss function
---@field is_live integer
---@field pad2 integer
---@field clock function
---@field sketch_add function
---@field sketch_merge function
---@field sketch_estimate function
---@field reload_begin function
---@field reload_socket function
---@field reload_finish function
---@field reload_lost function
---@field reload_accept function
---@field flow_limit function
---@field set_carrying function
---@field former_context function
---@field former_contexts function
---@field forget_former function
