"""A folder that files are installed in, whole or not at all, and removed from again.

What was installed stands in a manifest among the files: a path a line, relative to the folder, with
a / behind the folders that were made for it.
"""

import contextlib
import os
import shutil
import signal
import tempfile
from typing import NamedTuple

# The exit code of a problem.
UNUSABLE = 2

MANIFEST = "share/kvm_model/installed-files.txt"
# The folder itself, where it was made too.
ITSELF = "./"
INTERRUPTIONS = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)


class Problem(Exception):
    """What an installation can't go on with, in a sentence."""


class Entry(NamedTuple):
    """A file to install: the bytes of another file or these, or a symbolic link."""

    path: str
    source: str = ""
    content: bytes = b""
    executable: bool = False
    link: str = ""


def parents(path):
    """The folders of a relative path, outermost first."""
    folders = []
    while os.path.dirname(path):
        path = os.path.dirname(path)
        folders.insert(0, path)
    return folders


def _reason(error):
    return (error.strerror or str(error)).lower()


@contextlib.contextmanager
def _uninterrupted():
    """An interruption that comes now is too late, or done already: it is dropped."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, INTERRUPTIONS)
    try:
        yield
    finally:
        while signal.sigtimedwait(INTERRUPTIONS, 0):
            pass
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class Prefix:
    """The folder, which need not be there yet."""

    def __init__(self, folder):
        self.folder = os.path.abspath(folder)

    def at(self, path):
        return os.path.join(self.folder, path)

    def manifest(self):
        """The lines of the manifest; None where nothing is installed."""
        try:
            with open(self.at(MANIFEST), encoding="utf-8") as opened:
                lines = opened.read().splitlines()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise Problem(f"{self.at(MANIFEST)} can't be read: {_reason(error)}") from error
        for line in lines:
            if line.startswith("/") or ".." in line.split("/"):
                raise Problem(f"{self.at(MANIFEST)} names a file outside of it: {line}")
        return lines

    def _require_folder(self, folder):
        if os.path.lexists(folder) and not os.path.isdir(folder):
            raise Problem(f"{folder} is no folder")
        if os.path.isdir(folder) and not os.access(folder, os.W_OK | os.X_OK):
            raise Problem(f"{folder} can't be written to")

    def check(self, paths=()):
        """Refuses a folder in which these files can't be put."""
        above = self.folder
        while not os.path.lexists(above):
            above = os.path.dirname(above)
        self._require_folder(above)
        for folder in sorted({folder for path in paths for folder in parents(path)}):
            self._require_folder(self.at(folder))
        for path in paths:
            if os.path.isdir(self.at(path)) and not os.path.islink(self.at(path)):
                raise Problem(f"{self.at(path)} is a folder, where a file is to be")

    def install(self, entries):
        """Puts the files there, over those of an earlier installation, and takes away what that
        had besides. Another's file is never touched. Where it fails everything is as it was."""
        paths = [entry.path for entry in entries]
        self.check(paths + [MANIFEST])
        before = self.manifest() or []
        for path in paths:
            if path not in before and os.path.lexists(self.at(path)):
                raise Problem(f"{self.at(path)} is there already, and was not installed by this")
        _Installation(self, before).run(entries)

    def uninstall(self):
        """Removes what the manifest lists, and the folders among it that are empty then; returns
        how many files that were."""
        lines = self.manifest()
        if lines is None:
            raise Problem(f"nothing is installed in {self.folder}: there is no {self.at(MANIFEST)}")
        files = [line for line in lines if not line.endswith("/")]
        self.check([path for path in files if os.path.lexists(self.at(path))])
        removed = 0
        # The manifest goes last: as long as it is there the rest can be removed.
        for path in sorted(files, key=lambda path: path == MANIFEST):
            with contextlib.suppress(FileNotFoundError, NotADirectoryError):
                os.remove(self.at(path))
                removed += 1
        for folder in sorted((line for line in lines if line.endswith("/")), reverse=True):
            with contextlib.suppress(OSError):
                os.rmdir(os.path.normpath(self.at(folder)))
        return removed


