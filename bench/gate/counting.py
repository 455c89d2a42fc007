"""Counts operations: runs gate_operations under valgrind's tool callgrind and reads both."""

import os
import re
import shutil
import subprocess
import tempfile
from typing import NamedTuple

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

# What makes libc choose other functions, or allocate otherwise, than it does by itself.
LIBC_VARIABLES = re.compile(r"GLIBC_TUNABLES|MALLOC_\w+|LD_\w+")


class NotCounted(Exception):
    """Why there is no result."""


class Bound(NamedTuple):
    """A limit that an operation is held to: it has to take fewer instructions."""

    what: str
    group: str
    operation: str
    limit: int


class Cost(NamedTuple):
    """What an operation costs that is held to its baseline."""

    instructions: int
    bytes: int
    allocations: int


class Counted(NamedTuple):
    """What one run of gate_operations gave."""

    key: str  # what counts depend on besides the code
    forms: dict  # pattern -> the form that the map takes for it
    bounds: list
    instructions: dict  # operation -> its instructions, of every operation
    costs: dict  # operation -> its Cost, of those that are held to their baselines


def parse_instructions(lines):
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


def parse_report(text, instructions):
    """The lines that gate_operations prints, with the instructions that callgrind counted."""
    key, forms, bounds, costs = None, {}, [], {}
    try:
        for kind, *words in (line.split("\t") for line in text.splitlines()):
            if kind == "key":
                (key,) = words
            elif kind == "form":
                pattern, forms[pattern] = words
            elif kind == "limit":
                bounds.append(Bound(*words[:3], int(words[3])))
            elif kind == "held":
                operation, *numbers = words
                costs[operation] = Cost(instructions[operation], *map(int, numbers))
        complete = all(instructions[bound.operation] > 0 for bound in bounds)
    except (ValueError, KeyError, TypeError) as why:
        raise NotCounted(f"what gate_operations prints can't be read: {why!r}") from why
    if key is None or not (bounds or costs) or not complete:
        raise NotCounted("gate_operations names no key, or an operation has no count")
    return Counted(key, forms, bounds, instructions, costs)


def count(program, arguments):
    """Runs the program of that path, a gate_operations."""
    if shutil.which(VALGRIND[0]) is None:
        raise NotCounted("valgrind is not installed")
    environment = {
        name: value for name, value in os.environ.items() if not LIBC_VARIABLES.fullmatch(name)
    }
    with tempfile.TemporaryDirectory() as folder:
        counted = os.path.join(folder, "callgrind.out")
        command = [*VALGRIND, f"--callgrind-out-file={counted}", program, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        if done.returncode != 0:
            raise NotCounted(f"gate_operations exits with {done.returncode}: {done.stderr.strip()}")
        with open(counted, encoding="utf-8") as lines:
            instructions = parse_instructions(lines)
    return parse_report(done.stdout, instructions)
