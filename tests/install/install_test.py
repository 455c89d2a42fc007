"""./run install and uninstall, with what was built: it works where it was put, and goes again."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import junit

INSTALLER = os.path.abspath("tools/install/install.py")
HERE = os.path.abspath(".")
PROGRAM = os.path.abspath("tests/install/first_program.cc")
# Paths of the machine that builds. /tmp is the test's own.
MACHINE_PATHS = re.compile(rb"(?<![\w.$}*/-])/(home|root|work)/\w|execroot|bazel-out")


class Installed(unittest.TestCase):
    def setUp(self):
        self.top = tempfile.mkdtemp(dir=os.environ.get("TEST_TMPDIR"))
        self.addCleanup(shutil.rmtree, self.top)

    def path(self, *parts):
        return os.path.join(self.top, *parts)

    def call(self, command, *words, built=True, **env):
        words = list(words)
        if built and command == "install":
            words += ["--source", HERE, "--built", HERE]
        return subprocess.run(
            [sys.executable, "-B", INSTALLER, command, *words],
            cwd=self.top,
            env=os.environ | env,
            capture_output=True,
            text=True,
            check=False,
        )

    def install(self, prefix, **env):
        done = self.call("install", "--prefix", prefix, **env)
        self.assertEqual((done.stderr, done.returncode), ("", 0))
        return done.stdout

    def files(self):
        return {
            os.path.relpath(os.path.join(place, name), self.top)
            for place, folders, names in os.walk(self.top)
            for name in names + folders
        }

    def run_program(self, *command):
        env = {"PATH": os.environ["PATH"], "HOME": self.top}
        done = subprocess.run(
            command, cwd=self.top, env=env, capture_output=True, text=True, check=False
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_kvmsim_and_its_benchmarks_work_from_the_prefix(self):
        self.assertIn(self.path("p"), self.install("p"))
        kvmsim = self.path("p/bin/kvmsim")
        self.assertIn("129", self.run_program(kvmsim, "caps", "get", "129"))
        # Whether the machine's own kernel conforms is not asked here.
        told = subprocess.run([kvmsim], capture_output=True, text=True, check=False).stdout
        self.assertIn("How fast is it?\n  conversion", told)
        before = self.files()
        self.assertIn("usage: kvmsim bench", self.run_program(kvmsim, "bench", "--help"))
        told = self.run_program(
            *[kvmsim, "bench", "--filter", "^W1/(model|std_map)$", "--min-time", "0.001"],
            *["--repetitions", "2", "--out", "results"],
        )
        self.assertIn("W1", told)
        self.assertTrue(os.path.exists(self.path("results/bench.html")))
        self.assertLessEqual({each for each in self.files() if each.startswith("p/")}, before)

    def test_a_program_is_built_with_pkg_config(self):
        if not shutil.which("pkg-config"):
            self.skipTest("pkgconf is not installed")
        self.install("p")
        # It may be moved.
        os.rename(self.path("p"), self.path("moved"))
        env = os.environ | {"PKG_CONFIG_PATH": self.path("moved/lib/pkgconfig")}
        flags = subprocess.run(
            ["pkg-config", "--cflags", "--libs", "kvm_model"],
            env=env,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        self.run_program("g++", "-std=c++23", PROGRAM, *flags, "-o", self.path("program"))
        self.assertEqual(self.run_program(self.path("program")), "a host\n")
        # Every object of the archive finds what it needs, not those alone that this program uses.
        at = flags.index("-lkvm_model")
        flags[at : at + 1] = ["-Wl,--whole-archive", flags[at], "-Wl,--no-whole-archive"]
        self.run_program("g++", "-std=c++23", PROGRAM, *flags, "-o", self.path("whole"))

    def test_the_headers_are_whole(self):
        self.install("p")
        top = self.path("p/include/kvm_model")
        headers = [each for each in self.files() if each.endswith(".h")]
        self.assertGreater(len(headers), 50)
        for header in headers:
            with open(self.path(header), encoding="utf-8") as opened:
                own = re.findall(r'#include "((?:uapi|arch|kvm_model)/.*)"', opened.read())
                for included in own:
                    self.assertTrue(os.path.exists(os.path.join(top, included)), (header, included))
        with open(self.path("all.cc"), "w", encoding="utf-8") as opened:
            for header in headers:
                opened.write(f'#include "{os.path.relpath(self.path(header), top)}"\n')
        self.run_program("g++", "-std=c++23", "-fsyntax-only", f"-I{top}", self.path("all.cc"))

    def test_each_command_has_its_page_and_each_shell_its_completion(self):
        self.install("p")
        kvmsim = self.path("p/bin/kvmsim")
        commands = [json.loads(self.run_program(kvmsim, "help", "--format", "json"))]
        for command in commands:
            commands += command["commands"]
        pages = {command["man_page"] + ".1" for command in commands}
        self.assertEqual(set(os.listdir(self.path("p/share/man/man1"))), pages)
        for path in (
            "share/bash-completion/completions/kvmsim",
            "share/zsh/site-functions/_kvmsim",
            "share/fish/vendor_completions.d/kvmsim.fish",
        ):
            with open(self.path("p", path), encoding="utf-8") as opened:
                self.assertIn("kvmsim", opened.read())
        pages = ["LICENSE", "README.md", "docs/command-line.md", "docs/reference/README.md"]
        pages += [f"docs/course/07-pins.{kind}" for kind in ("kvmt", "md", "svg")]
        for path in pages:
            self.assertTrue(os.path.isfile(self.path("p/share/doc/kvm_model", path)), path)

    def test_no_text_names_a_path_of_the_machine(self):
        self.install("p")
        for file in self.files():
            if os.path.isfile(self.path(file)):
                with open(self.path(file), "rb") as opened:
                    content = opened.read()
                if b"\0" not in content:
                    self.assertIsNone(MACHINE_PATHS.search(content), file)

    def test_the_manifest_lists_what_is_there_and_uninstall_takes_it(self):
        os.makedirs(self.path("p/share/man"))
        with open(self.path("p/share/man/others"), "w", encoding="utf-8") as opened:
            opened.write("kept\n")
        before = self.files()
        self.install("p")
        with open(self.path("p/share/kvm_model/installed-files.txt"), encoding="utf-8") as opened:
            listed = {os.path.join("p", line.rstrip("/")) for line in opened.read().splitlines()}
        self.assertEqual(listed, self.files() - before)
        done = self.call("uninstall", "--prefix", "p")
        self.assertEqual((done.stderr, done.returncode), ("", 0))
        self.assertEqual(self.files(), before)

    def test_a_second_installation_goes_over_the_first(self):
        self.install("p")
        first = self.files()
        self.install("p")
        self.assertEqual(self.files(), first)
        self.assertEqual(self.call("uninstall", "--prefix", "p").returncode, 0)
        self.assertEqual(self.files(), set())

    def test_destdir_is_put_before_the_prefix(self):
        self.install("/opt/x", DESTDIR=self.path("packed"))
        self.assertTrue(os.path.isfile(self.path("packed/opt/x/bin/kvmsim")))
        done = self.call("uninstall", "--prefix", "/opt/x", DESTDIR=self.path("packed"))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertFalse(os.path.exists(self.path("packed/opt/x")))

    def test_what_cannot_be_is_refused_before_anything_is_done(self):
        with open(self.path("file"), "w", encoding="utf-8") as opened:
            opened.write("no folder\n")
        os.makedirs(self.path("q/bin/kvmsim"))
        before = self.files()
        for words, said in (
            (("--prefix", "file"), "file is no folder"),
            (("--prefix", "file/below"), "file is no folder"),
            (("--prefix", "q"), "q/bin/kvmsim is a folder, where a file is to be"),
            (("--prefix", "/proc/none"), "can't be written"),
            (("--prefix", ""), "an empty text names no folder"),
            (("--prefx", "q"), "--prefx"),
        ):
            done = self.call("install", *words)
            self.assertEqual((done.stdout, done.returncode), ("", 2), words)
            self.assertTrue(done.stderr.startswith("./run install: "), done.stderr)
            self.assertIn(said, done.stderr)
            self.assertEqual(self.files(), before)

    def test_what_is_not_installed_cannot_be_removed(self):
        done = self.call("uninstall", "--prefix", self.top)
        self.assertEqual(done.returncode, 2)
        self.assertIn("nothing is installed in " + self.top, done.stderr)


if __name__ == "__main__":
    sys.exit(junit.run_unittests("install"))
