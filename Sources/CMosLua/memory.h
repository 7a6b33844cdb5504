// SPDX-License-Identifier: BSD-2-Clause
// A limit to what a Lua state allocates.
#pragma once
#include <stddef.h>

struct lua_State;

// From now on the state gets no more than `limit` bytes: at that "not enough memory" is raised.
void mos_lua_limit_memory(struct lua_State *L, size_t limit);

// The state has its own allocator again, as it needs to be closed.
void mos_lua_unlimit_memory(struct lua_State *L);
