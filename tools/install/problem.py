"""What an installation can't go on with."""

UNUSABLE = 2


class Problem(Exception):
    """It is told in a sentence, and the exit code is 2."""
