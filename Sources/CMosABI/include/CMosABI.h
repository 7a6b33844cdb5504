// SPDX-License-Identifier: BSD-2-Clause
// What Swift imports: the fixed-width types first, then the one layout.
#pragma once
#include <stdint.h>
#include "mos_abi.h"

/// The text of mos_abi.h, NUL-terminated, as `ffi.cdef` gets it.
extern const char mos_abi_text[];

/// Asks the cache for the line at `address`. For the packet path: look-ups of a burst overlap their misses.
static inline void mos_prefetch(const void *address) { __builtin_prefetch(address); }

/* The same for a line that is needed some microseconds later: into the second-level cache. */
static inline void mos_prefetch_far(const void *address) { __builtin_prefetch(address, 0, 2); }
