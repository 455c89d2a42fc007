"""Shows that every check of the model decides something: changes one at a time and runs the tests.

  mutation.py [--files FILE...] [--tests TARGET...] [--only N...] [--jobs N] [--list]

Takes each check of the given sources away, turns its condition round, and moves it behind the next
(mutants.py). For every such mutant one of the test programs must fail, crash or hang. Nothing is
written into the tree: a copy of it is changed, built once, and kept for the next time, with the
memory of which program caught what.

Mutants that no test can tell from the original stand in mutation_survivors.tsv, each with the
reason. Exits with 1 if a mutant survives that isn't listed there, or if a listed one is caught or
gone.
"""

import argparse
import concurrent.futures
import glob
import hashlib
import os
import re
import subprocess
import sys

import mutant_programs
import mutants
from check_lines import ASKS_TRAIL

SURVIVORS = "tools/workspace/mutation_survivors.tsv"
# What asks the decision trail under these, and what looks after descriptors, addresses and pages.
DEFAULT_FILES = ("kvm_model/*.cc", "arch/*/*.cc")
# What these ask decides values of KVM_CHECK_EXTENSION, which tables hold cell by cell, not whether a
# call is refused.
ANSWERS = ("capabilities.cc", "facts.cc", "pkvm.cc", "settings.cc")
WITHOUT_TRAIL = (
    "kvm_model/fd_table.cc",
    "kvm_model/guest_memfd_mapping.cc",
    "kvm_model/mm.cc",
    "kvm_model/page_cache.cc",
)
# Of the tests with threads only one that always meets the same moment: a mutant that another test
# catches now and then would not count as caught.
DEFAULT_TESTS = (
    "//arch/arm64:pkvm_test",
    "//tests/arch/...",
    "//tests/capabilities/...",
    "//tests/concurrency:retry_test",
    "//tests/conformance/...",
    "//tests/failure/...",
    "//tests/golden/...",
    "//tests/hostile/...",
    "//tests/kvm_model/...",
    "//tests/live:task_calls_test",
    "//tests/lockstep:property_test",
)


def read(root, file):
    with open(os.path.join(root, file), encoding="utf-8") as opened:
        return opened.read()


def default_files(root):
    for pattern in DEFAULT_FILES:
        for path in sorted(glob.glob(os.path.join(root, pattern))):
            file = os.path.relpath(path, root)
            if file.startswith("arch/") and os.path.basename(file) in ANSWERS:
                continue
            if file in WITHOUT_TRAIL or ASKS_TRAIL.search(read(root, file)):
                yield file


def read_survivors(text):
    """(file, function, kind, predicate) -> reason."""
    reasons = {}
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        *key, reason = line.split("\t")
        if len(key) != 4 or not reason:
            raise ValueError(f"{SURVIVORS}: not five columns: {line}")
        reasons[tuple(key)] = reason
    return reasons


def table_line(mutant, outcome):
    where = f"{mutant.file}:{mutant.line}"
    return f"{mutant.number:5} {where:45} {mutant.kind:23} {outcome:45} {mutant.predicate}"


def share(caught, total):
    return f"{caught} of {total} caught ({100 * caught / total:.1f} %)" if total else "no mutants"


