"""kvmsim bench ab: two revisions, built and measured in turn on one machine.

Runs that lie hours apart differ by what the machine did meanwhile. Here a round measures both
revisions, in an order that is drawn anew for each round, so both meet the same machine.
"""

import json
import os
import random
import shutil
import sys
import tempfile

import compare
import results
import suite
from command_line import Parser, add_suite_options, whole_number
from problem import WRONG_SUBJECT, Interrupted, Problem
from revision_builds import TARGET, Builds, root_of
from whole_files import make_folder, write_whole

DESCRIPTION = f"""\
Builds {TARGET} of two revisions, each in a temporary work tree, runs the two
in turn, and says what is slower in REV2, as compare does."""
EPILOG = """\
Exit codes: 0 nothing is slower; 1 a subject did not do what it should; 2 a revision can't
be built or measured, or wrong arguments; 3 something is slower; 130 interrupted."""

# What is the project's own: the model, and what is built on it.
OWN = "/model$|^(conversion|access|capability|beside_writer)/"
LEAST_ROUNDS = 10
DEFAULT_SEED = 4242


def parser():
    result = Parser("ab", DESCRIPTION, EPILOG)
    result.add_argument("first", metavar="REV1")
    result.add_argument("second", metavar="REV2")
    result.add_argument(
        "--rounds",
        type=whole_number(1),
        metavar="N",
        help=f"how often each is measured; without it as often as --alpha needs, at least"
        f" {LEAST_ROUNDS} times",
    )
    result.add_argument(
        "--filter", default=OWN, metavar="RE", help="which benchmarks; the project's own without it"
    )
    add_suite_options(result)
    compare.add_limits(result)
    result.add_argument("--workspace", metavar="DIR", help="the clone; the current one without it")
    result.add_argument("--out", metavar="DIR", help="keeps the measurements there: a.json, b.json")
    return result


def rounds_of(asked, names, alpha):
    """How many rounds there are to be. So few that they can't show anything are refused early."""
    timed = [name for name in names if not results.is_memory_family(name.split("/")[0])]
    needed = compare.least_repetitions(alpha, len(timed)) if timed else 1
    if asked is not None and asked < needed:
        raise Problem(
            f"--rounds {asked} can't show a difference at alpha {alpha:g} among {len(timed)}"
            f" benchmarks; at least {needed} are needed, or fewer benchmarks"
        )
    return asked or max(needed, LEAST_ROUNDS)


def measure_in_turn(programs, rounds, arguments, seed):
    """Each program's merged document, and whether every subject was right."""
    chance = random.Random(seed)
    measured, all_right = {side: [] for side in programs}, True
    for number in range(1, rounds + 1):
        for side in chance.sample(sorted(programs), len(programs)):
            print(f"round {number} of {rounds}: {side}", file=sys.stderr)
            document, right = suite.measure(programs[side], arguments)
            results.from_json(document)
            measured[side].append(document)
            all_right = all_right and right
    return {side: results.merge(documents) for side, documents in measured.items()}, all_right


def keep(folder, documents):
    make_folder(folder)
    write_whole(
        {
            os.path.join(folder, f"{side.lower()}.json"): json.dumps(document, indent=1) + "\n"
            for side, document in documents.items()
        }
    )


def judge(documents, arguments):
    """What compare says of the two documents."""
    read = {side: results.from_json(document) for side, document in documents.items()}
    wrong = {(side, name): why for side in read for name, why in read[side].failures.items()}
    for (side, name), why in wrong.items():
        print(f"WRONG: {side}: {name}: {why}")
    if wrong:
        return WRONG_SUBJECT
    print(f"A is {arguments.first}, B is {arguments.second}")
    return compare.conclude(
        read["A"], read["B"], compare.Limits(arguments.threshold, arguments.alpha)
    )


def measure_revisions(builds, arguments):
    """Both revisions' documents."""
    programs = {}
    for side, revision in (("A", arguments.first), ("B", arguments.second)):
        print(f"building {revision}", file=sys.stderr)
        programs[side] = builds.program(side, revision)
    listed = [suite.names(program, arguments.filter) for program in programs.values()]
    common = [name for name in listed[0] if name in set(listed[1])]
    rounds = rounds_of(arguments.rounds, common, arguments.alpha)
    seed = DEFAULT_SEED if arguments.seed is None else arguments.seed
    options = suite.options_of(arguments.filter, 1, arguments.min_time, seed)
    return measure_in_turn(programs, rounds, options, seed)


def run(words):
    arguments = parser().read(words)
    folder = arguments.workspace or os.environ.get("BUILD_WORKSPACE_DIRECTORY", ".")
    builds_of = root_of(os.path.abspath(folder))
    if shutil.which("bazel") is None:
        raise Problem("bazel, which builds the revisions, is not installed")
    builds = Builds(builds_of, tempfile.mkdtemp(prefix="kvmsim-bench-ab-"))
    try:
        documents, all_right = measure_revisions(builds, arguments)
    except KeyboardInterrupt as end:
        raise Interrupted("what was measured is lost; the work trees are removed") from end
    finally:
        builds.remove()
    if arguments.out:
        keep(arguments.out, documents)
    code = judge(documents, arguments)
    return code if all_right else WRONG_SUBJECT
