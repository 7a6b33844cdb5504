// SPDX-License-Identifier: BSD-2-Clause
// Who is inside of Lua since when; finding out where from another thread.
#pragma once
#include <stddef.h>
#include <stdint.h>

struct lua_State;
struct mos_lua_watch;

// The calling thread enters or leaves Lua; `L` may be one that nobody watches.
void mos_lua_watch_enter(struct lua_State *L);
void mos_lua_watch_leave(struct lua_State *L);
void mos_lua_watch_close(struct lua_State *L);
