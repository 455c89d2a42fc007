"""kvmsim bench, end to end with the fake suite: what it prints, writes, and leaves behind."""

import json
import os
import re
import signal
import subprocess
import sys

import junit

from driver_case import DRIVER, FAKE_SUITE, DriverCase


class Bench(DriverCase):
    def test_the_table_tells_how_the_model_stands(self):
        done = self.bench()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"case +model +maple_rcu/model +best peer +best/model\n")
        self.assertRegex(done.stdout, r"W1/1e3 +(10\.\d|9\.9\d) ns +2\.\d+ +bitmap +1\.\d+\n")
        self.assertRegex(done.stdout, r"W2/1e6 +\S+ ns +2\.\d+ +bitmap +0\.\d+  BEHIND\n")
        self.assertRegex(done.stdout, r"W3 +\S+ ns +2\.\d+ +bitmap +1\.\d+\n")
        self.assertRegex(done.stdout, r"W9/uniform +10\.0 B/run +2\.50 +bitmap +1\.50\n")
        self.assertIn("needs less than the model in 1 of 12 cases.\n", done.stdout)
        self.assertIn("Furthest behind: W2/1e6, where bitmap needs 0.", done.stdout)
        self.assertRegex(done.stdout, r"\nconversion/1/door +\d+\S* ns\n")
        self.assertIn("left out: peer boost_icl: libboost-dev is not installed\n", done.stdout)

    def test_the_suites_table_is_dropped_and_its_progress_kept(self):
        done = self.bench("--filter", "W1")
        self.assertNotIn("a table that nobody reads", done.stdout)
        self.assertEqual(done.stderr, "progress\n")

    def test_it_writes_the_results_and_a_page(self):
        self.bench("--repetitions", "3", "--seed", "9", "--min-time", "0.5", "--filter", "^W1/")
        self.assertEqual(self.files(), ["bench-results/bench.html", "bench-results/bench.json"])
        written = json.loads(self.read("bench-results", "bench.json"))
        self.assertEqual(len(written["benchmarks"]), 3 * 5 * 2)
        asked = [written["context"][key] for key in ("seed", "repetitions", "min_time")]
        self.assertEqual(asked, ["9", "3", "0.5"])
        self.assertRegex(written["context"]["revision"], r"^([0-9a-f]{12}\+?|unknown)$")
        self.assertIn("<table>", self.read("bench-results", "bench.html"))

    def test_another_baseline_and_folder(self):
        done = self.bench("--baseline", "std_map", "--out", "x/y")
        self.assertRegex(done.stdout, r"W1/1e3 +\S+ ns +(4\.0|3\.9)\d +bitmap")
        self.assertEqual(self.files(), ["x/y/bench.html", "x/y/bench.json"])

    def test_without_the_usual_baseline_another_is_told(self):
        done = self.bench("--filter", "/(model|std_map)$")
        self.assertIn(" std_map/model ", done.stdout)

    def test_quick_is_a_few_short_repetitions_of_a_few_subjects(self):
        done = self.bench("--quick")
        self.assertEqual(done.returncode, 0, done.stderr)
        written = json.loads(self.read("bench-results", "bench.json"))
        names = {entry["name"] for entry in written["benchmarks"]}
        self.assertEqual({name.split("/")[0] for name in names}, {"W1", "W2", "W3", "W5", "W9"})
        self.assertEqual({name.split("/")[-1] for name in names}, {"model", "maple_rcu", "null"})
        self.assertEqual(written["context"]["repetitions"], "3")
        self.assertLessEqual(float(written["context"]["min_time"]), 0.02)
        self.bench("--quick", "--filter", "curve", "--repetitions", "7")
        written = json.loads(self.read("bench-results", "bench.json"))
        self.assertEqual(len(written["benchmarks"]), 15 * 7)

    def test_a_wrong_subject_is_said_and_the_others_are_told(self):
        done = self.bench("--filter", "^W[15]/", FAKE_WRONG="W1/1e3/bitmap")
        self.assertEqual(done.returncode, 1)
        self.assertIn("WRONG: W1/1e3/bitmap: page 7 is wrong\n", done.stdout)
        self.assertRegex(done.stdout, r"W1/1e3 +\S+ ns +2\.\d+ +maple_rcu")
        self.assertIn("a subject did not do what it should", done.stderr)
        self.assertIn("W1/1e3/bitmap: page 7 is wrong", self.read("bench-results", "bench.html"))

    def test_where_every_subject_is_wrong_that_is_what_is_told(self):
        name = "W1/1e3/bitmap"
        done = self.bench("--filter", name, "--history", "h.jsonl", FAKE_WRONG=name)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertNotIn("Traceback", done.stderr)

    def test_the_history_grows_by_a_line_a_run(self):
        self.bench("--history", "h.jsonl", "--filter", "^W1/1e3/model$")
        first = self.read("h.jsonl")
        self.bench("--history", "h.jsonl", "--filter", "^W9/uniform/model$")
        lines = self.read("h.jsonl").splitlines()
        self.assertEqual(lines[0] + "\n", first)
        one, two = map(json.loads, lines)
        self.assertEqual(set(one), {"date", "revision", "machine", "benchmarks"})
        self.assertEqual(one["machine"], "fake: Fake CPU, 2 CPUs")
        self.assertEqual(len(one["benchmarks"]["W1/1e3/model"]["values"]), 5)
        self.assertEqual(
            two["benchmarks"]["W9/uniform/model"], {"median": 10, "values": [10, 10, 10, 10, 10]}
        )

    def test_a_reader_who_has_had_enough_is_told_no_traceback(self):
        command = f'"{DRIVER}" --suite "{FAKE_SUITE}" | true'
        done = subprocess.run(
            ["bash", "-c", command], cwd=self.folder, capture_output=True, text=True, check=False
        )
        self.assertEqual(done.stderr, "progress\n")


