"""./run and ./test as a stranger calls them. Bazel, apt and dpkg only record the calls."""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest

import junit

SYSTEM_TOOLS = "awk bash cat cut dirname env getent grep mktemp python3 realpath rm sed".split()

STUBS = {
    # Builds a kvmsim that says where it is and what it was given, and is noisy about it.
    "bazel": """
echo "bazel $*" >>"$LOG"
pwd >>"$LOG"
[ "$1" = info ] && { echo "$BIN"; exit 0; }
echo "noise on stdout"
echo "noise on stderr" >&2
for argument; do
  case $argument in --build_event_json_file=*) cat "$EVENTS" >"${argument#*=}" ;; esac
done
exit "${BAZEL_EXIT:-0}"
""",
    "dpkg-query": """
shift 3
for package; do case " $ABSENT " in *" $package "*) ;; *) echo "installed $package" ;; esac; done
""",
    "apt-get": """
echo "apt-get $*" >>"$LOG"
echo "apt's noise"
exit "${APT_EXIT:-0}"
""",
    "id": 'echo "${FAKE_UID:-0}"\n',
}
KVMSIM = """#!/usr/bin/env bash
echo "in $PWD: $*"
cat
exit 4
"""


class CommandsTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(dir=os.environ.get("TEST_TMPDIR"))
        self.addCleanup(folder.cleanup)
        self.top = os.path.realpath(folder.name)
        self.root = self.inside("clone")
        shutil.copytree("tools/workspace", os.path.join(self.root, "tools/workspace"))
        for command in ("run", "test"):
            shutil.copy(command, self.root)
        for name, text in STUBS.items():
            self.script(f"tools/{name}", "#!/usr/bin/env bash\n" + text)
        for name in SYSTEM_TOOLS:
            os.symlink(shutil.which(name), self.inside("tools", name))
        self.script("bin/tools/kvmsim", KVMSIM)
        self.env = {
            "PATH": self.inside("tools"),
            "LOG": self.inside("log"),
            "BIN": self.inside("bin"),
            "EVENTS": self.inside("events"),
            "TMPDIR": self.top,
            "HOME": self.top,
        }
        self.write("log", "")
        self.write("events", "")

    def inside(self, *parts):
        return os.path.join(self.top, *parts)

    def write(self, path, text):
        os.makedirs(os.path.dirname(self.inside(path)), exist_ok=True)
        with open(self.inside(path), "w", encoding="utf-8") as opened:
            opened.write(text)

    def script(self, path, text):
        self.write(path, text)
        os.chmod(self.inside(path), 0o755)

    def call(self, command, *arguments, stdin="", **env):
        return subprocess.run(
            [os.path.join(self.root, command), *arguments],
            cwd=self.top,
            env=self.env | env,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )

    def log(self):
        with open(self.inside("log"), encoding="utf-8") as opened:
            return opened.read()

    def passing_run(self):
        self.write("test.xml", '<testsuite><testcase name="a"/><testcase name="b"/></testsuite>')
        file = '{"name": "test.xml", "uri": "file://%s"}' % self.inside("test.xml")
        result = '{"status": "PASSED", "testActionOutput": [%s]}' % file
        event = '{"id": {"testResult": {"label": "//a:a"}}, "testResult": %s}\n' % result
        self.write("events", event)

    def test_run_gives_kvmsims_output_exit_code_and_directory(self):
        done = self.call("run", "caps", "get", "a b", stdin="from stdin\n")
        self.assertEqual(done.stdout, f"in {self.top}: caps get a b\nfrom stdin\n")
        self.assertIn("noise on stdout\n", done.stderr)
        self.assertEqual(done.returncode, 4)

    def test_bazel_runs_in_the_workspace(self):
        self.call("run")
        self.assertEqual(set(self.log().splitlines()[1::2]), {self.root})

    def test_run_says_125_where_kvmsim_cannot_be_built(self):
        done = self.call("run", BAZEL_EXIT="1")
        self.assertEqual((done.stdout, done.returncode), ("", 125))

    def test_run_works_by_a_symbolic_link(self):
        os.symlink(os.path.join(self.root, "run"), self.inside("link"))
        done = subprocess.run(
            [self.inside("link")],
            env=self.env,
            cwd=self.top,
            input=b"",
            capture_output=True,
            check=False,
        )
        self.assertEqual(done.returncode, 4, done.stderr)

    def test_run_works_in_an_empty_environment_even_for_an_unknown_user(self):
        del self.env["HOME"]
        self.assertEqual(self.call("run", FAKE_UID="987654").returncode, 4)
        self.assertEqual(self.call("run").returncode, 4)

    def test_nothing_is_installed_where_nothing_is_missing(self):
        self.call("run")
        self.assertNotIn("apt-get", self.log())

    def test_root_installs_only_what_is_missing(self):
        done = self.call("run", ABSENT="libpugixml-dev g++")
        self.assertIn("apt-get -q update\n", self.log())
        self.assertIn("--no-install-recommends install g++ libpugixml-dev\n", self.log())
        self.assertNotIn("apt's noise", done.stdout)
        self.assertEqual(done.returncode, 4)

    def test_run_needs_nothing_that_only_tests_need(self):
        self.call("run", ABSENT="libgtest-dev")
        self.assertNotIn("apt-get", self.log())
        self.call("test", ABSENT="libgtest-dev")
        self.assertIn("install libgtest-dev\n", self.log())

    def built(self):
        """The targets of the last build."""
        build = [line for line in self.log().splitlines() if line.startswith("bazel build")][-1]
        return [word for word in build.split() if word.startswith("//")]

    def installer(self):
        """Stands for tools/install/install.py: records how it is called."""
        self.write(
            "clone/tools/install/install.py",
            "import sys\nprint('installer', *sys.argv[1:])\nsys.exit('--no' in sys.argv and 2)\n",
        )
        return os.path.join(self.root, "tools/install/install.py")

    def test_run_install_asks_first_and_builds_then(self):
        self.installer()
        done = self.call("run", "install", "--prefix", "a b")
        asked, does = done.stdout.splitlines()
        self.assertEqual(asked, "installer install --prefix a b")
        self.assertEqual(does, f"{asked} --source {self.root} --built {self.inside('bin')}")
        self.assertEqual(
            self.built(),
            ["//tools:kvmsim", "//tools/install:kvm_model", "//bench/driver:driver"]
            + ["//bench/suite:own_suite", "//tools/serve:server"],
        )
        self.assertEqual(done.returncode, 0)

    def test_run_install_builds_nothing_where_it_is_refused_or_asked_for_help(self):
        self.installer()
        self.assertEqual(self.call("run", "install", "--no").returncode, 2)
        self.assertEqual(self.call("run", "install", "--help").returncode, 0)
        self.assertEqual(self.log(), "")
        self.assertEqual(self.call("run", "install", BAZEL_EXIT="1").returncode, 125)

    def test_run_uninstall_builds_nothing(self):
        self.installer()
        done = self.call("run", "uninstall", "--prefix", "p")
        self.assertEqual(done.stdout, "installer uninstall --prefix p\n")
        self.assertEqual((self.log(), done.returncode), ("", 0))

    def test_install_is_a_word_of_run_only_in_the_first_place(self):
        done = self.call("run", "caps", "install")
        self.assertEqual(done.stdout, f"in {self.top}: caps install\n")

    def test_the_site_needs_packages_of_its_own(self):
        self.call("run", ABSENT="mkdocs python3-pygments")
        self.assertNotIn("apt-get", self.log())
        done = self.call("tools/workspace/docs-site", ABSENT="mkdocs", FAKE_UID="1000")
        self.assertIn("  apt-get install mkdocs\n", done.stderr)
        self.assertEqual((done.stdout, done.returncode), ("", 2))
        for words in (("a", "b"), ("--what",)):
            self.assertEqual(self.call("tools/workspace/docs-site", *words).returncode, 2)
        self.assertEqual(self.call("tools/workspace/docs-site", "--help").returncode, 0)

    def test_run_builds_the_suite_only_where_bench_will_run_it(self):
        both = ["//tools:kvmsim", "//bench/suite:suite"]
        for words in (("bench",), ("bench", "--quick"), ("bench", "--filter", "compare")):
            self.assertEqual(self.call("run", *words).returncode, 4)
            self.assertEqual(self.built(), both, words)
        for words in (
            ("bench", "compare", "a", "b"),
            ("bench", "ab", "a", "b"),
            ("bench", "trends", "a"),
            ("bench", "--help"),
            ("bench", "--filter", "x", "-h"),
            ("bench", "--suite=x"),
            ("caps", "bench"),
            (),
        ):
            self.call("run", *words)
            self.assertEqual(self.built(), both[:1], words)

    def test_missing_peers_are_told_once_and_not_installed(self):
        done = self.call("run", "bench", ABSENT="libroaring-dev llvm-16-dev")
        self.assertEqual(done.stderr.count("  apt-get install libroaring-dev llvm-16-dev\n"), 1)
        self.assertEqual(done.returncode, 4)
        self.assertNotIn("apt-get", self.log())
        for words, absent in ((("bench",), ""), (("bench", "trends", "x"), "libroaring-dev")):
            self.assertNotIn("apt-get", self.call("run", *words, ABSENT=absent).stderr)

    def test_who_is_not_root_is_told_what_to_install(self):
        done = self.call("run", ABSENT="g++", FAKE_UID="1000")
        self.assertIn("  apt-get install g++\n", done.stderr)
        self.assertEqual((done.stdout, done.returncode), ("", 2))

    def test_without_apt_one_is_told_what_to_install(self):
        os.remove(self.inside("tools/apt-get"))
        done = self.call("test", ABSENT="g++ git")
        self.assertIn("  apt-get install g++ git\n", done.stderr)
        self.assertEqual((done.stdout, done.returncode), ("", 2))

    def test_a_failing_apt_is_shown(self):
        done = self.call("run", ABSENT="g++", APT_EXIT="100")
        self.assertIn("apt's noise", done.stderr)
        self.assertEqual((done.stdout, done.returncode), ("", 2))

    def test_test_prints_the_count_alone_on_stdout(self):
        self.passing_run()
        done = self.call("test")
        self.assertEqual((done.stdout, done.returncode), ("2 passed, 0 failed\n", 0))

    def test_test_passes_options_and_targets_on(self):
        self.passing_run()
        self.call("test", "--config=asan", "//a/...")
        self.assertRegex(self.log(), r"bazel test .*--config=asan -- //a/\.\.\.\n")
        self.call("test", "--", "--runs_per_test=2")
        self.assertRegex(self.log(), r"bazel test .*--runs_per_test=2 -- //\.\.\.\n")

    def test_test_fails_where_bazel_fails_or_nothing_ran(self):
        self.assertEqual(self.call("test").stdout, "0 passed, 0 failed\n")
        self.assertEqual(self.call("test").returncode, 1)
        self.passing_run()
        done = self.call("test", BAZEL_EXIT="1")
        self.assertEqual(done.stdout.splitlines()[-1], "2 passed, 1 failed")
        self.assertEqual(done.returncode, 1)

    def test_as_a_part_of_a_greater_run_the_line_is_worded_otherwise(self):
        self.passing_run()
        done = self.call("test", TALLY_FILE=self.inside("tally"), TALLY_NAME="asan")
        self.assertEqual(done.stdout, "asan: 2 cases passed, 0 failed\n")
        with open(self.inside("tally"), encoding="utf-8") as tally:
            self.assertEqual(tally.read(), "asan\t2\t0\t0\n")


if __name__ == "__main__":
    sys.exit(junit.run_unittests("commands"))
