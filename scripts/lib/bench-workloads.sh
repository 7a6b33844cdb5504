# SPDX-License-Identifier: BSD-2-Clause
# To be sourced by scripts/bench: the workloads, one core, whole processes, mos with different scripts beside others.

# Key, what the table says, command: FILE is the capture, ROOM the connections that libnids must have room for.
rows=(
  "floor|floor|$bench floor FILE"
  "idle|nothing subscribed|$mos run $lib/bench-idle.lua -r FILE"
  "count|packet_count.lua|$mos run $count -r FILE"
  "event|a callback per packet|$mos run $lib/bench-event.lua -r FILE"
  "state|the same, counting in flow.state|$mos run $lib/bench-state.lua -r FILE"
  "kinds|16 kinds of events mixed|$mos run $lib/bench-kinds.lua -r FILE"
  "data|NEW_DATA, looked at, consumed|$mos run $lib/bench-data.lua -r FILE"
  "conn|CONN_START, CONN_END, NEW_DATA|$mos run $lib/bench-conn.lua -r FILE"
)
# Those of the generator, doubled: connections that are over linger for a while. Room for more costs libnids time.
declare -A room=([small]=2000 [mixed]=4000 [bulk]=2000 [syn]=1048576 [tiny]=200000)
declare -A file packets size

prepare_workloads() {
  local bytes name
  for name in "${workloads[@]}"; do
    file[$name]=$(capture "$name" "$name")
    read -r packets[$name] bytes _ < <("$bench" floor "${file[$name]}")
    size[$name]=$((bytes / packets[$name]))
  done
  build_libnids
  if [ -n "$libnids" ]; then
    rows+=(
      "nids|libnids (C), verifying checksums|$libnids FILE ROOM verify"
      "trust|libnids (C), trusting checksums|$libnids FILE ROOM trust"
    )
  fi
}

# All of a workload in turn, so that a slow moment of the machine meets all of them.
measure_workloads() {
  local name run row key words
  for name in "${workloads[@]}"; do
    for ((run = 0; run < runs; run++)); do
      for row in "${rows[@]}"; do
        IFS='|' read -r key _ words <<<"$row"
        # libnids allocates for every packet of 100,000 connections: seconds.
        case "$name $key" in "tiny nids" | "tiny trust") [ "$run" = 0 ] || continue ;; esac
        words=${words/FILE/${file[$name]}}
        read -ra words <<<"${words/ROOM/${room[$name]}}"
        measure "$name $key" "${words[@]}"
      done
    done
  done
}

per_packet() { nanoseconds "${best[$2 $1]}" "${packets[$2]}"; } # row, workload
ratio() { calculate "${best[$3 $1]} / ${best[$3 $2]}" 2; }       # row, row, workload
rate() { calculate "${size[$2]} * 8 * ${packets[$2]} / (${best[$2 $1]} * 1000)" 2; }
spread() { calculate "${worst[$2 $1]} / ${best[$2 $1]}" 2; }
peak() { megabytes "${memory[$2 $1]}"; }
cells() { # command that prints the cell of a workload: all cells, one a line
  local name
  for name in "${workloads[@]}"; do "$@" "$name"; done
}
line() { # first cell, command
  local values
  mapfile -t values < <(cells "${@:2}")
  row "$1" "${values[@]}"
}
packets_of() { echo "${packets[$1]}"; }
size_of() { echo "${size[$1]}"; }

print_workloads() {
  local row key label
  line "CPU ns per packet, one core" echo
  rule "${#workloads[@]}"
  line "packets" packets_of
  line "captured bytes each" size_of
  for row in "${rows[@]}"; do
    IFS='|' read -r key label _ <<<"$row"
    line "$label" per_packet "$key"
  done
  [ "${#tshark_cost[@]}" = 0 ] || line "tshark with a Lua tap, a cut" tshark_cell
  [ "$runs" = 1 ] || line "the slowest run of CONN_START..., times the least" spread conn
  line "Gbit/s: CONN_START, CONN_END, NEW_DATA" rate conn
  line "times the floor: the same" ratio conn floor
  [ -z "$libnids" ] || line "libnids, verifying, takes times as long" ratio nids conn
  line "peak MB: floor" peak floor
  line "peak MB: packet_count.lua" peak count
  line "peak MB: CONN_START, CONN_END, NEW_DATA" peak conn
  [ -z "$libnids" ] || line "peak MB: libnids, verifying" peak nids
  [ "${#instructions[@]}" = 0 ] || line "instructions: CONN_START, CONN_END, NEW_DATA" instructions_cell
  [ "${#missing[@]}" = 0 ] || printf "%s\n" "${missing[@]}"
}
