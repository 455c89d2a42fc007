"""kvmsim bench compare: what became slower from one run to another.

Times: the repetitions of a benchmark in both runs are compared by Mann and Whitney's test, and the
p-values of all benchmarks adjusted by Holm's method. A benchmark has become slower when its
adjusted p is below alpha and its median is larger by more than the threshold.

Many small changes: a family's benchmarks give one ratio of medians each. The logarithms of these
are compared with 0 by Wilcoxon's signed-rank test, one p a family, again adjusted by Holm's method
over the families. A family has become slower when its p is below alpha and the geometric mean of
its ratios is above 1 by more than the threshold.

Bytes are the same in each run, and no test is needed: more than 1% is more.
"""

import math
import re
import sys
from typing import NamedTuple

import rank_tests
import results
import samples
import wording
from command_line import Parser, fraction
from problem import AS_EXPECTED, REGRESSION, Problem

DESCRIPTION = """\
Compares two runs of the suite, B with A, and says what became slower."""
EPILOG = """\
A benchmark became slower when its repetitions differ significantly (Mann and Whitney's
test, adjusted by Holm's method for the number of benchmarks) and its median grew by more
than the threshold; a family, when its benchmarks' ratios do (Wilcoxon's signed-rank test,
adjusted for the number of families) and so does their geometric mean. Memory: more than 1%.

Exit codes: 0 nothing became slower; 2 the files can't be compared, or wrong arguments;
3 something became slower."""

THRESHOLD, ALPHA = 0.05, 0.01
# Of bytes, which don't vary.
BYTES_THRESHOLD = 0.01

# What the context says that has to be alike for times to be comparable.
CONDITIONS = (
    ("host_name", "machine"),
    ("cpu", "processor"),
    ("num_cpus", "number of CPUs"),
    ("seed", "seed"),
    ("compiler", "compiler"),
    ("libc", "C library"),
    ("min_time", "time of a repetition"),
    ("library_build_type", "build of the benchmark library"),
)

SLOWER, FASTER, NO_CHANGE = "SLOWER", "faster", ""


class Limits(NamedTuple):
    """What counts as a change."""

    threshold: float
    alpha: float


class Change(NamedTuple):
    """A benchmark, or a family, in both runs; p is None where no test was made."""

    name: str
    before: results.Benchmark
    after: results.Benchmark
    ratio: float
    p: float
    verdict: str


class FamilyChange(NamedTuple):
    """A family's geometric mean over that many benchmarks."""

    name: str
    count: int
    ratio: float
    p: float
    verdict: str


def verdict_of(ratio, threshold):
    """The verdict on a ratio that is no accident."""
    if ratio > 1 + threshold:
        return SLOWER
    return FASTER if ratio < 1 / (1 + threshold) else NO_CHANGE


def judge_times(pairs, limits):
    tests = [rank_tests.mann_whitney(before.values, after.values) for before, after in pairs]
    adjusted = rank_tests.holm([test.p for test in tests])
    changes = []
    for (before, after), p in zip(pairs, adjusted):
        ratio = samples.ratio(after.median, before.median)
        verdict = verdict_of(ratio, limits.threshold) if p < limits.alpha else NO_CHANGE
        changes.append(Change(before.name, before, after, ratio, p, verdict))
    return changes


def judge_bytes(pairs):
    changes = []
    for before, after in pairs:
        ratio = samples.ratio(after.median, before.median)
        verdict = verdict_of(ratio, BYTES_THRESHOLD)
        changes.append(Change(before.name, before, after, ratio, None, verdict))
    return changes


def judge_families(changes, limits):
    """The families of times, each as a whole."""
    families = {}
    for change in changes:
        if not change.before.counts_bytes:
            families.setdefault(change.before.family, []).append(change.ratio)
    tests = [
        rank_tests.signed_rank([math.log(ratio) for ratio in ratios])
        for ratios in families.values()
    ]
    adjusted = rank_tests.holm([test.p for test in tests])
    judged = []
    for (name, ratios), p in zip(families.items(), adjusted):
        mean = samples.geometric_mean(ratios)
        verdict = verdict_of(mean, limits.threshold) if p < limits.alpha else NO_CHANGE
        judged.append(FamilyChange(name, len(ratios), mean, p, verdict))
    return judged


def least_repetitions(alpha, tests):
    """How many repetitions on each side can show a difference among that many benchmarks."""
    count = 1
    while rank_tests.least_mann_whitney_p(count, count) * tests >= alpha:
        count += 1
    return count


def check_power(pairs, alpha):
    """Refuses runs of so few repetitions that no difference could ever be significant."""
    if not pairs:
        return
    best = min(
        rank_tests.least_mann_whitney_p(len(before.values), len(after.values))
        for before, after in pairs
    )
    if best * len(pairs) < alpha:
        return
    least, most = min(map(_repetitions, pairs)), max(map(_repetitions, pairs))
    told = str(most) if least == most else f"{least} to {most}"
    raise Problem(
        f"{told} repetitions can't show a difference at alpha {alpha:g} among"
        f" {wording.plural(len(pairs), 'benchmark')}; at least"
        f" {least_repetitions(alpha, len(pairs))} are needed on each side, or fewer benchmarks"
    )


