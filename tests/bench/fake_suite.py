#!/usr/bin/env python3
"""Obeys the suite's command line and measures nothing: its times are drawn from the seed.

What a test wants to happen is in the environment:
  FAKE_FACTORS   JSON: the start of a name -> what its values are multiplied by
  FAKE_WRONG     the name of a subject that is wrong
  FAKE_CONTEXT   JSON that replaces parts of the context
  FAKE_EXIT      an exit code, without any results
  FAKE_WAIT      a file that is made when the suite has begun; it then waits to be ended
"""

import argparse
import json
import os
import pathlib
import random
import re
import sys
import time

STORES = {"null": 2, "model": 10, "maple_rcu": 25, "std_map": 40, "bitmap": 15}
CASES = (
    [f"W{number}/{size}" for number in (1, 2, 5) for size in ("1e3", "1e6")]
    + ["W3"]
    + [f"curve_run_count/{runs}" for runs in (1, 100, 10000)]
    + ["W9/uniform", "W9/fragmented"]
)
# In this one the bitmap is faster than the model.
LOST = "W2/1e6"


def benchmarks():
    """Name -> its usual value."""
    values = {}
    for case in CASES:
        values |= {f"{case}/{store}": value for store, value in STORES.items() if store != "null"}
        if not case.startswith("W9"):
            values[f"{case}/null"] = STORES["null"]
    values[f"{LOST}/bitmap"] = 5
    values |= {f"conversion/1/{layer}": 100 for layer in ("typed", "door")}
    return values


def entry(name, value, repetition, repetitions):
    told = {
        "name": name,
        "run_name": name,
        "run_type": "iteration",
        "repetitions": repetitions,
        "repetition_index": repetition,
        "threads": 1,
        "iterations": 1000,
        "real_time": value,
        "cpu_time": value,
        "time_unit": "ns",
    }
    if name == os.environ.get("FAKE_WRONG"):
        return told | {"error_occurred": True, "error_message": "page 7 is wrong"}
    if name.startswith("W9/"):
        return told | {"bytes_per_run": value, "bytes": value * 1000}
    return told | {"items_per_second": 1e9 / value}


def context(arguments):
    return {
        "date": "2026-01-01T00:00:00+00:00",
        "host_name": "fake",
        "executable": sys.argv[0],
        "num_cpus": 2,
        "mhz_per_cpu": 2000,
        "cpu_scaling_enabled": False,
        "caches": [{"type": "Data", "level": 1, "size": 32768, "num_sharing": 1}],
        "load_avg": [0.5, 0.5, 0.5],
        "library_build_type": "release",
        "seed": str(arguments.seed),
        "repetitions": str(arguments.repetitions),
        "min_time": f"{arguments.min_time:g}",
        "compiler": "g++ 12",
        "libc": "glibc 2.36",
        "cpu": "Fake CPU",
        "missing_peers": "peer boost_icl: libboost-dev is not installed\n",
    } | json.loads(os.environ.get("FAKE_CONTEXT", "{}"))


def measure(arguments, names):
    chance = random.Random(f"{arguments.seed} {os.environ.get('FAKE_FACTORS')}")
    factors = json.loads(os.environ.get("FAKE_FACTORS", "{}"))
    entries = []
    for name, value in names.items():
        for start, factor in factors.items():
            value = value * factor if name.startswith(start) else value
        for repetition in range(arguments.repetitions):
            noise = 1 if name.startswith("W9/") else chance.uniform(0.99, 1.01)
            entries.append(entry(name, value * noise, repetition, arguments.repetitions))
    return entries


def wait_to_be_ended():
    pathlib.Path(os.environ["FAKE_WAIT"]).touch()
    time.sleep(60)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--filter", default="")
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--min-time", type=float, default=0.05)
    parser.add_argument("--seed", type=int, default=4242)
    parser.add_argument("--out", default=os.devnull)
    arguments = parser.parse_args()
    names = {
        name: value for name, value in benchmarks().items() if re.search(arguments.filter, name)
    }
    if arguments.list:
        print("\n".join(names))
        return 0
    if "FAKE_WAIT" in os.environ:
        wait_to_be_ended()
    if "FAKE_EXIT" in os.environ:
        return int(os.environ["FAKE_EXIT"])
    print("a table that nobody reads")
    print("progress", file=sys.stderr)
    document = {"context": context(arguments), "benchmarks": measure(arguments, names)}
    with open(arguments.out, "w", encoding="utf-8") as out:
        json.dump(document, out)
    return 1 if os.environ.get("FAKE_WRONG") in names else 0


if __name__ == "__main__":
    sys.exit(main())
