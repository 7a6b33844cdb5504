// SPDX-License-Identifier: BSD-2-Clause
// Finds out, from another thread, where a callback is that does not end.
//
// In interpreted code a hook is called at the next instruction, set by a signal on the callback's thread; it stays there.
// In compiled code and in C functions no hook is called: the thread is stopped within the signal handler, and the machine
// code that it was in is looked up among what mos/traces.lua knows of LuaJIT's traces. Whatever is read of the state after
// that is read by the other thread, from memory that nobody changes; the state never runs again.
#define _GNU_SOURCE
#include "watch.h"
#include "CMosABI.h"
#include "CMosLua.h"
#include <dlfcn.h>
#include <errno.h>
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#define OURS "=mos/"
#define SIGNAL SIGURG // one that is not queued when it is not taken, and that nothing else sends here

// What the list that the host gives has, at these places of the probe's stack.
enum { FUNCTIONS = 1, TIMERS, EVENTS, HOOKS, STARTS, SIZES, PLACES, MEMBERS = PLACES };

struct mos_lua_watch {
    lua_State *L, *probe;        // the probe has a stack of its own, with tables that are read from
    const struct mos_event *event;
    pthread_t thread;
    uintptr_t stack_end;         // of the thread
    pid_t number;                // of the thread
    _Atomic bool is_inside;
    // While it is being caught.
    _Atomic bool is_caught;      // for good: it stays in the hook, or in the handler
    _Atomic int step;
    uint32_t epoch;              // that of the callback that is to be caught
    lua_State *caught;           // the coroutine whose instruction the hook is at; NULL = not caught by the hook
    uintptr_t instruction, stack;
    bool is_steady;              // it is held where the engine is not in the middle of something
    sem_t arrived, go_on;
};

enum { IDLE, HOOK, HOLD, RAISE };
enum { ATTEMPTS = 300 };

static char key; // of the registry

static struct mos_lua_watch *_Atomic target; // one at a time is caught

static void stay(void) {
    for (;;) pause();
}

static bool has_moved_on(const struct mos_lua_watch *watch) {
    return ((volatile const struct mos_event *)watch->event)->epoch != watch->epoch;
}

static void at_instruction(lua_State *L, lua_Debug *frame) {
    (void)frame;
    struct mos_lua_watch *watch = atomic_load(&target);
    if (!watch || has_moved_on(watch)) {
        lua_sethook(L, NULL, 0, 0);
        return;
    }
    watch->caught = L;
    atomic_store(&watch->is_caught, true);
    sem_post(&watch->arrived);
    stay();
}

static void raise_error(lua_State *L, lua_Debug *frame) {
    lua_sethook(L, NULL, 0, 0);
    lua_getinfo(L, "Sl", frame);
    lua_pushfstring(L, "%s:%d: this has been running for too long (setting 'runaway')", frame->short_src,
                    frame->currentline);
    lua_error(L);
}

static void note_registers(struct mos_lua_watch *watch, void *context) {
    const ucontext_t *registers = context;
#if defined(__x86_64__)
    watch->instruction = (uintptr_t)registers->uc_mcontext.gregs[REG_RIP];
    watch->stack = (uintptr_t)registers->uc_mcontext.gregs[REG_RSP];
#elif defined(__aarch64__)
    watch->instruction = (uintptr_t)registers->uc_mcontext.pc;
    watch->stack = (uintptr_t)registers->uc_mcontext.sp;
#else
    (void)registers;
#endif
}

static void at_signal(int number, siginfo_t *information, void *context) {
    (void)number;
    (void)information;
    const int saved = errno;
    struct mos_lua_watch *watch = atomic_load(&target);
    if (watch && pthread_equal(pthread_self(), watch->thread) && !watch->caught) {
        const int step = atomic_load(&watch->step);
        if (step == HOOK && !has_moved_on(watch)) lua_sethook(watch->L, at_instruction, LUA_MASKCOUNT, 1);
        if (step == RAISE && !has_moved_on(watch)) lua_sethook(watch->L, raise_error, LUA_MASKCOUNT, 1);
        if (step == HOLD) {
            note_registers(watch, context);
            sem_post(&watch->arrived);
            while (sem_wait(&watch->go_on) != 0) {}
        }
    }
    errno = saved;
}

// MARK: Set-up

