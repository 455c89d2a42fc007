"""The suite of benchmarks as a program."""

import os
import subprocess
import sys
import tempfile

import child
import results
from problem import AS_EXPECTED, UNUSABLE, WRONG_SUBJECT, Problem

# Where both were built, the suite's folder lies beside the driver's.
BUILT = os.path.normpath(os.path.join(os.path.abspath(sys.argv[0]), "../../suite/suite"))


def find(path):
    """The suite's program: the one that was named, or the one that was built."""
    program = os.path.abspath(path) if path else BUILT
    if os.path.isfile(program) and os.access(program, os.X_OK):
        return program
    if path:
        raise Problem(f"--suite: {path} is no program")
    raise Problem(
        f"the suite is not built: there is no {program}\n"
        "Build it in a clone: bazel build //bench/suite:suite"
    )


def options_of(filtered=None, repetitions=None, min_time=None, seed=None):
    """The suite's arguments; what is None is left to it."""
    asked = {
        "--filter": filtered,
        "--repetitions": repetitions,
        "--min-time": min_time,
        "--seed": seed,
    }
    return [f"{option}={value}" for option, value in asked.items() if value is not None]


def names(program, filtered=None):
    """The benchmarks that a filter lets through."""
    command = [program, "--list", *options_of(filtered)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        raise Problem(f"{program}: {error.strerror}") from error
    if done.returncode != 0:
        raise Problem(f"{program} --list: {done.stderr.strip() or _end(done.returncode)}")
    listed = done.stdout.split()
    if not listed:
        raise Problem(f"--filter={filtered}: there is no such benchmark")
    return listed


def _end(code):
    return f"ended by signal {-code}" if code < 0 else f"exit code {code}"


def measure(program, arguments):
    """Runs the suite; its JSON document, and whether every subject was right."""
    with tempfile.TemporaryDirectory(prefix="kvmsim-bench-") as folder:
        out = os.path.join(folder, "suite.json")
        command = [program, *arguments, f"--out={out}"]
        try:
            code = child.run(command, stdout=subprocess.DEVNULL)
        except OSError as error:
            raise Problem(f"{program}: {error.strerror}") from error
        if code == UNUSABLE:
            raise Problem("the suite refused to run, as it says above")
        if code not in (AS_EXPECTED, WRONG_SUBJECT) or not os.path.exists(out):
            raise Problem(f"the suite gave no results: {_end(code)}")
        return results.read_document(out), code == AS_EXPECTED
