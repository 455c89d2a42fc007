"""Which revision of the project was measured, as git knows it."""

import os
import subprocess


def _git(*arguments):
    """What git says of the tree that this file lies in; None where it doesn't know it."""
    folder = os.path.dirname(os.path.realpath(__file__))
    try:
        done = subprocess.run(
            ["git", "-C", folder, *arguments], capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def current():
    """The commit, with a + where files that git tracks have been changed since."""
    commit = _git("rev-parse", "--short=12", "HEAD")
    if not commit:
        return "unknown"
    return commit + ("+" if _git("status", "--porcelain", "--untracked-files=no") else "")
