# SPDX-License-Identifier: BSD-2-Clause
# What one packet more costs, from two profiles of callgrind: instructions by function, and the calls that
# allocate or count references, each with its caller. -v packets=N is by how many packets the second run was longer.
#
# What happens less than once in a thousand packets belongs to connections or to the start.
#
# Output, tab-separated: "total N", "self N FUNCTION", "call N FUNCTION CALLER", per packet.

# A name stands in full once, "(7) name", and as "(7)" afterwards.
function name(text,   id) {
    id = text
    sub(/\).*/, ")", id)
    if (length(text) > length(id)) names[file, id] = substr(text, length(id) + 2)
    return names[file, id]
}

FNR == 1 { file++; sign = file == 1 ? -1 : 1; after = 0 }
/^fn=/ { current = name(substr($0, 4)); next }
/^cfn=/ { called = name(substr($0, 5)); next }
/^calls=/ {
    split(substr($0, 7), parts, " ")
    if (called ~ watched && current !~ endOfRun) calls[called "\t" current] += sign * parts[1]
    after = 1
    next
}
/^[0-9+*-]/ {
    # The line behind calls= is what the call took, not the caller itself.
    if (after) { after = 0; next }
    self[current] += sign * $2
    total += sign * $2
}

BEGIN {
    # Sorts the connections that are still open, once.
    endOfRun = "slotsInOrderOfStart"
    # Not mmap: LuaJIT's compiler tries random addresses with it until one lies near enough for its machine code,
    # a different number of times in each run.
    watched = "^_*(malloc|calloc|realloc|posix_memalign|aligned_alloc)$|^_*swift_.*" \
        "([rR]etain|[rR]elease|[aA]lloc|beginAccess|isUnique|getTypeByMangledName|dynamicCast)"
}

END {
    printf "total\t%.1f\n", total / packets
    for (key in self) if (self[key] / packets >= 1) printf "self\t%.1f\t%s\n", self[key] / packets, key
    for (key in calls) if (calls[key] / packets >= 0.001) printf "call\t%.4f\t%s\n", calls[key] / packets, key
}
