# SPDX-License-Identifier: BSD-2-Clause
# To be sourced by scripts/bench: what an event, a registration, a filter and a start of the process cost.

filter_alone= filter_within=

measure_details() {
  local run repeat on
  for ((run = 0; run < runs; run++)); do
    measure sockets "$mos" run $lib/bench-sockets.lua -r "${file[small]}"
    measure events "$mos" run $lib/bench-events.lua -r "${file[small]}"
    for on in socket flow; do
      measure "on $on" "$mos" run $lib/bench-register.lua -r "${file[small]}" -- --on=$on
    done
    for ((repeat = 0; repeat < 4; repeat++)); do
      measure start "$mos" run $count -r examples/captures/web.pcap
    done
  done
  read -r filter_alone filter_within < <("$bench" filter "$(capture small-few small --packets 60000)" --rounds 60)
}
