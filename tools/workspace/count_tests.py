"""Counts the test cases of one `bazel test`, from its build events and the JUnit files they name.

  count_tests.py --events FILE --exit-code N [--name NAME --tally FILE]   counts one run
  count_tests.py --total FILE                                             sums a tally

A case is a <testcase>; one that was reported but not run counts as skipped. A target that went
wrong without a failing case to show for it (it could not be built, timed out, crashed, or left no
readable file) counts as one failed case. The last line is `N passed, N failed`, with `, N
skipped` where some were; with --name it is worded as a part of a greater run, and --tally keeps
the numbers for --total. Exits with 1 if a case failed or none ran.
"""

import argparse
import json
import sys
import urllib.parse
import xml.etree.ElementTree as ElementTree

PASSING_STATUSES = ("PASSED", "FLAKY")


class Counts:
    """Cases by outcome, and the names of those that failed."""

    def __init__(self, passed=0, failed=0, skipped=0):
        self.passed = passed
        self.failed = failed
        self.skipped = skipped
        self.failures = []

    def fail(self, name):
        self.failed += 1
        self.failures.append(name)

    def ok(self):
        return self.failed == 0 and self.passed > 0

    def words(self, unit=""):
        text = f"{self.passed}{unit} passed, {self.failed} failed"
        return text + (f", {self.skipped} skipped" if self.skipped else "")


def count_junit(path, label, counts):
    """Adds one JUnit file's cases; returns how many of them failed."""
    failed_before = counts.failed
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            counts.fail(f"{label} {case.get('classname', '')}.{case.get('name', '')}")
        elif case.find("skipped") is not None or case.get("status") == "notrun":
            counts.skipped += 1
        else:
            counts.passed += 1
    return counts.failed - failed_before


def _local_path(uri):
    return urllib.parse.unquote(urllib.parse.urlparse(uri).path)


def count_events(lines, exit_code):
    """Counts a run from the lines of --build_event_json_file."""
    results = {}  # (label, run, shard) -> (attempt, status, path of the JUnit file or None)
    summaries = {}  # label -> overall status
    unbuilt = []
    for line in lines:
        event = json.loads(line)
        kind, detail = next(iter(event["id"].items()))
        if kind == "testResult" and "testResult" in event:
            key = (detail["label"], detail.get("run", 1), detail.get("shard", 1))
            attempt = detail.get("attempt", 1)
            if attempt < results.get(key, (0,))[0]:
                continue
            files = event["testResult"].get("testActionOutput", [])
            path = next((_local_path(f["uri"]) for f in files if f["name"] == "test.xml"), None)
            results[key] = (attempt, event["testResult"]["status"], path)
        elif kind == "testSummary" and "testSummary" in event:
            summaries[detail["label"]] = event["testSummary"]["overallStatus"]
        elif kind == "targetCompleted" and not event.get("completed", {}).get("success"):
            if event.get("aborted", {}).get("reason") != "SKIPPED":
                unbuilt.append(detail["label"])

    counts = Counts()
    labels_failed = set()
    for (label, _, _), (_, status, path) in sorted(results.items()):
        try:
            failed = count_junit(path, label, counts) if path else 0
            reported = path is not None
        except (OSError, ElementTree.ParseError):
            failed, reported = 0, False
        if not failed and (not reported or status not in PASSING_STATUSES):
            counts.fail(f"{label} ({status.lower()}{'' if reported else ', no readable test.xml'})")
            failed = 1
        if failed:
            labels_failed.add(label)
    for label in sorted(set(unbuilt) - labels_failed):
        counts.fail(f"{label} (not built)")
        labels_failed.add(label)
    for label, status in sorted(summaries.items()):
        if status not in PASSING_STATUSES and label not in labels_failed:
            counts.fail(f"{label} ({status.lower()})")
    if exit_code != 0 and counts.failed == 0:
        counts.fail(f"bazel itself (exit code {exit_code})")
    return counts


def read_tally(lines):
    total = Counts()
    for line in lines:
        _, passed, failed, skipped = line.rstrip("\n").split("\t")
        total.passed += int(passed)
        total.failed += int(failed)
        total.skipped += int(skipped)
    return total


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--events")
    parser.add_argument("--exit-code", type=int, default=0)
    parser.add_argument("--name", default="")
    parser.add_argument("--tally")
    parser.add_argument("--total")
    options = parser.parse_args()
    if options.total:
        with open(options.total, encoding="utf-8") as tally:
            counts = read_tally(tally)
        print(counts.words())
        return 0 if counts.ok() else 1
    with open(options.events, encoding="utf-8") as events:
        counts = count_events(events, options.exit_code)
    for failure in counts.failures:
        print(f"FAILED {failure}")
    if options.tally:
        with open(options.tally, "a", encoding="utf-8") as tally:
            print(options.name, counts.passed, counts.failed, counts.skipped, sep="\t", file=tally)
    print(f"{options.name}: {counts.words(' cases')}" if options.name else counts.words())
    return 0 if counts.ok() else 1


if __name__ == "__main__":
    sys.exit(main())
