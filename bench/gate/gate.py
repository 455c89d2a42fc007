#!/usr/bin/env python3
"""Counts the instructions of the model's operations, and fails where one is over its limit.

  bazel run //bench/gate                        the gate
  bazel run //bench/gate -- --plant=OPERATION=N with a regression, see gate_operations.cc
  bazel run //bench/gate -- --counts            every operation's count besides

Needs valgrind. The counts are the same in each run of one build: no clock is read.

Exit codes: 0 every operation is under its limit; 2 nothing could be counted, or wrong arguments;
3 an operation is over its limit.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from typing import NamedTuple

UNDER_ITS_LIMIT, NOT_COUNTED, REGRESSION = 0, 2, 3

# The operation that does nothing: its count is what counting costs.
EMPTY = "nothing"

VALGRIND = (
    "valgrind",
    "--quiet",
    "--tool=callgrind",
    # One file for all parts, and in it no more than the sums need.
    "--combine-dumps=yes",
    "--dump-line=no",
    "--collect-atstart=no",
    "--vgdb=no",
)


class NotCounted(Exception):
    """Why there is no result."""


class Bound(NamedTuple):
    """A limit that an operation is held to: it has to take fewer instructions."""

    what: str
    group: str
    operation: str
    limit: int


def parse_bounds(text):
    """The lines that gate_operations prints."""
    rows = [line.split("\t") for line in text.splitlines()]
    return [Bound(what, group, operation, int(limit)) for what, group, operation, limit in rows]


def parse_counts(lines):
    """Operation -> its instructions, from the parts of callgrind's output."""
    counts, name = {}, None
    for line in lines:
        trigger = re.match(r"desc: Trigger: Client Request: (\S+)$", line)
        if trigger:
            name = trigger[1]
        elif line.startswith("summary: ") and name is not None:
            counts[name] = int(line.split()[1])
            name = None
    if EMPTY not in counts:
        raise NotCounted("callgrind counted no empty operation")
    cost = counts.pop(EMPTY)
    return {name: count - cost for name, count in counts.items()}


def count_operations(arguments):
    """Runs gate_operations, which lies beside this file as it was built; bounds and counts."""
    program = os.path.join(os.path.dirname(os.path.abspath(sys.argv[0])), "gate_operations")
    if shutil.which(VALGRIND[0]) is None:
        raise NotCounted("valgrind is not installed")
    with tempfile.TemporaryDirectory() as folder:
        counted = os.path.join(folder, "callgrind.out")
        command = [*VALGRIND, f"--callgrind-out-file={counted}", program, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise NotCounted(f"gate_operations exits with {done.returncode}: {done.stderr.strip()}")
        with open(counted, encoding="utf-8") as lines:
            counts = parse_counts(lines)
    bounds = parse_bounds(done.stdout)
    if not bounds or any(counts.get(bound.operation, 0) <= 0 for bound in bounds):
        raise NotCounted("an operation has no count")
    return bounds, counts


def worst_of_each(bounds, counts):
    """The most expensive operation of each limit and group, in the order of their first ones."""
    worst = {}
    for bound in bounds:
        key = (bound.what, bound.group)
        if key not in worst or counts[bound.operation] > counts[worst[key].operation]:
            worst[key] = bound
    return worst.values()


def print_table(bounds, counts):
    heading = ("limit", "group", "under", "worst", "operation")
    rows = [
        (bound.what, bound.group, str(bound.limit), str(counts[bound.operation]), bound.operation)
        for bound in sorted(worst_of_each(bounds, counts), key=lambda bound: bound.what)
    ]
    widths = [max(len(row[column]) for row in [heading, *rows]) for column in range(len(heading))]
    for row in [heading, *rows]:
        print(
            f"{row[0]:<{widths[0]}}  {row[1]:<{widths[1]}}  {row[2]:>{widths[2]}}"
            f"  {row[3]:>{widths[3]}}  {row[4]}"
        )


def judge(bounds, counts):
    """Names every operation that is over a limit; the exit code."""
    over = [bound for bound in bounds if counts[bound.operation] >= bound.limit]
    for bound in over:
        print(
            f"OVER: {bound.operation} takes {counts[bound.operation]} instructions,"
            f" has to take fewer than {bound.limit} ({bound.what})"
        )
    named = {bound.operation for bound in over}
    print(f"{len(counts)} operations counted, {len(named)} over a limit")
    return REGRESSION if over else UNDER_ITS_LIMIT


def main():
    parser = argparse.ArgumentParser(prog="gate", description="See the head of gate.py.")
    parser.add_argument("--plant", metavar="OPERATION=N", action="append", default=[])
    parser.add_argument("--counts", action="store_true")
    arguments = parser.parse_args()
    try:
        bounds, counts = count_operations([f"--plant={plant}" for plant in arguments.plant])
    except NotCounted as why:
        print(f"Nothing was counted: {why}", file=sys.stderr)
        return NOT_COUNTED
    if arguments.counts:
        for operation, count in counts.items():
            print(f"{count:6} {operation}")
    print_table(bounds, counts)
    return judge(bounds, counts)


if __name__ == "__main__":
    sys.exit(main())
