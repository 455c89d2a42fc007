"""A folder to install in: all of it or nothing, whatever fails."""

import os
import shutil
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

    def install_failing(self, function, entries):
        """Lets the nth call of a function of os fail, for each n until none does; returns that."""
        before = self.picture()
        real = getattr(os, function)
        for nth in range(1000):
            calls = [0]

            def fail_once(*words, real=real, calls=calls, nth=nth, **named):
                calls[0] += 1
                if calls[0] == nth + 1:
                    raise OSError(28, "No space left on device", words[0])
                return real(*words, **named)

            with mock.patch(f"os.{function}", fail_once):
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
