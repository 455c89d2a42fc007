"""bench compare: what is called slower, what isn't, and what can't be compared."""

import json
import random
import sys

import junit

from driver_case import DriverCase, document

REPETITIONS = 12


def run_of(names, seed, factors=(), repetitions=REPETITIONS, noise=0.02):
    """Name -> values around 100 with noise; those that start as a factor says are multiplied."""
    chance = random.Random(seed)
    values = {}
    for name in names:
        factor = 1
        for start, larger in dict(factors).items():
            factor *= larger if name.startswith(start) else 1
        values[name] = [100 * factor * chance.uniform(1, 1 + noise) for _ in range(repetitions)]
    return values


NAMES = [f"W{number}/{size}/model" for number in (1, 2, 3) for size in range(14)]


class Compare(DriverCase):
    def compare(self, first, second, *arguments, **context):
        self.write("a.json", document(first))
        self.write("b.json", document(second, **context))
        return self.driver("compare", "a.json", "b.json", *arguments)

    def assert_verdict(self, done, code, *lines):
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        slower = [line for line in done.stdout.splitlines() if line.startswith("SLOWER: ")]
        self.assertEqual(len(slower), len(lines), done.stdout)
        for line, wanted in zip(slower, lines):
            self.assertIn(wanted, line)

    def test_a_planted_regression_is_found_and_named(self):
        planted = {"W2/7/model": 1.1}
        done = self.compare(run_of(NAMES, 1), run_of(NAMES, 2, planted))
        self.assert_verdict(done, 3, "SLOWER: W2/7/model: ")
        self.assertIn("42 benchmarks compared: 1 slower, 0 faster", done.stdout)
        self.assertEqual(done.stderr, "")

    def test_noise_is_no_regression(self):
        for seed in range(3):
            done = self.compare(run_of(NAMES, seed), run_of(NAMES, seed + 100))
            self.assert_verdict(done, 0)

    def test_wide_noise_hides_a_difference_of_medians(self):
        first = run_of(NAMES, 1, noise=0.8)
        second = run_of(NAMES, 2, noise=0.8)
        self.assert_verdict(self.compare(first, second), 0)

    def test_an_improvement_is_no_regression(self):
        done = self.compare(run_of(NAMES, 1), run_of(NAMES, 2, {"W2/7/": 0.5, "W3/": 0.9}))
        self.assert_verdict(done, 0)
        self.assertIn("0 slower, 15 faster", done.stdout)

    def test_what_is_below_the_threshold_is_no_regression(self):
        first = run_of(NAMES, 1, noise=0.001)
        second = run_of(NAMES, 2, {"W2/7/": 1.03}, noise=0.001)
        self.assert_verdict(self.compare(first, second), 0)
        self.assert_verdict(self.compare(first, second, "--threshold", "0.02"), 3, "W2/7/model")

    def test_a_family_that_is_slower_everywhere_is_found_where_no_benchmark_is(self):
        first, second = run_of(NAMES, 1, noise=0.5), run_of(NAMES, 2, {"W3/": 1.1}, noise=0.5)
        done = self.compare(first, second)
        self.assert_verdict(done, 3, "SLOWER: the family W3, 1.")

    def test_a_family_that_is_slower_by_less_than_the_threshold_is_not(self):
        first, second = run_of(NAMES, 1), run_of(NAMES, 2, {"W3/": 1.03})
        self.assert_verdict(self.compare(first, second), 0)

    def test_memory_regresses_beyond_one_percent_and_needs_no_repetitions(self):
        for after, code in ((1000, 0), (1010, 0), (1011, 3), (900, 0)):
            with self.subTest(after=after):
                done = self.compare({"W9/uniform/model": [1000]}, {"W9/uniform/model": [after]})
                self.assertEqual(done.returncode, code, done.stdout)
        done = self.compare({"W9/uniform/model": [0]}, {"W9/uniform/model": [1]})
        self.assert_verdict(done, 3, "W9/uniform/model: 0 B/run became 1.00 B/run, inf times")

    def test_too_few_repetitions_are_refused_with_the_number_that_is_needed(self):
        few = run_of(NAMES[:1], 1, repetitions=4)
        done = self.compare(few, few)
        self.assert_refused(done, "4 repetitions can't show a difference at alpha 0.01 among 1")
        self.assertIn("at least 5 are needed on each side", done.stderr)
        # 2 / C(2n, n) * 42 is 0.024 for n = 7, and 0.0065 for n = 8.
        few = run_of(NAMES, 1, repetitions=7)
        self.assert_refused(self.compare(few, few), "at least 8 are needed")
        enough = run_of(NAMES, 1, repetitions=8), run_of(NAMES, 2, {"W1/3/": 2}, repetitions=8)
        self.assert_verdict(self.compare(*enough), 3, "W1/3/model")

    def test_a_filter_leaves_fewer_to_adjust_for(self):
        few = run_of(NAMES, 1, repetitions=5)
        slower = run_of(NAMES, 2, {"W1/3/": 2}, repetitions=5)
        self.assert_refused(self.compare(few, slower), "5 repetitions")
        self.assert_verdict(self.compare(few, slower, "--filter", "^W1/3/"), 3, "W1/3/model")
        self.assert_verdict(self.compare(few, slower, "--filter", "^W1/4/"), 0)
        self.assert_refused(self.compare(few, slower, "--filter", "W8"), "no benchmark in common")
        self.assert_refused(self.compare(few, slower, "--filter", "("), "no regular expression")

    def test_benchmarks_of_one_side_are_listed(self):
        first, second = run_of(NAMES, 1), run_of(NAMES, 2)
        first["W1/old/model"] = second["W1/new/model"] = [5]
        done = self.compare(first, second)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("only in A: W1/old/model\nonly in B: W1/new/model\n", done.stdout)

    def test_other_machines_and_seeds_are_warned_of(self):
        for key, other, said in (
            ("cpu", "another CPU", "differ in processor: a CPU | another CPU"),
            ("host_name", "there", "differ in machine: here | there"),
            ("seed", "2", "differ in seed: 1 | 2"),
        ):
            done = self.compare(run_of(NAMES, 1), run_of(NAMES, 2), **{key: other})
            self.assertEqual(done.stderr, f"WARNING: the two runs {said}\n")
            self.assertEqual(done.returncode, 0)


