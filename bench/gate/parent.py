"""Counts the operations of the parent: of the revision that the checked-out tree is a change of.

With changes that aren't committed that is HEAD, else the parent of HEAD. Its files are taken out of
git, into a folder of their own, built by a Bazel that shares nothing with others but its caches,
and thrown away. The repository and its working tree stay as they are.
"""

import io
import os
import shutil
import stat
import subprocess
import tarfile
import tempfile

from counting import NotCounted, count

TARGET = "//bench/gate:gate_operations"
PROGRAM = "bazel-bin/bench/gate/gate_operations"


def _run(command, folder):
    """Its standard output; NotCounted, with the end of what it said, if it fails."""
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    except FileNotFoundError as why:
        raise NotCounted(f"{command[0]} is not installed") from why
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip().splitlines()[-8:]
        raise NotCounted(f"{command[0]} exits with {done.returncode}: " + "\n".join(said))
    return done.stdout


def _git(root, *arguments):
    # The tree may be another user's, as in a container.
    return _run(["git", "-c", "safe.directory=*", *arguments], root)


def revision_of(root):
    """The commit to compare with, and how it is called."""
    changed = bool(_git(root, "status", "--porcelain").strip())
    name, called = ("HEAD", "HEAD") if changed else ("HEAD^", "the parent of HEAD")
    try:
        commit = _git(root, "rev-parse", "--verify", f"{name}^{{commit}}")
    except NotCounted as why:
        raise NotCounted(f"git doesn't have {called}: {why}") from why
    return commit.decode().strip(), called


def _remove(folder):
    """Removes a folder of Bazel's, whose folders can't be written to."""
    for path, _, _ in os.walk(folder):
        os.chmod(path, stat.S_IRWXU)
    shutil.rmtree(folder, ignore_errors=True)


def count_parent(root, arguments):
    """What the parent's gate_operations gives, and how the parent is called."""
    commit, called = revision_of(root)
    folder = tempfile.mkdtemp(prefix="gate_parent_")
    bazel = ["bazel", f"--output_base={os.path.join(folder, 'output')}"]
    tree = os.path.join(folder, "tree")
    try:
        with tarfile.open(fileobj=io.BytesIO(_git(root, "archive", commit))) as archive:
            archive.extractall(tree)
        try:
            _run([*bazel, "build", "--noshow_progress", TARGET], tree)
        except NotCounted as why:
            raise NotCounted(f"{TARGET} of {called} can't be built: {why}") from why
        try:
            return count(os.path.join(tree, PROGRAM), arguments), called
        except NotCounted as why:
            raise NotCounted(f"{TARGET} of {called} can't be counted: {why}") from why
    finally:
        if os.path.isdir(tree):
            subprocess.run([*bazel, "shutdown"], cwd=tree, capture_output=True, check=False)
        _remove(folder)
