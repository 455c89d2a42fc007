"""Files that are written whole or not at all."""

import contextlib
import os
import tempfile

from problem import Problem


def make_folder(path):
    try:
        os.makedirs(path, exist_ok=True)
    except OSError as error:
        raise Problem(f"{path}: {error.strerror}") from error
    if not os.access(path, os.W_OK | os.X_OK):
        raise Problem(f"{path}: nothing can be written there")


def _write_beside(path, text):
    """Writes the text to a file of another name in the same folder, and returns that name."""
    folder, name = os.path.split(os.path.abspath(path))
    handle, temporary = tempfile.mkstemp(prefix=f".{name}.", dir=folder)
    try:
        with open(handle, "w", encoding="utf-8") as opened:
            opened.write(text)
            # mkstemp lets only the owner read.
            mask = os.umask(0)
            os.umask(mask)
            os.chmod(temporary, 0o666 & ~mask)
    except BaseException:
        os.unlink(temporary)
        raise
    return temporary


def write_whole(texts):
    """Writes each path's text. Nothing is renamed into its place before all have been written."""
    with contextlib.ExitStack() as left_over:
        written = {}
        for path, text in texts.items():
            try:
                written[path] = _write_beside(path, text)
            except OSError as error:
                raise Problem(f"{path}: {error.strerror}") from error
            left_over.callback(_forget, written[path])
        for path, temporary in written.items():
            try:
                os.replace(temporary, path)
            except OSError as error:
                raise Problem(f"{path}: {error.strerror}") from error


def _forget(temporary):
    with contextlib.suppress(FileNotFoundError):
        os.unlink(temporary)
