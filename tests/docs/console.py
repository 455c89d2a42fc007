"""The commands that Markdown shows in ```console blocks, and whether they print what is shown.

  $ command            a command; it goes on in the next line after a closing backslash
  output               what it prints, both streams, line by line
  ...                  any lines, also none
  took [..] ms         any text within a line

A command that fails has to be followed by `$ echo $?`, so that the reader learns of it.
"""

import difflib
import os
import re
import subprocess
from typing import NamedTuple

SHELL_FENCES = ("bash", "sh", "shell", "zsh", "shell-session")
EXECUTED = ("./run", "cat", "echo", "printf")
TIMEOUT_SECONDS = 120


class Command(NamedTuple):
    """A command as shown in line `line`, from 1; its output is lines[first:end], from 0."""

    file: str
    line: int
    text: str
    first: int
    end: int
    expected: tuple
    exit_code_shown: bool

    @property
    def name(self):
        return f"{self.file}:{self.line} {self.text}"

    def is_executed(self):
        return self.text.split()[0] in EXECUTED


def fences(lines):
    """Each fenced block as (language, index of its first line, index of its closing fence)."""
    start = language = mark = None
    for index, line in enumerate(lines):
        fence = re.match(r" *(```+|~~~+) *([\w-]*)", line)
        if start is None and fence:
            mark, language, start = fence[1], fence[2], index + 1
        elif start is not None and line.strip() == mark:
            yield language, start, index
            start = None
    if start is not None:
        yield language, start, len(lines)


def shown_commands(file, text):
    """Returns the commands of a file and problems with the way in which it shows them."""
    lines = text.splitlines()
    commands, problems = [], []
    for language, start, end in fences(lines):
        prompts = [index for index in range(start, end) if lines[index].startswith("$ ")]
        if language in SHELL_FENCES or (prompts and language != "console"):
            problems.append(f"{file}:{start}: commands are shown in ```console blocks")
        if language != "console":
            continue
        if start not in prompts:
            problems.append(f"{file}:{start + 1}: a console block opens with a command")
        for index, following in zip(prompts, prompts[1:] + [end]):
            first = index
            words = [lines[index].removeprefix("$ ")]
            while words[-1].endswith("\\") and first + 1 < following:
                first += 1
                words[-1] = words[-1][:-1].rstrip()
                words.append(lines[first].removeprefix("> ").strip())
            first += 1
            followed = following < end and lines[following] == "$ echo $?"
            expected = tuple(lines[first:following])
            commands.append(
                Command(file, index + 1, " ".join(words), first, following, expected, followed)
            )
    return commands, problems


def matches(expected, actual):
    """Whether printed lines are those that are shown."""
    pattern = ""
    for line in expected:
        if line.strip() == "...":
            pattern += r"(?:.*\n)*"
        else:
            pattern += (
                r"[^\n]*".join(re.escape(part) for part in line.rstrip().split("[..]")) + r"\n"
            )
    return re.fullmatch(pattern, "".join(line.rstrip() + "\n" for line in actual)) is not None


class Session:
    """A shell at the root of a copy of the tree, whose ./run is the built kvmsim."""

    def __init__(self, folder, kvmsim):
        self._folder = folder
        self._last_code = 0
        run = os.path.join(folder, "run")
        with open(run, "w", encoding="utf-8") as opened:
            opened.write(f'#!/bin/sh\nexec "{kvmsim}" "$@"\n')
        os.chmod(run, 0o755)

    def execute(self, text):
        """Returns the printed lines and the exit code."""
        script = f"(exit {self._last_code})\n{text}"
        env = {"PATH": os.environ["PATH"], "HOME": self._folder, "LANG": "C.UTF-8", "COLUMNS": "80"}
        try:
            done = subprocess.run(
                ["bash", "-c", script],
                cwd=self._folder,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=TIMEOUT_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return [f"(not finished after {TIMEOUT_SECONDS} seconds)"], 124
        self._last_code = done.returncode
        return done.stdout.decode(errors="replace").splitlines(), done.returncode


def lacks_a_kernel(code, printed, kernel="/dev/kvm"):
    """Whether a command said that it needs the machine's KVM, on a machine that has none."""
    return code == 4 and not os.path.exists(kernel) and kernel in "\n".join(printed)


def check(command, session):
    """Runs a command; returns what is wrong with the way it is shown, and what it printed."""
    actual, code = session.execute(command.text)
    problems = []
    where = f"{command.file}:{command.line}"
    if not matches(command.expected, actual):
        diff = difflib.unified_diff(command.expected, actual, "shown", "printed", lineterm="")
        problems.append(f"{where}: $ {command.text}\n" + "\n".join(diff))
    if code != 0 and not command.exit_code_shown and not lacks_a_kernel(code, actual):
        problems.append(f"{where}: $ {command.text}\nexits with {code}, which no '$ echo $?' shows")
    return problems, actual


def updated(text, outputs):
    """The text with the output of each (command, printed lines) that doesn't match replaced."""
    lines = text.splitlines()
    for command, actual in sorted(outputs, key=lambda output: output[0].line, reverse=True):
        if not matches(command.expected, actual):
            lines[command.first : command.end] = [line.rstrip() for line in actual]
    return "\n".join(lines) + "\n"
