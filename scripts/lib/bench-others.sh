# SPDX-License-Identifier: BSD-2-Clause
# To be sourced by scripts/bench: programs of others on the same captures.

missing=() # why rows are not there
libnids=
declare -A tshark_cost=()

build_libnids() {
  local program=$work/bench-libnids
  if ! command -v cc >/dev/null; then
    missing+=("libnids is missing: there is no C compiler (cc)")
  elif ! cc -O2 $lib/bench-libnids.c -o "$program" -lnids -lpcap 2>"$work/log"; then
    missing+=("libnids is missing: $(head -n 1 "$work/log"); Debian has it as libnids-dev")
  else
    libnids=$program
  fi
}

# tshark is slow, so a cut does; the difference of two cuts leaves its start out. It puts no streams together: what it
# would do for dissectors that the tap does not ask takes longer with every segment of "bulk".
measure_tshark() {
  local name short=$1 long=$2
  if ! command -v tshark >/dev/null; then
    missing+=("tshark is missing: scripts/setup installs it")
    return
  fi
  for name in "${workloads[@]}"; do
    for cut in "$short" "$long"; do
      measure "$name tshark $cut" tshark -q -n -o tcp.desegment_tcp_streams:FALSE \
        -X lua_script:$lib/bench-tshark.lua -r "${file[$name]}" -c "$cut"
    done
    tshark_cost[$name]=$(
      calculate "(${best[$name tshark $long]} - ${best[$name tshark $short]}) * 1000 / ($long - $short)" 0
    )
  done
}
tshark_cell() { echo "${tshark_cost[$1]}"; }