def _repetitions(pair):
    return min(len(benchmark.values) for benchmark in pair)


class Comparison:
    """Two runs, judged."""

    def __init__(self, before, after, limits, passes=lambda name: True):
        first = {name: one for name, one in before.benchmarks.items() if passes(name)}
        second = {name: one for name, one in after.benchmarks.items() if passes(name)}
        self.only_before = [name for name in first if name not in second]
        self.only_after = [name for name in second if name not in first]
        pairs = [(first[name], second[name]) for name in first if name in second]
        if not pairs:
            raise Problem("the two have no benchmark in common")
        timed = [pair for pair in pairs if not pair[0].counts_bytes]
        check_power(timed, limits.alpha)
        counted = [pair for pair in pairs if pair[0].counts_bytes]
        self.changes = judge_times(timed, limits) + judge_bytes(counted)
        self.families = judge_families(self.changes, limits)

    @property
    def regressions(self):
        return [one for one in [*self.changes, *self.families] if one.verdict == SLOWER]


def differing_conditions(before, after):
    """What makes the two runs hard to compare, a line each."""
    return [
        f"the two runs differ in {what}: {before.said(key)} | {after.said(key)}"
        for key, what in CONDITIONS
        if before.said(key) != after.said(key)
    ]


def print_changes(comparison):
    rows = [
        (
            change.name,
            wording.measured(change.before),
            wording.measured(change.after),
            wording.times(change.ratio),
            "" if change.p is None else wording.probability(change.p),
            change.verdict,
        )
        for change in comparison.changes
    ]
    for line in wording.text_table(("benchmark", "A", "B", "B/A", "p", ""), rows):
        print(line)


def print_families(comparison):
    rows = [
        (
            family.name,
            str(family.count),
            wording.times(family.ratio),
            wording.probability(family.p),
            family.verdict,
        )
        for family in comparison.families
    ]
    if rows:
        print()
        for line in wording.text_table(("family", "benchmarks", "mean B/A", "p", ""), rows):
            print(line)


def print_comparison(comparison):
    """Everything, what became slower last."""
    print_changes(comparison)
    print_families(comparison)
    print()
    for side, names in (("A", comparison.only_before), ("B", comparison.only_after)):
        for name in names:
            print(f"only in {side}: {name}")
    for one in comparison.regressions:
        if isinstance(one, FamilyChange):
            print(f"SLOWER: the family {one.name}, {wording.times(one.ratio)} times on average")
        else:
            said = f"{wording.measured(one.before)} became {wording.measured(one.after)}"
            print(f"SLOWER: {one.name}: {said}, {wording.times(one.ratio)} times")
    faster = sum(1 for change in comparison.changes if change.verdict == FASTER)
    slower = sum(1 for change in comparison.changes if change.verdict == SLOWER)
    families = len(comparison.regressions) - slower
    print(
        f"{wording.plural(len(comparison.changes), 'benchmark')} compared: {slower} slower,"
        f" {faster} faster; families slower as a whole: {families}"
    )


def conclude(before, after, limits, passes=lambda name: True):
    """Compares, prints, and returns the exit code."""
    comparison = Comparison(before, after, limits, passes)
    for line in differing_conditions(before, after):
        print(f"WARNING: {line}", file=sys.stderr)
    print_comparison(comparison)
    return REGRESSION if comparison.regressions else AS_EXPECTED


def add_limits(options):
    options.add_argument(
        "--threshold",
        type=fraction,
        default=THRESHOLD,
        metavar="PART",
        help=f"growth of a median that matters; {THRESHOLD} without it",
    )
    options.add_argument(
        "--alpha",
        type=fraction,
        default=ALPHA,
        metavar="P",
        help=f"probability of a false alarm; {ALPHA} without it",
    )


def regular_expression(options, text):
    """Whether a name passes a filter; the empty one lets all pass."""
    try:
        return re.compile(text).search
    except re.error as error:
        return options.error(f"--filter: '{text}' is no regular expression: {error}")


def parser():
    result = Parser("compare", DESCRIPTION, EPILOG)
    result.add_argument("before", metavar="A.json")
    result.add_argument("after", metavar="B.json")
    result.add_argument(
        "--filter",
        default="",
        metavar="RE",
        help="only benchmarks whose name this regular expression finds",
    )
    add_limits(result)
    return result


def run(words):
    options = parser()
    arguments = options.read(words)
    passes = regular_expression(options, arguments.filter)
    before = results.load_without_failures(arguments.before)
    after = results.load_without_failures(arguments.after)
    return conclude(before, after, Limits(arguments.threshold, arguments.alpha), passes)
