"""What kvmsim says, read by machine: answers to capability questions, calls, pages."""

import json
import os
import re
import subprocess
import tempfile
from typing import NamedTuple

STEP = re.compile(r" +(\d+)  (.*?) -> (.*?)(?:  \(no page changed\))?$")
ROW = re.compile(r" +(?:(\S+)  )?(attributes|contents|host|guest|pins)  +(\S+)$")


class Step(NamedTuple):
    """A call of a scenario, and the rows of marks of its guest_memfd then, a letter a page."""

    line: int
    call: str
    answer: str
    rows: dict


class Kvmsim:
    def __init__(self, program):
        self._program = program

    def __call__(self, *words):
        """What is printed; a command that fails is an error."""
        done = subprocess.run([self._program, *words], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"kvmsim {' '.join(words)}: {done.stdout}{done.stderr}")
        return done.stdout

    def capability(self, number, *options):
        return json.loads(self("caps", "get", str(number), "--format", "json", *options))

    def calls(self, scenario):
        """The calls of a scenario, given as its text, as records of `run --trace`."""
        with tempfile.TemporaryDirectory(dir=os.environ.get("TEST_TMPDIR")) as folder:
            file, trace = os.path.join(folder, "s.kvmt"), os.path.join(folder, "t.jsonl")
            with open(file, "w", encoding="utf-8") as opened:
                opened.write(scenario)
            self("run", file, "--trace", trace)
            with open(trace, encoding="utf-8") as opened:
                return [json.loads(line) for line in opened]

    def steps(self, file):
        """The calls of a scenario with one guest_memfd; rows that stay are those of before."""
        steps, rows = [], {}
        for line in self("map", file).splitlines():
            if step := STEP.match(line):
                steps.append(Step(int(step[1]), step[2], step[3], rows))
            elif (row := ROW.match(line)) and steps:
                rows = rows | {row[2]: row[3]}
                steps[-1] = steps[-1]._replace(rows=rows)
        return steps
