# SPDX-License-Identifier: BSD-2-Clause
"""Reads Prometheus' text exposition format 0.0.4 strictly.

check-metrics.py FILE [NAME | NAME=SUM | NAME{LABEL}]...: each family must be there, with that sum over its samples, with
that label.
"""
import re
import sys

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\]|\\[\\n"])*"'
NUMBER = r"(?:[+-]?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|Inf)|NaN)"
SAMPLE = re.compile(rf"({NAME})(?:\{{({LABEL}(?:,{LABEL})*)\}})? ({NUMBER})")


def families(text):
    """The samples by family: a list of (labels as text, value)."""
    found, current, typed = {}, None, False
    if not text.endswith("\n"):
        sys.exit("the last line has no end")
    for line in text[:-1].split("\n"):
        if match := re.fullmatch(rf"# HELP ({NAME}) (?:[^\\]|\\[\\n])+", line):
            current, typed = match[1], False
            if current in found:
                sys.exit(f"a second family {current}")
            found[current] = []
        elif match := re.fullmatch(rf"# TYPE ({NAME}) (counter|gauge)", line):
            if match[1] != current or typed:
                sys.exit(f"TYPE not behind its HELP: {line}")
            if (match[2] == "counter") != current.endswith("_total"):
                sys.exit(f"counters, and they alone, are called _total: {line}")
            typed = True
        elif match := SAMPLE.fullmatch(line):
            if match[1] != current or not typed:
                sys.exit(f"a sample of no family: {line}")
            if match[2] in (labels for labels, _ in found[current]):
                sys.exit(f"the same labels twice: {line}")
            found[current].append((match[2], float(match[3])))
        else:
            sys.exit(f"not a line of the format: {line}")
    return found


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        found = families(file.read())
    for name, samples in found.items():
        if not samples:
            sys.exit(f"a family without samples: {name}")
    for wanted in sys.argv[2:]:
        name, label, total = re.fullmatch(r"(\w+)(?:\{(\w+)\})?(?:=(.+))?", wanted).groups()
        if name not in found:
            sys.exit(f"no family {name}")
        if label and not all(labels and f'{label}="' in labels for labels, _ in found[name]):
            sys.exit(f"a sample of {name} without {label}")
        if total and sum(value for _, value in found[name]) != float(total):
            sys.exit(f"{name} is {found[name]}, wanted {total}")


main()
