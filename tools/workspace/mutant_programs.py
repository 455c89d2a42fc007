"""Builds the test programs of a copy of the tree that holds mutants, and runs them one by one."""

import json
import os
import shutil
import subprocess
import tempfile
import time
from typing import NamedTuple

# What a mutant that loops may take, in multiples of the unchanged program's time, and at least.
PATIENCE = 10
LEAST_PATIENCE_SECONDS = 20
UNLIMITED_SECONDS = 900


class Program(NamedTuple):
    """A test program, and how it fares without a mutant."""

    label: str
    path: str
    seconds: float = 0.0
    # The numbers of the mutants whose place it comes by.
    reached: frozenset = frozenset()

    def patience(self):
        return max(PATIENCE * self.seconds, LEAST_PATIENCE_SECONDS)


def tracked_files(root):
    listed = subprocess.run(
        ["git", "-c", "safe.directory=*", "-C", root, "ls-files", "-z"]
        + ["--cached", "--others", "--exclude-standard"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    files = {path for path in listed.split("\0") if os.path.isfile(os.path.join(root, path))}
    # git ignores it, but it says which cache to use.
    if os.path.isfile(os.path.join(root, "user.bazelrc")):
        files.add("user.bazelrc")
    return sorted(files)


def write_if_changed(path, content):
    """Leaves a file alone that holds `content` already: Bazel then has nothing to look at."""
    if os.path.isfile(path):
        with open(path, "rb") as opened:
            if opened.read() == content:
                return
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as opened:
        opened.write(content)


def copy_tree(root, copy, replaced):
    """Makes `copy` a copy of the tree's files, with the texts of `replaced` (file -> text)."""
    files = tracked_files(root)
    for folder, _, names in os.walk(copy):
        for name in names:
            path = os.path.join(folder, name)
            if not os.path.islink(path) and os.path.relpath(path, copy) not in files:
                os.remove(path)
    for file in files:
        source, target = os.path.join(root, file), os.path.join(copy, file)
        with open(source, "rb") as opened:
            content = opened.read()
        write_if_changed(target, replaced[file].encode() if file in replaced else content)
        shutil.copymode(source, target)


class Bazel:
    """Bazel in the copy, which has an output base of its own there."""

    def __init__(self, copy, options):
        self._copy = copy
        self._options = options

    def _run(self, *arguments, capture=False):
        return subprocess.run(
            ["bazel", *arguments],
            cwd=self._copy,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if capture else None,
            check=True,
            text=True,
        ).stdout

    def test_labels(self, targets):
        query = f"kind(cc_test, set({' '.join(targets)}))"
        return sorted(self._run("query", "--noshow_progress", query, capture=True).split())

    def build(self, labels, mutated):
        # A condition that a mutant leaves out makes code unreachable and names unused. What then
        # reads a value that isn't there crashes, rather than going on with anything.
        changed = [f"--per_file_copt={file}@-Wno-error,-D_GLIBCXX_ASSERTIONS" for file in mutated]
        options = ["--noshow_progress", "--show_result=0", *changed, *self._options]
        self._run("build", *options, "--", *labels)
        folder = self._run("info", "--noshow_progress", *self._options, "bazel-bin", capture=True)
        path = folder.strip() + "/{}"
        return [Program(label, path.format(label[2:].replace(":", "/"))) for label in labels]


def run_program(program, scratch, seconds, **variables):
    """How it ended: "" if all its tests passed, else "failed", "crashed" or "hung"."""
    runfiles = program.path + ".runfiles"
    workspace = next(
        name
        for name in sorted(os.listdir(runfiles))
        if os.path.isdir(f"{runfiles}/{name}/tests") or os.path.isdir(f"{runfiles}/{name}/arch")
    )
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        environment = {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "HOME": folder,
            "TMPDIR": folder,
            "TEST_TMPDIR": folder,
            "TEST_SRCDIR": runfiles,
            "TEST_WORKSPACE": workspace,
            "GTEST_FAIL_FAST": "1",
            "GTEST_BRIEF": "1",
        }
        process = subprocess.Popen(
            [program.path],
            cwd=f"{runfiles}/{workspace}",
            env=environment | variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            code = process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)
            process.wait()
            return "hung"
    return "" if code == 0 else "crashed" if code < 0 else "failed"


def run_unchanged(program, scratch, count):
    """The program with its time and what it comes by; an error if it doesn't pass."""
    with tempfile.NamedTemporaryFile(dir=scratch) as reached:
        reached.write(bytes(count))
        reached.flush()
        began = time.monotonic()
        how = run_program(
            program, scratch, UNLIMITED_SECONDS, KVM_MODEL_MUTANTS_REACHED=reached.name
        )
        seconds = time.monotonic() - began
        reached.seek(0)
        marks = reached.read()
    if how:
        raise RuntimeError(f"{program.label} {how} without any mutant")
    numbers = frozenset(number for number, mark in enumerate(marks) if mark)
    return program._replace(seconds=seconds, reached=numbers)


def find_killer(number, programs, remembered, scratch):
    """The label of a program that the mutant makes fail; None if all that come by it pass."""
    candidates = [program for program in programs if number in program.reached]
    candidates.sort(key=lambda program: (program.label != remembered, program.seconds))
    for program in candidates:
        if run_program(program, scratch, program.patience(), KVM_MODEL_MUTANT=str(number)):
            return program.label
    return None


class Memory:
    """Which program caught which mutant the last time: it is asked first."""

    def __init__(self, path):
        self._path = path
        self._killers = {}
        if os.path.isfile(path):
            with open(path, encoding="utf-8") as opened:
                self._killers = json.load(opened)

    def killer(self, mutant):
        return self._killers.get("\t".join(mutant.key()))

    def remember(self, mutant, killer):
        if killer:
            self._killers["\t".join(mutant.key())] = killer

    def save(self):
        with open(self._path, "w", encoding="utf-8") as opened:
            json.dump(self._killers, opened, indent=1, sort_keys=True)
