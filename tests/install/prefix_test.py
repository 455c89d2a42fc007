"""A folder to install in: all of it or nothing, whatever fails."""

import os
import re
import shutil
import signal
import sys
import tempfile
import unittest
from unittest import mock

import junit

from prefix import MANIFEST, Entry, Prefix, Problem

FIRST = [
    Entry("bin/a", content=b"first a", executable=True),
    Entry("share/x/b", content=b"first b"),
]
SECOND = [
    Entry("bin/a", content=b"second a"),
    Entry("lib/c", link="d"),
    Entry("lib/d", content=b"d"),
]


class PrefixTest(unittest.TestCase):
    def setUp(self):
        self.top = tempfile.mkdtemp(dir=os.environ.get("TEST_TMPDIR"))
        self.addCleanup(shutil.rmtree, self.top)
        self.folder = os.path.join(self.top, "p")
        self.prefix = Prefix(self.folder)

    def picture(self):
        """Path -> content of everything below."""
        seen = {}
        for place, folders, names in os.walk(self.top):
            for name in folders:
                seen[os.path.relpath(os.path.join(place, name), self.top)] = "a folder"
            for name in names:
                path = os.path.join(place, name)
                if os.path.islink(path):
                    seen[os.path.relpath(path, self.top)] = "-> " + os.readlink(path)
                else:
                    with open(path, "rb") as opened:
                        seen[os.path.relpath(path, self.top)] = opened.read()
        return seen

    def test_files_have_their_content_and_their_modes(self):
        self.prefix.install(FIRST)
        seen = self.picture()
        self.assertEqual((seen["p/bin/a"], seen["p/share/x/b"]), (b"first a", b"first b"))
        self.assertEqual(os.stat(self.prefix.at("bin/a")).st_mode & 0o777, 0o755)
        self.assertEqual(os.stat(self.prefix.at("share/x/b")).st_mode & 0o777, 0o644)

    def test_what_the_next_installation_has_no_longer_is_taken_away(self):
        self.prefix.install(FIRST)
        self.prefix.install(SECOND)
        seen = self.picture()
        self.assertEqual(seen["p/bin/a"], b"second a")
        self.assertEqual(seen["p/lib/c"], "-> d")
        self.assertNotIn("p/share/x/b", seen)
        self.assertEqual(self.prefix.uninstall(), 4)
        self.assertEqual(self.picture(), {})

    def test_files_of_others_stay(self):
        os.makedirs(self.prefix.at("share/x"))
        with open(self.prefix.at("share/x/other"), "w", encoding="utf-8") as opened:
            opened.write("other")
        before = self.picture()
        self.prefix.install(FIRST)
        self.assertGreater(self.prefix.uninstall(), 0)
        self.assertEqual(self.picture(), before)

    def test_a_file_of_anothers_is_never_touched(self):
        os.makedirs(self.prefix.at("lib"))
        with open(self.prefix.at("lib/d"), "w", encoding="utf-8") as opened:
            opened.write("another's")
        with self.assertRaisesRegex(Problem, "lib/d is there already"):
            self.prefix.install(SECOND)
        self.prefix.install(FIRST)
        before = self.picture()
        with self.assertRaisesRegex(Problem, "lib/d is there already"):
            self.prefix.install(SECOND)
        self.assertEqual(self.picture(), before)

    @staticmethod
    def at_the_nth(function, nth, do):
        """Does something in the place of the nth call, from 0, of a function of os."""
        real = getattr(os, function)
        calls = [0]

        def call(*words, **named):
            calls[0] += 1
            if calls[0] == nth + 1:
                return do(lambda: real(*words, **named), words)
            return real(*words, **named)

        return mock.patch(f"os.{function}", call)

    def install_failing(self, function, entries):
        """Lets the nth call of a function of os fail, for each n until none does; returns that."""
        before = self.picture()

        def fail(_, words):
            raise OSError(28, "No space left on device", words[0])

        for nth in range(1000):
            with self.at_the_nth(function, nth, fail):
                try:
                    self.prefix.install(entries)
                except Problem as problem:
                    self.assertIn("no space left on device", str(problem))
                else:
                    return nth
            self.assertEqual(self.picture(), before, (function, nth))
        return None

    def test_where_a_step_fails_everything_is_as_it_was(self):
        for function in ("rename", "mkdir", "chmod"):
            with self.subTest(function):
                self.assertGreater(self.install_failing(function, FIRST), 0)
                self.prefix.uninstall()
        self.prefix.install(FIRST)
        self.assertGreater(self.install_failing("rename", SECOND), 5)

    def test_an_interruption_is_taken_back_too(self):
        self.prefix.install(FIRST)
        before = self.picture()
        with mock.patch("os.symlink", side_effect=KeyboardInterrupt):
            with self.assertRaises(KeyboardInterrupt):
                self.prefix.install(SECOND)
        self.assertEqual(self.picture(), before)

    def interrupt_at(self, nth):
        """Interrupts an installation behind its nth renaming; whether it had so many."""
        interrupted = []

        def interrupt(real, _):
            real()
            os.kill(os.getpid(), signal.SIGINT)
            interrupted.append(nth)

        with self.at_the_nth("rename", nth, interrupt):
            self.prefix.install(SECOND)
        return bool(interrupted)

    def test_an_interruption_among_the_renamings_comes_too_late(self):
        nth = 0
        self.prefix.install(FIRST)
        while self.interrupt_at(nth):
            self.assertEqual(self.picture()["p/bin/a"], b"second a")
            self.assertEqual(self.prefix.uninstall(), 4)
            self.assertEqual(self.picture(), {})
            self.prefix.install(FIRST)
            nth += 1
        self.assertGreater(nth, 5)

    def test_an_interruption_while_the_stage_is_removed_comes_too_late(self):
        self.prefix.install(FIRST)
        real = shutil.rmtree

        def interrupt(*words, **named):
            os.kill(os.getpid(), signal.SIGINT)
            real(*words, **named)

        with mock.patch("shutil.rmtree", interrupt):
            self.prefix.install(SECOND)
        self.assertEqual(self.picture()["p/bin/a"], b"second a")
        self.assertEqual([name for name in self.picture() if "/.kvm_model-" in name], [])
        self.assertEqual(self.prefix.uninstall(), 4)

    def test_an_interruption_as_they_are_let_in_again_comes_too_late(self):
        self.prefix.install(FIRST)
        real = signal.pthread_sigmask

        def interrupt(how, *signals):
            if how == signal.SIG_SETMASK:
                os.kill(os.getpid(), signal.SIGINT)
            return real(how, *signals)

        with mock.patch("signal.pthread_sigmask", interrupt):
            self.prefix.install(SECOND)
        self.assertEqual(self.picture()["p/bin/a"], b"second a")
        self.assertEqual(self.prefix.uninstall(), 4)
        self.assertEqual(self.picture(), {})

    def test_an_interruption_while_it_is_taken_back_is_dropped(self):
        self.prefix.install(FIRST)
        before = self.picture()

        def fail_and_interrupt(_, words):
            os.kill(os.getpid(), signal.SIGINT)
            raise OSError(28, "No space left on device", words[0])

        with self.at_the_nth("rename", 4, fail_and_interrupt):
            with self.assertRaises(Problem):
                self.prefix.install(SECOND)
        self.assertEqual(self.picture(), before)

    def test_what_cannot_be_put_back_is_kept_and_named(self):
        self.prefix.install(FIRST)
        real = os.rename
        calls = []

        def fail_from_the_fifth(*words):
            calls.append(words)
            if len(calls) >= 5:
                raise OSError(5, "Input/output error", words[0])
            real(*words)

        with mock.patch("os.rename", fail_from_the_fifth):
            with self.assertRaises(Problem) as raised:
                self.prefix.install(SECOND)
        said = str(raised.exception)
        kept = re.search(r"can't be put back: .*; what was there is in (\S+)$", said)
        contents = [
            content
            for path, content in self.picture().items()
            if os.path.join(self.top, path).startswith(kept[1] + "/")
        ]
        self.assertIn(b"first a", contents)
        # What is there can still be removed.
        self.assertGreater(self.prefix.uninstall(), 0)

    def kill_at(self, nth):
        """Ends an installation behind its nth renaming, with nothing taken back; whether it had
        so many."""

        class Killed(BaseException):
            pass

        def kill(real, _):
            real()
            raise Killed

        with mock.patch("prefix._Installation._take_back"), self.at_the_nth("rename", nth, kill):
            try:
                self.prefix.install(SECOND)
            except Killed:
                return True
        return False

    def test_what_was_killed_can_be_removed(self):
        nth = 0
        self.prefix.install(FIRST)
        while self.kill_at(nth):
            self.prefix.uninstall()
            left = {path for path in self.picture() if not path.startswith("p/.kvm_model-")}
            self.assertEqual(left, {"p"})
            shutil.rmtree(self.folder)
            self.prefix.install(FIRST)
            nth += 1
        self.assertGreater(nth, 5)

    def test_a_manifest_that_leads_elsewhere_is_refused(self):
        for line in ("../other", "/etc/passwd", "share/../../x"):
            self.prefix.install(FIRST)
            with open(self.prefix.at(MANIFEST), "a", encoding="utf-8") as opened:
                opened.write(line + "\n")
            before = self.picture()
            with self.assertRaises(Problem):
                self.prefix.uninstall()
            self.assertEqual(self.picture(), before)
            shutil.rmtree(self.folder)

    def test_what_is_gone_already_is_no_fault(self):
        self.prefix.install(FIRST)
        os.remove(self.prefix.at("bin/a"))
        self.assertEqual(self.prefix.uninstall(), 2)
        self.assertEqual(self.picture(), {})


if __name__ == "__main__":
    sys.exit(junit.run_unittests("prefix"))
