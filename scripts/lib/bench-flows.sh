# SPDX-License-Identifier: BSD-2-Clause
# To be sourced by scripts/bench: from a thousand connections to millions, all at the same time.

# Two runs of each: until all have shaken hands and some while on, and to the end. What one packet more takes is their
# difference; opening a connection is not in it.
flow_counts=(1000 10000 100000 1000000 4000000)
declare -A flow_packets flow_half open_file
half_open=4000000

prepare_flows() {
  local count
  for count in "${flow_counts[@]}"; do
    flow_packets[$count]=$((count * 5 > 3000000 ? count * 5 : 3000000))
    flow_half[$count]=$((count * 3 > 1500000 ? count * 3 : 1500000))
    open_file[$count]=$(capture "open-$count" open --flows "$count" --packets "${flow_packets[$count]}")
    warm "${open_file[$count]}"
  done
}
measure_open() { # connections
  local command=("$mos" run $lib/bench-conn.lua -r "${open_file[$1]}" --set max_flows=$(($1 + 1000)))
  measure "open $1 half" "${command[@]}" -c "${flow_half[$1]}"
  measure "open $1" "${command[@]}"
}
measure_flows() {
  local count path run
  prepare_flows
  for ((run = 0; run < runs; run++)); do
    for count in "${flow_counts[@]}"; do
      # The largest takes a quarter of a minute.
      [ "$run" -gt 0 ] && [ "$count" -gt 1000000 ] || measure_open "$count"
    done
  done
  if [ "$half_open" -gt 0 ]; then
    path=$(capture "syn-$half_open" syn --flows "$half_open")
    warm "$path"
    measure "half-open" "$mos" run $lib/bench-conn.lua -r "$path" --set max_flows=$((half_open + 1000))
  fi
}

flow_slope() { # connections: ns per packet once all are open
  calculate "(${best[open $1]} - ${best[open $1 half]}) * 1000 / (${flow_packets[$1]} - ${flow_half[$1]})"
}

print_flows() {
  local count all=() later=() peaks=()
  for count in "${flow_counts[@]}"; do
    all+=("$(nanoseconds "${best[open $count]}" "${flow_packets[$count]}")")
    later+=("$(flow_slope "$count")")
    peaks+=("$(megabytes "${memory[open $count]}")")
  done
  row "connections, established, none closed" "${flow_counts[@]}"
  rule "${#flow_counts[@]}"
  row "CPU ns per packet, opening them included" "${all[@]}"
  row "CPU ns per packet, once all are open" "${later[@]}"
  row "peak MB" "${peaks[@]}"
  if [ "$half_open" -gt 0 ]; then
    echo "$half_open half-open connections: $(nanoseconds "${best[half-open]}" "$half_open") ns each," \
      "peak $(megabytes "${memory[half-open]}") MB"
  fi
  echo
}
