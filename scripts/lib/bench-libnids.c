// SPDX-License-Identifier: BSD-2-Clause
// A monitor on libnids, for scripts/bench: follows all connections of a capture, counts their starts and ends, and
// looks at all data that becomes readable. cc -O2 bench-libnids.c -lnids -lpcap
//
//   bench-libnids FILE CONNECTIONS verify|trust    the most connections at a time; whether checksums are verified
//
// Prints: connections established, connections ended, octets of payload, a sum that depends on the data.
#include <nids.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t established, ended, octets, sum;

static void look(const struct half_stream *side) {
  if (side->count_new >= 4) {
    uint32_t first;
    memcpy(&first, side->data, sizeof first);
    sum += first;
  }
  octets += (uint64_t)side->count_new;
}

static void on_tcp(struct tcp_stream *stream, void **context) {
  (void)context;
  switch (stream->nids_state) {
    case NIDS_JUST_EST:
      established++;
      stream->client.collect++;
      stream->server.collect++;
      break;
    case NIDS_DATA:
      look(stream->client.count_new ? &stream->client : &stream->server);
      break;
    case NIDS_CLOSE:
    case NIDS_RESET:
    case NIDS_TIMED_OUT:
      ended++;
      break;
    default:
      break;
  }
}

static void be_silent(void) {}

int main(int count, char **arguments) {
  if (count != 4) {
    fprintf(stderr, "usage: bench-libnids FILE CONNECTIONS verify|trust\n");
    return 2;
  }
  nids_params.filename = arguments[1];
  nids_params.device = NULL;
  // It follows three connections for four places.
  nids_params.n_tcp_streams = (int)(atof(arguments[2]) * 4 / 3) + 64;
  nids_params.scan_num_hosts = 0;
  nids_params.syslog = be_silent;
  if (!nids_init()) {
    fprintf(stderr, "libnids: %s\n", nids_errbuf);
    return 1;
  }
  struct nids_chksum_ctl rule = {0, 0, NIDS_DONT_CHKSUM, 0};
  if (strcmp(arguments[3], "trust") == 0) nids_register_chksum_ctl(&rule, 1);
  nids_register_tcp(on_tcp);
  nids_run();
  printf("%llu %llu %llu %llu\n", (unsigned long long)established, (unsigned long long)ended,
         (unsigned long long)octets, (unsigned long long)sum);
  return 0;
}
