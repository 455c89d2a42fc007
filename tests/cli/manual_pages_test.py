"""kvmsim help: the manual page of each command is whole, and roff has nothing to say against it.

  manual_pages_test.py KVMSIM
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import unittest

import junit

import ab
import compare
import measure
import trends

KVMSIM = os.path.abspath(sys.argv[1])
PARSERS = {
    "kvmsim bench": measure.parser,
    "kvmsim bench ab": ab.parser,
    "kvmsim bench compare": compare.parser,
    "kvmsim bench trends": trends.parser,
}


ESCAPES = {
    "\\-": "-",
    "\\(aq": "'",
    "\\(dq": '"',
    "\\(ga": "`",
    "\\(ha": "^",
    "\\(ti": "~",
    "\\e": "\\",
}


def kvmsim(*words):
    return subprocess.run([KVMSIM, *words], capture_output=True, text=True, check=False)


def tree(*words):
    return json.loads(kvmsim("help", "--format", "json", *words).stdout)


def every_command():
    commands = [tree()]
    for command in commands:
        commands += command["commands"]
    return commands


def page_of(command):
    return kvmsim("help", "--format", "man", *command["name"].split()[1:]).stdout


def plain(page):
    """The page's text without roff's escapes."""
    page = re.sub(r"\\f[BIR]|\\&", "", page)
    for escape, char in ESCAPES.items():
        page = page.replace(escape, char)
    return page


class ManualPages(unittest.TestCase):
    def test_the_tree_has_every_command_that_help_lists(self):
        listed = re.findall(r"^  (\w+) {2,}", kvmsim("help").stdout.split("Subcommands:")[1], re.M)
        names = [each["name"] for each in tree()["commands"]]
        self.assertEqual(names, [f"kvmsim {name}" for name in listed])
        self.assertIn("kvmsim caps get", [command["name"] for command in every_command()])

    def test_each_page_names_its_command_its_arguments_and_its_options(self):
        for command in every_command():
            with self.subTest(command["name"]):
                page = plain(page_of(command))
                self.assertIn(f".SH NAME\n{command['man_page']} - ", page)
                self.assertIn(f"\n{command['name']}", page.partition(".SH SYNOPSIS")[2])

                for option in command["options"]:
                    for name in option["names"]:
                        self.assertRegex(page, rf"\n(-\w, )?{re.escape(name)}[ ,\n]")
                    self.assertTrue(option["description"] in page, option)
                    for choice in option["choices"]:
                        self.assertRegex(page, rf"[ |]{choice}[|\n]")
                for argument in command["arguments"]:
                    self.assertIn(f".TP\n{argument['value']}\n", page)
                    self.assertIn(", ".join(argument["choices"]), page)
                for below in command["commands"]:
                    self.assertIn(f"{below['man_page']}(1)", page)
                for section in ("DESCRIPTION", "EXIT STATUS", "SEE ALSO"):
                    self.assertIn(f".SH {section}\n", page)

    def test_a_page_refers_only_to_pages_that_are_there(self):
        pages = {command["man_page"] for command in every_command()}
        for command in every_command():
            referred = set(re.findall(r"(kvmsim[-\w]*)\(1\)", plain(page_of(command))))
            self.assertLessEqual(referred, pages)

    def test_roff_has_no_warning(self):
        if not shutil.which("man"):
            self.skipTest("man-db is not installed")
        for command in every_command():
            done = subprocess.run(
                ["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", "-"],
                input=page_of(command),
                env=os.environ | {"LC_ALL": "C.UTF-8"},
                capture_output=True,
                text=True,
                check=False,
            )
            self.assertEqual((done.stderr, done.returncode), ("", 0), command["name"])

    def test_examples_are_those_of_the_guide(self):
        page = plain(page_of(tree("caps", "get")))
        self.assertIn("\n.SH EXAMPLES\n", page)
        self.assertIn("\n$ kvmsim caps get GUEST_MEMFD_FLAG\n", page)
        self.assertNotIn("./run", page)

    def test_exit_codes_of_benchmarks_stand_in_their_pages_alone(self):
        for words, has in ((("caps", "get"), False), (("bench", "ab"), True), ((), True)):
            page = kvmsim("help", "--format", "man", *words).stdout
            self.assertEqual("something became slower" in page, has, words)

    def test_an_exit_code_of_one_command_stands_in_its_page_and_in_the_roots(self):
        interrupted = {
            "bench was interrupted, and nothing": {"kvmsim", "kvmsim bench"},
            "conform was interrupted, and has told": {"kvmsim", "kvmsim conform"},
        }
        for words, commands in interrupted.items():
            for command in every_command():
                has = words in plain(page_of(command))
                expected = " ".join(command["name"].split()[:2]) in commands
                self.assertEqual(has, expected, (words, command["name"]))
        for command in every_command():
            self.assertNotIn("could not be built", plain(page_of(command)), command["name"])

    def test_commands_are_called_as_they_are_installed(self):
        for command in every_command():
            self.assertNotIn("./run ", page_of(command), command["name"])
        page = plain(page_of(tree("conform")))
        self.assertIn("kvmsim conform --backend native asks the machine's own kernel", page)
        self.assertIn("which kvmsim rules show ID prints again", page)

    def test_there_is_no_page_of_what_is_no_command(self):
        for words in (("bensh",), ("caps", "gte"), ("run", "x"), ("__complete",)):
            done = kvmsim("help", "--format", "man", *words)
            self.assertEqual((done.stdout, done.returncode), ("", 2), words)
        self.assertIn("did you mean get?", kvmsim("help", "caps", "gte").stderr)

    def test_help_of_a_command_is_what_its_help_option_prints(self):
        for words in (("run",), ("caps", "get"), ("revisions", "diff")):
            self.assertEqual(
                kvmsim("help", *words).stdout.strip(), kvmsim(*words, "--help").stdout.strip()
            )


class Bench(unittest.TestCase):
    """What is told of bench is what its driver takes."""

    def test_options_are_the_drivers(self):
        for command in every_command():
            if command["name"] not in PARSERS:
                self.assertNotRegex(command["name"], r"^kvmsim bench\b")
                continue
            actions = PARSERS[command["name"]]()._actions
            takes = {
                (tuple(each.option_strings), each.metavar, each.help)
                for each in actions
                if each.option_strings and not isinstance(each, argparse._HelpAction)
            }
            told = {
                (tuple(each["names"]), each["value"], each["description"])
                for each in command["options"]
                if each["names"] != ["-h", "--help"]
            }
            self.assertEqual(told, takes, command["name"])
            arguments = [each.metavar for each in actions if not each.option_strings]
            self.assertEqual([each["value"] for each in command["arguments"]], arguments)

    def test_no_command_of_the_driver_is_left_out(self):
        names = {command["name"] for command in every_command()}
        self.assertEqual(names & PARSERS.keys(), PARSERS.keys())


if __name__ == "__main__":
    sys.exit(junit.run_unittests("manual_pages"))
