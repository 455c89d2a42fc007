"""A file of results over time: one JSON object a line, each a run."""

import json
import os
import statistics
from typing import NamedTuple

from problem import Problem
from results import Benchmark, machine_of


class Entry(NamedTuple):
    """One run: when, of what, where, and its benchmarks by name."""

    date: str
    revision: str
    machine: str
    benchmarks: dict


def line_of(results):
    """A run as a line of the file."""
    return json.dumps(
        {
            "date": results.said("date"),
            "revision": results.said("revision"),
            "machine": machine_of(results),
            "benchmarks": {
                name: {"median": benchmark.median, "values": list(benchmark.values)}
                for name, benchmark in results.benchmarks.items()
            },
        },
        separators=(",", ":"),
    )


def _is_value(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < 1e300


def _benchmark(name, record):
    values = record.get("values") if isinstance(record, dict) else None
    if not all(name.partition("/")):
        raise Problem(f"the name '{name}' is no FAMILY/.../SUBJECT")
    if not isinstance(values, list) or not values or not all(_is_value(one) for one in values):
        raise Problem(f"{name}: it has no list of numbers 'values'")
    if record.get("median") != statistics.median(values):
        raise Problem(f"{name}: 'median' is not that of 'values'")
    return Benchmark(name, tuple(values))


def _entry(line):
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise Problem(f"no JSON: {error}") from error
    if not isinstance(record, dict) or not isinstance(record.get("benchmarks"), dict):
        raise Problem("no entry of a history: it has no object 'benchmarks'")
    for key in ("date", "revision", "machine"):
        if not isinstance(record.get(key), str):
            raise Problem(f"no entry of a history: it has no text '{key}'")
    benchmarks = {name: _benchmark(name, one) for name, one in record["benchmarks"].items()}
    if not benchmarks:
        raise Problem("there are no benchmarks in it")
    return Entry(record["date"], record["revision"], record["machine"], benchmarks)


def parse(path, text):
    """The entries of a file's text; a Problem names the line."""
    entries = []
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            entries.append(_entry(line))
        except Problem as problem:
            raise Problem(f"{path}:{number}: {problem}") from problem
    return entries


def read_text(path):
    try:
        with open(path, encoding="utf-8") as opened:
            return opened.read()
    except OSError as error:
        raise Problem(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise Problem(f"{path}: no history: it is no text") from error


def load(path):
    """The entries of a history, of which there has to be one."""
    entries = parse(path, read_text(path))
    if not entries:
        raise Problem(f"{path}: it is empty")
    return entries


def text_to_go_on(path):
    """What a history holds that a line will be added to: nothing where there is none yet."""
    if not os.path.exists(path):
        return ""
    text = read_text(path)
    parse(path, text)
    return text if not text or text.endswith("\n") else text + "\n"
