// SPDX-License-Identifier: BSD-2-Clause
// The C side of Scripting: the Lua files as bytes, and calls into a Lua state that no Lua error leaves.
// Swift must not be jumped over by longjmp, so everything that can raise happens here, protected.
#pragma once
#include <stdbool.h>
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

/// Limits what the state allocates from now on to that many bytes, 0 = no limit: beyond it the error "not enough
/// memory" is raised.
void mos_lua_limit(struct lua_State *state, size_t limit);

/// The same with two numbers.
int32_t mos_lua_ask(struct lua_State *state, const char *name, double first, double second, struct mos_lua_answer *answer);

/// The version of the Lua that this program is built with, as in "LuaJIT 2.1.0-beta3".
const char *mos_lua_version(void);

/// Ends the state.
void mos_lua_close(struct lua_State *state);

/// What tells from another thread how a state's callbacks come and go.
struct mos_lua_watch;

/// What a state is doing.
struct mos_lua_pulse {
    uint32_t epoch;    ///< another one: something else has begun
    int32_t stage;     ///< MOS_STAGE_*
    bool is_inside;    ///< code of the script runs, or was called by it
    bool is_waiting;   ///< the engine waits for somebody else on its behalf
};

/// How a callback was stopped.
enum mos_lua_catch {
    MOS_CAUGHT_NOTHING,     ///< it was over before
    MOS_CAUGHT_INTERPRETED, ///< between two instructions of interpreted code
    MOS_CAUGHT_COMPILED,    ///< in machine code, or in a C function called from it
    MOS_CAUGHT_FUNCTION,    ///< in a C function that interpreted code has called
    MOS_CAUGHT_NOWHERE,     ///< its thread does not come to its signals
};

/// Where it was stopped; texts are empty when nobody knows.
struct mos_lua_whereabouts {
    char callback[300];     ///< file and line of the function that was called for the event
    char event[64], hook[16];
    char frames[4000];      ///< lines, innermost first
    bool is_steady;         ///< its thread has no part of the engine in hand
};

/// Begins to watch a state, before it is called; NULL when there is no memory. `event` is the engine's.
struct mos_lua_watch *mos_lua_watch(struct lua_State *state, const void *event);

/// What the state is doing; for any thread.
struct mos_lua_pulse mos_lua_pulse(const struct mos_lua_watch *watch);

/// Seconds of processor time that the state's thread has used; below 0 when nobody knows.
double mos_lua_processor_time(const struct mos_lua_watch *watch);

/// True when that thread could run.
bool mos_lua_is_runnable(const struct mos_lua_watch *watch);

/// Stops the state for good, unless it has come beyond `epoch`. `is_blocked`: its thread waits in a call of the script's
/// own. For one thread at a time.
enum mos_lua_catch mos_lua_catch(struct mos_lua_watch *watch, uint32_t epoch, bool is_blocked);

/// Has an error raised in the state, unless it has come beyond `epoch`: in its interpreted code, once it is there.
void mos_lua_interrupt(struct mos_lua_watch *watch, uint32_t epoch);

/// Where a state was stopped.
void mos_lua_locate(struct mos_lua_watch *watch, enum mos_lua_catch how, struct mos_lua_whereabouts *where);
