"""Turns `bazel aquery --output=jsonproto` on stdin into a compilation database on stdout.

  compile_commands.py WORKSPACE_ROOT

The directory of each entry is the workspace's root, not Bazel's execution root: an editor opens a
file by its path in the workspace, and the include paths are relative to either. Options that only
say where Bazel wants its output are left out.
"""

import json
import os
import sys

OPTIONS_WITH_A_VALUE_OF_BAZELS = ("-MF", "-o")


def source_of(arguments):
    """The file that a compile command compiles, or None."""
    return arguments[arguments.index("-c") + 1] if "-c" in arguments else None


def without_outputs(arguments):
    kept = []
    skip = False
    for argument in arguments:
        if skip or argument in OPTIONS_WITH_A_VALUE_OF_BAZELS:
            skip = not skip
        elif argument != "-MD" and not argument.startswith("-frandom-seed="):
            kept.append(argument)
    return kept


def database(aquery, root):
    """The entries, one a file: the first action that compiles a file speaks for it."""
    entries = {}
    for action in aquery.get("actions", []):
        source = source_of(action["arguments"])
        if source is None or source.startswith("external/"):
            continue
        path = os.path.join(root, source)
        if path not in entries:
            arguments = without_outputs(action["arguments"])
            entries[path] = {"directory": root, "file": path, "arguments": arguments}
    return [entries[path] for path in sorted(entries)]


if __name__ == "__main__":
    json.dump(database(json.load(sys.stdin), sys.argv[1]), sys.stdout, indent=1)
    print()
