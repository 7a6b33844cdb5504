// SPDX-License-Identifier: BSD-2-Clause
// The Lua files of `mos explain`, as they are, in the binary; apart from the library, which every run loads.
#include "CMosLua.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const char text_book[] = {
#embed "../Scripting/Lua/explain/book.lua"
};
static const char text_datagram[] = {
#embed "../Scripting/Lua/explain/datagram.lua"
};
static const char text_decision[] = {
#embed "../Scripting/Lua/explain/decision.lua"
};
static const char text_happening[] = {
#embed "../Scripting/Lua/explain/happening.lua"
};
static const char text_ladder[] = {
#embed "../Scripting/Lua/explain/ladder.lua"
};
static const char text_main[] = {
#embed "../Scripting/Lua/explain/main.lua"
};
static const char text_objects[] = {
#embed "../Scripting/Lua/explain/objects.lua"
};
static const char text_paint[] = {
#embed "../Scripting/Lua/explain/paint.lua"
};
static const char text_row[] = {
#embed "../Scripting/Lua/explain/row.lua"
};
static const char text_stray[] = {
#embed "../Scripting/Lua/explain/stray.lua"
};
static const char text_summary[] = {
#embed "../Scripting/Lua/explain/summary.lua"
};

#define MODULE(name) {"explain." #name, text_##name, sizeof text_##name}

static const struct mos_lua_module modules[] = {
    MODULE(book),
    MODULE(datagram),
    MODULE(decision),
    MODULE(happening),
    MODULE(ladder),
    MODULE(main),
    MODULE(objects),
    MODULE(paint),
    MODULE(row),
    MODULE(stray),
    MODULE(summary),
};

const struct mos_lua_module *mos_lua_explain_at(int32_t index) {
    const int32_t count = sizeof modules / sizeof modules[0];
    return index >= 0 && index < count ? &modules[index] : NULL;
}
