"""What a run of the suite measured, read from Google Benchmark's JSON.

A benchmark's name is `<family>/<what>/<subject>`; without the subject it is that of its case.
"""

import json
import math
import statistics
from typing import NamedTuple

from problem import Problem

MODEL = "model"
# Reads the operations and does nothing: what each other number contains.
NULL = "null"
# Families that count a state's memory: what they tell is the same in each run.
MEMORY_FAMILIES = ("W9",)


class Benchmark(NamedTuple):
    """One benchmark: a value a repetition, less being better."""

    name: str
    values: tuple

    @property
    def family(self):
        return self.name.split("/", maxsplit=1)[0]

    @property
    def case(self):
        return self.name.rsplit("/", maxsplit=1)[0]

    @property
    def subject(self):
        return self.name.rsplit("/", maxsplit=1)[-1]

    @property
    def counts_bytes(self):
        """Its values are bytes a run, the same in each repetition, and not nanoseconds."""
        return is_memory_family(self.family)

    @property
    def median(self):
        return statistics.median(self.values)


class Results(NamedTuple):
    """A run: what it was made with, its benchmarks by name, and what was wrong, by name."""

    context: dict
    benchmarks: dict
    failures: dict

    def said(self, key):
        """What the context says, as text."""
        return str(self.context.get(key, "unknown"))


def is_memory_family(family):
    return family in MEMORY_FAMILIES


def machine_of(results):
    """What tells one machine from another."""
    return f"{results.said('host_name')}: {results.said('cpu')}, {results.said('num_cpus')} CPUs"


def missing_peers(results):
    """A line for each peer that the suite was built without."""
    return [line for line in str(results.context.get("missing_peers", "")).splitlines() if line]


def by_case(benchmarks):
    """Case -> subject -> benchmark, in the order in which they were measured."""
    cases = {}
    for benchmark in benchmarks:
        cases.setdefault(benchmark.case, {})[benchmark.subject] = benchmark
    return cases


def by_family(benchmarks):
    """Family -> its benchmarks, in the order in which they were measured."""
    families = {}
    for benchmark in benchmarks:
        families.setdefault(benchmark.family, []).append(benchmark)
    return families


def _number(entry, key):
    value = entry.get(key)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return None
    return value


def _value(entry, name):
    """What counts of a repetition: bytes a run, or nanoseconds an operation."""
    if is_memory_family(name.split("/", maxsplit=1)[0]):
        count = _number(entry, "bytes_per_run")
        if count is None or count < 0:
            raise Problem(f"{name}: bytes_per_run is missing or no number from 0")
        return count
    rate = _number(entry, "items_per_second")
    if rate is None or rate <= 0:
        raise Problem(f"{name}: items_per_second is missing or no number above 0")
    return 1e9 / rate


def _name(entry):
    name = entry.get("run_name", entry.get("name")) if isinstance(entry, dict) else None
    if not isinstance(name, str):
        raise Problem("an entry of 'benchmarks' has no name")
    if not all(name.partition("/")):
        raise Problem(f"the name '{name}' is no FAMILY/.../SUBJECT")
    return name


def from_json(document):
    """The results in parsed JSON; a Problem says what is wrong with it."""
    if not isinstance(document, dict) or not isinstance(document.get("benchmarks"), list):
        raise Problem("no benchmark file: it has no list 'benchmarks'")
    if not isinstance(document.get("context"), dict):
        raise Problem("no benchmark file: it has no object 'context'")
    values, failures = {}, {}
    for entry in document["benchmarks"]:
        name = _name(entry)
        if entry.get("error_occurred"):
            failures[name] = str(entry.get("error_message", "no reason is given"))
        elif entry.get("run_type", "iteration") == "iteration":
            values.setdefault(name, []).append(_value(entry, name))
    if not values and not failures:
        raise Problem("there are no benchmarks in it")
    # Of what was wrong once, nothing counts.
    benchmarks = {
        name: Benchmark(name, tuple(measured))
        for name, measured in values.items()
        if name not in failures
    }
    return Results(document["context"], benchmarks, failures)


def read_document(path):
    """The parsed JSON of a file."""
    try:
        with open(path, encoding="utf-8") as opened:
            text = opened.read()
    except OSError as error:
        raise Problem(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise Problem(f"{path}: no JSON: it is no text") from error
    if not text.strip():
        raise Problem(f"{path}: it is empty")
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        end = " (it ends early)" if not text.rstrip().endswith("}") else ""
        raise Problem(f"{path}: no JSON{end}: {error}") from error


def load(path):
    """The results in a file."""
    document = read_document(path)
    try:
        return from_json(document)
    except Problem as problem:
        raise Problem(f"{path}: {problem}") from problem


def load_without_failures(path):
    """The results in a file, which has to be one of a run in which every subject was right."""
    results = load(path)
    for name, why in results.failures.items():
        raise Problem(f"{path}: {name} has an error in place of a result: {why}")
    return results


def merge(documents):
    """One document of several that were measured one after the other."""
    merged, seen = [], {}
    for document in documents:
        for entry in document["benchmarks"]:
            index = seen.setdefault(entry["name"], 0)
            seen[entry["name"]] = index + 1
            merged.append(entry | {"repetition_index": index})
    for entry in merged:
        entry["repetitions"] = seen[entry["name"]]
    return {"context": documents[0]["context"], "benchmarks": merged}
