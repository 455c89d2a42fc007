"""Runs every command that the documentation shows and compares what it prints: one case a command.

  docs_test.py KVMSIM            the test
  docs_test.py KVMSIM --update   writes what is printed into the documentation

A command that can't be run here, as it builds or installs, stands in run_elsewhere.tsv with the
file that runs it.
"""

import os
import shutil
import sys
import tempfile

import junit

from console import Session, check, shown_commands, updated
from tree import Tree

ELSEWHERE = "tests/docs/run_elsewhere.tsv"


def is_documentation(file):
    return file.endswith(".md") and (file.startswith("docs/") or "/" not in file)


def copy_of(tree, folder):
    for file in tree.files:
        os.makedirs(os.path.dirname(os.path.join(folder, file)), exist_ok=True)
        shutil.copy(tree.path(file), os.path.join(folder, file))


def elsewhere_rows(text):
    """Command -> the file that runs it."""
    rows = [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]
    return dict(rows)


def elsewhere_problems(rows, shown, files):
    """Rows that no documentation needs, or whose file doesn't exist."""
    problems = [
        f"{ELSEWHERE}: no documentation shows: {text}" for text in rows if text not in shown
    ]
    problems += [
        f"{ELSEWHERE}: {file} doesn't exist" for file in rows.values() if file not in files
    ]
    return problems


def run_file(file, text, session, elsewhere):
    """Returns the cases of one file, and (command, printed lines) of what was run."""
    commands, problems = shown_commands(file, text)
    cases = [junit.Case(f"{file} shows its commands in console blocks", problems)]
    outputs = []
    for command in commands:
        if command.text in elsewhere:
            continue
        if command.is_executed():
            said, actual = check(command, session)
            cases.append(junit.Case(command.name, said))
            outputs.append((command, actual))
        else:
            said = f"{command.name} is neither run here nor listed in {ELSEWHERE}"
            cases.append(junit.Case(command.name, [said]))
    return cases, outputs


def check_tree(root, kvmsim, update=False):
    """Returns the cases of a tree's whole documentation."""
    tree = Tree(root)
    cases, shown = [], set()
    elsewhere = elsewhere_rows(tree.text(ELSEWHERE))
    for file in filter(is_documentation, tree.files):
        text = tree.text(file)
        commands = {command.text for command in shown_commands(file, text)[0]}
        shown |= commands
        with tempfile.TemporaryDirectory(dir=os.environ.get("TEST_TMPDIR")) as folder:
            if commands:  # Most pages show none, and copies take long.
                copy_of(tree, folder)
            more, outputs = run_file(file, text, Session(folder, kvmsim), elsewhere)
        cases += more
        if update:
            with open(os.path.join(root, file), "w", encoding="utf-8") as opened:
                opened.write(updated(text, outputs))
    problems = elsewhere_problems(elsewhere, shown, tree.files)
    return cases + [junit.Case(f"{ELSEWHERE} lists what is shown", problems)]


def main(kvmsim, update):
    root = os.path.dirname(os.path.realpath("WORKSPACE"))
    cases = check_tree(root, os.path.realpath(kvmsim), update)
    return 0 if update else junit.finish("docs", cases)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], update=sys.argv[2:] == ["--update"]))