def report(killers, reasons, all_keys):
    """The lines of the report on mutant -> killer, and whether every survivor is accounted for."""
    lines = [table_line(mutant, killer or "survives") for mutant, killer in killers.items()]
    lines.append("")
    for file in dict.fromkeys(mutant.file for mutant in killers):
        outcomes = [killer for mutant, killer in killers.items() if mutant.file == file]
        lines.append(f"{file}: {share(len([k for k in outcomes if k]), len(outcomes))}")
    survivors = [mutant for mutant, killer in killers.items() if not killer]
    unlisted = [mutant for mutant in survivors if mutant.key() not in reasons]
    caught = [mutant for mutant, killer in killers.items() if killer and mutant.key() in reasons]
    gone = [key for key in reasons if key not in all_keys]
    lines.append("")
    for mutant in survivors:
        if mutant.key() in reasons:
            lines.append(f"{table_line(mutant, 'survives')}: {reasons[mutant.key()]}")
    for mutant in unlisted:
        lines.append(f"NOT CAUGHT {mutant.function} {table_line(mutant, 'survives')}")
    for mutant in caught:
        lines.append(f"CAUGHT, but listed in {SURVIVORS}: {' | '.join(mutant.key())}")
    for key in gone:
        lines.append(f"GONE, but listed in {SURVIVORS}: {' | '.join(key)}")
    lines.append(
        f"{share(len(killers) - len(survivors), len(killers))}, "
        f"{len(survivors) - len(unlisted)} survive for a reason, {len(unlisted)} are not caught"
    )
    return lines, not (unlisted or caught or gone)


def state_folder(root):
    """Where the copy and the memory of a tree are kept."""
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    name = hashlib.sha256(os.path.realpath(root).encode()).hexdigest()[:12]
    return os.path.join(cache, "kvm_model_mutation", name)


def say(text):
    print(text, file=sys.stderr, flush=True)


def hunt(files, chosen, options, root):
    """mutant -> the label of the program that caught it, or None."""
    folder = options.folder or state_folder(root)
    copy, scratch = os.path.join(folder, "tree"), os.path.join(folder, "scratch")
    os.makedirs(scratch, exist_ok=True)
    count = sum(len(file.mutants) for file in files)
    mutant_programs.copy_tree(root, copy, {file.file: file.text(count) for file in files})
    say(f"Building the tests with {count} mutants in {copy}")
    bazel = mutant_programs.Bazel(copy, options.bazel_option)
    mutated = [re.escape(file.file) for file in files]
    programs = bazel.build(bazel.test_labels(options.tests), mutated)
    memory = mutant_programs.Memory(os.path.join(folder, "killers.json"))
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        programs = list(
            pool.map(lambda p: mutant_programs.run_unchanged(p, scratch, count), programs)
        )
        say(f"{len(programs)} test programs pass without a mutant")

        def kill(mutant):
            remembered = memory.killer(mutant)
            killer = mutant_programs.find_killer(mutant.number, programs, remembered, scratch)
            memory.remember(mutant, killer)
            say(table_line(mutant, killer or "survives"))
            return killer

        try:
            return dict(zip(chosen, pool.map(kill, chosen)))
        finally:
            pool.shutdown(cancel_futures=True)
            memory.save()


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--root", default=".", help="the workspace")
    parser.add_argument("--files", nargs="+", default=[], help="the sources whose checks to change")
    parser.add_argument("--tests", nargs="+", default=DEFAULT_TESTS, help="the targets that judge")
    parser.add_argument("--only", nargs="+", type=int, help="the numbers of the mutants to try")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="how many at a time")
    parser.add_argument("--list", action="store_true", help="list the mutants and try none")
    parser.add_argument("--folder", help="where to keep the changed copy")
    parser.add_argument("--bazel_option", action="append", default=[], help="an option of the build")
    return parser.parse_args(arguments)


def main(arguments):
    options = parse(arguments)
    root = os.path.realpath(options.root)
    names = options.files or list(default_files(root))
    files = mutants.mutate({file: read(root, file) for file in names})
    every = [mutant for file in files for mutant in file.mutants]
    chosen = [mutant for mutant in every if not options.only or mutant.number in options.only]
    if options.list:
        print("\n".join(table_line(mutant, mutant.function) for mutant in chosen))
        return 0
    try:
        killers = hunt(files, chosen, options, root)
    except (subprocess.CalledProcessError, RuntimeError) as error:
        say(str(error))
        return 2
    reasons = read_survivors(read(root, SURVIVORS))
    whole = not options.files
    known = {m.key() for m in every} if whole else set(reasons)
    lines, complete = report(killers, reasons, known)
    print("\n".join(lines))
    return 0 if complete else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
