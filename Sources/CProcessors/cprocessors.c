// SPDX-License-Identifier: BSD-2-Clause
#define _GNU_SOURCE
#include "cprocessors.h"

#include <errno.h>
#include <sched.h>

enum { MOST = 8192 }; // processors that a set is made for

int cprocessors_allowed(int *numbers, int room) {
    cpu_set_t *set = CPU_ALLOC(MOST);
    if (!set) return 0;
    int found = 0;
    if (sched_getaffinity(0, CPU_ALLOC_SIZE(MOST), set) == 0)
        for (int i = 0; i < MOST && found < room; i++)
            if (CPU_ISSET_S(i, CPU_ALLOC_SIZE(MOST), set)) numbers[found++] = i;
    CPU_FREE(set);
    return found;
}

int cprocessors_bind(int number) {
    if (number < 0 || number >= MOST) return EINVAL;
    cpu_set_t *set = CPU_ALLOC(MOST);
    if (!set) return ENOMEM;
    CPU_ZERO_S(CPU_ALLOC_SIZE(MOST), set);
    CPU_SET_S(number, CPU_ALLOC_SIZE(MOST), set);
    int failed = sched_setaffinity(0, CPU_ALLOC_SIZE(MOST), set);
    int code = failed ? errno : 0;
    CPU_FREE(set);
    return code;
}
