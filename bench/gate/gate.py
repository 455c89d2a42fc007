#!/usr/bin/env -S python3 -B
"""Counts the instructions of the model's operations, and fails where one takes too many.

  bazel run //bench/gate                        the gate
  bazel run //bench/gate -- --accept            what operations cost now becomes their baseline
  bazel run //bench/gate -- --only=store/       operations whose names begin so, alone
  bazel run //bench/gate -- --counts            every operation's count besides
  bazel run //bench/gate -- --plant=OPERATION=N with a regression, see gate_operations.cc

Needs valgrind. The counts are the same in each run of one build: no clock is read. An operation is
held to absolute limits, or to its baseline (baseline.py). Where there is none for this machine and
compiler, the parent revision is built and counted (parent.py).

Exit codes: 0 every operation is under its limit, and none is worse; 2 nothing could be counted or
compared, or wrong arguments; 3 an operation is over its limit, worse, or not in the baseline.
"""

import argparse
import os
import sys

import baseline
from counting import NotCounted, count
from parent import count_parent

PASSED, NOT_COUNTED, REGRESSION = 0, 2, 3

ACCEPT = "bazel run //bench/gate -- --accept"


def worst_of_each(counted):
    """The most expensive operation of each limit and group, in the order of their first ones."""
    worst = {}
    for bound in counted.bounds:
        known = worst.setdefault((bound.what, bound.group), bound)
        if counted.instructions[bound.operation] > counted.instructions[known.operation]:
            worst[bound.what, bound.group] = bound
    return worst.values()


def print_limits(counted):
    rows = [("limit", "group", "under", "worst", "operation")]
    for bound in sorted(worst_of_each(counted), key=lambda bound: bound.what):
        instructions = str(counted.instructions[bound.operation])
        rows.append((bound.what, bound.group, str(bound.limit), instructions, bound.operation))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows if len(rows) > 1 else []:
        print(
            f"{row[0]:<{widths[0]}}  {row[1]:<{widths[1]}}  {row[2]:>{widths[2]}}"
            f"  {row[3]:>{widths[3]}}  {row[4]}"
        )


def print_counts(counted):
    for pattern, form in counted.forms.items():
        print(f"the map takes the form {form} for {pattern}")
    for operation, instructions in counted.instructions.items():
        said = f"{instructions:6} {operation}"
        if operation in counted.costs:
            cost = counted.costs[operation]
            said += f"  {cost.bytes} bytes, {cost.allocations} allocations"
        print(said)


def judge_limits(counted):
    """Names every operation that is over a limit; how many there are."""
    over = [
        bound for bound in counted.bounds if counted.instructions[bound.operation] >= bound.limit
    ]
    for bound in over:
        print(
            f"OVER: {bound.operation} takes {counted.instructions[bound.operation]} instructions,"
            f" has to take fewer than {bound.limit} ({bound.what})"
        )
    named = {bound.operation for bound in over}
    print(f"{len(counted.instructions)} operations counted, {len(named)} over a limit")
    return len(named)


def judge_costs(counted, before, called, is_accepted):
    """Names every operation that costs more or less than before; whether one is refused.

    In costs that nobody accepted, those of the parent, an operation may be missing.
    """
    compared = baseline.compare(before, counted.costs)
    for difference in compared.differences:
        print(difference)
    for operation in compared.new:
        print(f"NEW: {operation} is not in {called}")
    for operation in compared.gone:
        print(f"GONE: {operation} is in {called} and is not counted any more")
    print(
        f"{len(counted.costs) - len(compared.new)} operations compared with {called}:"
        f" {len(compared.worse)} costs worse, {len(compared.better)} better"
    )
    unlisted = compared.new + compared.gone if is_accepted else []
    if compared.differences or unlisted:
        print(f"To accept what operations cost now: {ACCEPT}; its diff is reviewed as any other.")
    return bool(compared.worse or unlisted)


def costs_of_parent(counted, only):
    """The parent's costs, and how it is called."""
    before, called = count_parent(workspace(), only)
    if before.key != counted.key:
        raise NotCounted(f"{called} was built otherwise, its key is {before.key}")
    return before.costs, called


def workspace():
    """The root of the tree that the gate is of: where `bazel run` was called, or this file's."""
    here = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
    return os.environ.get("BUILD_WORKSPACE_DIRECTORY", here)


def accept(counted, path, start):
    """Writes the baseline. Operations whose names don't begin with `start` keep what they had."""
    costs = counted.costs
    if start:
        others = (baseline.read(path) or {}).items()
        costs = costs | {name: cost for name, cost in others if not name.startswith(start)}
    baseline.write(path, costs)
    print(f"{len(counted.costs)} operations accepted in {os.path.basename(path)}")


def is_refused(counted, arguments, only):
    """Compares costs with the baseline, or with the parent's; whether an operation is refused."""
    folder = arguments.baselines or os.path.join(workspace(), "bench", "gate", "baselines")
    path = baseline.path_of(folder, counted.key)
    if arguments.accept:
        accept(counted, path, arguments.only)
        return False
    before, called = baseline.read(path), os.path.basename(path)
    if before is None:
        print(f"There is no {called}: the parent revision is built and counted.", flush=True)
        return judge_costs(counted, *costs_of_parent(counted, only), is_accepted=False)
    before = {name: cost for name, cost in before.items() if name.startswith(arguments.only)}
    return judge_costs(counted, before, called, is_accepted=True)


def judge(counted, arguments, only):
    """The exit code. What is over a limit is that whether or not there is something to compare."""
    over = judge_limits(counted)
    try:
        # Where operations were left out, there may be nothing to compare.
        refused = bool(counted.costs) and is_refused(counted, arguments, only)
    except NotCounted as why:
        print(f"Nothing was compared: {why}", file=sys.stderr)
        return REGRESSION if over else NOT_COUNTED
    return REGRESSION if over or refused else PASSED


def main():
    parser = argparse.ArgumentParser(prog="gate", description="See the head of gate.py.")
    parser.add_argument("--accept", action="store_true")
    parser.add_argument("--baselines", metavar="FOLDER", help="others than bench/gate/baselines")
    parser.add_argument("--counts", action="store_true")
    parser.add_argument("--only", metavar="START", default="")
    parser.add_argument("--plant", metavar="OPERATION=N", action="append", default=[])
    parser.add_argument("--plant_bytes", metavar="OPERATION=N", action="append", default=[])
    arguments = parser.parse_args()
    only = [f"--only={arguments.only}"] if arguments.only else []
    plants = [f"--plant={plant}" for plant in arguments.plant]
    plants += [f"--plant_bytes={plant}" for plant in arguments.plant_bytes]
    # As it was built, it lies beside this file.
    program = os.path.join(os.path.dirname(os.path.abspath(sys.argv[0])), "gate_operations")
    try:
        counted = count(program, only + plants)
    except NotCounted as why:
        print(f"Nothing was counted: {why}", file=sys.stderr)
        return NOT_COUNTED
    if arguments.counts:
        print_counts(counted)
    print_limits(counted)
    return judge(counted, arguments, only)


if __name__ == "__main__":
    sys.exit(main())
