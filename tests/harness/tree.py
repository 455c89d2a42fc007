"""The files of a checked-out tree: what git tracks, and what it would track."""

import os
import subprocess


class Tree:
    """A tree's files, by their paths from its root; texts are read once."""

    def __init__(self, root):
        self.root = root
        self._texts = {}
        listed = subprocess.run(
            ["git", "-c", "safe.directory=*", "-C", root, "ls-files", "-z"]
            + ["--cached", "--others", "--exclude-standard"],
            check=True,
            capture_output=True,
        ).stdout.decode()
        self.files = sorted(
            path for path in set(listed.split("\0")) if os.path.isfile(self.path(path))
        )

    def path(self, file):
        return os.path.join(self.root, file)

    def text(self, file):
        if file not in self._texts:
            with open(self.path(file), encoding="utf-8", errors="replace") as opened:
                self._texts[file] = opened.read()
        return self._texts[file]

    def lines(self, file):
        return self.text(file).splitlines()

    def with_suffix(self, *suffixes):
        return [file for file in self.files if file.endswith(suffixes)]