class NothingMeasured(DriverCase):
    def test_wrong_arguments(self):
        for words, said in (
            (("compar", "a", "b"), "kvmsim bench: there is no command 'compar'; did you mean comp"),
            (("--repetition", "3"), "there is no option --repetition; did you mean --repetitions?"),
            (("--repetitions", "0"), "'0' is no whole number from 1"),
            (("--min-time", "-1"), "'-1' is no number of seconds above 0"),
            (("--min-time", "nan"), "'nan' is no number of seconds above 0"),
            (("--seed", "x"), "'x' is no whole number from 0"),
            (("--filter", "^nothing$"), "--filter=^nothing$: there is no such benchmark"),
            (("--baseline", "maple"), "has the subject 'maple'; did you mean maple_rcu?"),
            (("--suite", "none"), "--suite: none is no program"),
        ):
            with self.subTest(words=words):
                call = self.driver if "--suite" in words or "compar" in words else self.bench
                self.assert_refused(call(*words), said)
        self.assertFalse(os.path.exists(self.path("bench-results", "bench.json")))

    def test_a_suite_that_is_not_built(self):
        self.assert_refused(self.driver(), "Build it in a clone: bazel build //bench/suite:suite")

    def test_a_suite_that_refuses_or_fails(self):
        self.assert_refused(self.bench(FAKE_EXIT="2"), "the suite refused to run")
        self.assert_refused(self.bench(FAKE_EXIT="9"), "the suite gave no results: exit code 9")
        self.assert_refused(self.bench(FAKE_EXIT="0"), "the suite gave no results: exit code 0")
        self.assertEqual(self.files(), [])

    def test_folders_and_histories_are_looked_at_before_measuring(self):
        self.write("file", "x")
        self.assert_refused(self.bench("--out", "file", FAKE_EXIT="9"), "file: File exists")
        self.write("h.jsonl", "{}\n")
        done = self.bench("--history", "h.jsonl", FAKE_EXIT="9")
        self.assert_refused(done, "h.jsonl:1: no entry of a history")

    def test_an_interrupted_run_leaves_no_file_and_the_old_ones_whole(self):
        self.bench("--filter", "^W1/", "--history", "h.jsonl")
        before = {name: self.read(name) for name in self.files()}
        for number in (signal.SIGINT, signal.SIGTERM):
            code, said = self.interrupted(
                "--suite", FAKE_SUITE, "--history", "h.jsonl", number=number
            )
            self.assertEqual(code, 130)
            self.assertIn("interrupted: what was measured is lost, and nothing was written", said)
            self.assertNotIn("Traceback", said)
        self.assertEqual({name: self.read(name) for name in self.files()}, before)

    def test_what_cannot_be_written_leaves_nothing_half_written(self):
        os.makedirs(self.path("out", "bench.html"))
        done = self.bench("--out", "out")
        self.assertEqual(done.returncode, 2)
        self.assertIn("bench.html: Is a directory", done.stderr)
        self.assertEqual([name for name in self.files() if re.search(r"/\.", name)], [])


if __name__ == "__main__":
    sys.exit(junit.run_unittests("driver"))
