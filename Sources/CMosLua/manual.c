// SPDX-License-Identifier: BSD-2-Clause
// The texts of the manual, as they are, in the binary; apart from the library, which every run loads.
#include "CMosLua.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const char text_aggregates[] = {
#embed "../Scripting/Lua/manual/aggregates.lua"
};
static const char text_c_calls[] = {
#embed "../Scripting/Lua/manual/c_calls.lua"
};
static const char text_c_config[] = {
#embed "../Scripting/Lua/manual/c_config.lua"
};
static const char text_c_options[] = {
#embed "../Scripting/Lua/manual/c_options.lua"
};
static const char text_calls_changes[] = {
#embed "../Scripting/Lua/manual/calls_changes.lua"
};
static const char text_calls_events[] = {
#embed "../Scripting/Lua/manual/calls_events.lua"
};
static const char text_calls_flows[] = {
#embed "../Scripting/Lua/manual/calls_flows.lua"
};
static const char text_calls_packets[] = {
#embed "../Scripting/Lua/manual/calls_packets.lua"
};
static const char text_calls_reload[] = {
#embed "../Scripting/Lua/manual/calls_reload.lua"
};
static const char text_calls_reports[] = {
#embed "../Scripting/Lua/manual/calls_reports.lua"
};
static const char text_calls_run[] = {
#embed "../Scripting/Lua/manual/calls_run.lua"
};
static const char text_calls_sockets[] = {
#embed "../Scripting/Lua/manual/calls_sockets.lua"
};
static const char text_calls_stream[] = {
#embed "../Scripting/Lua/manual/calls_stream.lua"
};
static const char text_calls_tests[] = {
#embed "../Scripting/Lua/manual/calls_tests.lua"
};
static const char text_constants[] = {
#embed "../Scripting/Lua/manual/constants.lua"
};
static const char text_counters[] = {
#embed "../Scripting/Lua/manual/counters.lua"
};
static const char text_events[] = {
#embed "../Scripting/Lua/manual/events.lua"
};
static const char text_export[] = {
#embed "../Scripting/Lua/manual/export.lua"
};
static const char text_find[] = {
#embed "../Scripting/Lua/manual/find.lua"
};
static const char text_layout[] = {
#embed "../Scripting/Lua/manual/layout.lua"
};
static const char text_main[] = {
#embed "../Scripting/Lua/manual/main.lua"
};
static const char text_markdown[] = {
#embed "../Scripting/Lua/manual/markdown.lua"
};
static const char text_members[] = {
#embed "../Scripting/Lua/manual/members.lua"
};
static const char text_members_tcp[] = {
#embed "../Scripting/Lua/manual/members_tcp.lua"
};
static const char text_objects[] = {
#embed "../Scripting/Lua/manual/objects.lua"
};
static const char text_objects_aggregates[] = {
#embed "../Scripting/Lua/manual/objects_aggregates.lua"
};
static const char text_objects_packet[] = {
#embed "../Scripting/Lua/manual/objects_packet.lua"
};
static const char text_oneliners[] = {
#embed "../Scripting/Lua/manual/oneliners.lua"
};
static const char text_oneliners_examples[] = {
#embed "../Scripting/Lua/manual/oneliners_examples.lua"
};
static const char text_options[] = {
#embed "../Scripting/Lua/manual/options.lua"
};
static const char text_pages[] = {
#embed "../Scripting/Lua/manual/pages.lua"
};
static const char text_recipe[] = {
#embed "../Scripting/Lua/manual/recipe.lua"
};
static const char text_render[] = {
#embed "../Scripting/Lua/manual/render.lua"
};
static const char text_settings[] = {
#embed "../Scripting/Lua/manual/settings.lua"
};
static const char text_stubs[] = {
#embed "../Scripting/Lua/manual/stubs.lua"
};
static const char text_stubs_structs[] = {
#embed "../Scripting/Lua/manual/stubs_structs.lua"
};
static const char text_surface[] = {
#embed "../Scripting/Lua/manual/surface.lua"
};
static const char text_topics[] = {
#embed "../Scripting/Lua/manual/topics.lua"
};
static const char text_topics_c[] = {
#embed "../Scripting/Lua/manual/topics_c.lua"
};
static const char text_topics_cost[] = {
#embed "../Scripting/Lua/manual/topics_cost.lua"
};
static const char text_topics_editor[] = {
#embed "../Scripting/Lua/manual/topics_editor.lua"
};
static const char text_topics_engine[] = {
#embed "../Scripting/Lua/manual/topics_engine.lua"
};
static const char text_topics_explain[] = {
#embed "../Scripting/Lua/manual/topics_explain.lua"
};
static const char text_topics_reload[] = {
#embed "../Scripting/Lua/manual/topics_reload.lua"
};
static const char text_topics_script[] = {
#embed "../Scripting/Lua/manual/topics_script.lua"
};
static const char text_topics_tcp[] = {
#embed "../Scripting/Lua/manual/topics_tcp.lua"
};
static const char text_topics_tests[] = {
#embed "../Scripting/Lua/manual/topics_tests.lua"
};
static const char text_topics_workers[] = {
#embed "../Scripting/Lua/manual/topics_workers.lua"
};

#define MODULE(name) {"manual." #name, text_##name, sizeof text_##name}

static const struct mos_lua_module modules[] = {
    MODULE(aggregates),
    MODULE(c_calls),
    MODULE(c_config),
    MODULE(c_options),
    MODULE(calls_changes),
    MODULE(calls_events),
    MODULE(calls_flows),
    MODULE(calls_packets),
    MODULE(calls_reload),
    MODULE(calls_reports),
    MODULE(calls_run),
    MODULE(calls_sockets),
    MODULE(calls_stream),
    MODULE(calls_tests),
    MODULE(constants),
    MODULE(counters),
    MODULE(events),
    MODULE(export),
    MODULE(find),
    MODULE(layout),
    MODULE(main),
    MODULE(markdown),
    MODULE(members),
    MODULE(members_tcp),
    MODULE(objects),
    MODULE(objects_aggregates),
    MODULE(objects_packet),
    MODULE(oneliners),
    MODULE(oneliners_examples),
    MODULE(options),
    MODULE(pages),
    MODULE(recipe),
    MODULE(render),
    MODULE(settings),
    MODULE(stubs),
    MODULE(stubs_structs),
    MODULE(surface),
    MODULE(topics),
    MODULE(topics_c),
    MODULE(topics_cost),
    MODULE(topics_editor),
    MODULE(topics_engine),
    MODULE(topics_explain),
    MODULE(topics_reload),
    MODULE(topics_script),
    MODULE(topics_tcp),
    MODULE(topics_tests),
    MODULE(topics_workers),
};

const struct mos_lua_module *mos_lua_manual_at(int32_t index) {
    const int32_t count = sizeof modules / sizeof modules[0];
    return index >= 0 && index < count ? &modules[index] : NULL;
}
