"""The list of rules, in the order in which they were declared."""

import functools

from build_files import BuildFiles

RULES = []


class Repository:
    """What a rule looks at."""

    def __init__(self, tree):
        self.tree = tree

    @functools.cached_property
    def build(self):
        return BuildFiles(self.tree)


def rule(title):
    """Declares a generator of problems, each a line that says where and what, as a rule."""

    def declare(check):
        RULES.append((title, check))
        return check

    return declare
