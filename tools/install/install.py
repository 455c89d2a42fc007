"""Installs kvmsim, the library and their documentation, and removes them again: `./run install`.

  install.py install --prefix DIR --source ROOT --built BIN
  install.py uninstall --prefix DIR

Without --built it only says whether the folder can be installed in. DESTDIR, where it is set,
stands before the prefix: what is packed there finds its parts after it was moved. Exit codes: 2 the
arguments are wrong, the folder can't be written to, or a file of another's is where one is to be,
and nothing was changed; 128 and the signal's number where it was interrupted.
"""

import argparse
import os
import signal
import sys

from layout import Layout
from prefix import INTERRUPTIONS, UNUSABLE, Prefix, Problem

DEFAULT_PREFIX = "/usr/local"


class Parser(argparse.ArgumentParser):
    """Refuses as kvmsim does."""

    def error(self, message):
        print(f"{self.prog}: {message}", file=sys.stderr)
        print(f"Run `{self.prog} --help` for its options.", file=sys.stderr)
        sys.exit(UNUSABLE)


def parse(command, words):
    does = {
        "install": "Installs kvmsim, the library and their documentation.",
        "uninstall": "Removes what install has installed there, and nothing else.",
    }[command]
    parser = Parser(prog=f"./run {command}", description=does, allow_abbrev=False)
    parser.add_argument(
        "--prefix",
        metavar="DIR",
        default=DEFAULT_PREFIX,
        help=f"the folder above bin, lib and share; {DEFAULT_PREFIX} without it. The environment's"
        " DESTDIR is put before it",
    )
    if command == "install":
        parser.add_argument("--source", help=argparse.SUPPRESS)
        parser.add_argument("--built", help=argparse.SUPPRESS)
    arguments = parser.parse_args(words)
    if not arguments.prefix:
        parser.error("argument --prefix: an empty text names no folder")
    return arguments


def folder_of(prefix):
    """The prefix, behind DESTDIR."""
    prefix = os.path.abspath(prefix)
    destination = os.environ.get("DESTDIR")
    return os.path.abspath(destination) + prefix if destination else prefix


def run(command, words):
    arguments = parse(command, words)
    prefix = Prefix(folder_of(arguments.prefix))
    if command == "uninstall":
        print(f"removed from {prefix.folder}: {prefix.uninstall()} files")
    elif not arguments.built:
        prefix.check()
    else:
        prefix.check()
        layout = Layout(arguments.source, arguments.built)
        entries = layout.entries()
        prefix.install(entries)
        print(f"installed in {prefix.folder}: kvmsim {layout.version()}, {len(entries)} files")
    return 0


class Interrupted(BaseException):
    """By a signal: Ctrl-C, a closed terminal, kill."""


def interrupt(number, _frame):
    raise Interrupted(number)


AFTER_INTERRUPTION = {
    "install": "everything is as it was",
    "uninstall": "what is left can still be removed",
}


def main():
    command = sys.argv[1]
    for number in INTERRUPTIONS:
        signal.signal(number, interrupt)
    try:
        return run(command, sys.argv[2:])
    except Problem as problem:
        print(f"./run {command}: {problem}", file=sys.stderr)
    except OSError as error:
        print(f"./run {command}: {error.filename}: {error.strerror}", file=sys.stderr)
    except Interrupted as interrupted:
        print(f"./run {command}: interrupted: {AFTER_INTERRUPTION[command]}", file=sys.stderr)
        return 128 + interrupted.args[0]
    return UNUSABLE


if __name__ == "__main__":
    sys.exit(main())
