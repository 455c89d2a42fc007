"""The compilation database that is made of Bazel's actions."""

import sys
import unittest

import junit

from compile_commands import database


def compile_action(source):
    output = f"bazel-out/bin/{source}.o"
    arguments = ["clang-19", "-Wall", "-MD", "-MF", output + ".d", "-frandom-seed=" + output]
    return {"arguments": arguments + ["-iquote", ".", "-c", source, "-o", output]}


class DatabaseTest(unittest.TestCase):
    def test_an_entry_has_the_workspace_as_directory_and_no_outputs(self):
        self.assertEqual(
            database({"actions": [compile_action("uapi/x.cc")]}, "/w"),
            [
                {
                    "directory": "/w",
                    "file": "/w/uapi/x.cc",
                    "arguments": ["clang-19", "-Wall", "-iquote", ".", "-c", "uapi/x.cc"],
                }
            ],
        )

    def test_entries_are_sorted_and_one_a_file(self):
        actions = [compile_action("b.cc"), compile_action("a.cc"), compile_action("b.cc")]
        files = [entry["file"] for entry in database({"actions": actions}, "/w")]
        self.assertEqual(files, ["/w/a.cc", "/w/b.cc"])

    def test_external_sources_and_other_actions_are_left_out(self):
        actions = [compile_action("external/x/a.cc"), {"arguments": ["ar", "rcs", "x.a"]}]
        self.assertEqual(database({"actions": actions}, "/w"), [])

    def test_no_actions_make_an_empty_database(self):
        self.assertEqual(database({}, "/w"), [])


if __name__ == "__main__":
    sys.exit(junit.run_unittests("compile_commands"))
