// SPDX-License-Identifier: BSD-2-Clause
// A limit to what a Lua state allocates. LuaJIT's own limit is the machine's memory.
//
//     0 ........... nudge ............ limit ...... limit + reserve
//       as ever       |  the collector   |  the script gets an error   beyond: nothing is given
//                     |  works ahead     |  at its next instruction
//
// The collector alone would let garbage grow to twice of what lives before it begins. The reserve is for what must
// still be said once a script has used all.
#include <lauxlib.h>
#include <lua.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "memory.h"

#define OURS "=mos/"

struct memory {
    // The first two are known to mos/faults.lua and mos/profile.lua.
    size_t limit;       // raised when the run ends for want of memory
    size_t allocated;   // in all, so far
    size_t used, reserve;
    lua_Alloc allocate; // the state's own
    void *data;
    lua_State *L;
    size_t low;         // half of the limit
    size_t next_nudge;
    bool is_over;       // the error for this excess is on its way
};

// `file:line: ` of the innermost frame that is the script's.
static void push_place(lua_State *L) {
    lua_Debug frame;
    for (int level = 0; lua_getstack(L, level, &frame); level++) {
        lua_getinfo(L, "Sl", &frame);
        if (frame.currentline > 0 && strncmp(frame.source, OURS, sizeof OURS - 1) != 0) {
            lua_pushfstring(L, "%s:%d: ", frame.short_src, frame.currentline);
            return;
        }
    }
    lua_pushliteral(L, "");
}

// Called before each instruction. In compiled code no hook is: there the reserve ends, and LuaJIT raises its own error,
// which has no line. What the library is doing is not torn apart.
static void complain(lua_State *L, lua_Debug *frame) {
    void *data;
    lua_getallocf(L, &data);
    struct memory *memory = data;
    const bool is_over = memory->used > memory->limit;
    lua_getinfo(L, "S", frame);
    if (is_over && strncmp(frame->source, OURS, sizeof OURS - 1) == 0) return;
    lua_sethook(L, NULL, 0, 0);
    memory->is_over = false;
    if (!is_over) return;
    push_place(L);
    lua_pushliteral(L, "not enough memory (setting 'script_memory')");
    lua_concat(L, 2);
    lua_error(L);
}

// More than half of the limit is in use: the collector is told to go on; at the limit the script gets its error. True when
// there may be so much.
static bool is_granted(struct memory *memory, size_t used) {
    if (used > memory->limit + memory->reserve) return false;
    if (used > memory->limit) {
        if (!memory->is_over) lua_sethook(memory->L, complain, LUA_MASKCOUNT, 1);
        memory->is_over = true;
        return true;
    }
    memory->is_over = false;
    memory->next_nudge = used + memory->limit / 32;
    if (memory->next_nudge > memory->limit) memory->next_nudge = memory->limit;
    // Its threshold becomes what is in use: the next check makes a step.
    lua_gc(memory->L, LUA_GCRESTART, 0);
    return true;
}

static void *allocate(void *data, void *block, size_t before, size_t after) {
    struct memory *memory = data;
    const size_t used = memory->used - before + after;
    if (after > before) {
        if (used > memory->next_nudge && !is_granted(memory, used)) return NULL;
        void *result = memory->allocate(memory->data, block, before, after);
        if (!result) return NULL;
        memory->used = used;
        memory->allocated += after - before;
        return result;
    }
    memory->used = used;
    if (used < memory->low) {
        memory->next_nudge = memory->low;
        memory->is_over = false;
    }
    return memory->allocate(memory->data, block, before, after);
}

void mos_lua_limit_memory(lua_State *L, size_t limit) {
    struct memory *memory = calloc(1, sizeof *memory);
    if (!memory) return;
    memory->allocate = lua_getallocf(L, &memory->data);
    memory->L = L;
    memory->used = (size_t)lua_gc(L, LUA_GCCOUNT, 0) * 1024 + (size_t)lua_gc(L, LUA_GCCOUNTB, 0);
    memory->limit = limit;
    memory->reserve = limit / 16 < 16 << 20 ? limit / 16 : 16 << 20;
    memory->low = memory->next_nudge = limit / 2;
    lua_pushlightuserdata(L, memory);
    lua_setfield(L, LUA_REGISTRYINDEX, "mos.memory");
    lua_setallocf(L, allocate, memory);
}

void mos_lua_unlimit_memory(lua_State *L) {
    void *data;
    if (lua_getallocf(L, &data) != allocate) return;
    struct memory *memory = data;
    lua_setallocf(L, memory->allocate, memory->data);
    free(memory);
}
