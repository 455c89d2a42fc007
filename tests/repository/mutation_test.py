"""The mutation tool on made-up sources: the checks that it finds, what it makes of them, its report."""

import os
import subprocess
import sys
import tempfile
import unittest

import junit

from check_lines import Source
from mutants import MOVED, NEGATED, REMOVED, mutate
from mutant_programs import Memory, Program, find_killer, run_unchanged
from mutation import main, read_survivors, report

SHAPES = """
#include "a.h"
namespace n {
// if (a comment) return 1;
Result<> Class::Call(const Trail& trail, int size) {
  const char* text = "if (x) return;";
  if (trail.If("size == 0, \\"none\\"", size == 0)) return trail.Fail(Errno::kEINVAL);
  const int twice = [&] { return 2 * size; }();
  if (trail.If("many",
               twice > 4 &&
                   size > 2,
               {{"size", size}}))
    return Errno::kE2BIG;
  if (const Result<> made = Make(size); !made) {
    return made;
  }
  size += 1;
  if (const auto* found = Find(size)) return *found;
  for (int i = 0; i < size; ++i) {
    if (i == 3) continue;
    if (trail.If("odd", Odd(i))) return {};
  }
  if (size == 7) {
    if (trail.If("inner", Inner())) return Errno::kEIO;
    return {};
  } else if (size == 8) {
    return {};
  }
  switch (size) {
    case 1:
      if (!trail.If("allowed", Allowed())) break;
      return {};
  }
  return {};
}
class Reader {
  int Read(int size) override {
    if (size < 0) return 1;
    if (size < 0) return 1;
    return 2;
  }
};
}  // namespace n
"""

# Answers 1 for 0, 2 for an odd number, 3 for what is above 10, else 0.
SMALL = """#include <cstdlib>
#include <string>

int Answer(int number) {
  if (number == 0) return 1;
  if (number % 2 != 0) return 2;
  if (const int half = number / 2; half > 5) {
    return 3;
  } else if (number < 0) {
    return 4;
  }
  return 0;
}
"""
PROGRAM = """
int main() {
%s
  return 0;
}
"""
# Tell every mutant but one: that the first check comes before the second.
CALLS = """
  if (Answer(0) != 1) return 1;
  if (Answer(3) != 2) return 1;
  if (Answer(4) != 0) return 1;
  if (Answer(-2) != 4) return 1;
"""


def built(folder, text):
    """The program of a source, as Bazel would lay it out."""
    path = os.path.join(folder, "a_test")
    with open(path + ".cc", "w", encoding="utf-8") as opened:
        opened.write(text)
    os.makedirs(os.path.join(path + ".runfiles", "w", "tests"))
    subprocess.run(["g++", "-std=c++20", "-o", path, path + ".cc"], check=True)
    return Program("//:a_test", path)


class FindTest(unittest.TestCase):
    def setUp(self):
        self.source = Source(SHAPES)
        self.checks = {check.predicate: check for check in self.source.checks}

    def test_checks_are_found_in_their_shapes_and_nothing_else(self):
        self.assertEqual(
            [check.predicate for check in self.source.checks],
            [
                'size == 0, \\"none\\"',
                "many",
                "const Result<> made = Make(size); !made",
                "const auto* found = Find(size)",
                "odd",
                "inner",
                "size == 8",
                "allowed",
                "size < 0",
                "size < 0 #2",
            ],
        )

    def test_a_check_belongs_to_its_function(self):
        self.assertEqual(self.checks["odd"].function, "Class::Call")
        self.assertEqual(self.checks["size < 0"].function, "Read")

    def test_neighbours_have_only_declarations_and_expressions_between_them(self):
        neighbours = {
            check.predicate: next(c.predicate for c in self.source.checks if c.start == check.neighbour)
            for check in self.source.checks
            if check.neighbour is not None
        }
        self.assertEqual(
            neighbours,
            {
                'size == 0, \\"none\\"': "many",
                "many": "const Result<> made = Make(size); !made",
                "const Result<> made = Make(size); !made": "const auto* found = Find(size)",
                "size < 0": "size < 0 #2",
            },
        )

    def test_a_condition_excludes_what_it_declares(self):
        begin, end = self.checks["const Result<> made = Make(size); !made"].condition
        self.assertEqual(SHAPES[begin:end], " !made")
        self.assertIsNone(self.checks["const auto* found = Find(size)"].condition)

    def test_lines_are_told_by_their_number(self):
        self.assertEqual(self.source.line_of(self.checks["many"].start), 9)

    def test_a_question_outside_of_a_check_is_told(self):
        source = Source('bool F() {\n  if (trail.If("a", 1)) return 1;\n  return trail.If("b", 2);\n}\n')
        self.assertEqual(list(source.other_questions()), [3])


class MutateTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(dir=os.environ.get("TEST_TMPDIR"))
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        (self.file,) = mutate({"a.cc": SMALL})

    def hunt(self, calls):
        count = len(self.file.mutants)
        program = built(self.folder, self.file.text(count) + PROGRAM % calls)
        program = run_unchanged(program, self.folder, count)
        return {m: find_killer(m.number, [program], None, self.folder) for m in self.file.mutants}

    def test_each_check_has_its_mutants(self):
        self.assertEqual(
            [(m.line, m.predicate, m.kind) for m in self.file.mutants],
            [
                (5, "number == 0", NEGATED),
                (5, "number == 0", REMOVED),
                (5, "number == 0", MOVED),
                (6, "number % 2 != 0", NEGATED),
                (6, "number % 2 != 0", REMOVED),
                (9, "number < 0", NEGATED),
                (9, "number < 0", REMOVED),
            ],
        )

    def test_numbers_go_on_from_file_to_file(self):
        files = mutate({"a.cc": SMALL, "b.cc": SMALL})
        numbers = [mutant.number for file in files for mutant in file.mutants]
        self.assertEqual(numbers, list(range(14)))

    def test_the_text_compiles_and_a_planted_survivor_is_reported(self):
        killers = self.hunt(CALLS)
        survivors = [mutant for mutant, killer in killers.items() if not killer]
        self.assertEqual([mutant.kind for mutant in survivors], [MOVED])
        keys = {mutant.key() for mutant in killers}
        lines, complete = report(killers, {}, keys)
        self.assertFalse(complete)
        self.assertTrue(any(line.startswith("NOT CAUGHT Answer") for line in lines))
        self.assertEqual(lines[-1], "6 of 7 caught (85.7 %), 0 survive for a reason, 1 are not caught")
        lines, complete = report(killers, {survivors[0].key(): "no number is 0 and odd"}, keys)
        self.assertTrue(complete)
        self.assertTrue(any(line.endswith("number == 0: no number is 0 and odd") for line in lines))

    def test_what_no_call_comes_by_survives(self):
        killers = self.hunt("  if (Answer(0) != 1) return 1;\n")
        survivors = [mutant.line for mutant, killer in killers.items() if not killer]
        self.assertEqual(survivors, [5, 6, 6, 9, 9])

    def test_a_program_that_fails_by_itself_judges_nothing(self):
        program = built(self.folder, "int main() { return 1; }")
        with self.assertRaisesRegex(RuntimeError, "a_test failed without any mutant"):
            run_unchanged(program, self.folder, 1)

    def test_a_crash_counts_as_caught(self):
        killers = self.hunt("  if (Answer(0) != 1) std::abort();\n")
        self.assertEqual([mutant.line for mutant, killer in killers.items() if killer], [5, 5])

    def test_the_last_killer_is_remembered(self):
        path = os.path.join(self.folder, "killers.json")
        memory = Memory(path)
        memory.remember(self.file.mutants[0], "//:a_test")
        memory.remember(self.file.mutants[1], None)
        memory.save()
        killers = [Memory(path).killer(mutant) for mutant in self.file.mutants[:2]]
        self.assertEqual(killers, ["//:a_test", None])


class ReportTest(unittest.TestCase):
    def setUp(self):
        (file,) = mutate({"a.cc": SMALL})
        self.killers = {mutant: "//:a_test" for mutant in file.mutants}
        self.keys = {mutant.key() for mutant in file.mutants}

    def test_all_caught_is_complete(self):
        lines, complete = report(self.killers, {}, self.keys)
        self.assertTrue(complete)
        self.assertIn("a.cc: 7 of 7 caught (100.0 %)", lines)

    def test_a_listed_survivor_that_is_caught_is_reported(self):
        key = next(iter(self.killers)).key()
        lines, complete = report(self.killers, {key: "why"}, self.keys)
        self.assertFalse(complete)
        self.assertIn("CAUGHT, but listed", lines[-2])

    def test_a_listed_survivor_that_is_gone_is_reported(self):
        lines, complete = report(self.killers, {("b.cc", "F", REMOVED, "x"): "why"}, self.keys)
        self.assertFalse(complete)
        self.assertIn("GONE, but listed", lines[-2])

    def test_every_survivor_needs_a_reason(self):
        row = "a.cc\tF\tremoved\tx\t"
        self.assertEqual(read_survivors("# a\n" + row + "why\n"), {("a.cc", "F", REMOVED, "x"): "why"})
        with self.assertRaises(ValueError):
            read_survivors(row + "\n")

    def test_a_list_needs_no_build(self):
        with tempfile.TemporaryDirectory(dir=os.environ.get("TEST_TMPDIR")) as root:
            with open(os.path.join(root, "a.cc"), "w", encoding="utf-8") as opened:
                opened.write(SMALL)
            self.assertEqual(main(["--root", root, "--files", "a.cc", "--list"]), 0)


if __name__ == "__main__":
    sys.exit(junit.run_unittests("mutation"))
