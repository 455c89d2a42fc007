"""Runs the gate: that every operation is under its limit, and that a regression is found."""

import os
import re
import shutil
import subprocess
import sys
import unittest

import junit

GATE = "bench/gate/gate"

ARCHITECTURES = ("x86", "arm64", "riscv", "s390", "loongarch", "powerpc", "mips")
LIMITS = (("capability, generic", 100), ("capability, any", 500))
# An answer by generic code and one by the architecture, each with as many instructions more as
# break its limit.
PLANTED = {"capability/x86/rfc-v4/SW_PROTECTED/234": 100, "capability/arm64/linux-6.18/dev/9": 500}


def run(*arguments, **environment):
    return subprocess.run(
        [GATE, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )


def table(printed):
    """(limit, group) -> instructions that are too many."""
    rows = re.findall(r"^(\w+, \w+) +(\w+) +(\d+) +\d+  capability/", printed, re.MULTILINE)
    return {(what, group): int(limit) for what, group, limit in rows}


def counts(printed):
    """Operation -> its instructions."""
    rows = re.findall(r"^ *(\d+) (capability/\S+)$", printed, re.MULTILINE)
    return {operation: int(count) for count, operation in rows}


def named(printed):
    """The operations that are said to be over a limit, each with its count."""
    rows = re.findall(r"^OVER: (\S+) takes (\d+) instructions", printed, re.MULTILINE)
    return {operation: int(count) for operation, count in rows}


@unittest.skipIf(shutil.which("valgrind") is None, "valgrind, which counts, is not installed")
class Gate(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.plain = run("--counts")
        plants = [f"--plant={operation}={limit}" for operation, limit in PLANTED.items()]
        cls.planted = run("--counts", *plants, SOME_VARIABLE="x" * 5000)

    def test_every_operation_is_under_its_limit(self):
        said = self.plain.stdout
        self.assertEqual(named(said), {})
        self.assertEqual(self.plain.returncode, 0, self.plain.stderr)
        self.assertEqual(
            table(said), {(what, arch): limit for what, limit in LIMITS for arch in ARCHITECTURES}
        )
        # Three revisions, two who can be asked, 257 numbers, at least.
        self.assertGreaterEqual(len(counts(said)), len(ARCHITECTURES) * 3 * 2 * 257)

    def test_a_regression_is_found_and_named_with_its_count(self):
        self.assertEqual(self.planted.returncode, 3, self.planted.stderr)
        before, now, over = (
            counts(self.plain.stdout),
            counts(self.planted.stdout),
            named(self.planted.stdout),
        )
        self.assertEqual(set(over), set(PLANTED))
        for operation, limit in PLANTED.items():
            with self.subTest(operation=operation):
                self.assertEqual(over[operation], now[operation])
                self.assertAlmostEqual(now[operation] - before[operation], limit, delta=20)

    def test_other_operations_count_the_same_in_each_run(self):
        before, now = counts(self.plain.stdout), counts(self.planted.stdout)
        for operation in PLANTED:
            del before[operation], now[operation]
        self.assertEqual(before, now)

    def test_what_is_not_counted_is_no_success(self):
        for argument in (
            "--plant=capability/x86/rfc-v4/dev/256=1",
            "--plant=capability/x86/rfc-v4/dev/234",
            "--plant=",
            "--no-such-flag",
        ):
            with self.subTest(argument=argument):
                done = run(argument)
                self.assertEqual(done.returncode, 2, done.stdout)
                self.assertEqual(done.stdout, "")
                self.assertNotEqual(done.stderr, "")


if __name__ == "__main__":
    sys.exit(junit.run_unittests("gate"))
