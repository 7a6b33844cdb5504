# SPDX-License-Identifier: BSD-2-Clause
# What scripts/test-inline proves, a function each. To be sourced behind inline.sh.

small=(0 1 1447 1448 1449 65536 1000000)

# transfers NAME FILE... -- ARGUMENT...: files of all sizes, while examples/connections.lua hashes both streams.
transfers() {
    local name=$1 files=()
    shift
    while [[ $1 != -- ]]; do
        files+=("$1")
        shift
    done
    shift
    begin "$root/examples/connections.lua" --inline "$@" || return 0
    carry "${files[@]}"
    verdict "$name" same "${files[@]}"
    settle
    finish "$name"
    verdict "$name, connections.lua" python3 "$lib/inline-check.py" streams "$(web_log)" "$work/records"
}

prove_transfers() { transfers "transfers$1" "${small[@]}" 50000000 --; }

# A window of several megabytes waits behind a segment that is lost twice.
prove_faults() {
    transfers "transfers$1, 1 % lost, 2 % reordered, 1 % twice" "${small[@]}" 20000000 -- "${faults[@]}" \
        --set buffer=16MiB
}

# prove_strip: requests on one connection, bodies that look like the header, through faults.
prove_strip() {
    local name="strip_header.lua$1" urls=() i
    begin "$root/examples/strip_header.lua" --inline "${faults[@]}" -- --header=X-Tracking || return 0
    for i in {1..30}; do urls+=("http://10.0.0.2/$((i % 3 == 0 ? 65536 : 1448))" --output "$work/got-$i"); done
    fetch --header 'X-Tracking: 0123456789' "${urls[@]}"
    for i in {1..30}; do
        cmp -s "$work/got-$i" "$www/$((i % 3 == 0 ? 65536 : 1448))" || bad "$name: answer $i differs"
    done
    fetch --header 'X-Tracking: 1' --upload-file "$www/tracking" --output /dev/null http://10.0.0.2/tracking
    cmp -s "$www/tracking" "$www/up-tracking" || bad "$name: the body sent differs"
    in_client python3 "$lib/inline-peers.py" pieces 80 \
        'GET /cut HTTP/1.1\r\nX-Trac' 'king: 1\r\nHost: x\r\n\r\n' >/dev/null
    finish "$name"
    verdict "$name" python3 "$lib/inline-check.py" headers "$(web_log)" "$work/records" X-Tracking
}

# swap SCRIPT NAME COUNT BYTES ARGUMENT...: so many connections, random bytes both ways at once, while the script runs.
swap() {
    local script=$1 name=$2 count=$3 bytes=$4
    shift 4
    rm -f "$www"/swap-*
    begin "$lib/$script" --inline "$@" -- "${options[@]}" --port=90 || return 1
    first_port=$((${first_port:-30000} + 100))
    in_client timeout 60 python3 "$lib/inline-peers.py" swapper "$www" 90 "$first_port" "$count" "$bytes" ||
        bad "$name: the client did not come to an end"
    settle
    finish "$name"
}

# prove_edits NAME COUNT BYTES ARGUMENT...: bytes put in and taken out at random places of both streams.
prove_edits() {
    swap inline-edit.lua "random edits$1" "${@:2}" || return 0
    verdict "random edits$1" python3 "$lib/inline-check.py" edits "$www" "$work/records" "$3"
}

# prove_overwriting NAME COUNT BYTES ARGUMENT...: bytes changed in both streams, packets dropped.
prove_overwriting() {
    swap inline-overwrite.lua "overwriting, dropping$1" "${@:2}" || return 0
    verdict "overwriting, dropping$1" python3 "$lib/inline-check.py" complements "$www" "$work/records" "$3"
}

