# SPDX-License-Identifier: BSD-2-Clause
# To be sourced by scripts/bench: what one packet more takes: instructions, allocations, reference counts, garbage.

short=20000 long=60000
failures=0
declare -A instructions=()

profile_of() { # name, script, capture, packets
  if ! valgrind --tool=callgrind --callgrind-out-file="$work/$1" "$work/mos" run "$2" -r "$3" -c "$4" \
    >"$work/log" 2>&1; then
    cat "$work/log" >&2
    return 1
  fi
}
path_of() { # script, capture: what callgrind counted
  profile_of short "$1" "$2" $short
  profile_of long "$1" "$2" $long
  awk -v packets=$((long - short)) -f $lib/bench-callgrind.awk "$work/short" "$work/long"
}
total_of() { awk -F '\t' '$1 == "total" { print $2 }' <<<"$1"; }
demangle() { if command -v swift-demangle >/dev/null; then swift-demangle --compact; else cat; fi; }

report_path() { # title, script, capture for counting, capture for garbage
  local garbage counts
  counts=$(path_of "$2" "$3")
  garbage=$("$mos" run "$2" -r "$4" 2>/dev/null)
  echo "$1: $(total_of "$counts") instructions per packet, $garbage bytes of Lua garbage per event"
  if [ "$profile" = yes ]; then
    awk -F '\t' '$1 == "self" { print $2 "\t" $3 }' <<<"$counts" | sort -rn | head -n 25 | demangle |
      awk -F '\t' '{ printf "  %7s  %s\n", $1, substr($2, 1, 100) }'
  fi
  if grep -q '^call' <<<"$counts"; then
    echo "  allocations and reference counts per packet:"
    awk -F '\t' '$1 == "call" { print "  " $2 "  " $3 " from " $4 }' <<<"$counts" | sort -rn | demangle
    failures=$((failures + 1))
  else
    echo "  no malloc, calloc, realloc, swift_alloc*, swift_retain or swift_release per packet"
  fi
  if holds "$garbage > 0.05"; then failures=$((failures + 1)); fi
}

# Where there is no valgrind, the table has no instructions, and the packet path is not proved.
measure_paths() {
  local name
  if ! command -v valgrind >/dev/null; then
    missing+=("instructions and allocations are missing: there is no valgrind (scripts/setup installs it)")
    return
  fi
  strip -g -o "$work/mos" "$mos" # valgrind cannot read the debug information
  for name in "${workloads[@]}"; do
    instructions[$name]=$(total_of "$(path_of $lib/bench-conn.lua "${file[$name]}")")
  done
}
instructions_cell() { echo "${instructions[$1]}"; }

print_paths() {
  local tiny small bulk
  [ -e "$work/mos" ] || return 0
  tiny=$(capture tiny-1000 tiny --packets $long --flows 1000)
  small=$(capture small-few small --packets $long)
  bulk=$(capture bulk-4 bulk --packets $long --flows 4)
  report_path "64-byte packets, a callback each" $lib/bench-event.lua "$tiny" "${file[tiny]}"
  report_path "small, filters per connection and packet" $lib/bench-filter.lua "$small" "${file[small]}"
  report_path "bulk, NEW_DATA looked at and consumed" $lib/bench-data.lua "$bulk" "${file[bulk]}"
  echo
}
