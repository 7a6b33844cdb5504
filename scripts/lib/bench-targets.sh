# SPDX-License-Identifier: BSD-2-Clause
# To be sourced by scripts/bench: what was promised, and whether it holds.

missed=0
judge() { # what, value, comparison, limit, unit
  local words="at most" verdict=PASS
  [ "$3" = "<=" ] || words="at least"
  if ! holds "$2 $3 $4"; then
    verdict=MISS
    missed=$((missed + 1))
  fi
  echo "$verdict  $1: $2${5:+ $5}, $words $4"
}
at_most() { judge "$1" "$2" "<=" "$3" "${4:-}"; }  # what, value, limit, unit
at_least() { judge "$1" "$2" ">=" "$3" "${4:-}"; }
skip() { echo "skip  $1"; }

target_libnids() {
  if [ -z "$libnids" ]; then
    skip "times as fast as libnids: ${missing[0]}"
    return
  fi
  local name limit
  for name in small:4 mixed:4 bulk:3 syn:5; do
    limit=${name#*:} name=${name%:*}
    at_least "$name, every start, end and NEW_DATA, times as fast as libnids verifying checksums" \
      "$(ratio nids conn "$name")" "$limit"
  done
}

target_cores() {
  if [ "${#gain[@]}" = 0 ]; then
    skip "two cores"
    return
  fi
  at_least "small, two cores, times as fast as one" "${gain[small]}" 1.6
  at_least "mixed, two cores, times as fast as one" "${gain[mixed]}" 1.5
}

target_flows() {
  local most=${flow_counts[-1]}
  [ -n "${best[open $most]:-}" ] || return 0
  at_most "ns per packet with $most connections open, times those with ${flow_counts[0]}" \
    "$(calculate "$(flow_slope "$most") / $(flow_slope "${flow_counts[0]}")" 2)" 2
  [ "$half_open" -gt 0 ] || return 0
  at_most "4 million half-open connections" "$(megabytes "${memory[half-open]}")" 800 MB
  at_most "4 million established connections" "$(megabytes "${memory[open 4000000]}")" 2300 MB
}

target_details() {
  at_most "packet_count.lua beyond the floor, 64-byte packets, 100 k flows" \
    "$(calculate "$(per_packet count tiny) - $(per_packet floor tiny)")" 60 ns
  at_most "bulk, every start, end and byte, times the floor" "$(ratio conn floor bulk)" 2.2
  [ -n "${best[events]:-}" ] || return 0
  at_most "an event of eight per packet, with its trivial callback" \
    "$(calculate "(${best[events]} - ${best[sockets]}) * 1000 / ${packets[small]} / 8")" 6 ns
  # 200,000 connections; a tenth of a percent more or less does not matter.
  local static
  static=$(calculate "${best[on socket]} / 600" 0)
  at_most "a callback registered on a flow instead of the socket (limit: 100 ns, or 15 % of the run)" \
    "$(calculate "(${best[on flow]} - ${best[on socket]}) / 600")" \
    "$(calculate "(($static * 0.15 > 100) ? $static * 0.15 : 100)" 0)" ns
  at_most "-f beyond libpcap's own $filter_alone ns" "$(calculate "$filter_within - $filter_alone")" 3 ns
  at_most "start to end of a capture of 103 packets" "$(calculate "${wall[start]} / 1000")" 50 ms
}

print_targets() {
  target_libnids
  target_details
  target_cores
  target_flows
}
