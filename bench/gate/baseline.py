"""Baselines: what operations cost when it was last accepted, and what has changed since.

  bench/gate/baselines/<key>.tsv    one line for each operation: its name, instructions, bytes and
                                    allocations, separated by tabs
"""

import os
from typing import NamedTuple

from counting import Cost, NotCounted

HEADING = "# operation\tinstructions\tbytes\tallocations\n"

# A cost may grow by that share of what it was,
TOLERANCE = 0.01
# and an operation may take so many instructions more whatever their share: one of fewer than 200
# instructions isn't found to be worse for a single move between registers.
INSTRUCTIONS_OF_GRACE = 2

SAYS = {
    "instructions": "takes {now} instructions, {before} before",
    "bytes": "leaves the map with {now} bytes, {before} before",
    "allocations": "makes {now} allocations, {before} before",
}


class Difference(NamedTuple):
    """One cost of an operation that changed by more than the tolerance."""

    operation: str
    cost: str  # a field of Cost
    before: int
    now: int

    @property
    def is_worse(self):
        return self.now > self.before

    def __str__(self):
        share = f"{(self.now - self.before) / self.before:+.1%}" if self.before else "from nothing"
        word = "WORSE" if self.is_worse else "BETTER"
        said = SAYS[self.cost].format(now=self.now, before=self.before)
        return f"{word}: {self.operation} {said} ({share})"


class Comparison(NamedTuple):
    """Costs now beside those before."""

    differences: list
    new: list  # operations that were not there before
    gone: list  # and that are not there any more

    @property
    def worse(self):
        return [difference for difference in self.differences if difference.is_worse]

    @property
    def better(self):
        return [difference for difference in self.differences if not difference.is_worse]


def differs(cost, before, now):
    change = abs(now - before)
    grace = INSTRUCTIONS_OF_GRACE if cost == "instructions" else 0
    return change > before * TOLERANCE and change > grace


def compare(before, now):
    """Of two tables, operation -> Cost."""
    differences = [
        Difference(operation, cost, before_it, now_it)
        for operation in now
        if operation in before
        for cost, before_it, now_it in zip(Cost._fields, before[operation], now[operation])
        if differs(cost, before_it, now_it)
    ]
    new = [operation for operation in now if operation not in before]
    gone = [operation for operation in before if operation not in now]
    return Comparison(differences, new, gone)


def path_of(folder, key):
    return os.path.join(folder, f"{key}.tsv")


def read(path):
    """Operation -> Cost; None where there is no such file."""
    try:
        with open(path, encoding="utf-8") as opened:
            rows = [line.rstrip("\n").split("\t") for line in opened if not line.startswith("#")]
    except FileNotFoundError:
        return None
    try:
        return {operation: Cost(*map(int, costs)) for operation, *costs in rows}
    except (TypeError, ValueError) as why:
        raise NotCounted(f"{path} can't be read: {why}") from why


def write(path, costs):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as opened:
        opened.write(HEADING)
        for operation, cost in sorted(costs.items()):
            opened.write("\t".join([operation, *map(str, cost)]) + "\n")
