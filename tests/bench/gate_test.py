"""Runs the gate: that no operation costs too much, or more than before, and that one is found."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import junit

GATE = "bench/gate/gate"
PROGRAM = "bench/gate/gate_operations"
BASELINES = "bench/gate/baselines"
PASSED, NOT_COUNTED, REGRESSION = 0, 2, 3

ARCHITECTURES = ("x86", "arm64", "riscv", "s390", "loongarch", "powerpc", "mips")
LIMITS = (("capability, generic", 100), ("capability, any", 500))
# An answer by generic code and one by the architecture, each with as many instructions more as
# break its limit.
PLANTED = (
    ("capability/x86/rfc-v4/SW_PROTECTED/234", 100),
    ("capability/arm64/linux-6.18/dev/9", 500),
)

# The operations that most tests count, as they are counted in a second, and one of them, of so many
# instructions that a hundredth is many more than planting itself costs.
FEW = "store/few_runs/"
STORE = FEW + "page_to_and_fro"
# One after which the map has bytes.
WITH_BYTES = "store/many_runs/file"
# Every form of the map is counted. Where the map chooses otherwise, pattern.h has to change.
FORMS = {
    "few_runs": "narrow",
    "many_runs": "narrow",
    "sparse": "windows",
    "dense": "windows",
    "three_words": "wide",
}

# Stands for Bazel where a parent is built: takes what the tree has for the program.
FAKE_BAZEL = """#!/bin/sh
case "$*" in
*shutdown*) exit 0 ;;
*" build "*"//bench/gate:gate_operations") ;;
*) exit 9 ;;
esac
[ -e program ] || { echo "no such target" >&2; exit 1; }
mkdir -p bazel-bin/bench/gate
cp "$(cat program)" bazel-bin/bench/gate/gate_operations
"""


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
    rows = re.findall(r"^ *(\d+) (\w+/\S+)(?:  .*)?$", printed, re.MULTILINE)
    return {operation: int(count) for count, operation in rows}


def named(printed):
    """The operations that are said to be over a limit, each with its count."""
    rows = re.findall(r"^OVER: (\S+) takes (\d+) instructions", printed, re.MULTILINE)
    return {operation: int(count) for operation, count in rows}


def said_of(printed, word):
    """The operations of the lines that begin with the word."""
    return re.findall(rf"^{word}: (\S+) ", printed, re.MULTILINE)


def read(path):
    """The rows of a baseline: operation -> [instructions, bytes, allocations]."""
    with open(path, encoding="utf-8") as opened:
        rows = [line.split() for line in opened if not line.startswith("#")]
    return {operation: [int(cost) for cost in costs] for operation, *costs in rows}


def write(path, rows):
    with open(path, "w", encoding="utf-8") as opened:
        opened.writelines("\t".join([name, *map(str, row)]) + "\n" for name, row in rows.items())


def folder_of(test):
    folder = tempfile.TemporaryDirectory(dir=os.environ.get("TEST_TMPDIR"))
    test.addClassCleanup(folder.cleanup)
    return folder.name


def accepted_in(folder, only):
    """Accepts what these operations cost; returns the path of the baseline."""
    done = run(f"--only={only}", "--accept", f"--baselines={folder}")
    assert done.returncode == PASSED, done.stderr
    (name,) = os.listdir(folder)
    return os.path.join(folder, name)


NEEDS_VALGRIND = unittest.skipIf(
    shutil.which("valgrind") is None, "valgrind, which counts, is not installed"
)


@NEEDS_VALGRIND
class WholeGate(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = folder_of(cls)
        key = os.path.basename(accepted_in(folder, FEW))
        cls.why_not_compared = ""
        options = ["--counts"]
        if not os.path.exists(os.path.join(BASELINES, key)):
            cls.why_not_compared = f"no {key}: `bazel run //{GATE}` compares with the parent"
            options += ["--accept", f"--baselines={folder}"]
        cls.plain = run(*options)

    def test_every_operation_is_under_its_limit(self):
        said = self.plain.stdout
        self.assertEqual(named(said), {})
        self.assertEqual(
            table(said), {(what, arch): limit for what, limit in LIMITS for arch in ARCHITECTURES}
        )
        # Three revisions, two who can be asked, 257 numbers, at least.
        self.assertGreaterEqual(len(counts(said)), len(ARCHITECTURES) * 3 * 2 * 257)

    def test_no_operation_costs_more_than_before(self):
        if self.why_not_compared:
            self.skipTest(self.why_not_compared)
        for word in ("WORSE", "NEW", "GONE"):
            self.assertEqual(said_of(self.plain.stdout, word), [], self.plain.stdout[-2000:])
        self.assertEqual(self.plain.returncode, PASSED, self.plain.stderr)

    def test_every_form_of_the_map_is_counted(self):
        said = re.findall(r"^the map takes the form (\w+) for (\w+)$", self.plain.stdout, re.M)
        self.assertEqual({pattern: form for form, pattern in said}, FORMS)

    def test_what_is_over_a_limit_is_found_and_named_with_its_count(self):
        before = counts(self.plain.stdout)
        for operation, limit in PLANTED:
            with self.subTest(operation=operation):
                only = os.path.dirname(operation) + "/"
                plant = f"--plant={operation}={limit}"
                done = run("--counts", f"--only={only}", plant, SOME_VARIABLE="x" * 5000)
                self.assertEqual(done.returncode, REGRESSION, done.stderr)
                now = counts(done.stdout)
                self.assertEqual(named(done.stdout), {operation: now[operation]})
                self.assertAlmostEqual(now[operation] - before[operation], limit, delta=20)
                del now[operation]
                self.assert_same_as_plain(now)

    def assert_same_as_plain(self, now):
        before = counts(self.plain.stdout)
        self.assertGreater(len(now), 3)
        self.assertEqual({operation: before[operation] for operation in now}, now)

    def test_counts_are_the_same_in_each_run(self):
        # Alone or among others, however much of the stack the environment takes.
        for start, size in (
            ("store/", 0),
            (FEW, 16),
            (FEW, 1001),
            ("conversion/", 3000),
            ("access/", 77),
        ):
            with self.subTest(start=start, size=size):
                elsewhere = f"--baselines={folder_of(type(self))}"
                options = ("--counts", f"--only={start}", "--accept", elsewhere)
                self.assert_same_as_plain(counts(run(*options, SOME_VARIABLE="x" * size).stdout))

    def test_what_is_not_counted_is_no_success(self):
        for argument in (
            "--plant=capability/x86/rfc-v4/dev/256=1",
            "--plant=capability/x86/rfc-v4/dev/234",
            "--plant=",
            "--plant_bytes=capability/x86/rfc-v4/dev/234=1",
            "--only=nothing/",
            "--no-such-flag",
        ):
            with self.subTest(argument=argument):
                done = run(argument)
                self.assertEqual(done.returncode, NOT_COUNTED, done.stdout)
                self.assertEqual(done.stdout, "")
                self.assertNotEqual(done.stderr, "")


@NEEDS_VALGRIND
class Baseline(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = folder_of(cls)
        cls.path = accepted_in(cls.folder, FEW)
        cls.rows = read(cls.path)

    def setUp(self):
        write(self.path, self.rows)

    def run_few(self, *arguments):
        return run(f"--only={FEW}", f"--baselines={self.folder}", *arguments)

    def assert_found(self, done, word, operation, *texts):
        self.assertEqual(said_of(done.stdout, word), [operation], done.stdout + done.stderr)
        self.assertEqual(done.returncode, PASSED if word == "BETTER" else REGRESSION)
        for text in (*texts, "To accept what operations cost now: bazel run //bench/gate -- --acc"):
            self.assertIn(text, done.stdout)

    def test_what_was_accepted_is_not_worse(self):
        done = self.run_few()
        self.assertEqual(done.returncode, PASSED, done.stdout)
        compared = f"{len(self.rows)} operations compared with {os.path.basename(self.path)}: "
        self.assertIn(compared + "0 costs worse, 0 better\n", done.stdout)
        self.assertNotIn("To accept", done.stdout)

    def test_more_than_a_hundredth_is_found_and_less_is_not(self):
        # Planting takes some 10 instructions besides.
        before = self.rows[STORE][0]
        self.assertGreater(before, 10_000)
        done = self.run_few(f"--plant={STORE}={before // 100}")
        self.assert_found(done, "WORSE", STORE, f" instructions, {before} before (+1.0%)")
        done = self.run_few(f"--plant={STORE}={before // 100 - 40}")
        self.assertEqual(done.returncode, PASSED, done.stdout)
        self.assertEqual(said_of(done.stdout, "WORSE"), [])

    def test_more_bytes_are_found(self):
        path = accepted_in(folder_of(type(self)), WITH_BYTES)
        only = (f"--only={WITH_BYTES}", f"--baselines={os.path.dirname(path)}")
        before = read(path)[WITH_BYTES][1]
        self.assertGreater(before, 1000)
        for more, code in ((before // 100, PASSED), (before // 100 + 1, REGRESSION)):
            done = run(*only, f"--plant_bytes={WITH_BYTES}={more}")
            self.assertEqual(done.returncode, code, done.stdout)
        self.assert_found(done, "WORSE", WITH_BYTES, f"{before + more} bytes, {before} before")

    def test_bytes_where_there_were_none_are_found(self):
        done = self.run_few(f"--plant_bytes={STORE}=1")
        self.assert_found(done, "WORSE", STORE, "with 1 bytes, 0 before (from nothing)")

    def test_another_allocation_is_found(self):
        operation = FEW + "runs_in/4"
        instructions, held, allocations = self.rows[operation]
        write(self.path, self.rows | {operation: [instructions, held, allocations - 1]})
        done = self.run_few()
        said = f"makes {allocations} allocations, {allocations - 1} before"
        self.assert_found(done, "WORSE", operation, said)

    def test_what_costs_less_is_said_and_passes(self):
        row = self.rows[STORE]
        write(self.path, self.rows | {STORE: [row[0] * 2, *row[1:]]})
        self.assert_found(self.run_few(), "BETTER", STORE, "(-50.0%)")

    def test_an_operation_without_a_baseline_fails(self):
        write(self.path, {name: row for name, row in self.rows.items() if name != STORE})
        self.assert_found(self.run_few(), "NEW", STORE)

    def test_an_operation_that_is_gone_fails(self):
        write(self.path, self.rows | {FEW + "gone": [1, 0, 0], "store/other": [1, 0, 0]})
        self.assert_found(self.run_few(), "GONE", FEW + "gone")

    def test_accepting_writes_what_is_counted_and_keeps_the_rest(self):
        other = {"store/other": [1, 2, 3]}
        row = self.rows[STORE]
        write(self.path, self.rows | other | {STORE: [row[0] // 2, *row[1:]], FEW + "gone": row})
        self.assertEqual(self.run_few().returncode, REGRESSION)
        self.assertEqual(self.run_few("--accept").returncode, PASSED)
        self.assertEqual(read(self.path), self.rows | other)

    def test_a_baseline_that_cannot_be_read_is_no_success(self):
        write(self.path, {STORE: ["many"]})
        done = self.run_few()
        self.assertEqual(done.returncode, NOT_COUNTED, done.stdout)
        self.assertIn(self.path, done.stderr)


@NEEDS_VALGRIND
class Parent(unittest.TestCase):
    """Without a baseline, in a small repository, with a script for Bazel."""

    def setUp(self):
        folder = folder_of(type(self))
        self.tree = os.path.join(folder, "tree")
        self.commands = os.path.join(folder, "commands")
        self.temporary = os.path.join(folder, "temporary")
        for path in (self.tree, self.commands, self.temporary):
            os.mkdir(path)
        self.bazel = os.path.join(self.commands, "bazel")
        with open(self.bazel, "w", encoding="utf-8") as opened:
            opened.write(FAKE_BAZEL)
        os.chmod(self.bazel, 0o755)

    def git(self, *arguments):
        who = ["-c", "user.name=test", "-c", "user.email=test@example.com"]
        subprocess.run(["git", *who, *arguments], cwd=self.tree, check=True, capture_output=True)

    def commit(self, program):
        """A revision whose gate_operations is the program; None: it has no such target."""
        if not os.path.exists(os.path.join(self.tree, ".git")):
            self.git("init", "-q")
            with open(os.path.join(self.tree, "README.md"), "w", encoding="utf-8") as opened:
                opened.write("A tree.\n")
        path = os.path.join(self.tree, "program")
        if program is not None:
            with open(path, "w", encoding="utf-8") as opened:
                opened.write(program)
        elif os.path.exists(path):
            os.unlink(path)
        self.git("add", "--all")
        self.git("commit", "-q", "--allow-empty", "-m", "a revision")

    def run_few(self, *arguments):
        """With no baseline but an empty folder; nothing is left behind."""
        done = run(
            f"--only={FEW}",
            f"--baselines={os.path.join(self.tree, 'none')}",
            *arguments,
            BUILD_WORKSPACE_DIRECTORY=self.tree,
            PATH=self.commands + ":" + os.environ["PATH"],
            TMPDIR=self.temporary,
        )
        self.assertEqual(os.listdir(self.temporary), [])
        return done

    def assert_not_compared(self, done, reason):
        self.assertEqual(done.returncode, NOT_COUNTED, done.stdout)
        self.assertIn("Nothing was compared: ", done.stderr)
        self.assertIn(reason, done.stderr)

    def test_a_regression_since_the_parent_is_found(self):
        self.commit(os.path.realpath(PROGRAM))
        self.commit(None)
        done = self.run_few()
        self.assertEqual(done.returncode, PASSED, done.stderr)
        self.assertIn("compared with the parent of HEAD: 0 costs worse, 0 better", done.stdout)
        done = self.run_few(f"--plant={STORE}=2000")
        self.assertEqual(done.returncode, REGRESSION, done.stderr)
        self.assertEqual(said_of(done.stdout, "WORSE"), [STORE])

    def test_with_uncommitted_changes_head_is_the_parent(self):
        self.commit(None)
        self.commit(os.path.realpath(PROGRAM))
        self.assert_not_compared(self.run_few(), "of the parent of HEAD can't be built")
        with open(os.path.join(self.tree, "changed"), "w", encoding="utf-8"):
            pass
        done = self.run_few()
        self.assertEqual(done.returncode, PASSED, done.stderr)
        self.assertIn("compared with HEAD: ", done.stdout)

    def test_why_nothing_can_be_compared_is_said(self):
        self.assert_not_compared(self.run_few(), "git exits with 128")
        self.commit(os.path.realpath(PROGRAM))
        self.assert_not_compared(self.run_few(), "git doesn't have the parent of HEAD")
        self.commit(None)
        self.commit(shutil.which("true"))
        self.assert_not_compared(self.run_few(), "no such target")
        self.commit(None)
        self.assert_not_compared(self.run_few(), "of the parent of HEAD can't be counted")

    def test_without_a_parent_costs_can_be_accepted(self):
        done = self.run_few("--accept")
        self.assertEqual(done.returncode, PASSED, done.stderr)
        (name,) = os.listdir(os.path.join(self.tree, "none"))
        self.assertGreater(len(read(os.path.join(self.tree, "none", name))), 10)


if __name__ == "__main__":
    sys.exit(junit.run_unittests("gate"))
