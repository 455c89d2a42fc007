"""The suites of two revisions, built beside the user's tree and without touching it."""

import os
import shutil
import stat
import subprocess

import child
from problem import Problem

TARGET = "//bench/suite:own_suite"
BUILT = "bench/suite/own_suite"
OPTIONS = ("-c", "opt")
SHOWN_LINES = 20


def _git(tree, *arguments):
    """git in the tree: its exit code and what it printed."""
    try:
        done = subprocess.run(
            ["git", "-C", tree, *arguments], capture_output=True, text=True, check=False
        )
    except FileNotFoundError as error:
        raise Problem("git is not installed") from error
    return done.returncode, (done.stdout + done.stderr).strip()


def root_of(folder):
    """The root of the git work tree that a folder lies in."""
    code, said = _git(folder, "rev-parse", "--show-toplevel")
    if code != 0:
        raise Problem(f"{folder} lies in no git work tree: {said}")
    return said


def commit_of(tree, revision):
    code, said = _git(
        tree, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"
    )
    if code != 0:
        raise Problem(f"git knows no revision '{revision}'")
    return said


def _remove(folder):
    """Removes a folder; Bazel takes the right to write away from folders of its own."""

    def make_writable(function, path, _):
        os.chmod(os.path.dirname(path), stat.S_IRWXU)
        os.chmod(path, stat.S_IRWXU)
        function(path)

    if os.path.exists(folder):
        shutil.rmtree(folder, onerror=make_writable)


class Builds:
    """A folder with a work tree of each revision, and one output base for their builds, which come
    one after the other: what the revisions share is built once."""

    def __init__(self, tree, folder):
        self._tree = tree
        self._folder = folder
        self._output_base = os.path.join(folder, "output_base")
        self._work_trees = []

    def _bazel(self, work_tree, *arguments, **options):
        command = ["bazel", f"--output_base={self._output_base}", *arguments]
        return child.run(command, cwd=work_tree, **options)

    def _check_out(self, side, commit):
        work_tree = os.path.join(self._folder, side)
        self._work_trees.append(work_tree)
        code, said = _git(self._tree, "worktree", "add", "--quiet", "--detach", work_tree, commit)
        if code != 0:
            raise Problem(f"git can't check {commit} out: {said}")
        return work_tree

    def _build(self, work_tree, revision):
        log = os.path.join(self._folder, "build.log")
        arguments = ("build", *OPTIONS, "--noshow_progress", TARGET)
        with open(log, "w", encoding="utf-8") as opened:
            code = self._bazel(work_tree, *arguments, stdout=opened, stderr=subprocess.STDOUT)
        if code != 0:
            with open(log, encoding="utf-8", errors="replace") as opened:
                tail = opened.read().splitlines()[-SHOWN_LINES:]
            told = f"{revision} can't be built; the end of what Bazel says:"
            raise Problem("\n".join([told, *tail]))

    def _bazel_bin(self, work_tree):
        told = os.path.join(self._folder, "bazel-bin")
        with open(told, "w", encoding="utf-8") as opened:
            self._bazel(
                work_tree, "info", *OPTIONS, "bazel-bin", stdout=opened, stderr=subprocess.DEVNULL
            )
        with open(told, encoding="utf-8") as opened:
            return opened.read().strip()

    def program(self, side, revision):
        """Builds a revision's suite; returns a copy of it that outlives the next build."""
        work_tree = self._check_out(side, commit_of(self._tree, revision))
        if not os.path.exists(os.path.join(work_tree, "bench/suite/BUILD")):
            raise Problem(f"{revision} has no {TARGET}: it is older than the suite")
        self._build(work_tree, revision)
        copy = os.path.join(self._folder, f"suite-{side}")
        try:
            shutil.copy(os.path.join(self._bazel_bin(work_tree), BUILT), copy)
        except OSError as error:
            raise Problem(f"{revision}: what was built can't be copied: {error}") from error
        return copy

    def remove(self):
        """Leaves nothing behind: no server, no files, and nothing in git's list of work trees."""
        with child.not_interrupted():
            if self._work_trees and os.path.exists(self._output_base):
                quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
                self._bazel(self._work_trees[0], "shutdown", **quiet)
            for work_tree in self._work_trees:
                _git(self._tree, "worktree", "remove", "--force", work_tree)
            _remove(self._folder)
            _git(self._tree, "worktree", "prune")
