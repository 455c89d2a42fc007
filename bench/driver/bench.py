#!/usr/bin/env python3
"""Runs the suite of benchmarks, and tells and compares what it measured: `kvmsim bench`.

  bazel build //bench/suite:suite && bazel run //bench/driver -- --quick
  bazel run //bench/driver -- compare A.json B.json

docs/command-line.md describes it. Exit codes: 0; 1 a subject of the suite was wrong; 2 nothing was
measured or compared, or wrong arguments; 3 a regression; 130 interrupted.
"""

import os
import sys

import ab
import child
import compare
import measure
import trends
from command_line import PROGRAM, suggestion
from problem import INTERRUPTED, UNUSABLE, Interrupted, Problem

COMMANDS = {"compare": compare.run, "ab": ab.run, "trends": trends.run}


def command_of(words):
    """What does the work, its name, and its arguments."""
    if not words or words[0].startswith("-"):
        return measure.run, PROGRAM, words
    if words[0] not in COMMANDS:
        raise Problem(f"there is no command '{words[0]}'{suggestion(words[0], COMMANDS)}")
    return COMMANDS[words[0]], f"{PROGRAM} {words[0]}", words[1:]


def main():
    child.end_as_by_ctrl_c()
    # `bazel run` starts programs in a folder of its own.
    os.chdir(os.environ.get("BUILD_WORKING_DIRECTORY", "."))
    name = PROGRAM
    try:
        run, name, words = command_of(sys.argv[1:])
        code = run(words)
        sys.stdout.flush()
        return code
    except Problem as problem:
        print(f"{name}: {problem}", file=sys.stderr)
        return UNUSABLE
    except BrokenPipeError:
        # Who reads stdout has had enough; nothing is to be flushed at the end either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return UNUSABLE
    except Interrupted as what:
        print(f"\n{name}: interrupted: {what}", file=sys.stderr)
        return INTERRUPTED
    except KeyboardInterrupt:
        print(f"\n{name}: interrupted: nothing was written", file=sys.stderr)
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
