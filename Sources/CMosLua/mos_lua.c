// SPDX-License-Identifier: BSD-2-Clause
#include <luajit.h>
#include "CMosLua.h"
#include "CMosABI.h"
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <string.h>
#include "memory.h"
#include "watch.h"

#define HOST "mos.host"
#define RESULT "mos.result"

struct call {
    const char *name, *first, *second;
    size_t first_length, second_length;
    double numbers[2];
    const void *api;
    struct mos_lua_answer *answer;
};

struct rehearsal {
    int32_t at, count;
    int32_t slots[];
};

// Stands in for the engine's `next` while loop.lua has the ways through its loop compiled.
static int32_t rehearse(void *state) {
    struct rehearsal *rehearsal = state;
    return rehearsal->at < rehearsal->count ? rehearsal->slots[rehearsal->at++] : 0;
}

// Runs protected: opens the libraries and runs host.lua, whose result is the table of what can be called.
static int open_host(lua_State *L) {
    struct call *call = lua_touserdata(L, 1);
    luaL_openlibs(L);
    const struct mos_lua_module *host = NULL;
    const struct mos_lua_module *module;
    lua_createtable(L, 0, 64);
    for (int32_t i = 0; (module = mos_lua_module_at(i)); i++) {
        if (strcmp(module->name, "host") == 0) { host = module; continue; }
        lua_pushlstring(L, module->text, module->length);
        lua_setfield(L, -2, module->name);
    }
    for (int32_t i = 0; !call->api && (module = mos_lua_manual_at(i)); i++) {
        lua_pushlstring(L, module->text, module->length);
        lua_setfield(L, -2, module->name);
    }
    if (!host || luaL_loadbuffer(L, host->text, host->length, "=mos/host.lua") != 0) return lua_error(L);
    lua_insert(L, -2);
    lua_createtable(L, 0, 2);
    lua_pushstring(L, mos_abi_text);
    lua_setfield(L, -2, "abi_text");
    lua_pushlightuserdata(L, (void *)call->api);
    lua_setfield(L, -2, "api");
    lua_pushlightuserdata(L, (void *)rehearse);
    lua_setfield(L, -2, "rehearse");
    lua_call(L, 2, 1);
    lua_setfield(L, LUA_REGISTRYINDEX, HOST);
    return 0;
}

// Calls the function on the stack, which has two arguments, and keeps the results where they outlive this call.
static int take_results(lua_State *L, struct call *call) {
    lua_call(L, 2, 2);
    call->answer->flag = lua_toboolean(L, -1);
    if (lua_type(L, -2) == LUA_TNUMBER) call->answer->number = lua_tonumber(L, -2);
    if (lua_type(L, -2) == LUA_TSTRING) call->answer->text = lua_tolstring(L, -2, &call->answer->length);
    lua_pushvalue(L, -2);
    lua_setfield(L, LUA_REGISTRYINDEX, RESULT);
    return 0;
}

// Runs protected: calls the host's function.
static int call_host(lua_State *L) {
    struct call *call = lua_touserdata(L, 1);
    lua_getfield(L, LUA_REGISTRYINDEX, HOST);
    lua_getfield(L, -1, call->name);
    lua_pushlstring(L, call->first, call->first_length);
    lua_pushlstring(L, call->second, call->second_length);
    return take_results(L, call);
}

// Runs protected: the same with two numbers.
static int ask_host(lua_State *L) {
    struct call *call = lua_touserdata(L, 1);
    lua_getfield(L, LUA_REGISTRYINDEX, HOST);
    lua_getfield(L, -1, call->name);
    lua_pushnumber(L, call->numbers[0]);
    lua_pushnumber(L, call->numbers[1]);
    return take_results(L, call);
}

static int32_t protect(lua_State *L, lua_CFunction function, struct call *call) {
    *call->answer = (struct mos_lua_answer){"", 0, 0, 0};
    lua_settop(L, 0);
    int status = lua_cpcall(L, function, call);
    if (status == 0) return 0;
    static const char unknown[] = "an error that is not a text";
    call->answer->text = unknown;
    call->answer->length = sizeof unknown - 1;
    if (lua_type(L, -1) == LUA_TSTRING) call->answer->text = lua_tolstring(L, -1, &call->answer->length);
    return status;
}

lua_State *mos_lua_open(const void *api, struct mos_lua_answer *answer) {
    lua_State *L = luaL_newstate();
    if (!L) return NULL;
    struct call call = {.api = api, .answer = answer};
    protect(L, open_host, &call);
    return L;
}

int32_t mos_lua_call(lua_State *L, const char *name, const char *first, size_t first_length,
                     const char *second, size_t second_length, struct mos_lua_answer *answer) {
    struct call call = {
        .name = name, .first = first, .second = second,
        .first_length = first_length, .second_length = second_length, .answer = answer,
    };
    mos_lua_watch_enter(L);
    const int32_t status = protect(L, call_host, &call);
    mos_lua_watch_leave(L);
    return status;
}

int32_t mos_lua_ask(lua_State *L, const char *name, double first, double second, struct mos_lua_answer *answer) {
    struct call call = {.name = name, .numbers = {first, second}, .answer = answer};
    mos_lua_watch_enter(L);
    const int32_t status = protect(L, ask_host, &call);
    mos_lua_watch_leave(L);
    return status;
}

void mos_lua_limit(lua_State *L, size_t limit) {
    if (limit > 0) mos_lua_limit_memory(L, limit);
}

void mos_lua_close(lua_State *L) {
    mos_lua_watch_close(L);
    mos_lua_unlimit_memory(L);
    lua_close(L);
}

const char *mos_lua_version(void) { return LUAJIT_VERSION; }
