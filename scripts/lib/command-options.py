#!/usr/bin/env python3
"""The options and arguments of every command, one a line, from `mos --experimental-dump-help` on standard input."""
import json
import sys


def spell(name):
    return ("-" if name["kind"] == "short" else "--") + name["name"]


def walk(command, path):
    path = path + [command["commandName"]]
    for argument in command.get("arguments", []):
        if not argument.get("shouldDisplay", True):
            continue
        names = " ".join(sorted(map(spell, argument.get("names") or []), key=lambda n: (len(n) > 2, n)))
        value = "" if argument["kind"] == "flag" else f" <{argument.get('valueName', '')}>"
        default = f", default {argument['defaultValue']}" if "defaultValue" in argument else ""
        repeat = ", repeats" if argument.get("isRepeating") else ""
        yield f"{' '.join(path)} {names}{value}  {argument['kind']}{default}{repeat}"
    for other in command.get("subcommands", []):
        if other["commandName"] != "help":
            yield f"{' '.join(path + [other['commandName']])}  command"
            yield from walk(other, path)


print("\n".join(sorted(set(walk(json.load(sys.stdin)["command"], [])))))
