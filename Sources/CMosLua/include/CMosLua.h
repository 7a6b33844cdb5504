// SPDX-License-Identifier: BSD-2-Clause
// The C side of Scripting: the Lua files as bytes, and calls into a Lua state that no Lua error leaves.
// Swift must not be jumped over by longjmp, so everything that can raise happens here, protected.
#pragma once
#include <stddef.h>
#include <stdint.h>

struct lua_State;

/// A Lua file of the library.
struct mos_lua_module {
    const char *name; ///< without directory and extension
    const char *text;
    size_t length;
};

/// The file with that index, NULL behind the last.
const struct mos_lua_module *mos_lua_module_at(int32_t index);

/// The file of the manual with that index, NULL behind the last; names begin with "manual.".
const struct mos_lua_module *mos_lua_manual_at(int32_t index);

/// The file of `mos explain` with that index, NULL behind the last; names begin with "explain.".
const struct mos_lua_module *mos_lua_explain_at(int32_t index);

/// What a call of the host's functions gave back.
struct mos_lua_answer {
    const char *text;  ///< the error, or the first result when it is a text; valid until the next call
    size_t length;
    double number;     ///< the first result when it is a number
    int32_t flag;      ///< the second result, 1 when it is true
};

/// A Lua state with the library's host loaded into it, NULL when there is no memory. On another error
/// the state is there and `answer->text` says what is wrong. `api` may be NULL: then only what needs no
/// engine works, and the manual, which a run has no use for.
struct lua_State *mos_lua_open(const void *api, struct mos_lua_answer *answer);

/// Calls the host's function `name` with two texts. 0, or not 0 and the error in `answer->text`.
int32_t mos_lua_call(struct lua_State *state, const char *name, const char *first, size_t first_length,
                     const char *second, size_t second_length, struct mos_lua_answer *answer);

/// The version of the Lua that this program is built with, as in "LuaJIT 2.1.0-beta3".
const char *mos_lua_version(void);

/// Ends the state.
void mos_lua_close(struct lua_State *state);
