// SPDX-License-Identifier: BSD-2-Clause
// The Lua files of the Scripting target, as they are, in the binary.
#include "CMosLua.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const char text_abi[] = {
#embed "../Scripting/Lua/abi.lua"
};
static const char text_address[] = {
#embed "../Scripting/Lua/address.lua"
};
static const char text_aggregates[] = {
#embed "../Scripting/Lua/aggregates.lua"
};
static const char text_averages[] = {
#embed "../Scripting/Lua/averages.lua"
};
static const char text_buckets[] = {
#embed "../Scripting/Lua/buckets.lua"
};
static const char text_bytecode[] = {
#embed "../Scripting/Lua/bytecode.lua"
};
static const char text_carry[] = {
#embed "../Scripting/Lua/carry.lua"
};
static const char text_catalogue[] = {
#embed "../Scripting/Lua/catalogue.lua"
};
static const char text_changing[] = {
#embed "../Scripting/Lua/changing.lua"
};
static const char text_check[] = {
#embed "../Scripting/Lua/check.lua"
};
static const char text_check_calls[] = {
#embed "../Scripting/Lua/check_calls.lua"
};
static const char text_check_names[] = {
#embed "../Scripting/Lua/check_names.lua"
};
static const char text_classes[] = {
#embed "../Scripting/Lua/classes.lua"
};
static const char text_compiling[] = {
#embed "../Scripting/Lua/compiling.lua"
};
static const char text_counter[] = {
#embed "../Scripting/Lua/counter.lua"
};
static const char text_datagram[] = {
#embed "../Scripting/Lua/datagram.lua"
};
static const char text_describe[] = {
#embed "../Scripting/Lua/describe.lua"
};
static const char text_digest[] = {
#embed "../Scripting/Lua/digest.lua"
};
static const char text_distinct[] = {
#embed "../Scripting/Lua/distinct.lua"
};
static const char text_each[] = {
#embed "../Scripting/Lua/each.lua"
};
static const char text_emit[] = {
#embed "../Scripting/Lua/emit.lua"
};
static const char text_errors[] = {
#embed "../Scripting/Lua/errors.lua"
};
static const char text_events[] = {
#embed "../Scripting/Lua/events.lua"
};
static const char text_faults[] = {
#embed "../Scripting/Lua/faults.lua"
};
static const char text_fields[] = {
#embed "../Scripting/Lua/fields.lua"
};
static const char text_find[] = {
#embed "../Scripting/Lua/find.lua"
};
static const char text_flow[] = {
#embed "../Scripting/Lua/flow.lua"
};
static const char text_former[] = {
#embed "../Scripting/Lua/former.lua"
};
static const char text_gather[] = {
#embed "../Scripting/Lua/gather.lua"
};
static const char text_gauge[] = {
#embed "../Scripting/Lua/gauge.lua"
};
static const char text_globals[] = {
#embed "../Scripting/Lua/globals.lua"
};
static const char text_hash[] = {
#embed "../Scripting/Lua/hash.lua"
};
static const char text_health[] = {
#embed "../Scripting/Lua/health.lua"
};
static const char text_hints[] = {
#embed "../Scripting/Lua/hints.lua"
};
static const char text_histogram[] = {
#embed "../Scripting/Lua/histogram.lua"
};
static const char text_host[] = {
#embed "../Scripting/Lua/host.lua"
};
static const char text_identity[] = {
#embed "../Scripting/Lua/identity.lua"
};
static const char text_infer[] = {
#embed "../Scripting/Lua/infer.lua"
};
static const char text_intervals[] = {
#embed "../Scripting/Lua/intervals.lua"
};
static const char text_json[] = {
#embed "../Scripting/Lua/json.lua"
};
static const char text_keyed[] = {
#embed "../Scripting/Lua/keyed.lua"
};
static const char text_lexer[] = {
#embed "../Scripting/Lua/lexer.lua"
};
static const char text_locals[] = {
#embed "../Scripting/Lua/locals.lua"
};
static const char text_loop[] = {
#embed "../Scripting/Lua/loop.lua"
};
static const char text_marks[] = {
#embed "../Scripting/Lua/marks.lua"
};
static const char text_mos[] = {
#embed "../Scripting/Lua/mos.lua"
};
static const char text_names[] = {
#embed "../Scripting/Lua/names.lua"
};
static const char text_options[] = {
#embed "../Scripting/Lua/options.lua"
};
static const char text_output[] = {
#embed "../Scripting/Lua/output.lua"
};
static const char text_packet[] = {
#embed "../Scripting/Lua/packet.lua"
};
static const char text_profile[] = {
#embed "../Scripting/Lua/profile.lua"
};
static const char text_profile_advice[] = {
#embed "../Scripting/Lua/profile_advice.lua"
};
static const char text_profile_report[] = {
#embed "../Scripting/Lua/profile_report.lua"
};
static const char text_readers[] = {
#embed "../Scripting/Lua/readers.lua"
};
static const char text_register[] = {
#embed "../Scripting/Lua/register.lua"
};
static const char text_registrations[] = {
#embed "../Scripting/Lua/registrations.lua"
};
static const char text_reload[] = {
#embed "../Scripting/Lua/reload.lua"
};
static const char text_repeats[] = {
#embed "../Scripting/Lua/repeats.lua"
};
static const char text_schema[] = {
#embed "../Scripting/Lua/schema.lua"
};
static const char text_schema_aggregates[] = {
#embed "../Scripting/Lua/schema_aggregates.lua"
};
static const char text_schema_fields[] = {
#embed "../Scripting/Lua/schema_fields.lua"
};
static const char text_schema_results[] = {
#embed "../Scripting/Lua/schema_results.lua"
};
static const char text_schema_short[] = {
#embed "../Scripting/Lua/schema_short.lua"
};
static const char text_scripts[] = {
#embed "../Scripting/Lua/scripts.lua"
};
static const char text_short[] = {
#embed "../Scripting/Lua/short.lua"
};
static const char text_short_aggregates[] = {
#embed "../Scripting/Lua/short_aggregates.lua"
};
static const char text_short_bars[] = {
#embed "../Scripting/Lua/short_bars.lua"
};
static const char text_short_data[] = {
#embed "../Scripting/Lua/short_data.lua"
};
static const char text_short_events[] = {
#embed "../Scripting/Lua/short_events.lua"
};
static const char text_short_numbers[] = {
#embed "../Scripting/Lua/short_numbers.lua"
};
static const char text_short_records[] = {
#embed "../Scripting/Lua/short_records.lua"
};
static const char text_short_rows[] = {
#embed "../Scripting/Lua/short_rows.lua"
};
static const char text_short_show[] = {
#embed "../Scripting/Lua/short_show.lua"
};
static const char text_short_tables[] = {
#embed "../Scripting/Lua/short_tables.lua"
};
static const char text_slots[] = {
#embed "../Scripting/Lua/slots.lua"
};
static const char text_sockets[] = {
#embed "../Scripting/Lua/sockets.lua"
};
static const char text_sources[] = {
#embed "../Scripting/Lua/sources.lua"
};
static const char text_stage[] = {
#embed "../Scripting/Lua/stage.lua"
};
static const char text_state[] = {
#embed "../Scripting/Lua/state.lua"
};
static const char text_stream[] = {
#embed "../Scripting/Lua/stream.lua"
};
static const char text_suggest[] = {
#embed "../Scripting/Lua/suggest.lua"
};
static const char text_sums[] = {
#embed "../Scripting/Lua/sums.lua"
};
static const char text_tcp_flags[] = {
#embed "../Scripting/Lua/tcp_flags.lua"
};
static const char text_test_bench[] = {
#embed "../Scripting/Lua/test_bench.lua"
};
static const char text_test_connection[] = {
#embed "../Scripting/Lua/test_connection.lua"
};
static const char text_test_datagrams[] = {
#embed "../Scripting/Lua/test_datagrams.lua"
};
static const char text_test_diff[] = {
#embed "../Scripting/Lua/test_diff.lua"
};
static const char text_test_expect[] = {
#embed "../Scripting/Lua/test_expect.lua"
};
static const char text_test_frames[] = {
#embed "../Scripting/Lua/test_frames.lua"
};
static const char text_test_golden[] = {
#embed "../Scripting/Lua/test_golden.lua"
};
static const char text_test_ladder[] = {
#embed "../Scripting/Lua/test_ladder.lua"
};
static const char text_test_options[] = {
#embed "../Scripting/Lua/test_options.lua"
};
static const char text_test_run[] = {
#embed "../Scripting/Lua/test_run.lua"
};
static const char text_test_sent[] = {
#embed "../Scripting/Lua/test_sent.lua"
};
static const char text_test_values[] = {
#embed "../Scripting/Lua/test_values.lua"
};
static const char text_test_watch[] = {
#embed "../Scripting/Lua/test_watch.lua"
};
static const char text_tests[] = {
#embed "../Scripting/Lua/tests.lua"
};
static const char text_text[] = {
#embed "../Scripting/Lua/text.lua"
};
static const char text_timers[] = {
#embed "../Scripting/Lua/timers.lua"
};
static const char text_topk[] = {
#embed "../Scripting/Lua/topk.lua"
};
static const char text_traces[] = {
#embed "../Scripting/Lua/traces.lua"
};
static const char text_tree_code[] = {
#embed "../Scripting/Lua/tree_code.lua"
};
static const char text_trees[] = {
#embed "../Scripting/Lua/trees.lua"
};
static const char text_tsv[] = {
#embed "../Scripting/Lua/tsv.lua"
};
static const char text_tunnel[] = {
#embed "../Scripting/Lua/tunnel.lua"
};
static const char text_utf8[] = {
#embed "../Scripting/Lua/utf8.lua"
};
static const char text_view[] = {
#embed "../Scripting/Lua/view.lua"
};
static const char text_writers[] = {
#embed "../Scripting/Lua/writers.lua"
};

