"""Counting test cases from build events and JUnit files as Bazel writes them."""

import json
import os
import sys
import tempfile
import unittest

import junit

from count_tests import count_events, read_tally

PASSING = '<testcase classname="A" name="Passes" status="run"/>'
FAILING = '<testcase classname="A" name="Fails"><failure message="no"/></testcase>'
ERRING = '<testcase classname="A" name="Errs"><error message="exited with 1"/></testcase>'
SKIPPED = '<testcase classname="A" name="Skips"><skipped message="why"/></testcase>'
DISABLED = '<testcase classname="A" name="DISABLED_It" status="notrun" result="suppressed"/>'


class CountTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(dir=os.environ.get("TEST_TMPDIR"))
        self.addCleanup(self.folder.cleanup)
        self.events = []

    def result(self, label, *cases, status="PASSED", shard=1, attempt=1, xml=None):
        """A test's run: its event, and its JUnit file at a path that a URI has to escape."""
        folder = os.path.join(self.folder.name, f"a b{len(self.events)}")
        os.makedirs(folder)
        path = os.path.join(folder, "test.xml")
        if xml is None:
            xml = f"<testsuites><testsuite>{''.join(cases)}</testsuite></testsuites>"
        if xml:
            with open(path, "w", encoding="utf-8") as opened:
                opened.write(xml)
        identity = {"label": label, "run": 1, "shard": shard, "attempt": attempt}
        output = {"name": "test.xml", "uri": "file://" + path.replace(" ", "%20")}
        event = {"status": status, "testActionOutput": [output]}
        self.events.append({"id": {"testResult": identity}, "testResult": event})

    def completed(self, label, **event):
        self.events.append({"id": {"targetCompleted": {"label": label}}} | event)

    def summary(self, label, status):
        event = {"overallStatus": status}
        self.events.append({"id": {"testSummary": {"label": label}}, "testSummary": event})

    def count(self, exit_code=0):
        return count_events([json.dumps(event) for event in self.events], exit_code)

    def test_each_case_counts_by_its_outcome(self):
        self.result("//a:a", PASSING, PASSING, FAILING, ERRING, SKIPPED, DISABLED, status="FAILED")
        self.assertEqual(self.count(3).words(), "2 passed, 2 failed, 2 skipped")
        self.assertEqual(self.count(3).failures, ["//a:a A.Fails", "//a:a A.Errs"])

    def test_no_skipped_cases_are_not_mentioned(self):
        self.result("//a:a", PASSING)
        self.assertEqual(self.count().words(), "1 passed, 0 failed")
        self.assertEqual(self.count().words(" cases"), "1 cases passed, 0 failed")

    def test_the_shards_of_a_target_are_summed(self):
        self.result("//a:a", PASSING, PASSING, shard=1)
        self.result("//a:a", PASSING, FAILING, shard=2, status="FAILED")
        self.assertEqual(self.count(3).words(), "3 passed, 1 failed")

    def test_the_last_attempt_of_a_flaky_target_counts(self):
        self.result("//a:a", PASSING, attempt=2)
        self.result("//a:a", FAILING, attempt=1, status="FAILED")
        self.summary("//a:a", "FLAKY")
        self.assertEqual(self.count().words(), "1 passed, 0 failed")

    def test_a_missing_file_is_a_failed_case(self):
        self.result("//a:a", xml="")
        self.assertEqual(self.count().words(), "0 passed, 1 failed")

    def test_an_unreadable_file_is_a_failed_case(self):
        self.result("//a:a", xml="<testsuites><testsuite>")
        self.assertEqual(self.count().words(), "0 passed, 1 failed")

    def test_a_timeout_after_passing_cases_is_a_failed_case(self):
        self.result("//a:a", PASSING, status="TIMEOUT")
        self.summary("//a:a", "TIMEOUT")
        self.assertEqual(self.count(3).words(), "1 passed, 1 failed")
        self.assertEqual(self.count(3).failures, ["//a:a (timeout)"])

    def test_a_target_that_does_not_build_is_one_failed_case(self):
        self.result("//a:a", PASSING)
        self.completed("//a:a", completed={"success": True})
        self.completed("//a:b", completed={})
        self.summary("//a:b", "FAILED_TO_BUILD")
        self.assertEqual(self.count(1).words(), "1 passed, 1 failed")

    def test_a_target_that_was_left_out_by_its_tags_does_not_count(self):
        self.result("//a:a", PASSING)
        self.completed("//a:b", aborted={"reason": "SKIPPED"})
        self.assertEqual(self.count().words(), "1 passed, 0 failed")

    def test_a_target_that_was_never_started_is_one_failed_case(self):
        self.result("//a:a", PASSING)
        self.summary("//a:b", "NO_STATUS")
        self.assertEqual(self.count(1).failures, ["//a:b (no_status)"])

    def test_bazel_failing_by_itself_is_a_failed_case(self):
        self.result("//a:a", PASSING)
        self.assertEqual(self.count(1).words(), "1 passed, 1 failed")

    def test_no_cases_at_all_are_not_ok(self):
        self.assertFalse(self.count().ok())
        self.result("//a:a", SKIPPED)
        self.assertFalse(self.count().ok())

    def test_a_tally_is_summed(self):
        total = read_tally(["default\t10\t0\t1\n", "asan\t5\t2\t0\n"])
        self.assertEqual(total.words(), "15 passed, 2 failed, 1 skipped")
        self.assertFalse(total.ok())


if __name__ == "__main__":
    sys.exit(junit.run_unittests("count_tests"))
