# SPDX-License-Identifier: BSD-2-Clause
# mos between client and server: how scripts/test-inline starts and ends it, and what it says of the outcome.
# To be sourced behind namespaces.sh; wants $root, $mos.

lib=$root/scripts/lib
web=$work/web
www=$work/www
failures=0
raw=(-i box0 -i box1)
dpdk=(-i dpdk:net_af_packet0,iface=box0 -i dpdk:net_af_packet1,iface=box1)
ports=("${raw[@]}")
faults=(--set faults.loss=0.01 --set faults.reorder=0.02 --set faults.duplicate=0.01 --set faults.seed=7)

ok() { echo "ok: $*"; }
bad() {
    echo "FAILED: $*"
    failures=$((failures + 1))
}

# verdict NAME COMMAND...: what the command prints, as ok when it succeeds.
verdict() {
    local name=$1 said
    shift
    if said=$("$@" 2>&1); then ok "$name${said:+: $said}"; else bad "$name: $said"; fi
}

listening() {
    grep -q '^mos: bridging' "$work/summary" || [[ $(grep -c '^mos: listening on' "$work/summary") == 2 ]]
}
has_ended() { ! kill -0 "$1" 2>/dev/null; }

# begin ARGUMENT...: starts mos on both ports of the box; records and what it says go to files.
begin() {
    : >"$work/records"
    : >"$work/summary"
    web_from=$(($(wc -l <"$web") + 1))
    # A command in the background would ignore interrupts.
    start "$box" env --default-signal=INT "$mos" run "${ports[@]}" "$@" \
        >"$work/records" 2>"$work/summary"
    monitor=$last
    if ! wait_for 10 listening 2>/dev/null; then
        bad "mos does not start: $*"
        tail -5 "$work/summary"
        return 1
    fi
}

# settle: waits until all connections are closed, however often a FIN has to be sent again.
settle() {
    wait_for 5 no_connections || ss_of_both
}
no_connections() { [[ -z $(ss_of_both) ]]; }
ss_of_both() {
    in_client ss -Htn state connected exclude time-wait
    in_server ss -Htn state connected exclude time-wait
}

# finish NAME [CODE]: Ctrl-C must end it, with that exit code (130: nothing went wrong but that).
finish() {
    local code=0
    kill -INT "$monitor" 2>/dev/null || true
    if ! wait_for 10 has_ended "$monitor" 2>/dev/null; then
        bad "$1: mos does not end"
        kill -KILL "$monitor" 2>/dev/null || true
    fi
    wait "$monitor" || code=$?
    [[ $code == "${2:-130}" ]] && return
    bad "$1: mos ended with $code, not ${2:-130}"
    tail -15 "$work/summary"
}

# web_log: what the server told since mos began, in a file.
web_log() {
    sleep 0.2
    tail -n "+$web_from" "$web" >"$work/web-log"
    echo "$work/web-log"
}

# fetch ARGUMENT...: curl in the client, quick to give up.
fetch() { in_client curl --no-progress-meter --max-time 60 --header Expect: "$@"; }

# same NAME...: each file as it came is the one that was sent.
same() {
    local name
    for name in "$@"; do
        if [[ $(sha256sum <"$www/$name") != "$(sha256sum <"$work/got-$name")" ]]; then
            echo "$name, fetched: another SHA-256"
            return 1
        fi
        if [[ $(sha256sum <"$www/$name") != "$(sha256sum <"$www/up-$name")" ]]; then
            echo "$name, sent: another SHA-256"
            return 1
        fi
    done
    echo "$# files both ways, same SHA-256"
}

# carry NAME...: fetches and sends each file, after another; then both at once.
carry() {
    local name
    for name in "$@"; do
        rm -f "$work/got-$name" "$www/up-$name"
        fetch --output "$work/got-$name" "http://10.0.0.2/$name"
        fetch --upload-file "$www/$name" --output /dev/null "http://10.0.0.2/$name"
    done
}

# bridge, unbridge: the kernel's bridge in mos' place.
bridge() {
    ip -n "$box" link add bridge type bridge
    ip -n "$box" link set box0 master bridge
    ip -n "$box" link set box1 master bridge
    ip -n "$box" link set bridge up
}
unbridge() { ip -n "$box" link delete bridge; }