#define MODULE(name) {#name, text_##name, sizeof text_##name}

static const struct mos_lua_module modules[] = {
    MODULE(abi),
    MODULE(address),
    MODULE(aggregates),
    MODULE(averages),
    MODULE(buckets),
    MODULE(bytecode),
    MODULE(carry),
    MODULE(catalogue),
    MODULE(changing),
    MODULE(check),
    MODULE(check_calls),
    MODULE(check_names),
    MODULE(classes),
    MODULE(compiling),
    MODULE(counter),
    MODULE(datagram),
    MODULE(describe),
    MODULE(digest),
    MODULE(distinct),
    MODULE(each),
    MODULE(emit),
    MODULE(errors),
    MODULE(events),
    MODULE(faults),
    MODULE(fields),
    MODULE(find),
    MODULE(flow),
    MODULE(former),
    MODULE(gather),
    MODULE(gauge),
    MODULE(globals),
    MODULE(hash),
    MODULE(health),
    MODULE(hints),
    MODULE(histogram),
    MODULE(host),
    MODULE(identity),
    MODULE(infer),
    MODULE(intervals),
    MODULE(json),
    MODULE(keyed),
    MODULE(lexer),
    MODULE(locals),
    MODULE(loop),
    MODULE(marks),
    MODULE(mos),
    MODULE(names),
    MODULE(options),
    MODULE(output),
    MODULE(packet),
    MODULE(profile),
    MODULE(profile_advice),
    MODULE(profile_report),
    MODULE(readers),
    MODULE(register),
    MODULE(registrations),
    MODULE(reload),
    MODULE(repeats),
    MODULE(schema),
    MODULE(schema_aggregates),
    MODULE(schema_fields),
    MODULE(schema_results),
    MODULE(schema_short),
    MODULE(scripts),
    MODULE(short),
    MODULE(short_aggregates),
    MODULE(short_bars),
    MODULE(short_data),
    MODULE(short_events),
    MODULE(short_numbers),
    MODULE(short_records),
    MODULE(short_rows),
    MODULE(short_show),
    MODULE(short_tables),
    MODULE(slots),
    MODULE(sockets),
    MODULE(sources),
    MODULE(stage),
    MODULE(state),
    MODULE(stream),
    MODULE(suggest),
    MODULE(sums),
    MODULE(tcp_flags),
    MODULE(test_bench),
    MODULE(test_connection),
    MODULE(test_datagrams),
    MODULE(test_diff),
    MODULE(test_expect),
    MODULE(test_frames),
    MODULE(test_golden),
    MODULE(test_ladder),
    MODULE(test_options),
    MODULE(test_run),
    MODULE(test_sent),
    MODULE(test_values),
    MODULE(test_watch),
    MODULE(tests),
    MODULE(text),
    MODULE(timers),
    MODULE(topk),
    MODULE(traces),
    MODULE(tree_code),
    MODULE(trees),
    MODULE(tsv),
    MODULE(tunnel),
    MODULE(utf8),
    MODULE(view),
    MODULE(writers),
};

const struct mos_lua_module *mos_lua_module_at(int32_t index) {
    const int32_t count = sizeof modules / sizeof modules[0];
    return index >= 0 && index < count ? &modules[index] : NULL;
}
