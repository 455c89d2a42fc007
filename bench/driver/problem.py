"""What ends a command early, and the driver's exit codes."""

AS_EXPECTED = 0
WRONG_SUBJECT = 1
UNUSABLE = 2  # wrong arguments, or what is needed is missing or can't be read
REGRESSION = 3
INTERRUPTED = 130  # as a shell says it of a program that SIGINT ended


class Problem(Exception):
    """Why there is no result: a sentence for the user. Exit code 2."""


class Interrupted(Exception):
    """The user ended the command; the text says what is lost by that."""