class BadInput(DriverCase):
    def refused(self, content, *said):
        """A is good, B is not; both orders are refused."""
        self.write("good.json", document(run_of(NAMES, 1)))
        self.write("bad.json", content)
        done = self.driver("compare", "good.json", "bad.json")
        self.assert_refused(done, "kvmsim bench compare: bad.json: ", *said)
        self.assert_refused(self.driver("compare", "bad.json", "good.json"), "bad.json: ", *said)

    def test_files_that_are_no_results(self):
        entry = {"name": "W1/1/model", "items_per_second": 1}
        whole = json.dumps(document({"W1/1/model": [1, 2]}))
        for content, said in (
            ("", "it is empty"),
            (" \n", "it is empty"),
            (whole[:-40], "no JSON (it ends early)"),
            ("{not json}", "no JSON: Expecting property name"),
            ("[" * 100000, "no JSON (it ends early)"),
            ([], "no benchmark file: it has no list 'benchmarks'"),
            ({"benchmarks": {}, "context": {}}, "no benchmark file: it has no list 'benchmarks'"),
            ({"benchmarks": []}, "no benchmark file: it has no object 'context'"),
            ({"benchmarks": [], "context": {}}, "there are no benchmarks in it"),
            ({"benchmarks": [7], "context": {}}, "an entry of 'benchmarks' has no name"),
            ({"benchmarks": [entry | {"name": "x"}], "context": {}}, "the name 'x' is no FAMILY"),
        ):
            with self.subTest(said=said, content=str(content)[:40]):
                self.refused(content, said)

    def test_values_that_are_none(self):
        for rate in (None, "5", 0, -1, True, float("nan"), float("inf")):
            entry = {"name": "W1/1/model", "items_per_second": rate}
            with self.subTest(rate=rate):
                self.refused(
                    {"benchmarks": [entry], "context": {}},
                    "W1/1/model: items_per_second is missing or no number above 0",
                )
        entry = {"name": "W9/1/model", "items_per_second": 5}
        self.refused({"benchmarks": [entry], "context": {}}, "W9/1/model: bytes_per_run is missing")

    def test_an_error_entry_is_refused_with_its_reason(self):
        failed = {"name": "W1/1/std_map", "error_occurred": True, "error_message": "page 7"}
        good = document(run_of(NAMES, 1))
        good["benchmarks"].append(failed)
        self.refused(good, "W1/1/std_map has an error in place of a result: page 7")

    def test_files_that_cannot_be_read(self):
        self.write("good.json", document(run_of(NAMES, 1)))
        for path, said in (("none.json", "No such file"), (".", "Is a directory")):
            self.assert_refused(self.driver("compare", "good.json", path), f"{path}: {said}")
        with open(self.path("binary"), "wb") as opened:
            opened.write(b"\xff\xfe\x00")
        self.assert_refused(self.driver("compare", "binary", "good.json"), "binary: no JSON")

    def test_aggregates_are_not_counted_as_repetitions(self):
        first = document(run_of(NAMES[:1], 1, repetitions=5))
        aggregate = first["benchmarks"][0] | {"run_type": "aggregate", "items_per_second": 1}
        first["benchmarks"] += [aggregate] * 10
        self.write("a.json", first)
        self.write("b.json", document(run_of(NAMES[:1], 2, repetitions=5)))
        done = self.driver("compare", "a.json", "b.json")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_wrong_arguments(self):
        for words, said in (
            ((), "the following arguments are required: A.json, B.json"),
            (("a", "b", "c"), "'c' is one argument too many"),
            (("--treshold", "1", "a", "b"), "no option --treshold; did you mean --threshold?"),
            (("--alpha", "2", "a", "b"), "'2' is no number between 0 and 1"),
            (("--threshold", "x", "a", "b"), "'x' is no number between 0 and 1"),
        ):
            with self.subTest(words=words):
                done = self.driver("compare", *words)
                self.assert_refused(done, said, "Run `kvmsim bench compare --help`")


if __name__ == "__main__":
    sys.exit(junit.run_unittests("compare"))
