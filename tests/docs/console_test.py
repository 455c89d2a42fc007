"""The test of the documentation, tested: on small documents, with a shell script for kvmsim."""

import os
import subprocess
import sys
import tempfile
import unittest

import junit

from console import Session, check, lacks_a_kernel, matches, shown_commands, updated
from docs_test import ELSEWHERE, check_tree

STUB = """#!/bin/sh
echo "stub $*"
[ "$1" != fail ] || { echo "went wrong" >&2; exit 3; }
"""


def block(*lines, language="console"):
    return "\n".join(["# A page", "", f"```{language}", *lines, "```", ""])


class ConsoleTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(dir=os.environ.get("TEST_TMPDIR"))
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.write("kvmsim", STUB)
        self.kvmsim = os.path.join(self.folder, "kvmsim")
        os.chmod(self.kvmsim, 0o755)

    def write(self, path, text):
        full = os.path.join(self.folder, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as opened:
            opened.write(text)

    def problems(self, *lines):
        session = Session(self.folder, self.kvmsim)
        commands, problems = shown_commands("x.md", block(*lines))
        for command in commands:
            problems += check(command, session)[0]
        return problems

    def test_a_true_command_is_accepted(self):
        self.assertEqual(self.problems("$ ./run caps get", "stub caps get"), [])

    def test_another_output_is_reported_with_its_place_and_a_diff(self):
        problem = self.problems("$ ./run caps get", "stub caps put")[0]
        self.assertIn("x.md:4: $ ./run caps get", problem)
        self.assertIn("-stub caps put\n+stub caps get", problem)

    def test_output_that_is_not_shown_is_reported(self):
        self.assertEqual(len(self.problems("$ ./run caps")), 1)

    def test_shown_output_that_is_not_printed_is_reported(self):
        self.assertEqual(len(self.problems("$ ./run caps", "stub caps", "more")), 1)

    def test_a_command_continues_after_a_backslash(self):
        self.assertEqual(self.problems("$ ./run caps \\", "    get", "stub caps get"), [])

    def test_a_failure_has_to_be_shown(self):
        shown = ("$ ./run fail", "stub fail", "went wrong")
        self.assertEqual(self.problems(*shown, "$ echo $?", "3"), [])
        self.assertIn("exits with 3", self.problems(*shown)[0])
        self.assertIn("-4\n+3", self.problems(*shown, "$ echo $?", "4")[0])

    def test_a_command_may_miss_a_kernel_that_is_not_there(self):
        here, missing = self.kvmsim, os.path.join(self.folder, "none")
        self.assertTrue(lacks_a_kernel(4, ["lockstep", f"no {missing}: no such file"], missing))
        self.assertFalse(lacks_a_kernel(4, [f"can't open {here}"], here))
        self.assertFalse(lacks_a_kernel(4, ["something else"], missing))
        self.assertFalse(lacks_a_kernel(1, [f"no {missing}"], missing))

    def test_commands_of_a_session_see_each_others_files(self):
        lines = ("$ printf 'a\\nb\\n' >x.txt", "$ cat x.txt", "a", "b")
        self.assertEqual(self.problems(*lines), [])

    def test_dots_stand_for_any_lines_and_brackets_for_any_text(self):
        self.assertTrue(matches(["a", "...", "z"], ["a", "b", "c", "z"]))
        self.assertTrue(matches(["a", "..."], ["a"]))
        self.assertFalse(matches(["a", "...", "z"], ["a", "b"]))
        self.assertTrue(matches(["took [..] ms"], ["took 1.5 ms"]))
        self.assertFalse(matches(["took [..] ms"], ["took 1.5 s"]))
        self.assertFalse(matches(["a.c"], ["abc"]))

    def test_commands_outside_of_console_blocks_are_reported(self):
        for language in ("bash", "sh", "text", ""):
            _, problems = shown_commands("x.md", block("$ ./run", language=language))
            self.assertEqual(len(problems), 1, language)
        self.assertEqual(shown_commands("x.md", block("int x;", language="cpp")), ([], []))

    def test_an_update_writes_what_is_printed_and_keeps_what_matches(self):
        text = block("$ ./run a", "wrong", "$ ./run b", "stub [..]")
        session = Session(self.folder, self.kvmsim)
        outputs = [
            (command, check(command, session)[1]) for command in shown_commands("x.md", text)[0]
        ]
        self.assertEqual(
            updated(text, outputs), block("$ ./run a", "stub a", "$ ./run b", "stub [..]")
        )

    def failures_of_tree(self):
        subprocess.run(["git", "init", "-q", self.folder], check=True)
        cases = check_tree(self.folder, self.kvmsim)
        return [problem for case in cases for problem in case.problems]

    def test_a_tree_whose_documentation_is_true(self):
        self.write("README.md", block("$ ./run a", "stub a", "$ ./test", "..."))
        self.write("docs/x/y.md", block("$ cat data.txt", "here"))
        self.write("data.txt", "here\n")
        self.write(ELSEWHERE, "# command, file\n./test\t.ci/run\n")
        self.write(".ci/run", "")
        self.assertEqual(self.failures_of_tree(), [])

    def test_a_command_that_nobody_runs_is_reported(self):
        self.write("README.md", block("$ ./test", "..."))
        self.write(ELSEWHERE, "")
        self.assertIn("README.md:4 ./test is neither run here nor", self.failures_of_tree()[0])

    def test_a_command_that_is_run_elsewhere_is_not_run_here(self):
        self.write("README.md", block("$ ./run fail", "not what it prints"))
        self.write(ELSEWHERE, "./run fail\t.ci/run\n")
        self.write(".ci/run", "")
        self.assertEqual(self.failures_of_tree(), [])

    def test_a_row_that_nothing_needs_is_reported(self):
        self.write(ELSEWHERE, "./test\t.ci/run\n")
        said = self.failures_of_tree()
        self.assertIn("no documentation shows: ./test", said[0])
        self.assertIn(".ci/run doesn't exist", said[1])


if __name__ == "__main__":
    sys.exit(junit.run_unittests("console"))