static int new_probe(lua_State *L) {
    struct mos_lua_watch *watch = lua_touserdata(L, 1);
    lua_getfield(L, LUA_REGISTRYINDEX, "mos.host");
    lua_getfield(L, -1, "watched");
    lua_call(L, 0, 1);
    watch->probe = lua_newthread(L);
    lua_setfield(L, LUA_REGISTRYINDEX, "mos.probe");
    luaL_checkstack(watch->probe, 64, NULL);
    for (int place = 1; place <= MEMBERS; place++) {
        lua_rawgeti(L, -1, place);
        lua_xmove(L, watch->probe, 1);
    }
    lua_pushlightuserdata(L, &key);
    lua_pushlightuserdata(L, watch);
    lua_rawset(L, LUA_REGISTRYINDEX);
    return 0;
}

struct mos_lua_watch *mos_lua_watch(lua_State *L, const void *event) {
    struct mos_lua_watch *watch = calloc(1, sizeof *watch);
    if (!watch) return NULL;
    watch->L = L;
    watch->event = event;
    sem_init(&watch->arrived, 0, 0);
    sem_init(&watch->go_on, 0, 0);
    lua_settop(L, 0);
    if (lua_cpcall(L, new_probe, watch) != 0) {
        free(watch);
        return NULL;
    }
    struct sigaction action = {.sa_sigaction = at_signal, .sa_flags = SA_SIGINFO | SA_RESTART};
    sigemptyset(&action.sa_mask);
    sigaction(SIGNAL, &action, NULL);
    return watch;
}

static struct mos_lua_watch *watch_of(lua_State *L) {
    lua_pushlightuserdata(L, &key);
    lua_rawget(L, LUA_REGISTRYINDEX);
    struct mos_lua_watch *watch = lua_touserdata(L, -1);
    lua_pop(L, 1);
    return watch;
}

void mos_lua_watch_enter(lua_State *L) {
    struct mos_lua_watch *watch = watch_of(L);
    if (!watch) return;
    watch->thread = pthread_self();
    watch->number = (pid_t)syscall(SYS_gettid);
    sigset_t ours;
    sigemptyset(&ours);
    sigaddset(&ours, SIGNAL);
    pthread_sigmask(SIG_UNBLOCK, &ours, NULL);
    pthread_attr_t attributes;
    watch->stack_end = 0;
    if (pthread_getattr_np(watch->thread, &attributes) == 0) {
        void *address;
        size_t size;
        if (pthread_attr_getstack(&attributes, &address, &size) == 0) watch->stack_end = (uintptr_t)address + size;
        pthread_attr_destroy(&attributes);
    }
    atomic_store(&watch->is_inside, true);
}

void mos_lua_watch_leave(lua_State *L) {
    struct mos_lua_watch *watch = watch_of(L);
    if (watch) atomic_store(&watch->is_inside, false);
}

void mos_lua_watch_close(lua_State *L) {
    struct mos_lua_watch *watch = watch_of(L);
    if (!watch) return;
    sem_destroy(&watch->arrived);
    sem_destroy(&watch->go_on);
    free(watch);
}

// MARK: Looking

struct mos_lua_pulse mos_lua_pulse(const struct mos_lua_watch *watch) {
    const volatile struct mos_event *event = watch->event;
    struct mos_lua_pulse pulse = {.epoch = event->epoch, .stage = event->stage};
    if (!atomic_load(&watch->is_inside)) return pulse;
    const bool is_ours = pulse.stage == MOS_STAGE_LOOP && event->slot < 1;
    pulse.is_inside = pulse.stage != MOS_STAGE_NONE && !is_ours;
    pulse.is_waiting = event->waiting != 0;
    return pulse;
}

