"""No check without a rule: each check that ends a call with an errno is one by which a scenario fails."""

import json
import os
import re
import subprocess
import sys
import unittest

import junit

import mutation
from check_lines import Source
from tree import Tree

TABLE = "tests/rules/other_checks.tsv"


def checks_of(tree):
    """(file, function, what it asks) of each check that asks the trail and fails."""
    for file in mutation.default_files(tree.root):
        text = tree.text(file)
        for check in Source(text).checks:
            if check.asks_trail and ".Fail(" in text[check.start : check.end]:
                yield file, check.function, re.sub(r" #\d+$", "", check.predicate)


def reached():
    """What the scenarios of all rules fail by."""
    listed = subprocess.run(
        ["tools/kvmsim", "rules", "list", "--format", "json"], capture_output=True, check=True
    )
    rules = json.loads(listed.stdout)["rules"]
    return {check["check"] for rule in rules for check in rule["checks"]}


def excused():
    """{(file, function, check): reason}"""
    with open(TABLE, encoding="utf-8") as table:
        rows = [line.rstrip("\n").split("\t") for line in table if not line.startswith("#")]
    return {(row[0], row[1], row[2]): row[3] for row in rows}


class ChecksTest(unittest.TestCase):
    def setUp(self):
        self.checks = set(checks_of(Tree(os.path.dirname(os.path.realpath("WORKSPACE")))))
        self.reached = reached()
        self.excused = excused()

    def test_each_check_is_in_a_rule_or_says_why_not(self):
        self.assertGreater(len(self.checks), 300)
        missing = {c for c in self.checks if c[2] not in self.reached} - set(self.excused)
        self.assertEqual(missing, set())

    def test_what_says_why_not_is_a_check_that_no_scenario_reaches(self):
        for check, reason in self.excused.items():
            self.assertIn(check, self.checks)
            self.assertNotIn(check[2], self.reached)
            self.assertGreater(len(reason), 10, check)


if __name__ == "__main__":
    sys.exit(junit.run_unittests("checks"))
