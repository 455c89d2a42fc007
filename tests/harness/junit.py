"""Reports test cases: failures on stdout, every case in the JUnit file that Bazel asks for."""

import os
import unittest
import xml.etree.ElementTree as ElementTree
from typing import NamedTuple


class Case(NamedTuple):
    """One test case; it failed if it has a problem, and did not run if it has a reason for that."""

    name: str
    problems: list
    skipped: str = ""


def write_xml(path, suite, cases):
    root = ElementTree.Element("testsuites")
    failed = sum(1 for case in cases if case.problems)
    tests = str(len(cases))
    skipped = str(sum(1 for case in cases if case.skipped))
    node = ElementTree.SubElement(
        root, "testsuite", name=suite, tests=tests, failures=str(failed), skipped=skipped
    )
    for case in cases:
        child = ElementTree.SubElement(node, "testcase", classname=suite, name=case.name)
        if case.problems:
            failure = ElementTree.SubElement(child, "failure", message=case.problems[0])
            failure.text = "\n".join(case.problems)
        elif case.skipped:
            ElementTree.SubElement(child, "skipped", message=case.skipped)
    ElementTree.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)


def finish(suite, cases):
    """Reports the cases; returns the exit code: 1 if one failed or there are none."""
    for case in cases:
        if case.problems:
            print(f"[ FAILED ] {suite}: {case.name}")
            for problem in case.problems:
                print("  " + problem.replace("\n", "\n  "))
        elif case.skipped:
            print(f"[ SKIPPED ] {suite}: {case.name}: {case.skipped}")
    failed = sum(1 for case in cases if case.problems)
    print(f"{suite}: {len(cases)} cases, {failed} of them failed")
    if os.environ.get("XML_OUTPUT_FILE"):
        write_xml(os.environ["XML_OUTPUT_FILE"], suite, cases)
    return 1 if failed or not cases else 0


class _Recorder(unittest.TestResult):
    """Keeps every test's outcome in the order in which they ran."""

    def __init__(self):
        super().__init__()
        self.cases = {}
        self.reasons = {}

    def startTest(self, test):
        super().startTest(test)
        self.cases[test.id()] = []

    def _record(self, test, error):
        self.cases.setdefault(test.id(), []).append(self._exc_info_to_string(error, test))

    def addError(self, test, err):
        self._record(test, err)

    def addFailure(self, test, err):
        self._record(test, err)

    def addSkip(self, test, reason):
        self.cases.setdefault(test.id(), [])
        self.reasons[test.id()] = reason

    def addSubTest(self, test, subtest, err):
        if err is not None:
            self._record(test, err)


def run_unittests(suite):
    """Runs the unittest cases of the main script; returns the exit code."""
    recorder = _Recorder()
    unittest.defaultTestLoader.loadTestsFromName("__main__").run(recorder)
    cases = [
        Case(name.removeprefix("__main__."), said, recorder.reasons.get(name, ""))
        for name, said in recorder.cases.items()
    ]
    return finish(suite, cases)
