"""kvmsim bench: runs the suite, and tells how the model stands."""

import json
import os
import re
import sys

import child
import history
import html_report
import results
import revision
import standing
import suite
import wording
from command_line import Parser, add_suite_options, suggestion, whole_number
from problem import AS_EXPECTED, WRONG_SUBJECT, Interrupted, Problem
from whole_files import make_folder, write_whole

DESCRIPTION = """\
Measures the model and its peers, and writes bench.json and bench.html.

Other commands, each with a --help of its own:
  compare A.json B.json   what became slower from one run to another
  ab REV1 REV2            the same for two revisions, built and run in turn
  trends HISTORY          a page of the runs in a file that --history wrote"""
EPILOG = """\
Exit codes: 0; 1 a subject did not do what it should, and is named; 2 nothing was
measured, or wrong arguments; 130 interrupted."""

# The first of them that the suite has.
BASELINES = ("maple_rcu", "std_map")
DEFAULT_FOLDER = "bench-results"

# A quick run takes about a minute: few subjects, and what is left of it shared out among them.
QUICK_REPETITIONS = 3
QUICK_SECONDS = 30
QUICK_MIN_TIMES = (0.001, 0.02)


def parser():
    result = Parser("", DESCRIPTION, EPILOG)
    result.add_argument(
        "--filter", metavar="RE", help="only benchmarks whose name this regular expression finds"
    )
    result.add_argument(
        "--repetitions", type=whole_number(1), metavar="N", help="how often each is measured"
    )
    add_suite_options(result)
    result.add_argument(
        "--quick", action="store_true", help="the model and the baseline, in about a minute"
    )
    result.add_argument(
        "--out",
        metavar="DIR",
        default=DEFAULT_FOLDER,
        help=f"where the results are written; {DEFAULT_FOLDER} without it",
    )
    result.add_argument("--history", metavar="FILE", help="adds the run to this file, a line a run")
    result.add_argument(
        "--baseline",
        metavar="SUBJECT",
        help=f"the peer whose ratio to the model is told; without it {' or '.join(BASELINES)}",
    )
    result.add_argument("--suite", metavar="PATH", help="the suite's program, if another")
    return result


def quick_filter(baseline):
    """The model and the baseline in every family but the curves, which are many points."""
    subjects = "|".join(re.escape(name) for name in (results.MODEL, results.NULL, baseline))
    return f"^W.*/({subjects})$"


def choose_baseline(asked, listed):
    """The peer that is asked for, or the usual one of those that the suite has."""
    subjects = sorted({name.rsplit("/", maxsplit=1)[-1] for name in listed})
    if asked is None:
        return next((name for name in BASELINES if name in subjects), BASELINES[0])
    if asked not in subjects:
        raise Problem(
            f"--baseline: no benchmark has the subject '{asked}'{suggestion(asked, subjects)}"
        )
    return asked


def plan(arguments, program):
    """The baseline and the suite's arguments, after a look at which benchmarks there are."""
    filtered, repetitions, min_time = arguments.filter, arguments.repetitions, arguments.min_time
    listed = suite.names(program, filtered)
    baseline = choose_baseline(arguments.baseline, listed)
    if arguments.quick:
        if filtered is None:
            filtered = quick_filter(baseline)
            listed = suite.names(program, filtered)
        repetitions = repetitions or QUICK_REPETITIONS
        least, most = QUICK_MIN_TIMES
        share = QUICK_SECONDS / (len(listed) * repetitions)
        min_time = min_time or round(min(max(share, least), most), 4)
    return baseline, suite.options_of(filtered, repetitions, min_time, arguments.seed)


def print_failures(measured):
    for name, why in measured.failures.items():
        print(f"WRONG: {name}: {why}")


def print_standings(all_standings, baseline):
    rows = []
    for one in all_standings:
        against = one.baseline_ratio(baseline)
        flag = ""
        if one.is_behind:
            flag = "BEHIND" if one.is_clearly_behind else "behind, within the spread"
        rows.append(
            (
                one.case,
                wording.measured(one.model),
                "-" if against is None else wording.times(against),
                one.best.subject,
                wording.times(one.best_ratio),
                flag,
            )
        )
    heading = ("case", "model", f"{baseline}/model", "best peer", "best/model", "")
    for line in wording.text_table(heading, rows):
        print(line)


def print_others(measured, told):
    """The benchmarks of cases in which the model has no peer."""
    rows = [
        (benchmark.name, wording.measured(benchmark))
        for benchmark in measured.benchmarks.values()
        if benchmark.case not in told
    ]
    if rows:
        print("\nWithout a peer:")
        for line in wording.text_table(("benchmark", "median"), rows):
            print(line)


def print_summary(all_standings):
    lost = standing.behind(all_standings)
    print(
        f"\nA peer needs less than the model in {len(lost)} of"
        f" {wording.plural(len(all_standings), 'case')}."
    )
    if lost:
        worst = lost[0]
        print(
            f"Furthest behind: {worst.case}, where {worst.best.subject} needs"
            f" {wording.times(worst.best_ratio)} of what the model needs."
        )


def print_report(measured, baseline):
    print_failures(measured)
    all_standings = standing.standings(measured)
    if all_standings:
        print_standings(all_standings, baseline)
    print_others(measured, {one.case for one in all_standings})
    if all_standings:
        print_summary(all_standings)
    for line in results.missing_peers(measured):
        print(f"left out: {line}")


def run(words):
    arguments = parser().read(words)
    program = suite.find(arguments.suite)
    # What would fail after the measurements is tried before them.
    make_folder(arguments.out)
    if arguments.history:
        history.text_to_go_on(arguments.history)
    baseline, options = plan(arguments, program)
    try:
        document, all_right = suite.measure(program, options)
    except KeyboardInterrupt as end:
        raise Interrupted("what was measured is lost, and nothing was written") from end
    measured = results.from_json(document)
    document["context"]["revision"] = revision.current()
    texts = {
        os.path.join(arguments.out, "bench.json"): json.dumps(document, indent=1) + "\n",
        os.path.join(arguments.out, "bench.html"): html_report.page(measured, baseline),
    }
    if arguments.history and measured.benchmarks:
        # Read again: another run may have added a line in the meantime.
        known = history.text_to_go_on(arguments.history)
        texts[arguments.history] = known + history.line_of(measured) + "\n"
    with child.not_interrupted():
        write_whole(texts)
    print_report(measured, baseline)
    for path in texts:
        print(f"written: {path}")
    if not all_right or measured.failures:
        print("a subject did not do what it should: its times don't count", file=sys.stderr)
        return WRONG_SUBJECT
    return AS_EXPECTED