double mos_lua_processor_time(const struct mos_lua_watch *watch) {
    clockid_t clock;
    struct timespec time;
    if (pthread_getcpuclockid(watch->thread, &clock) != 0 || clock_gettime(clock, &time) != 0) return -1;
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

bool mos_lua_is_runnable(const struct mos_lua_watch *watch) {
    char path[64], text[512];
    snprintf(path, sizeof path, "/proc/self/task/%d/stat", (int)watch->number);
    FILE *file = fopen(path, "r");
    if (!file) return true;
    const size_t length = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[length] = 0;
    // The name, in parentheses, may have any character.
    const char *behind = strrchr(text, ')');
    return !behind || behind[1] != ' ' || behind[2] == 'R';
}

// MARK: Catching

static bool has_arrived(struct mos_lua_watch *watch, int milliseconds) {
    struct timespec end;
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_nsec += (long)milliseconds * 1000000;
    end.tv_sec += end.tv_nsec / 1000000000;
    end.tv_nsec %= 1000000000;
    int result;
    while ((result = sem_timedwait(&watch->arrived, &end)) != 0 && errno == EINTR) {}
    return result == 0;
}

static uintptr_t number_at(lua_State *L, int table, int index) {
    lua_rawgeti(L, table, index);
    const uintptr_t number = (uintptr_t)lua_tonumber(L, -1);
    lua_pop(L, 1);
    return number;
}

// The trace whose machine code has that address, 0 = none.
static int trace_of(lua_State *probe, uintptr_t address) {
    const int count = (int)lua_objlen(probe, STARTS);
    for (int trace = 1; trace <= count; trace++) {
        const uintptr_t start = number_at(probe, STARTS, trace);
        if (start != 0 && address >= start && address < start + number_at(probe, SIZES, trace)) return trace;
    }
    return 0;
}

// Where all machine code lies.
static void bounds_of(lua_State *probe, uintptr_t *low, uintptr_t *high) {
    *low = UINTPTR_MAX;
    *high = 0;
    const int count = (int)lua_objlen(probe, STARTS);
    for (int trace = 1; trace <= count; trace++) {
        const uintptr_t start = number_at(probe, STARTS, trace), end = start + number_at(probe, SIZES, trace);
        if (start != 0 && start < *low) *low = start;
        if (start != 0 && end > *high) *high = end;
    }
}

// The trace that the thread is in, or in a C function called from; 0 = none.
static int trace_in_hand(struct mos_lua_watch *watch) {
    uintptr_t low, high;
    bounds_of(watch->probe, &low, &high);
    int trace = trace_of(watch->probe, watch->instruction);
    uintptr_t end = watch->stack + 16384;
    if (watch->stack_end != 0 && end > watch->stack_end) end = watch->stack_end;
    for (uintptr_t at = watch->stack; trace == 0 && at + sizeof at <= end; at += sizeof at) {
        const uintptr_t word = *(const uintptr_t *)at;
        if (word >= low && word < high) trace = trace_of(watch->probe, word);
    }
    return trace;
}

static bool is_in_luajit(uintptr_t address) {
    Dl_info place;
    return dladdr((void *)address, &place) != 0 && place.dli_fname && strstr(place.dli_fname, "luajit");
}

// Whether the thread was held where it may stay. Most places are good for that: not those where the engine, or a lock of
// the C library, is in hand.
static bool is_steady(struct mos_lua_watch *watch) {
    return trace_of(watch->probe, watch->instruction) != 0 || is_in_luajit(watch->instruction);
}

static void let_go(struct mos_lua_watch *watch) {
    atomic_store(&watch->step, IDLE);
    sem_post(&watch->go_on);
}

enum mos_lua_catch mos_lua_catch(struct mos_lua_watch *watch, uint32_t epoch, bool is_blocked) {
    watch->epoch = epoch;
    watch->caught = NULL;
    atomic_store(&target, watch);
    atomic_store(&watch->step, HOOK);
    if (has_moved_on(watch)) return MOS_CAUGHT_NOTHING;
    if (pthread_kill(watch->thread, SIGNAL) != 0) return MOS_CAUGHT_NOWHERE;
    if (has_arrived(watch, 200)) return MOS_CAUGHT_INTERPRETED;
    for (int attempt = 1; !has_moved_on(watch); attempt++) {
        atomic_store(&watch->step, HOLD);
        pthread_kill(watch->thread, SIGNAL);
        if (!has_arrived(watch, 200)) {
            if (attempt >= ATTEMPTS) break;
            continue;
        }
        if (watch->caught) return MOS_CAUGHT_INTERPRETED;
        watch->is_steady = is_blocked || is_steady(watch);
        if (has_moved_on(watch)) {
            let_go(watch);
            break;
        }
        if (watch->is_steady || attempt >= ATTEMPTS)
            return trace_in_hand(watch) ? MOS_CAUGHT_COMPILED : MOS_CAUGHT_FUNCTION;
        let_go(watch);
        // At no regular distance: the engine may be called at one.
        const struct timespec pause = {.tv_nsec = 100000 + attempt * 7919 % 900000};
        nanosleep(&pause, NULL);
    }
    atomic_store(&watch->step, IDLE);
    return has_moved_on(watch) ? MOS_CAUGHT_NOTHING : MOS_CAUGHT_NOWHERE;
}

void mos_lua_interrupt(struct mos_lua_watch *watch, uint32_t epoch) {
    watch->epoch = epoch;
    watch->caught = NULL;
    atomic_store(&target, watch);
    atomic_store(&watch->step, RAISE);
    if (!has_moved_on(watch)) pthread_kill(watch->thread, SIGNAL);
}

// MARK: Saying where

static sigjmp_buf rescue;
static pthread_t reader;

static void at_fault(int number) {
    if (pthread_equal(pthread_self(), reader)) siglongjmp(rescue, 1);
    signal(number, SIG_DFL);
}

static void append(char *text, size_t room, const char *format, ...) {
    const size_t length = strlen(text);
    va_list list;
    va_start(list, format);
    vsnprintf(text + length, room - length, format, list);
    va_end(list);
}

static bool is_ours(const lua_Debug *frame) {
    return strncmp(frame->source, OURS, sizeof OURS - 1) == 0;
}

// The frames of the script, innermost first, and the C function that it is in.
static void write_frames(lua_State *L, char *text, size_t room) {
    lua_Debug frame;
    int shown = 0;
    for (int level = 0; level < 100 && shown < 10 && lua_getstack(L, level, &frame); level++) {
        if (!lua_getinfo(L, "nSl", &frame)) break;
        if (frame.what[0] == 'C') {
            if (level == 0 && frame.name) append(text, room, "    in %s, a function in C\n", frame.name);
        } else if (!is_ours(&frame)) {
            shown++;
            append(text, room, "    %s:%d: ", frame.short_src, frame.currentline);
            if (frame.what[0] == 'm') append(text, room, "at top level\n");
            else if (frame.name) append(text, room, "in '%s'\n", frame.name);
            else append(text, room, "in the function of line %d\n", frame.linedefined);
        }
    }
}

static void write_trace(struct mos_lua_watch *watch, char *text, size_t room) {
    const int trace = trace_in_hand(watch);
    if (trace == 0) return;
    lua_rawgeti(watch->probe, PLACES, trace);
    const char *place = lua_tostring(watch->probe, -1);
    if (place) append(text, room, "    %s\n", place);
    lua_pop(watch->probe, 1);
}

// The place where the function on top of the probe's stack is defined; takes it away.
static void write_function(lua_State *probe, char *text, size_t room) {
    lua_Debug function;
    if (!lua_isfunction(probe, -1) || lua_iscfunction(probe, -1)) {
        lua_pop(probe, 1);
        return;
    }
    lua_getinfo(probe, ">S", &function);
    if (!is_ours(&function)) append(text, room, "%s:%d", function.short_src, function.linedefined);
}

static void copy_name(lua_State *probe, int table, int index, char *text, size_t room) {
    lua_rawgeti(probe, table, index);
    if (lua_type(probe, -1) == LUA_TSTRING) append(text, room, "%s", lua_tostring(probe, -1));
    lua_pop(probe, 1);
}

static void write_callback(struct mos_lua_watch *watch, struct mos_lua_whereabouts *where) {
    lua_State *probe = watch->probe;
    const struct mos_event *event = watch->event;
    if (event->stage != MOS_STAGE_LOOP) return;
    if (event->slot == 2) {
        lua_rawgeti(probe, TIMERS, (int)((uint64_t)event->timer % (1 << 21)));
        if (!lua_istable(probe, -1)) {
            lua_pop(probe, 1);
            return;
        }
        lua_rawgeti(probe, -1, 4);
        write_function(probe, where->callback, sizeof where->callback);
        lua_pop(probe, 1);
        return;
    }
    lua_rawgeti(probe, FUNCTIONS, event->slot);
    write_function(probe, where->callback, sizeof where->callback);
    copy_name(probe, EVENTS, event->event, where->event, sizeof where->event);
    copy_name(probe, HOOKS, event->hook, where->hook, sizeof where->hook);
}

void mos_lua_locate(struct mos_lua_watch *watch, enum mos_lua_catch how, struct mos_lua_whereabouts *where) {
    memset(where, 0, sizeof *where);
    where->is_steady = how == MOS_CAUGHT_INTERPRETED || watch->is_steady;
    const struct sigaction faults = {.sa_handler = at_fault, .sa_flags = SA_NODEFER};
    struct sigaction before[2];
    reader = pthread_self();
    sigaction(SIGSEGV, &faults, &before[0]);
    sigaction(SIGBUS, &faults, &before[1]);
    const int depth = lua_gettop(watch->probe);
    if (sigsetjmp(rescue, 1) == 0) write_callback(watch, where);
    else lua_settop(watch->probe, depth);
    if (sigsetjmp(rescue, 1) == 0) {
        if (how == MOS_CAUGHT_INTERPRETED) write_frames(watch->caught, where->frames, sizeof where->frames);
        if (how == MOS_CAUGHT_FUNCTION) write_frames(watch->L, where->frames, sizeof where->frames);
        if (how == MOS_CAUGHT_COMPILED) write_trace(watch, where->frames, sizeof where->frames);
    }
    sigaction(SIGSEGV, &before[0], NULL);
    sigaction(SIGBUS, &before[1], NULL);
}