prove_sending() {
    local name="packets that a script makes" got
    begin "$lib/inline-send.lua" --inline || return 0
    in_client ping -c 1 -W 1 10.0.0.99 >/dev/null 2>&1 || true
    verdict "$name, ARP" grep -o '10.0.0.99.*02:00:00:00:00:63' <(ip -n "$client" neighbour show)
    got=$(fetch --write-out ' %{http_code}' http://10.0.0.2/blocked) || bad "$name: curl fails"
    [[ $got == "blocked"*" 403" ]] || bad "$name: curl got $got"
    got=$(fetch http://10.0.0.2/passes) || bad "$name: curl fails where nothing is sent"
    [[ $got == /passes ]] || bad "$name: curl got $got"
    got=$(in_client python3 "$lib/inline-peers.py" pieces 82 'GET /wa' '' '' '' '' 'it HTTP/1.1\r\n\r\n')
    [[ $got == reset ]] || bad "$name: a connection reset by a timer goes on: $got"
    wait_for 5 no_connections || bad "$name: connections are left: $(ss_of_both)"
    finish "$name"
    if grep -q blocked "$(web_log)"; then bad "$name: the server saw what was answered for it"; fi
    verdict "$name" told 1 '^reset-by-monitor$' "connection reset by a timer"
}

# refused NAME CODE... -- COMMAND...: the command ends with one of the codes.
refused() {
    local name=$1 codes=() code=0
    shift
    while [[ $1 != -- ]]; do
        codes+=("$1")
        shift
    done
    shift
    "$@" >/dev/null 2>&1 || code=$?
    [[ " ${codes[*]} " == *" $code "* ]] || bad "$name: ended with $code, not ${codes[*]}"
}

# told COUNT PATTERN WHAT: so many records match.
told() {
    local count
    count=$(grep -c -e "$2" "$work/records" || true)
    echo "$count $3"
    [[ $count == "$1" ]]
}

prove_http_filter() {
    local name=http_filter.lua peer=(in_client python3 "$lib/inline-peers.py" pieces 80) i denied=() out
    begin "$root/examples/http_filter.lua" --inline -- '--deny=/private,^/%d+/secret$' || return 0
    for i in {1..10}; do denied+=("http://10.0.0.2/private/$i" "http://10.0.0.2/$i/secret"); done
    fetch --parallel --parallel-max 8 "http://10.0.0.2/ok/no-[1-60]" --output "$work/ok-#1" &
    local allowed=$!
    for i in "${denied[@]}"; do refused "$name: $i" 52 56 -- fetch "$i"; done
    refused "$name: /%70rivate" 52 56 -- fetch http://10.0.0.2/%70rivate
    wait "$allowed" || bad "$name: an allowed request failed"
    for i in {1..60}; do [[ $(<"$work/ok-$i") == "/ok/no-$i" ]] || bad "$name: /ok/no-$i: wrong answer"; done
    out=$("${peer[@]}" 'GET /pri' 'vate HTTP/1.1\r\nHost: x\r\n\r\n')
    [[ $out == reset ]] || bad "$name: a request in two segments: $out"
    out=$("${peer[@]}" 'GET /first HTTP/1.1\r\n\r\n' 'GET /private HTTP/1.1\r\n\r\n')
    [[ $out == */first*reset ]] || bad "$name: the second request of a connection: $out"
    out=$("${peer[@]}" 'PUT /second HTTP/1.1\r\nContent-Length: 20\r\n\r\nGET /private HTTP/1.' \
        'GET /third HTTP/1.1\r\n\r\nGET /private HTTP/1.1\r\n\r\n')
    [[ $out == *reset ]] || bad "$name: pipelined: $out"
    wait_for 5 no_connections || bad "$name: connections are left: $(ss_of_both)"
    finish "$name"
    if grep -q 'GET /private\|secret\|%70' "$(web_log)"; then bad "$name: the server saw a denied request"; fi
    verdict "$name" told 24 '"target"' "denied requests"
}

prove_firewall() {
    local name=simple_firewall.lua i
    printf '%s\n' 'accept tcp 10.0.0.0/24 any -> 10.0.0.2 80' 'drop tcp any any -> any 81-82' \
        'accept tcp any any -> any any' >"$work/rules"
    begin "$root/examples/simple_firewall.lua" --inline -- "--rules=$work/rules" || return 0
    for i in 81 82 81; do refused "$name: port $i" 28 -- fetch --connect-timeout 0.7 "http://10.0.0.2:$i/"; done
    carry 1000000
    refused "$name: port 83, nobody there" 7 -- fetch http://10.0.0.2:83/
    verdict "$name, accepted" same 1000000
    finish "$name"
    # 3 connections dropped, each once, however often its SYN was repeated.
    verdict "$name, counters" diff <(tail -4 "$work/records") - <<'END'
     2  accept tcp 10.0.0.0/24 any -> 10.0.0.2 80
     3  drop tcp any any -> any 81-82
     1  accept tcp any any -> any any
     0  default accept
END
}

# public FILE COUNT: so many lines, all with the public address, all with ports of their own.
public() {
    local lines ports
    lines=$(grep -c '^203\.0\.113\.1:20[0-3][0-9][0-9]$' "$1" || true)
    ports=$(sort -u "$1" | wc -l)
    echo "$lines from the public address, $ports ports"
    [[ $lines == "$2" && $ports == "$2" ]]
}

prove_nat() {
    local name=nat.lua peers=(in_client python3 "$lib/inline-peers.py")
    begin "$root/examples/nat.lua" --inline --set time_wait=0.2 --set udp_timeout=1 -- --public=203.0.113.1 \
        --inside=10.0.0.1/32 --ports=20000-20319 --hold=0.5 || return 0
    "${peers[@]}" crowd 300 >"$work/got" || bad "$name: connections fail"
    verdict "$name, 300 connections at once" public "$work/got" 300
    "${peers[@]}" callers 200 31000 >"$work/got"
    verdict "$name, 200 UDP flows" public "$work/got" 200
    sleep 1.5
    "${peers[@]}" crowd 300 >"$work/got" || bad "$name: ports do not come back"
    verdict "$name, the ports come back" public "$work/got" 300
    sleep 1.2
    carry 1000000
    verdict "$name, transfers" same 1000000
    "${peers[@]}" callers 200 32000 >"$work/got"
    verdict "$name, UDP again" public "$work/got" 200
    "${peers[@]}" callers 200 33000 | grep -v '^no answer$' >"$work/got"
    verdict "$name, 120 ports for 200 flows" public "$work/got" 120
    finish "$name"
    verdict "$name, pool empty" grep ' packets dropped for want of a port$' "$work/records"
    if grep -q '"from": "10.0.0.1"' "$(web_log)"; then bad "$name: the server saw the inside address"; fi
}

prove_bytes() {
    local name arguments
    for arguments in "-n 200M" "-n 200M -R" "-n 200M -P 4" "-n 200M -P 4 -R"; do
        name="bytes of iperf3 $arguments"
        begin "$lib/inline-bytes.lua" --inline || return 0
        # shellcheck disable=SC2086
        in_client iperf3 --json --client 10.0.0.2 $arguments >"$work/report" || bad "$name: iperf3 fails"
        finish "$name"
        verdict "$name" python3 "$lib/inline-check.py" iperf "$work/records" "$work/report"
    done
}

prove_errors() {
    local name
    name="errors everywhere, fail-open"
    begin "$lib/inline-throw.lua" --inline || return 0
    carry 1000000
    verdict "$name" same 1000000
    finish "$name" 1
    grep -q 'on purpose' "$work/summary" || bad "$name: nothing is said"
    name="errors everywhere, fail-open, --strict"
    begin "$lib/inline-throw.lua" --inline=fail-open --strict || return 0
    carry 1000000
    verdict "$name" same 1000000
    finish "$name" 1
    name="errors everywhere, fail-closed"
    begin "$lib/inline-throw.lua" --inline=fail-closed || return 0
    refused "$name" 28 -- fetch --max-time 3 http://10.0.0.2/whoami
    finish "$name" 1
    [[ -z $(<"$(web_log)") ]] && ok "$name: nothing passes" || bad "$name: a request passed"
    name="errors everywhere, fail-closed, --strict"
    begin "$lib/inline-throw.lua" --inline=fail-closed --strict || return 0
    refused "$name" 28 -- fetch --max-time 1 http://10.0.0.2/whoami
    if wait_for 3 has_ended "$monitor"; then ok "$name: mos ends"; else bad "$name: mos goes on"; fi
    finish "$name" 1
}

frames() { # from namespace interface, to namespace interface, frames left out
    local receiver
    start "$3" python3 "$lib/inline-frames.py" expect "${@:4}" >"$work/frames"
    receiver=$last
    wait_for 5 grep -q ready "$work/frames"
    ip netns exec "$1" python3 "$lib/inline-frames.py" send "$2" "${@:5}"
    wait "$receiver" && tail -1 "$work/frames" && return
    grep -v ready "$work/frames" | cut -c 1-160 | head -8
    return 1
}

# pings ARGUMENT...: all are answered.
pings() {
    local said code=0
    said=$(in_client ping -q -i 0.01 -W 2 "$@" 2>&1) || code=$?
    grep -o '[0-9]* packets transmitted, [0-9]* received' <<<"$said" || echo "$said"
    [[ $code == 0 && $said == *" 0% packet loss"* ]]
}

prove_other_traffic() {
    local name="other traffic$1" neighbour without=()
    begin "$root/examples/connections.lua" --inline || return 0
    verdict "$name, IPv6" test "$(fetch 'http://[fd00::2]/whoami' | cut -d : -f 1-3)" = fd00::1
    verdict "$name, pings" pings 10.0.0.2 -c 20
    if [[ ${ports[1]} == dpdk:net_af_packet* ]]; then
        echo "left out: net_af_packet has the kernel put fragments of IPv4 together, and forgets that a tag was 0x88a8"
        without=("QinQ 100, 42")
    else
        verdict "$name, pings of 20,000 bytes in fragments" pings 10.0.0.2 -c 20 -s 20000
    fi
    verdict "$name, the same over IPv6" pings fd00::2 -c 20 -s 20000
    neighbour=(10.0.0.2 dev client0)
    ip -n "$client" neighbour delete "${neighbour[@]}"
    verdict "$name, ARP" pings 10.0.0.2 -c 1
    ip -n "$client" neighbour replace "${neighbour[@]}" lladdr 02:00:00:00:00:02
    verdict "$name, odd frames" frames "$client" client0 "$server" server0 "${without[@]}"
    verdict "$name, odd frames the other way" frames "$server" server0 "$client" client0 "${without[@]}"
    finish "$name"
}

prove_jumbo() {
    set_mtu 9000
    transfers "jumbo frames" 8947 8948 8949 65536 1000000 50000000 --
    options=()
    prove_edits ", jumbo frames" 4 1000000
    set_mtu 1500
}

prove_end() {
    local name="Ctrl-C$1" before
    before=$(ip -n "$box" -d link show | sed 's/ state .*//')
    begin "$root/examples/connections.lua" --inline || return 0
    fetch http://10.0.0.2/whoami >/dev/null
    finish "$name"
    verdict "$name leaves nothing behind" diff <(echo "$before") <(ip -n "$box" -d link show | sed 's/ state .*//')
    grep -q '^mos: lost: nothing$' "$work/summary" || bad "$name: lost: $(grep lost "$work/summary")"
    name="two ports without --inline$1"
    begin "$root/examples/udp_flows.lua" || return 0
    in_client ping -q -c 2 -i 0.1 -W 1 10.0.0.2 >/dev/null && bad "$name: a ping passed"
    in_server ping -q -c 2 -i 0.1 -W 1 10.0.0.1 >/dev/null && bad "$name: a ping passed"
    finish "$name"
    verdict "$name: nothing is sent" told 2 ': 2/0 packets' "flows of pings seen"
}

# gigabits: iperf3 through whatever joins the pairs now.
gigabits() {
    in_client iperf3 --json --client 10.0.0.2 --time 2 >"$work/report" &&
        python3 -c "import json; print(json.load(open('$work/report'))['end']['sum_received']['bits_per_second'] / 1e9)"
}

prove_rate() {
    local name="rate$1" kernel=() ours=()
    for _ in 1 2 3; do
        bridge
        kernel+=("$(gigabits)")
        unbridge
        begin -e '' --inline || return 0
        ours+=("$(gigabits)")
        finish "$name"
    done
    verdict "$name" python3 - "${kernel[*]}" "${ours[*]}" <<'PY'
import statistics, sys
kernel, ours = (sorted(map(float, text.split())) for text in sys.argv[1:])
ratio = statistics.median(ours) / statistics.median(kernel)
print(f"mos {' '.join(f'{x:.2f}' for x in ours)}, the kernel's bridge {' '.join(f'{x:.2f}' for x in kernel)} Gbit/s: "
      f"{ratio:.2f} of it")
sys.exit(ratio < 0.25)
PY
}
