"""kvmsim conform as a process: Ctrl-C, the progress line, and its KTAP read by Perl's TAP::Parser."""

import os
import pty
import re
import signal
import subprocess
import sys
import unittest

import junit

COMMAND = ["tools/kvmsim", "conform"]

# One level of a stream: prints the plan, the results and the parser's complaints.
PERL_PARSER = r"""
use TAP::Parser;
my $parser = TAP::Parser->new({ tap => join('', <STDIN>) });
while (my $result = $parser->next) {
  next unless $result->is_test;
  printf "%s %d %s\n", ($result->is_ok ? 'ok' : 'not'), $result->number, $result->directive;
}
print "planned ", $parser->tests_planned, "\n";
print "complaint $_\n" for $parser->parse_errors;
"""


def has_perl_parser():
    return subprocess.run(["perl", "-MTAP::Parser", "-e", "1"], capture_output=True).returncode == 0


def levels(text):
    """The text's streams, nested ones too: each is lines without their indentation."""
    stack, done = [[]], []
    for line in text.splitlines():
        depth = (len(line) - len(line.lstrip(" "))) // 2
        while depth + 1 < len(stack):
            done.append(stack.pop())
        while depth + 1 > len(stack):
            stack.append([])
        stack[-1].append(line[2 * depth :])
    return done + stack[::-1]


class ConformProcessTest(unittest.TestCase):
    def test_ctrl_c_prints_what_was_done(self):
        terminal, child_end = pty.openpty()
        run = subprocess.Popen(
            COMMAND + ["--jobs", "1"], stdout=subprocess.PIPE, stderr=child_end, text=True
        )
        os.close(child_end)
        shown = b""
        while b"scenarios" not in shown:
            shown += os.read(terminal, 1024)
        run.send_signal(signal.SIGINT)
        out, _ = run.communicate(timeout=60)
        os.close(terminal)
        self.assertRegex(shown.decode(), r"\d+ of \d+ scenarios, 0 failed")
        self.assertEqual(run.returncode, 130)
        self.assertRegex(out, r"interrupted: \d+ scenarios were not run\n")
        self.assertRegex(out.splitlines()[-1], r"^\d+ passed, 0 failed, 0 skipped$")

    def test_without_a_terminal_there_is_no_progress(self):
        run = subprocess.run(COMMAND + ["--filter", "^CONV-"], capture_output=True, text=True)
        self.assertEqual((run.returncode, run.stderr), (0, ""))

    def test_an_independent_parser_reads_every_level(self):
        if not has_perl_parser():
            self.skipTest("Perl's TAP::Parser is not installed")
        run = subprocess.run(
            COMMAND + ["--format", "ktap", "--filter", "^(CONV|DOC|SLOT)-"],
            capture_output=True,
            text=True,
        )
        streams = levels(run.stdout)
        self.assertGreater(len(streams), 100)
        for stream in streams:
            # Below one another stand several streams: each begins with its version.
            for text in re.split(r"(?m)^(?=KTAP version 1$)", "\n".join(stream) + "\n"):
                if text.strip():
                    self.assert_read(text)

    def assert_read(self, text):
        parsed = subprocess.run(
            ["perl", "-e", PERL_PARSER], input=text, capture_output=True, text=True
        ).stdout.splitlines()
        self.assertEqual([line for line in parsed if line.startswith("complaint")], [], text)
        planned = int(parsed[-1].removeprefix("planned "))
        self.assertEqual(len(parsed) - 1, planned, text)
        self.assertTrue(all(line.startswith("ok ") for line in parsed[:-1]), text)


if __name__ == "__main__":
    sys.exit(junit.run_unittests("conform"))
