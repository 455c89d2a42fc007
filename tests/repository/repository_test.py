"""Holds the checked-out tree to each rule of the repository: one case a rule."""

import os
import sys

import junit

import build_rules  # noqa: F401 (declares rules)
import file_rules  # noqa: F401
import source_rules  # noqa: F401
from registry import RULES, Repository
from tree import Tree


def main():
    repository = Repository(Tree(os.path.dirname(os.path.realpath("WORKSPACE"))))
    return junit.finish(
        "repository", [junit.Case(title, list(check(repository))) for title, check in RULES]
    )


if __name__ == "__main__":
    sys.exit(main())
