"""Arguments, refused in the words that kvmsim uses."""

import argparse
import difflib
import math
import sys

from problem import UNUSABLE

PROGRAM = "kvmsim bench"


def suggestion(word, known):
    """"; did you mean x?", where something known is near."""
    near = difflib.get_close_matches(word, known, n=1)
    return f"; did you mean {near[0]}?" if near else ""


class Parser(argparse.ArgumentParser):
    """One command's arguments; refusals name the command, and the option that was meant."""

    def __init__(self, command, description, epilog=None):
        super().__init__(
            prog=f"{PROGRAM} {command}".strip(),
            description=description,
            epilog=epilog,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )

    def error(self, message):
        print(f"{self.prog}: {message}", file=sys.stderr)
        print(f"Run `{self.prog} --help` for its options.", file=sys.stderr)
        sys.exit(UNUSABLE)

    def read(self, words):
        """The values of the arguments; ends the program where one is wrong."""
        values, left = self.parse_known_args(words)
        if not left:
            return values
        option = left[0].split("=", maxsplit=1)[0]
        if option.startswith("-"):
            known = [name for action in self._actions for name in action.option_strings]
            self.error(f"there is no option {option}{suggestion(option, known)}")
        self.error(f"'{left[0]}' is one argument too many")
        return None


def whole_number(least):
    """A type of argument: a whole number that is not below `least`."""

    def read(text):
        if not text.isascii() or not text.isdigit() or int(text) < least:
            raise argparse.ArgumentTypeError(f"'{text}' is no whole number from {least}")
        return int(text)

    return read


def fraction(text):
    """A type of argument: a number above 0 and below 1."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is no number between 0 and 1")
    return value


def seconds(text):
    """A type of argument: a time above 0."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"'{text}' is no number of seconds above 0")
    return value


def add_suite_options(parser):
    """The options that are handed on to the suite."""
    parser.add_argument("--min-time", type=seconds, metavar="S", help="seconds, of each repetition")
    parser.add_argument(
        "--seed", type=whole_number(0), metavar="N", help="of the order of the runs"
    )
