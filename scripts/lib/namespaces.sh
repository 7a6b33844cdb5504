# SPDX-License-Identifier: BSD-2-Clause
# Two network namespaces joined by a pair of interfaces: `client0` (10.0.0.1, fd00::1) in $client,
# `server0` (10.0.0.2, fd00::2) in $server; or joined through a third one, $box, by its interfaces
# `box0` and `box1`. To be sourced; cleans up when the shell leaves.

client="mos-client-$$"
server="mos-server-$$"
box="mos-box-$$"
work=$(mktemp -d)
started=()

# Ends what was started, and removes the namespaces with their interfaces.
clean_up() {
    local process namespace
    for process in "${started[@]}"; do kill "$process" 2>/dev/null || true; done
    for process in "${started[@]}"; do wait "$process" 2>/dev/null || true; done
    for namespace in "$client" "$server" "$box"; do
        ip netns delete "$namespace" 2>/dev/null || true
    done
    rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

# in_client COMMAND..., in_server COMMAND..., in_box COMMAND...: run it in that namespace.
in_client() { ip netns exec "$client" "$@"; }
in_server() { ip netns exec "$server" "$@"; }
in_box() { ip netns exec "$box" "$@"; }

# start NAMESPACE COMMAND...: runs it in the background until the script ends; `ip` becomes the
# command, so its number, in $last, is the command's.
start() {
    ip netns exec "$@" &
    last=$!
    started+=("$last")
}

# stop NUMBER [SIGNAL]: ends what was started and waits until it has finished its work.
stop() {
    kill "-${2:-TERM}" "$1" 2>/dev/null || true
    wait "$1" 2>/dev/null || true
}

# wait_for SECONDS COMMAND...: until the command succeeds.
wait_for() {
    local tries=$(($1 * 20))
    shift
    until "$@" >/dev/null 2>&1; do
        tries=$((tries - 1))
        if ((tries == 0)); then
            echo "waited in vain for: $*" >&2
            return 1
        fi
        sleep 0.05
    done
}

# make_end NAMESPACE INTERFACE NUMBER: addresses and a fixed neighbour, nothing sent unasked.
make_end() {
    local other=$((3 - $3)) run=(ip netns exec "$1")
    "${run[@]}" sh -c "echo 0 > /proc/sys/net/ipv6/conf/$2/accept_dad"
    "${run[@]}" sh -c "echo 0 > /proc/sys/net/ipv6/conf/$2/router_solicitations"
    "${run[@]}" ip link set lo up
    "${run[@]}" ip link set "$2" addrgenmode none address "02:00:00:00:00:0$3"
    "${run[@]}" ip link set "$2" up
    "${run[@]}" ip address add "10.0.0.$3/24" dev "$2"
    "${run[@]}" ip address add "fd00::$3/64" dev "$2" nodad
    "${run[@]}" ip neighbour add "10.0.0.$other" lladdr "02:00:00:00:00:0$other" dev "$2"
    "${run[@]}" ip neighbour add "fd00::$other" lladdr "02:00:00:00:00:0$other" dev "$2"
}

# make_namespaces on|off: with segmentation and checksum offloads, or frames as on a wire.
make_namespaces() {
    ip netns add "$client"
    ip netns add "$server"
    ip -n "$client" link add client0 type veth peer name server0 netns "$server"
    make_end "$client" client0 1
    make_end "$server" server0 2
    [[ $1 == on ]] && return
    as_on_a_wire "$client" client0
    as_on_a_wire "$server" server0
}

# as_on_a_wire NAMESPACE INTERFACE: no offloads: checksums are right, segments fit the MTU.
as_on_a_wire() {
    ip netns exec "$1" ethtool -K "$2" tx off rx off sg off tso off gso off gro off >/dev/null
}

# make_boxed_namespaces [MTU]: the box has no addresses and says nothing of its own; frames as on a wire.
make_boxed_namespaces() {
    local namespace interface mtu=${1:-1500}
    for namespace in "$client" "$server" "$box"; do ip netns add "$namespace"; done
    in_box sh -c 'for i in all default; do echo 1 > /proc/sys/net/ipv6/conf/$i/disable_ipv6; done'
    ip -n "$client" link add client0 mtu "$mtu" type veth peer name box0 mtu "$mtu" netns "$box"
    ip -n "$server" link add server0 mtu "$mtu" type veth peer name box1 mtu "$mtu" netns "$box"
    make_end "$client" client0 1
    make_end "$server" server0 2
    as_on_a_wire "$client" client0
    as_on_a_wire "$server" server0
    for interface in box0 box1; do
        ip -n "$box" link set "$interface" up
        as_on_a_wire "$box" "$interface"
    done
}

# set_mtu BYTES: of all four interfaces.
set_mtu() {
    ip -n "$client" link set client0 mtu "$1"
    ip -n "$server" link set server0 mtu "$1"
    ip -n "$box" link set box0 mtu "$1"
    ip -n "$box" link set box1 mtu "$1"
}
