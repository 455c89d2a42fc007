"""Runs the benchmark as its users do, for a moment: which families there are, and that none fails."""

import json
import os
import re
import subprocess
import sys
import tempfile
import unittest

import junit

BENCHMARK = "bench/conversion_benchmark"

FRAGMENTATIONS = ("uniform", "every_second", "random")
SIZES = (1, 16, 512, 262144)
MODES = ("UNSPECIFIED", "PRESERVE", "ZERO")
STORES = ("null/loop", "store/model", "store/std_map", "store/bitmap")
LAYERS = ("typed", "door", "door_task_memory")

# Every store, and every layer in each fragmentation; what takes long is left to longer runs.
CHEAP = (
    r"^(null|store)/"
    r"|^(typed|door|door_task_memory)/model/(uniform/[0-9]+|every_second/512|random/1)/"
)


def every_family():
    """The names of all benchmarks."""
    names = set()
    for place in (f"{kind}/{pages}" for kind in FRAGMENTATIONS for pages in SIZES):
        names |= {f"{store}/{place}/no_mode/none" for store in STORES}
        names |= {
            f"{layer}/model/{place}/{mode}/{residency}"
            for layer in LAYERS
            for mode in MODES
            for residency in ("none", "resident")
        }
    return names


def run(*arguments):
    return subprocess.run([BENCHMARK, *arguments], capture_output=True, text=True, check=False)


def family(name):
    return name.removesuffix("/manual_time")


class ConversionBenchmark(unittest.TestCase):
    def test_every_family_is_there(self):
        listed = run("--benchmark_list_tests")
        self.assertEqual(listed.returncode, 0, listed.stderr)
        self.assertEqual({family(line) for line in listed.stdout.split()}, every_family())

    def test_families_run_without_errors_and_their_ratios_can_be_printed(self):
        with tempfile.NamedTemporaryFile(dir=os.environ.get("TEST_TMPDIR")) as kept:
            done = run(
                "--benchmark_min_time=0.001",
                f"--benchmark_filter={CHEAP}",
                f"--benchmark_out={kept.name}",
                "--benchmark_out_format=json",
            )
            self.assertEqual(done.returncode, 0, done.stderr)
            report = json.load(kept)
            ratios = run(f"--ratios={kept.name}")
        self.assertEqual(report["context"]["seed"], "4242")
        entries = {family(entry["name"]): entry for entry in report["benchmarks"]}
        self.assertEqual(set(entries), {name for name in every_family() if re.search(CHEAP, name)})
        for name, entry in entries.items():
            with self.subTest(name=name):
                self.assertFalse(entry.get("error_occurred"), entry.get("error_message"))
                self.assertGreater(entry["items_per_second"], 0)
                self.assertGreater(entry["pages_per_second"], 0)
                resident = 4096 if name.endswith("/resident") else 0
                self.assertEqual(entry.get("resident_pages", 0), resident)
        self.assertEqual(ratios.returncode, 0, ratios.stderr)
        models = [name for name in entries if "/model/" in name]
        self.assertEqual(len(ratios.stdout.splitlines()), len(models) + 2)

    def test_a_run_with_repetitions_can_be_reported(self):
        with tempfile.NamedTemporaryFile(dir=os.environ.get("TEST_TMPDIR")) as kept:
            run(
                "--benchmark_min_time=0.001",
                "--benchmark_filter=^(store|typed)/.*/uniform/1/(no_mode|PRESERVE)/",
                "--benchmark_repetitions=2",
                f"--benchmark_out={kept.name}",
            )
            ratios = run(f"--ratios={kept.name}")
        self.assertEqual(ratios.returncode, 0, ratios.stderr)
        self.assertEqual(len(ratios.stdout.splitlines()), 2 + 3)

    def test_the_short_report_fits_a_screen_and_has_every_ratio(self):
        done = run("--short_report")
        self.assertEqual(done.returncode, 0, done.stderr)
        lines = done.stdout.splitlines()
        self.assertLessEqual(len(lines), 15)
        self.assertIn("above 1 the model is faster", lines[0])
        for line in lines[2:]:
            self.assertRegex(line, r" [0-9][0-9.e-]* +[0-9][0-9.e-]*$")
            self.assertLessEqual(len(line), 100)
        layers = {line.split()[0] for line in lines[2:]}
        self.assertEqual(layers, {"store", *LAYERS})

    def test_wrong_arguments_are_said(self):
        for arguments, code in (
            (["--ratios=no-such-file"], 1),
            (["--short_report", "--x"], 2),
            (["--no_such_flag"], 2),
        ):
            with self.subTest(arguments=arguments):
                done = run(*arguments)
                self.assertEqual(done.returncode, code)
                self.assertEqual(done.stdout, "")
                self.assertNotEqual(done.stderr, "")


if __name__ == "__main__":
    sys.exit(junit.run_unittests("conversion_benchmark"))