class _Installation:
    """The steps of one installation, each of which can be taken back."""

    def __init__(self, prefix, before):
        self._prefix = prefix
        self._before = before  # the manifest's lines
        self._made = []  # folders, in the order in which they were made
        self._undo = []  # (from, to): renamings that take back what was done
        self._stage = None
        self._moved = False  # whether all files are in their places

    def run(self, entries):
        try:
            self._make_folder(self._prefix.folder)
            self._stage = tempfile.mkdtemp(prefix=".kvm_model-", dir=self._prefix.folder)
            for number, entry in enumerate(entries):
                self._write(entry, self._staged(number))
            with _uninterrupted():
                self._move(entries)
                self._moved = True
                shutil.rmtree(self._stage, ignore_errors=True)
        except BaseException as error:
            # An interruption just as they are let in again: too late as well.
            if self._moved:
                return
            with _uninterrupted():
                self._take_back()
            if isinstance(error, OSError):
                where = error.filename or self._prefix.folder
                raise Problem(f"{where} can't be written: {_reason(error)}") from error
            raise

    def _staged(self, name):
        return os.path.join(self._stage, str(name))

    def _make_folder(self, folder):
        if os.path.isdir(folder):
            return
        self._make_folder(os.path.dirname(folder))
        os.mkdir(folder)
        self._made.append(folder)
        os.chmod(folder, 0o755)

    @staticmethod
    def _write(entry, path):
        if entry.link:
            os.symlink(entry.link, path)
            return
        if entry.source:
            shutil.copyfile(entry.source, path)
        else:
            with open(path, "wb") as opened:
                opened.write(entry.content)
        os.chmod(path, 0o755 if entry.executable else 0o644)

    def _move(self, entries):
        paths = {entry.path for entry in entries} | {MANIFEST}
        for path in sorted(paths):
            self._make_folder(os.path.dirname(self._prefix.at(path)))
        gone = [path for path in self._before if not path.endswith("/") and path not in paths]
        # Were it killed from here on, then what is there could still be removed.
        self._write_manifest(paths.union(gone))
        for number, entry in enumerate(entries):
            self._set_aside(entry.path)
            self._rename(self._staged(number), self._prefix.at(entry.path))
        for path in gone:
            self._set_aside(path)
        self._write_manifest(paths)

    def _set_aside(self, path):
        target = self._prefix.at(path)
        if os.path.lexists(target):
            self._rename(target, self._staged(f"old-{len(self._undo)}"))

    def _rename(self, source, target):
        os.rename(source, target)
        self._undo.append((target, source))

    def _write_manifest(self, paths):
        lines = paths | {line for line in self._before if line.endswith("/")}
        for folder in self._made:
            inside = os.path.relpath(folder, self._prefix.folder)
            if not inside.startswith(".."):
                lines.add(ITSELF if inside == "." else inside + "/")
        text = "".join(f"{line}\n" for line in sorted(lines))
        staged = self._staged(f"manifest-{len(self._undo)}")
        self._write(Entry(MANIFEST, content=text.encode()), staged)
        target = self._prefix.at(MANIFEST)
        if not os.path.lexists(target):
            self._rename(staged, target)
            return
        # There is one at each moment.
        aside = self._staged(f"old-{len(self._undo)}")
        shutil.copy2(target, aside)
        os.rename(staged, target)
        self._undo.append((aside, target))

    def _take_back(self):
        while self._undo:
            source, target = self._undo[-1]
            try:
                os.rename(source, target)
            except OSError as error:
                raise Problem(
                    f"{target} can't be put back: {_reason(error)}; what was there is in"
                    f" {self._stage}"
                ) from error
            self._undo.pop()
        if self._stage:
            shutil.rmtree(self._stage, ignore_errors=True)
        for folder in reversed(self._made):
            with contextlib.suppress(OSError):
                os.rmdir(folder)
