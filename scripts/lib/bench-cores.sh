# SPDX-License-Identifier: BSD-2-Clause
# To be sourced by scripts/bench: one core and two, on the same file.

declare -A gain=() # times as fast with two, by the clock

measure_cores() {
  local name run cores
  if ! "$mos" run --help | grep -q -- --cores; then
    missing+=("two cores are missing: this mos has no --cores")
    return
  fi
  if [ "$(nproc)" -lt 2 ]; then
    missing+=("two cores are missing: this machine has one")
    return
  fi
  for name in "${workloads[@]}"; do
    for ((run = 0; run < runs; run++)); do
      for cores in 1 2; do
        measure "$name cores $cores" "$mos" run $lib/bench-conn.lua -r "${file[$name]}" --cores $cores
      done
    done
    gain[$name]=$(calculate "${wall[$name cores 1]} / ${wall[$name cores 2]}" 2)
  done
}

wall_cell() { nanoseconds "${wall[$2 cores $1]}" "${packets[$2]}"; }
processor_cell() { nanoseconds "${best[$2 cores $1]}" "${packets[$2]}"; }
gain_cell() { echo "${gain[$1]}"; }

print_cores() {
  [ "${#gain[@]}" -gt 0 ] || return 0
  line "ns per packet: CONN_START, CONN_END, NEW_DATA" echo
  rule "${#workloads[@]}"
  line "one core, by the clock" wall_cell 1
  line "two cores, by the clock" wall_cell 2
  line "one core, processor time" processor_cell 1
  line "two cores, processor time" processor_cell 2
  line "times as fast" gain_cell
  echo
}
