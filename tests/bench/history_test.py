"""bench trends: a history read, and the page of it."""

import json
import re
import sys
import unittest
import xml.etree.ElementTree as ElementTree

import junit

import history
import trends
from driver_case import DriverCase
from html_report_test import Page, charts


def line(benchmarks, revision="r1", machine="here", date="2026-01-01"):
    """A run with one value a benchmark, as it stands in a history."""
    told = {name: {"median": value, "values": [value]} for name, value in benchmarks.items()}
    run = {"date": date, "revision": revision, "machine": machine, "benchmarks": told}
    return json.dumps(run) + "\n"


def means_of(*runs):
    return trends.means(history.parse("h", "".join(runs)))


class Means(unittest.TestCase):
    def test_a_family_is_relative_to_its_first_run(self):
        first = line({"W1/a/model": 10, "W1/b/model": 100})
        second = line({"W1/a/model": 20, "W1/b/model": 200})
        third = line({"W1/a/model": 40, "W1/b/model": 100})
        self.assertEqual(list(means_of(first, second, third)), [("W1", "model")])
        for got, wanted in zip(means_of(first, second, third)["W1", "model"], (1, 2, 2)):
            self.assertAlmostEqual(got, wanted)

    def test_only_what_the_first_run_has_is_compared(self):
        series = means_of(
            line({"W1/a/model": 10}),
            line({"W1/a/model": 20, "W1/new/model": 7}),
            line({"W1/new/model": 7}),
        )
        self.assertEqual(series["W1", "model"], [1, 2, None])

    def test_a_family_may_begin_later(self):
        series = means_of(line({"W1/a/model": 10}), line({"W2/a/model": 5}))
        self.assertEqual(series["W2", "model"], [None, 1])

    def test_what_needed_nothing_at_first_has_no_ratio(self):
        series = means_of(
            line({"W9/a/model": 0, "W9/b/model": 4}), line({"W9/a/model": 9, "W9/b/model": 8})
        )
        self.assertEqual(series["W9", "model"], [1, 2])

    def test_peers_are_apart_and_the_null_subject_is_nobodys(self):
        run = {"W1/a/model": 10, "W1/a/std_map": 20, "W1/a/null": 1, "conversion/1/door": 5}
        self.assertEqual(
            set(means_of(line(run))),
            {("W1", "model"), ("W1", "the peers"), ("conversion", "model")},
        )


class Trends(DriverCase):
    def trends(self, content, *arguments):
        self.write("h.jsonl", content)
        return self.driver("trends", "h.jsonl", *arguments)

    def test_machines_are_kept_apart(self):
        runs = [line({"W1/a/model": value}, f"rev{value}") for value in (10, 20)]
        other = line({"W1/a/model": 5}, "rev5", machine="<there> & elsewhere")
        done = self.trends(runs[0] + other + runs[1], "--out", "t.html")
        self.assertEqual(done.stdout, "written: t.html: 3 runs of 2 machines\n")
        self.assertEqual(done.returncode, 0, done.stderr)
        text = self.read("t.html")
        page = Page(text)
        self.assertEqual(page.problems, [])
        self.assertNotRegex(text, "https?:|src=|<script")
        self.assertEqual(len(charts(text)), 2)
        self.assertIn("<there> & elsewhere", page.text)
        rows = re.findall(r"2026-01-01\s*(rev\d+)\s*(\d\.\d\d)", " ".join(page.words))
        self.assertEqual(rows, [("rev10", "1.00"), ("rev20", "2.00"), ("rev5", "1.00")])

    def test_what_bench_adds_is_what_trends_reads(self):
        fake = self.fake_history()
        done = self.driver("trends", fake)
        self.assertEqual(done.returncode, 0, done.stderr)
        drawn = charts(self.read("bench-results", "trends.html"))
        names = {chart.get("aria-label") for chart in drawn}
        self.assertIn("W1 over the runs", names)
        self.assertIn("W9 over the runs", names)
        self.assertTrue(all(isinstance(chart, ElementTree.Element) for chart in drawn))

    def fake_history(self):
        for factor in (1, 1.5):
            factors = json.dumps({"W1/": factor})
            done = self.bench("--history", "h.jsonl", FAKE_FACTORS=factors)
            self.assertEqual(done.returncode, 0, done.stderr)
        return "h.jsonl"

    def test_broken_lines_are_named_by_number(self):
        good = line({"W1/a/model": 10})
        run = json.loads(good)

        def broken(**changes):
            return json.dumps(run | changes)

        record = {"median": 10, "values": [10]}
        for text, said in (
            ("", "h.jsonl: it is empty"),
            (good + "\n" + good, "h.jsonl:2: no JSON"),
            (good + good[:-30], "h.jsonl:2: no JSON"),
            (good + "[]\n", "h.jsonl:2: no entry of a history: it has no object 'benchmarks'"),
            (good + broken(date=5), "h.jsonl:2: no entry of a history: it has no text 'date'"),
            (good + broken(benchmarks={}), "h.jsonl:2: there are no benchmarks in it"),
            (broken(benchmarks={"x": record}), "h.jsonl:1: the name 'x' is no FAMILY"),
            (broken(benchmarks={"a/b": {"median": 1}}), "h.jsonl:1: a/b: it has no list"),
            (broken(benchmarks={"a/b": record | {"values": ["x"]}}), "a/b: it has no list"),
            (broken(benchmarks={"a/b": record | {"median": 9}}), "'median' is not that of"),
        ):
            with self.subTest(said=said):
                self.assert_refused(self.trends(text, "--out", "t.html"), said)
        self.assertEqual(self.files(), ["h.jsonl"])

    def test_wrong_arguments(self):
        self.assert_refused(self.driver("trends"), "are required: HISTORY")
        self.assert_refused(self.driver("trends", "none"), "none: No such file or directory")
        self.write("h.jsonl", line({"W1/a/model": 1}))
        done = self.driver("trends", "h.jsonl", "--out", "h.jsonl/x.html")
        self.assert_refused(done, "h.jsonl: ")


if __name__ == "__main__":
    sys.exit(junit.run_unittests("history"))
