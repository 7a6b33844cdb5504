# SPDX-License-Identifier: BSD-2-Clause
# To be sourced by scripts/bench: captures from the seed, the least of several runs, arithmetic, tables.

# ---- captures, made once for a seed and a generator

sources=(Sources/Generation/*.swift Sources/Packets/*Build*.swift)
captures=.build/bench/$seed-$(cat "${sources[@]}" | cksum | cut -d ' ' -f 1)
if [ ! -d "$captures" ]; then
  rm -rf ".build/bench/$seed-"*
  mkdir -p "$captures"
fi
capture() { # name, profile, further arguments: the capture's path
  local path=$captures/$1.pcap
  if [ ! -e "$path" ]; then
    "$mos" generate "$2" "$path.part" --seed "$seed" "${@:3}" 2>"$work/log" || { cat "$work/log" >&2; return 1; }
    mv "$path.part" "$path"
  fi
  echo "$path"
}
# A file that nobody has read for a while comes from the disk: not what is to be measured.
warm() { cat "$@" >/dev/null; }

# ---- the least of several runs; keys are "workload row"

declare -A best worst wall memory # microseconds of processor time, the same, microseconds, kilobytes
measure() { # key, command...
  local cost
  cost=$("$bench" time -- "${@:2}") || return 1
  local processor elapsed peak
  read -r processor elapsed peak <<<"$cost"
  [ "${best[$1]:-$processor}" -lt "$processor" ] || best[$1]=$processor
  [ "${worst[$1]:-0}" -gt "$processor" ] || worst[$1]=$processor
  [ "${wall[$1]:-$elapsed}" -lt "$elapsed" ] || wall[$1]=$elapsed
  [ "${memory[$1]:-$peak}" -lt "$peak" ] || memory[$1]=$peak
}

# ---- arithmetic

calculate() { awk "BEGIN { printf \"%.${2:-1}f\\n\", $1 }"; } # expression, decimals
holds() { awk "BEGIN { exit !($1) }"; }
nanoseconds() { calculate "$1 * 1000 / $2" "${3:-1}"; } # microseconds, packets, decimals
megabytes() { calculate "$1 * 1024 / 1e6" 0; }         # kilobytes of 1024 bytes

# ---- tables in Markdown

row() { # first cell, other cells
  local cell
  printf '| %-46s |' "$1"
  for cell in "${@:2}"; do printf ' %9s |' "$cell"; done
  echo
}
rule() { # how many cells behind the first
  local i cells=()
  for ((i = 0; i < $1; i++)); do cells+=("--------:"); done
  row "---" "${cells[@]}"
}

# ---- how much of the processors others took meanwhile: figures of a busy machine are worth less

busy_ticks() { awk '$1 == "cpu" { print $2 + $3 + $4 + $7 + $8 + $9 }' /proc/stat; } # not idle; stolen by other machines too
busy_before=$(busy_ticks)
# Percent; to be called behind `times >"$work/times"`, which tells of the children of the shell that runs it only.
others_share() {
  local own
  own=$(tail -n 1 "$work/times" |
    awk '{ split($1, u, /[ms]/); split($2, s, /[ms]/); print (u[1] + s[1]) * 60 + u[2] + s[2] }')
  calculate "(($(busy_ticks) - $busy_before) / $(getconf CLK_TCK) - $own) * 100 / ($SECONDS * $(nproc))" 0
}
